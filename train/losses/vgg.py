"""Features of VGG, the ImageNet network of Simonyan and Zisserman (2015), at any places in one pass."""

from collections.abc import Collection

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from upscale.train.losses.names import Tap
from upscale.train.losses.vgg_weights import VggWeights, conv_keys


class VggFeatures(nn.Module):
    """The convolutions up to the last of `taps`, frozen. All taps must exist in these weights (`nearest`)."""

    def __init__(self, weights: VggWeights, taps: Collection[Tap]) -> None:
        super().__init__()
        self.taps = frozenset(taps)
        self.variety = weights.variety
        keys = iter(conv_keys(weights.blocks))
        deepest = max(tap.block for tap in taps)
        self.blocks = nn.ModuleList(
            nn.ModuleList(_conv(weights, next(keys)) for _ in range(count)) for count in weights.blocks[:deepest]
        )
        self.requires_grad_(False)

    def forward(self, rgb: Tensor) -> dict[Tap, Tensor]:
        """What is there to see. Shape: (N, 3 or 1, H, W) in [0, 1] -> for each tap (N, C, h, w)."""
        x = self._prepared(rgb.expand(-1, 3, -1, -1))
        found: dict[Tap, Tensor] = {}
        for block, convs in enumerate(self.blocks, 1):
            assert isinstance(convs, nn.ModuleList)
            for index, conv in enumerate(convs, 1):
                x = conv(x)
                before = Tap(block, index, before_relu=True)
                self._keep(found, before, x)
                # In place saves a copy of every map, but would overwrite one that was asked for.
                x = F.relu(x, inplace=before not in self.taps)
                self._keep(found, Tap(block, index), x)
                if len(found) == len(self.taps):
                    return found
            x = F.max_pool2d(x, 2)
            self._keep(found, Tap(block, 0), x)
        return found

    def _keep(self, found: dict[Tap, Tensor], tap: Tap, x: Tensor) -> None:
        if tap in self.taps:
            found[tap] = x

    def _prepared(self, rgb: Tensor) -> Tensor:
        ordered = rgb.flip(1) if self.variety.bgr else rgb
        mean, factor = (
            torch.tensor(three, device=rgb.device, dtype=rgb.dtype)[:, None, None]
            for three in (self.variety.mean, self.variety.factor)
        )
        return (ordered - mean) * factor


def _conv(weights: VggWeights, key: str) -> nn.Conv2d:
    weight, bias = (weights.tensors[f"{key}.{kind}"].float() for kind in ("weight", "bias"))
    conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
    conv.load_state_dict({"weight": weight, "bias": bias})
    return conv
