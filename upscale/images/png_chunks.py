"""The chunks of a PNG file that tell of the picture (PNG specification, third edition, section 11.3)."""

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from upscale.images.metadata import Metadata
from upscale.images.png_layout import SIGNATURE, checksum, chunk, places
from upscale.images.tag_directories import Block

PHYS_BYTES = 12 + 9
"""The size of the chunk for the resolution, which libvips writes too."""
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# By themselves, and what an ICC profile stands above.
_HDR, _COLOURS = (b"cICP", b"mDCV", b"cLLI"), (b"gAMA", b"cHRM", b"sRGB")
_SAMPLES = (b"IDAT", b"fdAT")
_XMP = b"XML:com.adobe.xmp\0"
# ImageMagick's way to put foreign blocks into texts, in hexadecimal digits; exiftool reads and writes it as well.
_RAW = b"Raw profile type "
_LONGEST_TEXT_BYTES = 2**22


@dataclass(frozen=True)
class Chunk:
    """A chunk, and all of it as it stands in the file."""

    kind: bytes
    whole: bytes

    @property
    def body(self) -> bytes:
        """What is in it."""
        return self.whole[8:-4]


def kept_chunks(found: Sequence[Chunk]) -> bytes:
    """Of a file's chunks those that nothing but PNG has a place for: texts, and colours without a profile."""
    kinds = {one.kind for one in found}
    wanted = _TEXTS + _HDR + (() if b"iCCP" in kinds else _COLOURS)
    kept = (one for one in found if one.kind in wanted and not one.body.startswith((_XMP, _RAW)))
    return b"".join(one.whole for one in kept)


def raw_profile(found: Sequence[Chunk], name: bytes) -> bytes | None:
    """A foreign block that a file carries as a text, or None."""
    for one in found:
        if one.kind in (b"tEXt", b"zTXt") and one.body.startswith(_RAW + name + b"\0"):
            text = one.body[len(_RAW + name) + 1 :]
            try:
                if one.kind == b"zTXt":
                    text = zlib.decompressobj().decompress(text[1:], _LONGEST_TEXT_BYTES)
                digits = text.strip().split(b"\n", 2)[-1]  # behind lines with the name and the length
                return bytes.fromhex(digits.decode("ascii"))
            except (zlib.error, ValueError):
                return None
    return None


def without_colours(chunks: bytes) -> bytes:
    """Kept chunks but for those that say what the samples mean."""
    return b"".join(one.whole for one in telling(chunks, 0) if one.kind in _TEXTS)


def only_colours(chunks: bytes) -> bytes:
    """Of kept chunks those that say what the samples mean."""
    return b"".join(one.whole for one in telling(chunks, 0) if one.kind not in _TEXTS)


def colour_chunks(chunks: bytes) -> dict[bytes, bytes]:
    """Name and content of the kept chunks that say what the samples mean."""
    return {one.kind: one.body for one in telling(chunks, 0) if one.kind not in _TEXTS}


def png_chunks(metadata: Metadata) -> bytes:
    """Chunks for the place behind the header. The first has the size of a pHYs chunk, and is one."""
    chunks = chunk(b"pHYs", _density(metadata))
    if metadata.icc:
        chunks += chunk(b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc))
    chunks += metadata.png_chunks
    if metadata.exif:
        chunks += chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        chunks += chunk(b"iTXt", _XMP + bytes(4) + metadata.xmp)
    if metadata.iptc:
        digits = re.sub(r"(.{72})", r"\1\n", metadata.iptc.hex())
        text = f"\niptc\n{len(metadata.iptc):8d}\n{digits}\n"
        chunks += chunk(b"zTXt", _RAW + b"iptc\0\0" + zlib.compress(text.encode("ascii")))
    return chunks


def _density(metadata: Metadata) -> bytes:
    """Pixels a metre, or square pixels of unknown size."""
    if metadata.pixels_per_mm is None:
        return struct.pack(">IIB", 1, 1, 0)
    across, down = (min(max(round(density * 1000), 1), 2**31 - 1) for density in metadata.pixels_per_mm)
    return struct.pack(">IIB", across, down, 1)


def telling(content: Block, at: int = len(SIGNATURE)) -> list[Chunk]:
    """All chunks of a file, or from 0 on of kept ones, but for samples and what is damaged: no reader looks there."""
    found = (Chunk(kind, bytes(content[start:end])) for kind, start, end in places(content, at) if kind not in _SAMPLES)
    return [one for one in found if checksum(one.kind, one.body) == int.from_bytes(one.whole[-4:], "big")]
