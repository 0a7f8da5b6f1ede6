"""What `fuzz_reader.py` feeds the reader with: small whole pictures of every format, and damaged copies of them."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from upscale.images.formats import HEAD_BYTES, sniff

# Larger seeds are slow to read, and their mutations seldom meet a header.
_SEED_BYTES = 40_000
# Where headers are: half of all damage is done there.
_HEADER_BYTES = 256
_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

Damage = Callable[[bytearray, random.Random, Sequence[bytes]], None]


def write_seeds(folder: Path, found: Path | None) -> list[str]:
    """Whole pictures as FOLDER/FORMAT/NAME: made ones, and those of a folder of odd ones; the formats, sorted.

    What the reader does not take for a picture is left out.
    """
    files = [*_made(), *(_found(found) if found else ())]
    formats = set()
    for name, content in files:
        format_name = sniff(content[:HEAD_BYTES], Path(name))
        if format_name is not None:
            (folder / format_name).mkdir(parents=True, exist_ok=True)
            (folder / format_name / name).write_bytes(content)
            formats.add(format_name)
    return sorted(formats)


def damaged(name: str, seeds: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """One of `seeds`, damaged in a way that `name` alone decides; a file name with the right ending, and the bytes."""
    rng = random.Random(name)
    seed_name, content = rng.choice(seeds)
    block = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5, 8))):
        rng.choice(_DAMAGES)(block, rng, [other for _, other in seeds])
    # A wrong checksum is found at once: most must be right for the damage to come further.
    if block[:4] == b"\x89PNG" and rng.random() < 0.8:
        _mend_png(block)
    return f"input{Path(seed_name).suffix}", bytes(block)


def _found(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size <= _SEED_BYTES:
            yield f"{path.parent.name}-{path.name}", path.read_bytes()


def _made() -> Iterator[tuple[str, bytes]]:
    yield from _pillow()
    yield from _ffmpeg()
    for depth in (8, 16):
        for packed in (False, True):
            yield f"{depth}-{packed}.psd", _psd(depth, packed=packed)


def _colours(channels: int, size_px: int = 24) -> np.ndarray:
    """Smooth with an edge. Shape: (size_px, size_px + 3, channels), uint8."""
    y, x = np.mgrid[0:size_px, 0 : size_px + 3]
    planes = np.stack([9 * x, 10 * y, 5 * (x + y), 255 * (x > 9)], axis=2)[..., :channels]
    return np.ascontiguousarray(planes.astype(np.uint8))


def _pillow() -> Iterator[tuple[str, bytes]]:
    rgb, rgba = Image.fromarray(_colours(3)), Image.fromarray(_colours(4))
    gray, bits = rgb.convert("L"), rgb.convert("1")
    palette, deep = rgb.convert("P"), Image.fromarray(_colours(1)[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "maker"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    turned = {"exif": exif, "xmp": xmp}
    film = {"save_all": True, "append_images": [rgba.rotate(90 * turn) for turn in (1, 2)], "duration": [40, 80, 120]}
    cases: list[tuple[str, Image.Image, dict[str, object]]] = [
        ("rgb.jpg", rgb, turned), ("gray.jpg", gray, {}), ("cmyk.jpg", rgb.convert("CMYK"), {}),
        ("progressive.jpg", rgb, {"progressive": True}),
        ("rgb.png", rgb, {"exif": exif}), ("rgba.png", rgba, {}), ("bits.png", bits, {}), ("palette.png", palette, {}),
        ("deep.png", deep, {}), ("film.png", rgba, {**film, "loop": 2}),
        ("lossy.webp", rgb, turned), ("lossless.webp", rgba, {"lossless": True}), ("film.webp", rgba, film),
        ("plain.gif", palette, {}), ("film.gif", rgba, {**film, "loop": 0}),
        ("rgb.avif", rgb, {"speed": 10, **turned}), ("rgba.avif", rgba, {"speed": 10}), ("film.avif", rgba, film),
        ("rgb.bmp", rgb, {}), ("rgba.bmp", rgba, {}), ("palette.bmp", palette, {}), ("bits.bmp", bits, {}),
        ("rgb.ppm", rgb, {}), ("gray.pgm", gray, {}), ("deep.pgm", deep, {}), ("bits.pbm", bits, {}),
        ("rgb.tga", rgb, {}), ("rle.tga", rgba, {"compression": "tga_rle"}), ("palette.tga", palette, {}),
        ("rgb.jp2", rgb, {}), ("rgba.jp2", rgba, {"irreversible": True}), ("deep.jp2", deep, {}), ("rgb.j2k", rgb, {}),
        ("several.ico", rgba, {"sizes": [(16, 16), (24, 24)]}), ("bitmap.ico", rgba, {"bitmap_format": "bmp"}),
        ("rgb.qoi", rgb, {}), ("rgba.qoi", rgba, {}), ("rgba.dds", rgba, {}),
        *((f"{way}.tiff", rgb, {"compression": way, **turned}) for way in ("raw", "tiff_lzw", "tiff_adobe_deflate")),
        ("jpeg.tiff", rgb, {"compression": "jpeg"}), ("packbits.tiff", rgba, {"compression": "packbits"}),
        ("fax.tiff", bits, {"compression": "group4"}), ("deep.tiff", deep, {"compression": "zstd"}),
        ("float.tiff", gray.convert("F"), {}), ("lab.tiff", rgb.convert("LAB"), {}), ("pages.tiff", palette, film),
    ]  # fmt: skip
    for name, image, options in cases:
        file = io.BytesIO()
        image.save(file, Image.registered_extensions()[Path(name).suffix], **options)
        yield name, file.getvalue()


def _ffmpeg() -> Iterator[tuple[str, bytes]]:
    yield "rgb48.ppm", _encoded("ppm", "rgb48be")
    yield "rgba.pam", _encoded("pam", "rgba")
    yield "gray16.pam", _encoded("pam", "gray16be")
    yield "rgb.pfm", _encoded("pfm", "gbrpf32le")
    yield "rgb.hdr", _encoded("hdr", "gbrpf32le")
    yield "rgb48.jp2", _encoded("jpeg2000", "rgb48le", format="jp2")
    yield "deep.dpx", _encoded("dpx", "gbrp10le")
    for way in ("none", "rle", "zip1", "zip16"):
        yield f"{way}.exr", _encoded("exr", "gbrapf32le", compression=way)
    yield "half.exr", _encoded("exr", "gbrpf32le", format="half", compression="zip16")


def _encoded(codec: str, layout: str, **options: str) -> bytes:
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    frame = av.VideoFrame.from_ndarray(_colours(3), format="rgb24").reformat(format=layout)
    context.width, context.height, context.pix_fmt = frame.width, frame.height, layout
    context.time_base, context.options = Fraction(1, 25), options
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def _psd(depth: int, *, packed: bool) -> bytes:
    """A flattened Photoshop file, after Adobe's description of the format; no library here writes one."""
    planes = np.moveaxis(_colours(3), 2, 0).astype(f">u{depth // 8}") * (1 if depth == 8 else 257)
    rows = [row.tobytes() for plane in planes for row in plane]
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, *planes.shape[1:], depth, 3) + bytes(12)
    if not packed:
        return header + b"\0\0" + b"".join(rows)
    # PackBits, each row as runs of literals of at most 128 bytes.
    runs = [b"".join(bytes([len(part) - 1]) + part for part in _parts(row, 128)) for row in rows]
    return header + b"\0\1" + b"".join(struct.pack(">H", len(run)) for run in runs) + b"".join(runs)


def _parts(row: bytes, size: int) -> Iterator[bytes]:
    return (row[start : start + size] for start in range(0, len(row), size))


def _place(block: bytearray, rng: random.Random) -> int:
    reach = min(len(block), _HEADER_BYTES) if rng.random() < 0.5 else len(block)
    return rng.randrange(max(1, reach))


def _span(block: bytearray, rng: random.Random) -> slice:
    start = _place(block, rng)
    return slice(start, start + rng.choice((1, 2, 4, 8, 16, 64, 256)))


def _flip_bit(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    if block:
        block[_place(block, rng)] ^= 1 << rng.randrange(8)


def _set_bytes(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    start, size = _place(block, rng), rng.choice((1, 1, 2, 4, 16))
    block[start : start + size] = rng.randbytes(size)


def _set_edge(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    """A number at which programs stumble, in either order of bytes."""
    start, size = _place(block, rng), rng.choice((1, 2, 4))
    number = rng.choice(_EDGES) % 256**size
    block[start : start + size] = number.to_bytes(size, rng.choice(("little", "big")))


def _delete(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    del block[_span(block, rng)]


def _repeat(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    part = block[_span(block, rng)]
    start = _place(block, rng)
    block[start:start] = part * rng.choice((1, 2, 50))


def _cut(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    del block[_place(block, rng) :]


def _blank(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    span = _span(block, rng)
    block[span] = bytes(len(block[span]))


def _splice(block: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    """A part of another picture of the format, in the same place or elsewhere."""
    other = bytearray(rng.choice(others))
    span = _span(other, rng)
    start = span.start if rng.random() < 0.5 else _place(block, rng)
    block[start : start + len(other[span])] = other[span]


_DAMAGES: tuple[Damage, ...] = (_flip_bit, _set_bytes, _set_edge, _set_edge, _delete, _repeat, _cut, _blank, _splice)


def _mend_png(block: bytearray) -> None:
    """Right checksums for all chunks, where they can be told apart."""
    start = 8
    while start + 12 <= len(block):
        size = int.from_bytes(block[start : start + 4], "big")
        end = start + 8 + size
        if end + 4 > len(block):
            return
        block[end : end + 4] = zlib.crc32(block[start + 4 : end]).to_bytes(4, "big")
        start = end + 4
