"""How a result is to be written, and whether a format can hold it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from upscale.errors import UsageError
from upscale.images.colour_profile import LINEAR, linear_srgb
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.picture import Picture

Subsampling = Literal["444", "422", "420", "auto"]
TiffCompression = Literal["none", "lzw", "deflate", "jpeg"]
BitDepth = Literal["auto", "8", "16"]
Icc = Literal["keep", "srgb"]

# Measured on enlarged photographs, in `vips_writer`.
PNG_LEVEL = 3
_FEW_COLOURS = "gif cannot hold the colours of the result"


@dataclass(frozen=True)
class Encoding:
    """What the user asked of the files.

    `quality`: 1 to 100, for jpg, webp, avif and tiff with jpeg inside; None: the format's own in `quality_of`.
    `subsampling` of colours, for jpg and avif; auto: 444 from quality 90 on, else 420. `lossless`: webp and avif.
    `png_level`: 0 to 9, zlib's. `bit_depth`: auto keeps the source's. `strip_metadata` leaves the profile, without
    which the numbers mean nothing. `icc`: the profile is kept, or the pixels are converted to sRGB.
    """

    quality: int | None = None
    subsampling: Subsampling = "444"
    lossless: bool = False
    png_level: int = PNG_LEVEL
    tiff_compression: TiffCompression = "deflate"
    bit_depth: BitDepth = "auto"
    strip_metadata: bool = False
    icc: Icc = "keep"

    def quality_of(self, format_name: str) -> int:
        """The quality for a format: AVIF's scale is another, 85 there is as good as 95 in JPEG."""
        return self.quality or (85 if format_name == "avif" else 95)

    @property
    def depths(self) -> tuple[int, ...]:
        """The bits per sample that are allowed."""
        return {"8": (8,), "16": (8, 16), "auto": (8, 16, 32)}[self.bit_depth]


def refuse_idle(target: str, encoding: Encoding) -> None:
    """Raise UsageError for an option, but for defaults, that the format of `target`, a name or suffix, has no use for.

    To be called where the user named the format; where sources keep theirs, an option is for those that it fits.
    """
    reason = _idle_option(format_of_name(Path(f"a{target}")) or "png", encoding)
    if reason:
        raise UsageError(reason)


def _idle_option(format_name: str, encoding: Encoding) -> str | None:
    default, lossy = Encoding(), ["jpg", "webp", "avif"]
    deep = [name for name, target in TARGETS.items() if 16 in target.bit_depths]
    uses = {
        "--quality": (encoding.quality != default.quality, [*lossy, "tiff with --tiff-compression jpeg"]),
        "--subsampling": (encoding.subsampling != default.subsampling, ["jpg", "avif"]),
        "--lossless": (encoding.lossless, ["webp", "avif"]),
        "--png-level": (encoding.png_level != default.png_level, ["png"]),
        "--tiff-compression": (encoding.tiff_compression != default.tiff_compression, ["tiff"]),
        "--bit-depth 16": (encoding.bit_depth == "16", deep),
    }
    if format_name == "tiff" and encoding.tiff_compression == "jpeg":
        uses["--quality"] = (False, [])
    for option, (given, formats) in uses.items():
        if given and format_name not in formats:
            return f"{option} has no effect on {format_name}; it is for {', '.join(formats)}"
    if format_name == "avif" and encoding.subsampling == "422":
        return "--subsampling 422 has no effect on avif; it has 444 and 420 here"
    return None


def impossible(picture: Picture, target: Path, size_px: tuple[int, int], encoding: Encoding) -> str | None:
    """Why `target`'s format cannot hold `picture` at this height and width, or None if it can."""
    name = format_of_name(target) or ""
    held = TARGETS[name]
    height, width = size_px
    if held.limit_px and max(height, width) > held.limit_px:
        return f"{name} ends at {held.limit_px} pixels a side, the result has {width} x {height}"
    if picture.transparent and not held.alpha:
        return f"{name} has no transparency"
    if picture.animation is not None and not held.animated:
        return f"{name} has no frames"
    if picture.pixels.shape[2] not in held.colours and held.colours == (1,):
        return f"{name} has no colours"
    if name in LINEAR and (picture.depth != 32 or picture.icc != linear_srgb()):
        return f"{name} holds light in linear floats, which this picture is not"
    if name == "tiff" and encoding.tiff_compression == "jpeg" and (_bits(picture, encoding) > 8 or picture.transparent):
        return "jpeg inside tiff has 8 bits and no transparency"
    return None


def unwritten(source: Path, target: Path) -> str | None:
    """Why a result has not the format of `source`, by its name, or None if it has."""
    name = format_of_name(source)
    if name == "gif" and format_of_name(target) != "gif":
        return _FEW_COLOURS
    return None if name is None or name in TARGETS else f"{name} is not written"


def shallow(picture: Picture, target: Path, encoding: Encoding) -> str | None:
    """What `target`'s format loses of the bit depth of `picture`, or None. What the user asked for is no loss."""
    name = format_of_name(target) or ""
    bits = _bits(picture, encoding)
    if name == "gif" and picture.animation is None:
        return _FEW_COLOURS
    return None if bits in TARGETS[name].bit_depths else f"{name} has no {bits} bits per sample"


def _bits(picture: Picture, encoding: Encoding) -> int:
    return picture.depth if picture.depth in encoding.depths else max(encoding.depths)
