"""The way Real-ESRGAN and many after it run a network: written out here, one tile after the other.

The picture is float32 numpy on the host; each tile of 256 x 256 with 10 pixels of padding goes through the network
alone, NCHW, and its useful part is copied into a numpy canvas. The padding is too small for the network's radius of
about 40 pixels: the result is not quite the network's.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TILE_PX = 256
PADDING_PX = 10


@torch.inference_mode()
def enlarge_by_tiles(
    network: Callable[[Tensor], Tensor], picture: NDArray[np.float32], scale: int, like: Tensor
) -> NDArray[np.float32]:
    """Shape: (H, W, 3) -> (H * scale, W * scale, 3). `like` has the device and the type of the network's input."""
    height, width, _ = picture.shape
    canvas = np.zeros((height * scale, width * scale, 3), np.float32)
    for top in range(0, height, TILE_PX):
        for left in range(0, width, TILE_PX):
            bottom, right = min(top + TILE_PX, height), min(left + TILE_PX, width)
            first_row, first_column = max(top - PADDING_PX, 0), max(left - PADDING_PX, 0)
            padded = picture[first_row : bottom + PADDING_PX, first_column : right + PADDING_PX]
            tile = torch.from_numpy(np.ascontiguousarray(padded.transpose(2, 0, 1)))[None].to(like)
            sr = network(tile)[0].float().cpu().numpy().transpose(1, 2, 0)
            y, x = (top - first_row) * scale, (left - first_column) * scale
            useful = sr[y : y + (bottom - top) * scale, x : x + (right - left) * scale]
            canvas[top * scale : bottom * scale, left * scale : right * scale] = useful
    return canvas
