"""SRResNet, which is the generator of SRGAN (Ledig et al., CVPR 2017, figure 4)."""

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from upscale.models.fuse import conv_after_shuffle
from upscale.models.network import Network
from upscale.models.prelu import SharedPRelu, shared_prelu
from upscale.models.resample import kernel_matrix
from upscale.models.stages import Add, Enlarge, PRelu, Shuffle, Stage, batch_norm, conv


@dataclass(frozen=True)
class SrresnetConfig:
    """`norm="none"` leaves the BatchNorms out; `prelu`: one slope for all channels, or one for each.

    `upsampling`: "subpixel" shuffles (the paper), "nearest" enlarges before the convolution, which cannot
    give a checkerboard (Odena et al. 2016), "direct" makes the colours at the low resolution and shuffles
    them once, as ESPCN does (Shi et al. 2016): the paper's steps and tail are a third of all its arithmetic.
    """

    scale: int = 4
    blocks: int = 16
    channels: int = 64
    norm: Literal["batch", "none"] = "batch"
    prelu: Literal["shared", "channel"] = "shared"
    upsampling: Literal["subpixel", "nearest", "direct"] = "subpixel"


class Srresnet(Network):
    """9x9 head, residual blocks under one long skip, x2 (or x3) steps, 9x9 tail."""

    def __init__(self, config: SrresnetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.head = nn.Conv2d(3, channels, 9, padding=4)
        self.head_prelu = _prelu(config)
        self.blocks = nn.ModuleList(ResidualBlock(config) for _ in range(config.blocks))
        self.body_tail = nn.Conv2d(channels, channels, 3, padding=1)
        self.body_norm = _norm(config)
        steps = () if config.upsampling == "direct" else _factors(config.scale)
        self.upsamplers = nn.ModuleList(Upsampler(config, factor) for factor in steps)
        self.tail = _tail(config)
        self.describe("srresnet", "srresnet", config.scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge. Shape: (N, 3, H, W) -> (N, 3, H * scale, W * scale)."""
        features = self.head_prelu(self.head(lr))
        x = features
        for block in self.blocks:
            x = block(x)
        x = features + self.body_norm(self.body_tail(x))
        for upsampler in self.upsamplers[:-1]:
            x = upsampler(x)
        return self._finish(x)

    def _finish(self, x: Tensor) -> Tensor:
        """The last step and the tail; after a shuffle the tail runs before it, which also trains 1.27x quicker."""
        if self.config.upsampling == "direct":
            return F.pixel_shuffle(self.tail(x), self.config.scale)
        last = self.upsamplers[-1]
        if not isinstance(last, Upsampler) or self.config.upsampling == "nearest" or self.tail.bias is None:
            sr: Tensor = self.tail(last(x))
            return sr
        # A slope per channel is repeated: r * r channels of the shuffle's input become one of its output.
        slope: Tensor = last.prelu.weight
        x = last.conv(x)
        x = shared_prelu(x, slope) if slope.numel() == 1 else F.prelu(x, slope.repeat_interleave(last.factor**2))
        return conv_after_shuffle(x, self.tail.weight, self.tail.bias, last.factor)

    def picture_path(self) -> list[tuple[nn.Conv2d, int]]:
        """Past the blocks, along the long skip."""
        if self.config.norm == "batch" or self.config.upsampling == "nearest":
            return []
        steps = [(step.conv, step.factor**2) for step in self.upsamplers if isinstance(step, Upsampler)]
        end = self.config.scale**2 if self.config.upsampling == "direct" else 1
        return [(self.head, 1), (self.body_tail, 0), *steps, (self.tail, end)]

    def stages(self) -> tuple[Stage, ...]:
        """The paper's layers in their order."""
        body: list[Stage] = [stage for block in self.blocks for stage in block.stages()]  # type: ignore[operator]
        body += [conv(self.body_tail), *_norm_stages(self.body_norm)]
        steps: list[Stage] = [stage for step in self.upsamplers for stage in step.stages()]  # type: ignore[operator]
        head = (conv(self.head), PRelu(self.head_prelu.weight))
        end = (Shuffle(self.config.scale),) if self.config.upsampling == "direct" else ()
        return (*head, Add(tuple(body)), *steps, conv(self.tail), *end)


class ResidualBlock(nn.Module):
    """x + norm(conv(prelu(norm(conv(x)))))."""

    def __init__(self, config: SrresnetConfig) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(config.channels, config.channels, 3, padding=1)
        self.norm1 = _norm(config)
        self.prelu = _prelu(config)
        self.conv2 = nn.Conv2d(config.channels, config.channels, 3, padding=1)
        self.norm2 = _norm(config)

    def forward(self, x: Tensor) -> Tensor:
        """Refine. Shape: (N, C, H, W), kept."""
        inner = self.prelu(self.norm1(self.conv1(x)))
        refined: Tensor = x + self.norm2(self.conv2(inner))
        return refined

    def stages(self) -> tuple[Stage, ...]:
        """One sum."""
        first = (conv(self.conv1), *_norm_stages(self.norm1), PRelu(self.prelu.weight))
        return (Add((*first, conv(self.conv2), *_norm_stages(self.norm2))),)


class Upsampler(nn.Module):
    """One x2 or x3 step."""

    def __init__(self, config: SrresnetConfig, factor: int) -> None:
        super().__init__()
        self.factor = factor
        self.subpixel = config.upsampling == "subpixel"
        outputs = config.channels * factor**2 if self.subpixel else config.channels
        self.conv = nn.Conv2d(config.channels, outputs, 3, padding=1)
        self.prelu = _prelu(config)
        self.register_buffer("kernel", kernel_matrix("nearest", factor), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Enlarge features. Shape: (N, C, H, W) -> (N, C, H * factor, W * factor)."""
        if self.subpixel:
            x = F.pixel_shuffle(self.conv(x), self.factor)
        else:
            x = self.conv(F.interpolate(x, scale_factor=self.factor, mode="nearest"))
        activated: Tensor = self.prelu(x)
        return activated

    def stages(self) -> tuple[Stage, ...]:
        """Convolution and shuffle, or enlargement and convolution; then the PReLU."""
        if self.subpixel:
            return (conv(self.conv), Shuffle(self.factor), PRelu(self.prelu.weight))
        return (Enlarge(self.get_buffer("kernel")), conv(self.conv), PRelu(self.prelu.weight))


def _factors(scale: int) -> tuple[int, ...]:
    """The steps that make up a factor: x4 is twice x2."""
    return {2: (2,), 3: (3,), 4: (2, 2), 8: (2, 2, 2)}[scale]


def _tail(config: SrresnetConfig) -> nn.Conv2d:
    """From features to colours, at the high resolution or, as many as the shuffle needs, at the low one."""
    if config.upsampling == "direct":
        return nn.Conv2d(config.channels, 3 * config.scale**2, 3, padding=1)
    return nn.Conv2d(config.channels, 3, 9, padding=4)


def _norm(config: SrresnetConfig) -> nn.Module:
    return nn.BatchNorm2d(config.channels) if config.norm == "batch" else nn.Identity()


def _norm_stages(module: nn.Module) -> tuple[Stage, ...]:
    return (batch_norm(module),) if isinstance(module, nn.BatchNorm2d) else ()


def _prelu(config: SrresnetConfig) -> nn.PReLU:
    return SharedPRelu() if config.prelu == "shared" else nn.PReLU(config.channels)
