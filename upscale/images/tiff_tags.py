"""What the first directory of a TIFF file says, where libvips does not say it, or says it wrong."""

import struct

from upscale.errors import BadInputError
from upscale.images.tag_directories import Block, Entry, Form, entries, header, number

# TIFF 6.0, sections 2 and 8; DNG 1.7, page 25; the values of photometric interpretation by their names there.
_SUBFILE_TYPE, _BITS, _PHOTOMETRIC, _DNG_VERSION = 254, 258, 262, 50706
_COMPRESSION = 259
_REDUCED = 1
_RGB, _CIELAB = 2, 8
_FOREIGN = {4: "a transparency mask", 9: "ICC Lab", 10: "ITU Lab", 32803: "a sensor's", 34892: "a sensor's"}
# What libvips' wheel is built without.
_COMPRESSIONS = {
    6: "old-style JPEG", 34712: "JPEG 2000", 34887: "LERC", 34892: "lossy JPEG", 34925: "LZMA", 34933: "PNG",
    50000: "Zstandard", 50002: "JPEG XL", 52546: "JPEG XL",
}  # fmt: skip
_CR2 = b"CR\x02\x00"


def refuse_unknown(content: Block) -> None:
    """Raises BadInputError, with a bare reason, for what only looks like a picture, or is packed in a rare way.

    The first directory of a camera's raw file is a small preview, or samples that are no colours yet.
    """
    form, tags = _first_directory(content)
    reduced = _number(content, form, tags.get(_SUBFILE_TYPE)) & _REDUCED
    if reduced or _DNG_VERSION in tags or content[8:12] == _CR2:
        raise BadInputError("it is a camera's raw file; develop it first, to tiff or png")
    colours = _FOREIGN.get(_number(content, form, tags.get(_PHOTOMETRIC)))
    if colours:
        raise BadInputError(f"its samples are {colours}, which is not supported")
    compression = _COMPRESSIONS.get(_number(content, form, tags.get(_COMPRESSION)))
    if compression:
        raise BadInputError(f"its compression, {compression}, is not supported; save it with LZW or deflate")


def lab_as_rgb(content: Block) -> bytes | None:
    """The same file with the samples of 8-bit CIELAB declared to be RGB; None for all other files.

    libvips refuses it ("bad labq format", 8.18).
    """
    form, tags = _first_directory(content)
    photometric = tags.get(_PHOTOMETRIC)
    if photometric is None or _number(content, form, photometric) != _CIELAB:
        return None
    if _number(content, form, tags.get(_BITS)) != 8:
        return None
    changed = bytearray(content)
    struct.pack_into(form.order + "H", changed, photometric.start, _RGB)
    return bytes(changed)


def _first_directory(content: Block) -> tuple[Form, dict[int, Entry]]:
    """Its tags; none where the file is no TIFF or ends too early."""
    try:
        form, at = header(content)
        found, _ = entries(content, at, form)
    except struct.error:
        return Form(), {}
    return form, {entry.tag: entry for entry in found}


def _number(content: Block, form: Form, entry: Entry | None) -> int:
    """The first number of a tag, 0 where there is none."""
    try:
        return number(content, entry, form) if entry else 0
    except struct.error:
        return 0
