"""A convolution with what follows it, in one pass over memory: bias, activation, sum.

On a CPU with oneDNN the weights are packed once and the rest is done on each sum before it leaves the registers.
At 64 channels that is worth 10 to 25 % of a layer: the arithmetic of a band takes hardly longer than its copies.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from upscale.models.stages import Conv, PRelu, Relu, Stage, Tanh, apply_pointwise

Activation = PRelu | Relu | Tanh


class FusedConv:
    """A k x k convolution over rows that carry their own reach above and below; left and right of them are zeros."""

    def __init__(self, conv: Conv, activation: Activation | None = None) -> None:
        self.outputs, self.inputs, self.size = conv.weight.shape[:3]
        self.dtype, self.device = conv.weight.dtype, conv.weight.device
        self._bias = conv.bias
        self._padding = [0, self.reach]
        self.activation = activation
        fused = sums_in_fp32(conv.weight.device, conv.weight.dtype)
        # oneDNN's own activations take one number; a slope for each channel needs a pass of its own.
        self._inside = _epilogue(activation) if fused else None
        self._packed = fused
        self._weight = _packed(conv.weight, self._padding) if fused else conv.weight

    @property
    def reach(self) -> int:
        """Rows above and below that an output row needs."""
        return int(self.size) // 2

    def __call__(self, x: Tensor) -> Tensor:
        """Shape: (N, inputs, h, w), channels last -> (N, outputs, h - 2 * reach, w)."""
        if not self._packed:
            y = F.conv2d(x.to(self.dtype), self._weight, self._bias, padding=self._padding)
            return y if self.activation is None else apply_pointwise(self.activation, y)
        name, numbers = self._inside or ("none", [])
        y = torch.ops.mkldnn._convolution_pointwise(x.to(self.dtype), *self._geometry, name, numbers, "")
        return y if self.activation is None or self._inside else apply_pointwise(self.activation, y)

    def add_to(self, target: Tensor, x: Tensor) -> None:
        """target += this convolution of x; for one without activation. `target`: dense, channels last."""
        if self._packed:
            torch.ops.mkldnn._convolution_pointwise_.binary(target, x, *self._geometry, "add", 1.0, None, [], None)
        else:
            target += F.conv2d(x, self._weight, self._bias, padding=self._padding)

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """This convolution of x, plus `other`, rounded once; for one without activation. Shape: as the call."""
        if self._packed:
            total: Tensor = torch.ops.mkldnn._convolution_pointwise.binary(
                x, other, *self._geometry, "add", 1.0, None, [], None
            )
            return total
        return F.conv2d(x, self._weight, self._bias, padding=self._padding) + other

    @property
    def _geometry(self) -> tuple[Any, ...]:
        """Weights, bias, padding, stride, dilation and groups, in oneDNN's order."""
        return self._weight, self._bias, self._padding, [1, 1], [1, 1], 1


def fused_convs(stages: Sequence[Stage]) -> list[FusedConv] | None:
    """A chain of convolutions, each with or without an activation; None if there is anything else in it."""
    convs: list[FusedConv] = []
    position = 0
    while position < len(stages):
        conv = stages[position]
        if not isinstance(conv, Conv):
            return None
        follower = stages[position + 1] if position + 1 < len(stages) else None
        activation = follower if isinstance(follower, PRelu | Relu | Tanh) else None
        convs.append(FusedConv(conv, activation))
        position += 1 if activation is None else 2
    return convs


def sums_in_fp32(device: torch.device, dtype: torch.dtype) -> bool:
    """Whether oneDNN runs a convolution with all that follows it before it rounds."""
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
        return False
    return dtype is torch.float32 or (dtype is torch.bfloat16 and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()))


def _packed(weight: Tensor, padding: list[int]) -> Tensor:
    # The size of the input is a hint only; a band's is close to this.
    inputs = [1, weight.shape[1], 64, 192]
    packed: Tensor = torch.ops.mkldnn._reorder_convolution_weight(weight, padding, [1, 1], [1, 1], 1, inputs)
    return packed


def _epilogue(activation: Activation | None) -> tuple[str, list[float]] | None:
    """oneDNN's name and numbers of an activation, None where it has none."""
    if isinstance(activation, Relu):
        return "relu", []
    if isinstance(activation, Tanh):
        return "tanh", []
    if isinstance(activation, PRelu) and activation.slope.numel() == 1:
        return "leaky_relu", [activation.slope.item()]
    return None
