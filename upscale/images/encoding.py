"""How a result is to be written, and whether a format can hold it."""

from dataclasses import dataclass
from pathlib import Path

from upscale.images.formats import TARGETS, format_of_name
from upscale.images.picture import Picture


@dataclass(frozen=True)
class Encoding:
    """Quality of what is written: 1 to 100, for jpg and webp; `lossless` is for webp."""

    quality: int = 95
    lossless: bool = False


def misfit(picture: Picture, target: Path, height: int, width: int) -> str | None:
    """Why `target`'s format would lose something of `picture` at this size, or None if it holds all."""
    name = format_of_name(target) or ""
    format_ = TARGETS[name]
    if format_.limit_px and max(height, width) > format_.limit_px:
        return f"{name} ends at {format_.limit_px} pixels a side, the result has {width} x {height}"
    if picture.depth not in format_.bit_depths:
        return f"{name} has no {picture.depth} bits per sample"
    if picture.transparent and not format_.alpha:
        return f"{name} has no transparency"
    return None
