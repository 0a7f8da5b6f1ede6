"""Training pictures of any kind as 8-bit RGB, with the values that their files have.

No profile, gamma or orientation is applied, so that both sides of a pair are seen alike. Scores are stricter
(`upscale/evaluate/pictures.py`): there a converted picture would be another picture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Literal

import cv2
import numpy as np
import pyvips
from numpy.typing import NDArray

from upscale.errors import BadInputError, reason
from upscale.evaluate.pictures import MAX_PIXELS
from upscale.vips_setup import prepare

Change = Literal["gray", "16 bit", "transparent", "other colours"]

# By content, since OpenCV is safe with these formats only; libvips' wheel reads none of them.
_OPENCV_HEADS = (b"BM", *(b"P%d" % number for number in range(1, 7)))
_PLAIN = ("srgb", "rgb", "b-w", "rgb16", "grey16", "multiband")


@dataclass(frozen=True)
class Decoded:
    """A picture and what was changed to make it 8-bit RGB. Shape: (H, W, 3)."""

    pixels: NDArray[np.uint8]
    changes: frozenset[Change]


def read_size(file: BinaryIO) -> tuple[int, int]:
    """Height and width, by the header alone where the format has one that libvips knows. Raises as `read_pixels`."""
    head = file.read(2)
    file.seek(0)
    if head in _OPENCV_HEADS:
        height, width, _ = _by_opencv(file.read()).pixels.shape
        return height, width
    prepare()
    with _explained():
        source = pyvips.Source.new_from_descriptor(file.fileno())
        return _size(pyvips.Image.new_from_source(source, "", access="sequential"))


def read_pixels(path: Path) -> Decoded:
    """A picture of any depth and number of channels. Raises BadInputError with a bare reason."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(reason(error)) from error
    return _by_opencv(content) if content[:2] in _OPENCV_HEADS else _by_vips(content)


@cache
def _quieten_opencv() -> None:
    """It writes to standard error what it finds wrong with files; what matters comes as an error all the same."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _by_opencv(content: bytes) -> Decoded:
    _quieten_opencv()
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_ANYCOLOR)
    except cv2.error as error:
        raise BadInputError("it is no picture, or damaged") from error
    if pixels is None:
        raise BadInputError("it is no picture, or damaged")
    samples = pixels.astype(np.uint8, copy=False)
    if samples.ndim == 2:
        return Decoded(_rgb(samples[..., None]), frozenset({"gray"}))
    return Decoded(np.ascontiguousarray(samples[..., ::-1]), frozenset())


def _by_vips(content: bytes) -> Decoded:
    prepare()
    with _explained():
        # "error" and not "truncated": else a bad checksum or a strip that is not there passes as gray.
        image = pyvips.Image.new_from_buffer(content, "", access="sequential", fail_on="error")
        _size(image)
        shown = _shown(image)
        samples = shown.numpy().reshape(shown.height, shown.width, shown.bands)
    changes = _changes(image, samples, alpha=shown.hasalpha())
    colours = 1 if shown.bands - shown.hasalpha() < 3 else 3
    return Decoded(_rgb(_eight_bits(samples[..., :colours])), changes)


def _size(image: Any) -> tuple[int, int]:  # noqa: ANN401  pyvips has no types
    height, width = image.height, image.width
    if height * width > MAX_PIXELS:
        raise BadInputError(f"{width} x {height} are more than {MAX_PIXELS} pixels")
    return height, width


def _shown(image: Any) -> Any:  # noqa: ANN401
    """Gray or RGB of 8 or 16 bits: CMYK through its profile, Lab and linear light through their definitions."""
    if image.format in ("uchar", "ushort") and image.interpretation in _PLAIN:
        return image
    if image.format in ("uchar", "ushort") or image.interpretation in ("scrgb", "lab", "labs"):
        return image.colourspace("srgb")
    raise BadInputError(f"its samples are {image.format} {image.interpretation}, not of 8 or 16 bits")


def _changes(image: Any, samples: NDArray[Any], *, alpha: bool) -> frozenset[Change]:  # noqa: ANN401
    found: dict[Change, bool] = {
        "gray": samples.shape[2] - alpha < 3,
        "16 bit": image.format == "ushort",
        "transparent": alpha and bool((samples[..., -1] != np.iinfo(samples.dtype).max).any()),
        "other colours": image.interpretation not in _PLAIN,
    }
    return frozenset(change for change, there in found.items() if there)


def _eight_bits(samples: NDArray[Any]) -> NDArray[np.uint8]:
    """Rounded, so that 65535 is 255 and no level is darker on average, as it would be by dropping bits."""
    if samples.dtype == np.uint8:
        return samples
    levels = ((np.arange(2**16) * 255 + 32767) // 65535).astype(np.uint8)
    reduced: NDArray[np.uint8] = levels[samples]
    return reduced


def _rgb(samples: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shape: (H, W, 1 or 3) -> (H, W, 3), a copy: libvips' own is read-only."""
    return np.broadcast_to(samples, (*samples.shape[:2], 3)).copy()


@contextmanager
def _explained() -> Iterator[None]:
    """What libvips says of a file, as BadInputError with a bare reason."""
    try:
        yield
    except pyvips.Error as error:
        # The last line is the decoder's verdict; those before may be warnings about other files.
        verdict = str(error.detail).strip().rpartition("\n")[2]
        raise BadInputError("it is no picture, or damaged" + (f" ({verdict})" if verdict else "")) from error
    except UnicodeDecodeError as error:  # libvips quoted the file's bytes, and pyvips gave up on its text
        pyvips.vips_lib.vips_error_clear()
        raise BadInputError("it is no picture, or damaged") from error
