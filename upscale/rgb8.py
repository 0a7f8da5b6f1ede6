"""Pictures as 8-bit RGB arrays, for training and for measuring: neither needs more of a file than that."""

from pathlib import Path

import numpy as np
import pyvips
from numpy.typing import NDArray

from upscale.errors import BadInputError

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".gif", ".avif"})


def list_pictures(folder: Path) -> list[Path]:
    """The picture files below a folder, by name, sorted; a file is a list of itself."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS and path.is_file())


def read_rgb8(path: Path) -> NDArray[np.uint8]:
    """Decode a picture; gray is repeated, transparency dropped. Shape: (H, W, 3). BadInputError if it is broken."""
    try:
        image = pyvips.Image.new_from_file(str(path), fail_on="truncated").autorot().colourspace("srgb")
        image = image.extract_band(0, n=3).cast("uchar")
        return np.ascontiguousarray(image.numpy())
    except pyvips.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise BadInputError(f"cannot read {path}: {reason}") from error
