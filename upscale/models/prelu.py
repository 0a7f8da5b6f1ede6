"""PReLU with one slope for all channels, whose gradient torch computes six times slower on CPUs than it has to.

torch 2.13 fills a tensor of the input's size with every sample's gradient of the slope, without vector instructions,
and then sums it: a quarter of a training step of SRResNet in bf16. Three vectorised passes do the same.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SharedPRelu(nn.PReLU):
    """nn.PReLU(1), with the quicker gradient where that helps."""

    def forward(self, x: Tensor) -> Tensor:
        """max(x, 0) + slope * min(x, 0) (He et al. 2015, eq. 1). Shape: (N, C, H, W), kept."""
        return shared_prelu(x, self.weight)


def shared_prelu(x: Tensor, slope: Tensor) -> Tensor:
    """max(x, 0) + slope * min(x, 0). Shape: (N, C, H, W), (1,) -> that of x."""
    quicker = x.device.type == "cpu" and torch.is_grad_enabled() and not torch.compiler.is_compiling()
    if not quicker:
        # As nn.PReLU does under autocast, where x is in half precision and parameters are not.
        return F.prelu(x, slope.to(x.dtype))
    result: Tensor = _SharedPRelu.apply(x, slope)  # type: ignore[no-untyped-call]
    return result


class _SharedPRelu(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, slope: Tensor) -> Tensor:
        return F.leaky_relu(x, slope.item())

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:  # noqa: ANN401
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        x, slope = ctx.saved_tensors
        below = x.clamp_max(0)
        if torch.is_grad_enabled():  # to be differentiated once more, by the slope too
            return torch.where(x > 0, gradient, gradient * slope), (gradient * below).sum().view_as(slope)
        # Partial sums, as each is rounded to half precision; asked for in fp32, torch would copy everything first.
        to_slope = below.mul_(gradient).sum(dim=(1, 2, 3)).sum(dtype=slope.dtype).view_as(slope)
        return torch.ops.aten.leaky_relu_backward(gradient, x, slope.item(), False), to_slope
