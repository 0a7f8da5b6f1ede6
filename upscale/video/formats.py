"""The encoder's pixel format: the asked-for one, or the one nearest to the source's."""

from collections.abc import Iterable

import av

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.layout import PixelLayout, find_layout


def choose_layout(codec: av.Codec, source: PixelLayout, wanted: str | None) -> PixelLayout:
    """The asked-for pixel format, else the one nearest to the source's."""
    names = [pixels.name for pixels in codec.video_formats or []]
    if wanted is not None:
        layout = _known_layout(wanted)
        if layout is None or (names and layout.name not in names):
            usable = ", ".join(known.name for known in _writable(names))
            raise UsageError(f"{codec.name} does not take --pix-fmt {wanted}; choose {usable}")
        return layout
    candidates = list(_writable(names or [source.name]))
    if not candidates:
        raise EnvironmentLackError(f"{codec.name} takes no pixel format that can be written: {', '.join(names)}")
    return min(candidates, key=lambda layout: _distance(layout, source))


def _known_layout(name: str) -> PixelLayout | None:
    try:
        return find_layout(name)
    except ValueError:
        return None


def _writable(names: Iterable[str]) -> Iterable[PixelLayout]:
    """Formats whose every sample we set; full range is a tag and no format of its own."""
    layouts = (find_layout(name) for name in names if "yuvj" not in name)
    return (layout for layout in layouts if layout is not None and not layout.has_alpha)


def _distance(layout: PixelLayout, source: PixelLayout) -> tuple[int, ...]:
    """How far a format is from the source's: first what would be lost, then what is carried for nothing."""
    planar = len({component.plane for component in layout.components}) == len(layout.components)
    return (
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
