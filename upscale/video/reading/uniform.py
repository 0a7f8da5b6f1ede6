"""Frames of one size and pixel format: what cannot be read as it is, or changes on the way, is converted."""

from collections.abc import Iterable, Iterator

import av
from av.codec.codec import find_best_pix_fmt_of_list

from upscale.errors import BadInputError
from upscale.video.colour.layout import find_layout
from upscale.video.colour.tags import FULL_RANGE

# To these libswscale converts every format that has no layout of its own: palettes, single bits, packed and unusual
# depths without loss where one of them is as deep, Bayer patterns and floating point as near as it goes.
_KNOWN = (
    *("gray", "gray10le", "gray12le", "gray14le", "gray16le", "ya8", "ya16le"),
    *("rgb24", "rgba", "rgb48le", "rgba64le", "gbrp10le", "gbrp12le", "gbrap10le", "gbrap12le"),
    *("yuv420p", "yuv420p10le", "yuv420p12le", "yuv420p16le", "yuva420p", "yuva420p10le", "yuva420p16le"),
    *("yuv422p", "yuv422p10le", "yuv422p12le", "yuv422p16le", "yuva422p", "yuva422p10le", "yuva422p16le"),
    *("yuv444p", "yuv444p10le", "yuv444p12le", "yuv444p16le", "yuva444p", "yuva444p10le", "yuva444p16le"),
    *("yuv411p", "yuva444p12le"),
)
# FF_LOSS_* of libavutil/pixdesc.h without the excess of size and depth; and what it takes for the same.
_LOSSES = 63
_NEVER_EXACT = ("bayer", "f16", "f32", "xyz")
_SWSCALE = "BICUBIC"  # what FFmpeg itself inserts
# libswscale's slices race where it reads y210 (up to one frame in twenty with lost rows, in FFmpeg 8.1).
_THREADS = 1
_LIMITED_RANGE = 1


def readable_format(name: str) -> tuple[str, bool]:
    """The format to read frames of that format in, and whether anything is lost by it.

    Raises BadInputError, with a bare reason, where there is none.
    """
    if find_layout(name):
        return name, False
    best, loss = find_best_pix_fmt_of_list(_KNOWN, name, has_alpha=True)
    if best is None:
        raise BadInputError(f"it stores pixels as {name}, which cannot be read")
    return best.name, bool(int(loss) & _LOSSES) or any(word in name for word in _NEVER_EXACT)


class Uniform:
    """Makes all frames like the first one; counts those that were not."""

    def __init__(self, first: av.VideoFrame) -> None:
        self.height, self.width = first.height, first.width
        self.stored_name = first.format.name
        self.name, self.is_lossy = readable_format(self.stored_name)
        self._layout = find_layout(self.name)
        self._range = _colour_range(first)
        self.resized = self.converted = self.stretched = 0
        self._other = ""

    def frames(self, frames: Iterable[av.VideoFrame]) -> Iterator[av.VideoFrame]:
        """The same frames, all of one kind."""
        for frame in frames:
            if self._is_other(frame):
                self._count(frame)
                yield self._converted(frame)
            else:
                yield frame

    def notes(self) -> list[str]:
        """What was changed, in words."""
        notes = []
        if self.resized:
            notes.append(
                f"frames of another size ({self._other}), resized to the first one's {self.width}x{self.height}: "
                f"{self.resized}"
            )
        if self.converted:
            notes.append(f"frames of another pixel format, converted to the first one's {self.name}: {self.converted}")
        if self.stretched:
            name = "full" if self._range == FULL_RANGE else "limited"
            notes.append(f"frames of another colour range, converted to the first one's {name}: {self.stretched}")
        return notes

    def _is_other(self, frame: av.VideoFrame) -> bool:
        is_like = find_layout(frame.format.name) == self._layout and _colour_range(frame) == self._range
        return not is_like or self._is_resized(frame)

    def _is_resized(self, frame: av.VideoFrame) -> bool:
        return (frame.height, frame.width) != (self.height, self.width)

    def _count(self, frame: av.VideoFrame) -> None:
        if self._is_resized(frame):
            self.resized += 1
            self._other = f"{frame.width}x{frame.height}"
        elif _colour_range(frame) != self._range:
            self.stretched += 1
        elif frame.format.name != self.stored_name:
            self.converted += 1

    def _converted(self, frame: av.VideoFrame) -> av.VideoFrame:
        try:
            return frame.reformat(
                width=self.width,
                height=self.height,
                format=self.name,
                interpolation=_SWSCALE,
                src_color_range=_colour_range(frame),
                dst_color_range=self._range,
                threads=_THREADS,
            )
        except av.error.OSError as error:  # 32 bits a sample: libswscale knows their names only
            raise BadInputError(f"it stores pixels as {frame.format.name}, which cannot be read") from error


def _colour_range(frame: av.VideoFrame) -> int:
    """As FFmpeg numbers them."""
    is_full = frame.color_range == FULL_RANGE or frame.format.name.startswith("yuvj") or frame.format.is_rgb
    return FULL_RANGE if is_full else _LIMITED_RANGE
