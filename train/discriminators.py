"""Networks that tell enlarged pictures from real ones."""

from typing import Literal

from torch import Tensor, nn

# Maps and stride of the eight convolutions (Ledig et al. 2017, figure 4).
_LAYERS = ((64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
_SLOPE = 0.2


class SrganDiscriminator(nn.Module):
    """Eight 3x3 convolutions, then two dense layers, or their pooled form that takes any size.

    `size` is the side of the pictures in pixels; only the dense form is bound to it.
    """

    def __init__(self, form: Literal["dense", "pooled"], size: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for maps, stride in _LAYERS:
            normed = channels != 3
            layers.append(nn.Conv2d(channels, maps, 3, stride, 1, bias=not normed))
            if normed:
                layers.append(nn.BatchNorm2d(maps))
            layers.append(nn.LeakyReLU(_SLOPE))
            channels = maps
        self.features = nn.Sequential(*layers)
        # Four strides of 2, each rounding up.
        side = -(-size // 16)
        head = [nn.Flatten(), nn.Linear(channels * side * side, 1024)]
        if form == "pooled":
            head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1024)]
        self.head = nn.Sequential(*head, nn.LeakyReLU(_SLOPE), nn.Linear(1024, 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits, positive for real. Shape: (N, 3, H, W) in [0, 1] -> (N, 1)."""
        logits: Tensor = self.head(self.features(pictures * 2 - 1))
        return logits
