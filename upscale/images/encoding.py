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


def impossible(picture: Picture, target: Path, size_px: tuple[int, int]) -> str | None:
    """Why `target`'s format cannot hold `picture` at this height and width, or None if it can."""
    name = format_of_name(target) or ""
    height, width = size_px
    limit_px = TARGETS[name].limit_px
    if limit_px and max(height, width) > limit_px:
        return f"{name} ends at {limit_px} pixels a side, the result has {width} x {height}"
    if picture.transparent and not TARGETS[name].alpha:
        return f"{name} has no transparency"
    return None


def shallow(picture: Picture, target: Path) -> str | None:
    """What `target`'s format loses of the bit depth of `picture`, or None."""
    name = format_of_name(target) or ""
    if picture.depth in TARGETS[name].bit_depths:
        return None
    return f"{name} has no {picture.depth} bits per sample"
