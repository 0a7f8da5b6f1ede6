"""IPTC-IIM records and the Photoshop image resources that JPEG wraps around them."""

import struct

_SIGNATURE = b"Photoshop 3.0\0"
_RESOURCE = b"8BIM"
_IPTC = 0x0404  # Adobe Photoshop file formats specification, image resource IDs


def records_of(block: bytes) -> bytes | None:
    """The records in a block as JPEG (APP13) or TIFF (tags 33723, 34377) has it, or None if there are none.

    Other resources, such as a thumbnail or a clipping path, tell of the picture as it was, and are dropped.
    """
    block = block.removeprefix(_SIGNATURE)
    if block.startswith(b"\x1c"):
        return block
    at = 0
    while block[at : at + 4] == _RESOURCE and at + 12 <= len(block):
        (kind,) = struct.unpack_from(">H", block, at + 4)
        name_bytes = (block[at + 6] + 2) // 2 * 2  # its length and the name, filled up to an even number
        start = at + 6 + name_bytes + 4
        if start > len(block):
            return None
        (size,) = struct.unpack_from(">I", block, start - 4)
        if kind == _IPTC:
            return block[start : start + size] or None
        at = start + (size + 1) // 2 * 2
    return None


def resource(records: bytes) -> bytes:
    """The records as JPEG wants them in APP13."""
    head = _RESOURCE + struct.pack(">HHI", _IPTC, 0, len(records))
    return _SIGNATURE + head + records + bytes(len(records) % 2)
