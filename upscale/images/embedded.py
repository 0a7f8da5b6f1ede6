"""Profile, EXIF and XMP in the files that FFmpeg decodes, which gives only their pixels."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from upscale.images.colour_profile import LINEAR, linear_srgb

# Photoshop's file format, image resources. ISO/IEC 15444-1, annex I: boxes; the UUIDs are Adobe's and JPEG's.
_PSD_ICC, _PSD_EXIF, _PSD_XMP = 1039, 1058, 1060
_UUID_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_UUID_EXIF = b"JpgTiffExif->JP2"
_ANY_PROFILE = (b"\2", b"\3")


@dataclass(frozen=True)
class Blocks:
    """What a file says about its pixels; empty where it says nothing."""

    icc: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""


def blocks_of(content: bytes, format_name: str) -> Blocks:
    """What could be found; a damaged block is as good as none."""
    try:
        if format_name == "psd":
            found = dict(_psd_resources(content))
            return Blocks(found.get(_PSD_ICC, b""), found.get(_PSD_EXIF, b""), found.get(_PSD_XMP, b""))
        if format_name == "jp2":
            return _jp2_blocks(content)
    except struct.error:
        return Blocks()
    if format_name in LINEAR:
        return Blocks(icc=linear_srgb())
    return Blocks(icc=_bmp_profile(content)) if format_name == "bmp" else Blocks()


def _psd_resources(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and contents. Each: 8BIM, number, a name and its content with lengths, both padded to even ones."""
    (palette,) = struct.unpack_from(">I", content, 26)
    (size,) = struct.unpack_from(">I", content, 30 + palette)
    position = 34 + palette
    end = position + size
    while position < end:
        number, name = struct.unpack_from(">HB", content, position + 4)
        position += 6 + (name + 2) // 2 * 2
        (length,) = struct.unpack_from(">I", content, position)
        yield number, content[position + 4 : position + 4 + length]
        position += 4 + (length + 1) // 2 * 2


def _jp2_blocks(content: bytes) -> Blocks:
    icc, exif, xmp = b"", b"", b""
    for kind, box in _boxes(content):
        if kind == b"jp2h":
            colours = (part for inner, part in _boxes(box) if inner == b"colr")
            icc = next((part for part in colours if part[:1] in _ANY_PROFILE), b"")[3:]
        elif kind == b"uuid" and box[:16] == _UUID_XMP:
            xmp = box[16:]
        elif kind == b"uuid" and box[:16] == _UUID_EXIF:
            exif = box[16:]
    return Blocks(icc, exif, xmp)


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kinds and contents, up to the end or the first damage."""
    position = 0
    while position + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, position)
        head = 8
        if size == 1 and position + 16 <= len(content):
            (size,), head = struct.unpack_from(">Q", content, position + 8), 16
        end = len(content) if size == 0 else position + size
        if end < position + head:
            return
        yield kind, content[position + head : end]
        position = end


def _bmp_profile(content: bytes) -> bytes:
    """Of a BITMAPV5HEADER that says that its profile is in the file (bV5CSType, bV5ProfileData)."""
    if len(content) < 138 or struct.unpack_from("<I", content, 14)[0] < 124 or content[70:74] != b"DEBM":
        return b""
    start, size = struct.unpack_from("<2I", content, 14 + 112)
    return content[14 + start : 14 + start + size]
