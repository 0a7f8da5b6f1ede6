"""Blocks that libvips leaves in a file, or does not know for what they are."""

from dataclasses import replace

from upscale.images.exif import from_tiff
from upscale.images.iptc import records_of
from upscale.images.orientation import reset_exif
from upscale.images.picture import Picture
from upscale.images.png_chunks import kept_chunks, raw_profile, telling
from upscale.images.tag_directories import Block


def with_carried(picture: Picture, content: Block, format_name: str) -> Picture:
    """The picture with what else its file, of these bytes, says of it."""
    if format_name == "tiff":
        return replace(picture, exif=from_tiff(content))
    if format_name != "png":
        return picture
    found = telling(content)
    exif = raw_profile(found, b"exif") or raw_profile(found, b"APP1")
    iptc = raw_profile(found, b"iptc")
    return replace(
        picture,
        exif=picture.exif or (reset_exif(exif) if exif else None),
        iptc=records_of(iptc) if iptc else None,
        png_chunks=kept_chunks(found),
    )
