"""SRGAN's discriminator: pictures as a whole, through ever smaller maps into dense layers."""

from torch import Tensor, nn
from upscale.train.config import Norm
from upscale.train.discriminators.layers import activations, dense_layer, initialise, layer
from upscale.train.discriminators.minibatch import MinibatchDiscrimination
from upscale.train.discriminators.opinion import Opinion
from upscale.train.discriminators.virtual_norm import own_part

# Maps and stride of the eight convolutions (Ledig et al. 2017, figure 4).
_LAYERS = ((64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
_MAPS = 512
_DENSE = 1024


class VggStyle(nn.Module):
    """Eight 3x3 convolutions and two dense layers (Ledig et al. 2017, figure 4).

    `side_px` binds the first dense layer to square pictures of that side, as in the paper; None pools the maps
    instead and takes any size. `kernels` of minibatch discrimination stand before the last dense layer.
    """

    def __init__(self, norm: Norm, *, side_px: int | None, kernels: int = 0) -> None:
        super().__init__()
        self.norm = norm
        inputs = (3, *(maps for maps, _ in _LAYERS))
        self.layers = nn.ModuleList(
            layer(before, maps, norm if index else "none", stride=stride)
            for index, (before, (maps, stride)) in enumerate(zip(inputs, _LAYERS, strict=False))
        )
        self.pool = nn.AdaptiveAvgPool2d(1) if side_px is None else nn.Identity()
        # Four strides of 2, each rounding up.
        side = 1 if side_px is None else -(-side_px // 16)
        self.dense = dense_layer(_MAPS * side * side, _DENSE, norm)
        self.minibatch = MinibatchDiscrimination(_DENSE, kernels) if kernels else nn.Identity()
        self.last = nn.Linear(_DENSE + kernels, 1)
        initialise(self, self.last)

    def forward(self, pictures: Tensor) -> Opinion:
        """One logit a picture. Shape: (N, 3, H, W) in [-1, 1] -> (N, 1)."""
        maps = own_part(activations(self.layers, pictures), self.norm)
        hidden = self.dense(self.pool(maps[-1]).flatten(1))
        return Opinion(self.last(self.minibatch(hidden)), (*maps, hidden))
