"""Pictures as the files of a batch."""

from pathlib import Path

from upscale.batch.medium import Medium
from upscale.images.formats import HEAD_BYTES, TARGETS, format_of_name, sniff
from upscale.images.gif_frames import has_frames


def fallback(target: Path) -> Path:
    """The png for a result that the target's format cannot hold. The whole name stays: photo.webp and photo.jpg may
    both need one.
    """
    return target if format_of_name(target) == "png" else target.with_name(f"{target.name}.png")


def _is_searched(path: Path) -> bool:
    return format_of_name(path) is not None


def _extension(source: Path) -> str:
    """The source's own where we write its format, else png."""
    name = format_of_name(source)
    return source.suffix if name in TARGETS and (name != "gif" or has_frames(source)) else ".png"


PICTURES = Medium(
    name="picture",
    format_of_name=format_of_name,
    targets=TARGETS,
    is_searched=_is_searched,
    sniff=sniff,
    head_bytes=HEAD_BYTES,
    extension=_extension,
    option="--ext",
    fallback=fallback,
)
