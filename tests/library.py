"""A folder of many small pictures, of all sizes and formats."""

from pathlib import Path

import numpy as np
from PIL import Image

# Endings of files, and the modes and options that Pillow writes them with.
_KINDS: tuple[tuple[str, str, dict[str, object]], ...] = (
    (".png", "RGB", {}),
    (".jpg", "RGB", {"quality": 90}),
    (".webp", "RGBA", {"lossless": True}),
    (".png", "RGBA", {}),
    (".tiff", "RGB", {"compression": "tiff_lzw"}),
    (".gif", "P", {}),
    (".bmp", "RGB", {}),
    (".png", "I;16", {}),
    (".jpg", "CMYK", {}),
    (".ppm", "RGB", {}),
    (".png", "1", {}),
    (".tga", "L", {}),
)


def write_library(folder: Path, count: int, largest_px: int = 150) -> None:
    """So many noisy pictures of 4 to `largest_px` pixels a side, a tenth of them in a folder below."""
    rng = np.random.default_rng(0)
    for index in range(count):
        suffix, mode, options = _KINDS[index % len(_KINDS)]
        path = folder / ("below" if index % 10 == 9 else ".") / f"{index:05}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width = rng.integers(4, largest_px, 2)
        pixels = rng.integers(0, 256, (height, width, 4), np.uint8)
        _image(pixels, mode).save(path, **options)


def _image(pixels: np.ndarray, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    image = Image.fromarray(pixels)
    return image if mode == "RGBA" else image.convert("RGB").convert(mode)
