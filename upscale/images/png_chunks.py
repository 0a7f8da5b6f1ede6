"""The chunks of a PNG file that tell of the picture (PNG specification, third edition, section 11.3)."""

import re
import struct
import zlib
from collections.abc import Iterator

from upscale.images.metadata import Metadata
from upscale.images.tag_directories import Block

_SIGNATURE_BYTES = 8
PHYS_BYTES = 12 + 9
"""The size of the chunk for the resolution, which libvips writes too."""
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# By themselves, and what an ICC profile stands above.
_HDR, _COLOURS = (b"cICP", b"mDCV", b"cLLI"), (b"gAMA", b"cHRM", b"sRGB")
_XMP = b"XML:com.adobe.xmp\0"
# ImageMagick's way to put foreign blocks into texts, in hexadecimal digits; exiftool reads and writes it as well.
_RAW = b"Raw profile type "
_LONGEST_TEXT_BYTES = 2**22


def kept_chunks(content: Block) -> bytes:
    """Of a file's chunks those that nothing but PNG has a place for: texts, and colours without a profile."""
    found = list(_chunks(content))
    kinds = {kind for kind, _, _ in found}
    wanted = _TEXTS + _HDR + (() if b"iCCP" in kinds else _COLOURS)
    return b"".join(whole for kind, body, whole in found if kind in wanted and not body.startswith((_XMP, _RAW)))


def raw_profile(content: Block, name: bytes) -> bytes | None:
    """A foreign block that a file carries as a text, or None."""
    for kind, body, _ in _chunks(content):
        if kind in (b"tEXt", b"zTXt") and body.startswith(_RAW + name + b"\0"):
            text = body[len(_RAW + name) + 1 :]
            try:
                if kind == b"zTXt":
                    text = zlib.decompressobj().decompress(text[1:], _LONGEST_TEXT_BYTES)
                digits = text.strip().split(b"\n", 2)[-1]  # behind lines with the name and the length
                return bytes.fromhex(digits.decode("ascii"))
            except (zlib.error, ValueError):
                return None
    return None


def without_colours(chunks: bytes) -> bytes:
    """Kept chunks but for those that say what the samples mean."""
    return b"".join(whole for kind, _, whole in _chunks(chunks, 0) if kind in _TEXTS)


def only_colours(chunks: bytes) -> bytes:
    """Of kept chunks those that say what the samples mean."""
    return b"".join(whole for kind, _, whole in _chunks(chunks, 0) if kind not in _TEXTS)


def colour_chunks(chunks: bytes) -> dict[bytes, bytes]:
    """Name and content of the kept chunks that say what the samples mean."""
    return {kind: body for kind, body, _ in _chunks(chunks, 0) if kind not in _TEXTS}


def png_chunks(metadata: Metadata) -> bytes:
    """Chunks for the place behind the header. The first has the size of a pHYs chunk, and is one."""
    chunks = _chunk(b"pHYs", _density(metadata))
    if metadata.icc:
        chunks += _chunk(b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc))
    chunks += metadata.png_chunks
    if metadata.exif:
        chunks += _chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        chunks += _chunk(b"iTXt", _XMP + bytes(4) + metadata.xmp)
    if metadata.iptc:
        digits = re.sub(r"(.{72})", r"\1\n", metadata.iptc.hex())
        text = f"\niptc\n{len(metadata.iptc):8d}\n{digits}\n"
        chunks += _chunk(b"zTXt", _RAW + b"iptc\0\0" + zlib.compress(text.encode("ascii")))
    return chunks


def _density(metadata: Metadata) -> bytes:
    """Pixels a metre, or square pixels of unknown size."""
    if metadata.pixels_per_mm is None:
        return struct.pack(">IIB", 1, 1, 0)
    across, down = (min(max(round(density * 1000), 1), 2**31 - 1) for density in metadata.pixels_per_mm)
    return struct.pack(">IIB", across, down, 1)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(content: Block, at: int = _SIGNATURE_BYTES) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, body and the whole of each chunk but for the samples and what is damaged, which no reader looks at."""
    while at + 12 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + size
        if end > len(content):
            return
        if kind not in (b"IDAT", b"fdAT"):
            whole = bytes(content[at:end])
            if zlib.crc32(whole[4:-4]) == int.from_bytes(whole[-4:], "big"):
                yield kind, whole[8:-4], whole
        at = end
