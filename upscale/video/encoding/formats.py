"""The encoder's pixel format: the asked-for one, or the one nearest to the source's; and what is lost with it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import av

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.colour.layout import PixelLayout, find_layout

# Pictures whose YUV would come out wrong elsewhere, or be read by nobody.
_RGB_ONLY = frozenset(("tiff", "bmp", "jpeg2000"))
# What they list but do not open with, as they are built, or what FFmpeg before version 8 does not read.
_UNSOUND = {
    "libx265": ("yuva420p", "yuva420p10le"),
    "libvpx-vp9": ("yuva422p", "yuva444p", "gbrap"),
    "ffv1": ("yuva422p12le", "yuva444p12le", "gbrap14le"),
}
# They put alpha beside their packets, where only Matroska has a place for it.
_ALPHA_BESIDE = ("libvpx", "libvpx-vp9")


def choose_layout(codec: av.Codec, source: PixelLayout, wanted: str | None, target: Path | None = None) -> PixelLayout:
    """The asked-for pixel format, else the one nearest to the source's that arrives in `target`."""
    names = [pixels.name for pixels in codec.video_formats or []]
    if wanted is not None:
        layout = _known_layout(wanted)
        if layout is None or (names and layout.name not in names):
            usable = ", ".join(known.name for known in _writable(names))
            raise UsageError(f"{codec.name} does not take --pix-fmt {wanted}; choose {usable}")
        return layout
    kept = source
    if target is not None and codec.name in _ALPHA_BESIDE and target.suffix.lower() not in (".mkv", ".webm"):
        kept = replace(source, has_alpha=False)
    candidates = [layout for layout in _writable(names or [source.name]) if _is_sound(codec.name, layout, kept)]
    if not candidates:
        raise EnvironmentLackError(f"{codec.name} takes no pixel format that can be written: {', '.join(names)}")
    return min(candidates, key=lambda layout: _distance(layout, kept))


def losses(codec_name: str, layout: PixelLayout, source: PixelLayout, *, wanted: bool) -> Iterator[str]:
    """What of the source a pixel format cannot hold, a sentence each; what the user `wanted` is no loss."""
    if source.has_alpha and not layout.has_alpha:
        yield f"transparency is not kept in {layout.name} of {codec_name}; prores, ffv1, and vp9 in .webm keep it"
    if wanted:
        return
    if _coarser(layout, source):
        kept = "no colours" if layout.family == "gray" else f"colours in {_grid(layout)} only"
        yield f"{codec_name} keeps {kept}, the source has them in {_grid(source)}"
    if layout.depth < source.depth:
        yield f"{codec_name} keeps {layout.depth} of the source's {source.depth} bits"
    is_plain = (layout.depth, layout.log2_width, layout.log2_height) == (8, 1, 1)
    if codec_name == "libx264" and source.family != "yuv" and not is_plain:
        yield f"few players show H.264 in {layout.name}; --pix-fmt yuv420p makes what all of them show"


def _is_sound(codec_name: str, layout: PixelLayout, source: PixelLayout) -> bool:
    """Whether a codec opens with a format, and the result can be read; alpha that says nothing is not carried."""
    if layout.name in _UNSOUND.get(codec_name, ()) or (layout.has_alpha and not source.has_alpha):
        return False
    return layout.family != "yuv" or codec_name not in _RGB_ONLY


def _grid(layout: PixelLayout) -> str:
    """Chroma subsampling as it is spoken."""
    if layout.family == "rgb":
        return "RGB"
    names = {(0, 0): "4:4:4", (1, 0): "4:2:2", (1, 1): "4:2:0", (0, 1): "4:4:0", (2, 0): "4:1:1", (2, 2): "4:1:0"}
    return names.get((layout.log2_width, layout.log2_height), layout.name)


def _known_layout(name: str) -> PixelLayout | None:
    try:
        return find_layout(name)
    except ValueError:
        return None


def _writable(names: Iterable[str]) -> Iterable[PixelLayout]:
    """Formats whose every sample we set; full range is a tag and no format of its own."""
    layouts = (find_layout(name) for name in names if "yuvj" not in name)
    return (layout for layout in layouts if layout is not None)


def _distance(layout: PixelLayout, source: PixelLayout) -> tuple[int, ...]:
    """How far a format is from the source's: first what would be lost, then what is carried for nothing."""
    planar = len({component.plane for component in layout.components}) == len(layout.components)
    return (
        int(source.has_alpha and not layout.has_alpha),
        _coarser(layout, source),
        max(0, source.depth - layout.depth),
        # RGB becomes YUV only where the codec has no RGB.
        int((source.family == "rgb") != (layout.family == "rgb")),
        _coarser(source, layout),
        max(0, layout.depth - source.depth),
        int(not planar),
    )


def _coarser(layout: PixelLayout, than: PixelLayout) -> int:
    """By how many halvings one format's chroma is coarser than the other's; gray is all but endlessly coarse."""
    one, other = ((9, 9) if x.family == "gray" else (x.log2_width, x.log2_height) for x in (layout, than))
    return max(0, one[0] - other[0]) + max(0, one[1] - other[1])
