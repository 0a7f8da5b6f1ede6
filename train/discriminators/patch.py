"""PatchGAN: a judge of textures, patch by overlapping patch (Isola et al. 2017, section 3.2)."""

from torch import Tensor, nn
from upscale.train.config import Norm
from upscale.train.discriminators.layers import activations, initialise, layer
from upscale.train.discriminators.opinion import Opinion
from upscale.train.discriminators.virtual_norm import own_part


class Patch(nn.Module):
    """Five 4x4 convolutions; each logit sees 70x70 pixels. Takes any size from 24 pixels up."""

    def __init__(self, norm: Norm) -> None:
        super().__init__()
        self.norm = norm
        self.layers = nn.ModuleList(
            (
                layer(3, 64, "none", kernel=4, stride=2),
                layer(64, 128, norm, kernel=4, stride=2),
                layer(128, 256, norm, kernel=4, stride=2),
                layer(256, 512, norm, kernel=4),
            )
        )
        self.last = nn.Conv2d(512, 1, 4, padding=1)
        initialise(self, self.last)

    def forward(self, pictures: Tensor) -> Opinion:
        """A logit for every 8 pixels. Shape: (N, 3, H, W) in [-1, 1] -> (N, 1, H // 8 - 2, W // 8 - 2)."""
        maps = own_part(activations(self.layers, pictures), self.norm)
        return Opinion(self.last(maps[-1]), maps)
