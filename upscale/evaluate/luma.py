"""The brightness plane that the scores are taken on, and the two ways a picture is cut before."""

import numpy as np
from numpy.typing import NDArray

# 219 times ITU-R BT.601's 0.299, 0.587, 0.114, as MATLAB's rgb2ycbcr: RGB in [0, 1] gives Y in [16, 235].
RED, GREEN, BLUE, BLACK = 65.481, 128.553, 24.966, 16.0


def luma(pixels: NDArray[np.uint8], *, round_y: bool = False) -> NDArray[np.float64]:
    """Y of BT.601 in studio range.

    Shape: (H, W, 3) RGB -> (H, W), in [16, 235]. PSNR and SSIM take Y as it is; NIQE's pristine model was
    measured on whole numbers, which `round_y` gives (halves go up, as in MATLAB).
    """
    red, green, blue = (pixels[..., channel].astype(np.float64) for channel in range(3))
    y = (RED * red + GREEN * green + BLUE * blue) / 255 + BLACK
    return np.floor(y + 0.5) if round_y else y


def crop_border(planes: NDArray[np.float64], border_px: int) -> NDArray[np.float64]:
    """Without `border_px` pixels on each side; empty where nothing is left. Shape: (..., H, W)."""
    bottom, right = (max(length - border_px, border_px) for length in planes.shape[-2:])
    return planes[..., border_px:bottom, border_px:right]


def crop_to_multiple(pixels: NDArray[np.uint8], scale: int) -> NDArray[np.uint8]:
    """The largest part, from the top left corner, whose sides divide by `scale`. Shape: (H, W, C)."""
    height, width = pixels.shape[:2]
    return pixels[: height - height % scale, : width - width % scale]
