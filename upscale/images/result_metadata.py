"""The source's blocks, made true of the result."""

from upscale.images import exif, xmp
from upscale.images.encoding import Encoding
from upscale.images.metadata import Metadata
from upscale.images.picture import RowPicture
from upscale.images.png_chunks import only_colours

# What libvips gives where a file says nothing: no file means 25.4 dpi.
_UNKNOWN = (1.0, 1.0)


def metadata_of(picture: RowPicture, encoding: Encoding) -> Metadata:
    """The blocks of the source with the size of the result. What says which colours the numbers mean always stays.

    A damaged EXIF block is left out: it cannot be known what a reader would make of it, and turn.
    """
    source = picture.like
    if encoding.strip_metadata:
        return Metadata(source.icc, png_chunks=only_colours(source.png_chunks))
    size_px = (picture.height, picture.width)
    return Metadata(
        source.icc,
        exif.corrected(source.exif, size_px) if source.exif else None,
        xmp.corrected(source.xmp, (source.height, source.width), size_px) if source.xmp else None,
        source.iptc,
        source.png_chunks,
        source.pixels_per_mm if source.pixels_per_mm != _UNKNOWN else None,
    )
