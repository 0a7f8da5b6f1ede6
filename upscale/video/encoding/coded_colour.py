"""What a codec and its container can say of colours, and so in which colours the planes have to be written.

A range that nobody is told is taken for limited: full range would be shown with too much contrast.
"""

from dataclasses import replace
from pathlib import Path

from upscale.video.colour.conversion import Colour
from upscale.video.colour.layout import PixelLayout
from upscale.video.encoding.hardware import hardware

# JPEG's and WebP's own: they have no tags for others. JFIF 1.02 and the WebP container specification.
_FIXED = {"mjpeg": Colour("bt601", True, "center"), "libwebp": Colour("bt601", False, "center")}
# Pictures, whose gray is full range like their RGB.
_PICTURES = frozenset(("png", "tiff", "bmp", "qtrle", "targa", "jpeg2000"))
# Measured with ffprobe, full range in, in every container that takes the codec.
_TELLS_RANGE = frozenset(("libx264", "libx265", "libsvtav1", "libvpx-vp9", "dnxhd"))
_LIMITED_ONLY = frozenset(("prores", "prores_aw", "prores_ks", "mpeg1video", "mpeg2video"))
_CONTAINERS_TELLING_RANGE = (".mp4", ".m4v", ".mkv", ".webm")


def coded_colour(codec_name: str, layout: PixelLayout, colour: Colour, target: Path | None) -> Colour:
    """The nearest to `colour` that readers of `target` will know of."""
    if layout.family == "yuv" and codec_name in _FIXED:
        return _FIXED[codec_name]
    if layout.family == "gray" and codec_name in _PICTURES:
        return replace(colour, full_range=True)
    if colour.full_range and layout.family != "rgb" and not _tells_range(codec_name, target):
        return replace(colour, full_range=False)
    return colour


def range_note(codec_name: str, layout: PixelLayout, source: Colour, coded: Colour) -> str | None:
    """Whether full range becomes limited, which rounds once more."""
    if layout.family == "rgb" or source.matrix == "rgb" or coded.full_range or not source.full_range:
        return None
    return f"nothing would tell players of {codec_name} that its range is full: it is converted to limited"


def _tells_range(codec_name: str, target: Path | None) -> bool:
    if codec_name in _TELLS_RANGE or hardware(codec_name):
        return True
    if codec_name in _LIMITED_ONLY:
        return False
    return target is None or target.suffix.lower() in _CONTAINERS_TELLING_RANGE
