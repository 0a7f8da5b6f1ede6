"""XMP packets: sizes and orientation are corrected where they stand, previews are dropped."""

import re
from collections.abc import Callable

# Adobe XMP specification, part 2, 1.2.9 (tiff and exif): as an attribute or as an element.
_WIDTH = rb"tiff:ImageWidth|exif:PixelXDimension"
_HEIGHT = rb"tiff:Image(?:Length|Height)|exif:PixelYDimension"
# Photo Sphere XMP metadata: what a panorama shows, in its own pixels.
_ACROSS = rb"GPano:(?:FullPanoWidth|CroppedAreaImageWidth|CroppedAreaLeft)Pixels"
_DOWN = rb"GPano:(?:FullPanoHeight|CroppedAreaImageHeight|CroppedAreaTop)Pixels"
_PREVIEWS = (b"<xmp:Thumbnails>", b"</xmp:Thumbnails>")


def corrected(xmp: bytes, source_px: tuple[int, int], size_px: tuple[int, int]) -> bytes:
    """The packet with orientation 1, for a picture enlarged from and to these heights and widths, without previews.

    What is not there is not added.
    """
    height, width = size_px
    xmp = _without_previews(xmp)
    xmp = _replaced(xmp, rb"tiff:Orientation", lambda held: 1)
    xmp = _replaced(xmp, _WIDTH, lambda held: width)
    xmp = _replaced(xmp, _HEIGHT, lambda held: height)
    xmp = _replaced(xmp, _ACROSS, lambda held: round(held * width / source_px[1]))
    return _replaced(xmp, _DOWN, lambda held: round(held * height / source_px[0]))


def _without_previews(xmp: bytes) -> bytes:
    # A regular expression would look for the end once more from every beginning.
    opening, closing = _PREVIEWS
    kept, at = [], 0
    while (start := xmp.find(opening, at)) >= 0 and (end := xmp.find(closing, start)) >= 0:
        kept.append(xmp[at:start])
        at = end + len(closing)
    return b"".join(kept) + xmp[at:]


def _replaced(xmp: bytes, names: bytes, change: Callable[[int], int]) -> bytes:
    """Each number that stands behind one of `names`, changed."""
    # More digits than these are no size; Python refuses to read thousands of them.
    pattern = rb"((?:" + names + rb")(?:\s*=\s*[\"']|>)\s*)(\d{1,9})(?=\D)"
    return re.sub(pattern, lambda match: match[1] + b"%d" % change(int(match[2])), xmp)
