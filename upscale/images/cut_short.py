"""Files that end too early where FFmpeg does not mind, and would draw the rest black: OpenEXR, QOI, Radiance HDR."""

import struct

from upscale.errors import BadInputError

_REASON = "it is cut short"
_QOI_END = bytes(7) + b"\x01"  # the QOI image format, version 1.0, page 1
_TILED, _MULTIPART = 0x200, 0x1000
# Rows in one block, by the compression's number: OpenEXR file layout, "Chunk layout".
_BLOCK_ROWS = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}


def refuse_cut_short(content: bytes, format_name: str) -> None:
    """Raises BadInputError, with a bare reason, for a file without its end."""
    if format_name == "qoi" and not content.endswith(_QOI_END):
        raise BadInputError(_REASON)
    if format_name == "exr":
        try:
            whole = _blocks_are_there(content)
        except (struct.error, ValueError, IndexError, KeyError) as error:
            raise BadInputError(_REASON) from error
        if not whole:
            raise BadInputError(_REASON)


def _blocks_are_there(content: bytes) -> bool:
    """Whether each block of rows that the table names lies within the file; tiles and parts are left to FFmpeg."""
    if struct.unpack_from("<I", content, 4)[0] & (_TILED | _MULTIPART):
        return True
    header, table = _exr_header(content)
    _, top, _, bottom = struct.unpack("<4i", header[b"dataWindow"])
    count = -(-(bottom - top + 1) // _BLOCK_ROWS.get(header[b"compression"][0], 1))
    if not 0 <= count * 8 <= len(content) - table:
        return False
    starts = struct.unpack_from(f"<{count}Q", content, table)
    ends = (start + 8 + struct.unpack_from("<4xI", content, start)[0] for start in starts if start < len(content))
    return max(starts, default=0) < len(content) and all(end <= len(content) for end in ends)


def _exr_header(content: bytes) -> tuple[dict[bytes, bytes], int]:
    """The attributes, and where they end. Raises struct.error, ValueError or IndexError where they do not."""
    position, attributes = 8, {}
    while content[position]:
        name_end = content.index(0, position)
        kind_end = content.index(0, name_end + 1)
        (size,) = struct.unpack_from("<I", content, kind_end + 1)
        value = kind_end + 5
        attributes[content[position:name_end]] = content[value : value + size]
        position = value + size
    return attributes, position + 1
