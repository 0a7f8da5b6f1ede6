"""The tags of a TIFF file that tell of the picture (TIFF 6.0; EXIF 2.3; XMP part 3, 3.2; ICC.1, B.3)."""

from upscale.images.exif import tags_of
from upscale.images.metadata import Metadata
from upscale.images.tag_directories import BYTE, UNDEFINED, Directory, Value

_XMP, _IPTC, _ICC = 700, 33723, 34675


def tiff_tags(metadata: Metadata) -> Directory:
    """What goes into the first directory beside the encoder's tags."""
    tags: dict[int, Value | Directory] = dict(tags_of(metadata.exif or b""))
    if metadata.xmp:
        tags[_XMP] = Value(BYTE, metadata.xmp)
    if metadata.iptc:
        tags[_IPTC] = Value(UNDEFINED, metadata.iptc)
    if metadata.icc:
        tags[_ICC] = Value(UNDEFINED, metadata.icc)
    return tags
