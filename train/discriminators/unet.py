"""Real-ESRGAN's discriminator: a U-Net that judges every pixel with what surrounds it."""

import torch.nn.functional as F
from torch import Tensor, nn
from upscale.train.config import Norm
from upscale.train.discriminators.layers import activations, initialise, layer
from upscale.train.discriminators.opinion import Opinion
from upscale.train.discriminators.virtual_norm import own_part


class UNet(nn.Module):
    """Three steps down, three up with skips that are added, two more convolutions (Wang et al. 2021, section 3.3).

    The paper's norm is the spectral one, and without biases, on all layers but the first and the last. Takes any
    size from 16 pixels up.
    """

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.norm = norm
        self.first = layer(3, 64, "none")
        self.down = nn.ModuleList(
            layer(maps, 2 * maps, norm, kernel=4, stride=2, bias=False) for maps in (64, 128, 256)
        )
        self.up = nn.ModuleList(layer(maps, maps // 2, norm, bias=False) for maps in (512, 256, 128))
        self.end = nn.ModuleList(layer(64, 64, norm, bias=False) for _ in range(2))
        self.last = nn.Conv2d(64, 1, 3, padding=1)
        initialise(self, self.last)

    def forward(self, pictures: Tensor) -> Opinion:
        """A logit for every pixel. Shape: (N, 3, H, W) in [-1, 1] -> (N, 1, H, W)."""
        passed = activations((self.first, *self.down), pictures)
        x = passed[-1]
        for step, skip in zip(self.up, passed[-2::-1], strict=True):
            x = skip + step(F.interpolate(x, size=skip.shape[-2:], mode="bilinear"))
            passed.append(x)
        maps = own_part(passed + activations(self.end, x), self.norm)
        return Opinion(self.last(maps[-1]), maps)
