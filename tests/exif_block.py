"""An EXIF block made by hand, with all that an enlargement has to look after."""

import io
import struct

import numpy as np
from PIL import Image

MAKER_NOTE = b"SONY DSC \0\0\0" + bytes(range(50))
MAKER_NOTE_AT = 200


def thumbnail() -> bytes:
    """A small JPEG file."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(file, "JPEG")
    return file.getvalue()


def exif_block(order: str = "<", *, padding: bytes = b"") -> bytes:
    """Orientation 6, 27 x 20 pixels, a maker, a maker note, a place, a thumbnail at the end but for `padding`."""
    small = thumbnail()

    def directory(tags: list[tuple[int, int, int, bytes]], successor: int) -> bytes:
        rows = (struct.pack(order + "HHI", *tag[:3]) + tag[3].ljust(4, b"\0") for tag in tags)
        return struct.pack(order + "H", len(tags)) + b"".join(rows) + struct.pack(order + "I", successor)

    def short(value: int) -> bytes:
        return struct.pack(order + "H", value)

    def long(value: int) -> bytes:
        return struct.pack(order + "I", value)

    ifd0 = directory(
        [
            (0x0100, 3, 1, short(27)),
            (0x0101, 3, 1, short(20)),
            (0x010F, 2, 9, long(180)),
            (0x0112, 3, 1, short(6)),
            (0x8769, 4, 1, long(100)),
            (0x8825, 4, 1, long(150)),
        ],
        270,
    )
    exif = directory([(0x927C, 7, len(MAKER_NOTE), long(MAKER_NOTE_AT)), (0xA002, 3, 1, short(27))], 0)
    gps = directory([(0x0001, 2, 2, b"N\0")], 0)
    ifd1 = directory([(0x0112, 3, 1, short(6)), (0x0201, 4, 1, long(320)), (0x0202, 4, 1, long(len(small)))], 0)
    parts = {8: ifd0, 100: exif, 150: gps, 180: b"a camera\0", MAKER_NOTE_AT: MAKER_NOTE, 270: ifd1, 320: small}
    block = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, 8)
    for start, part in parts.items():
        block = block.ljust(start, b"\0") + part
    return block + padding
