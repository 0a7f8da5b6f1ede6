"""The quicker gradient of a shared PReLU is torch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from upscale.models.prelu import SharedPRelu, shared_prelu


def gradients(x: Tensor, slope: Tensor, outer: Tensor, *, own: bool) -> tuple[Tensor, ...]:
    """The result and its gradients for input and slope."""
    x, slope = x.detach().requires_grad_(), slope.detach().requires_grad_()
    y = shared_prelu(x, slope) if own else F.prelu(x, slope.to(x.dtype))
    return (y.detach(), *torch.autograd.grad(y, (x, slope), outer))


@pytest.mark.parametrize("slope", [0.25, 0.0, -0.5, 1.5])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_value_and_gradients_are_torchs(slope: float, layout: torch.memory_format) -> None:
    x, outer = (torch.randn(3, 8, 5, 7).to(memory_format=layout) for _ in range(2))
    x[0, 0, 0, :3] = 0  # where torch takes the slope's side, too
    weight = torch.tensor([slope])
    for ours, theirs in zip(*(gradients(x, weight, outer, own=own) for own in (True, False)), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
        assert ours.is_contiguous(memory_format=layout if ours.ndim == 4 else torch.contiguous_format)


def test_it_may_be_differentiated_twice() -> None:
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    slope = torch.tensor([0.25], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(shared_prelu, (x, slope))
    assert torch.autograd.gradgradcheck(shared_prelu, (x, slope))


def test_half_precision_rounds_terms_and_partial_sums_only() -> None:
    x, outer = torch.randn(8, 16, 12, 12), torch.randn(8, 16, 12, 12)
    slope = torch.tensor([0.25])
    # The same numbers, so that only the sum is rounded in another way.
    x, outer = x.bfloat16().float(), outer.bfloat16().float()
    exact = gradients(x, slope, outer, own=False)[2]
    ours = gradients(x.bfloat16(), slope, outer.bfloat16(), own=True)
    assert ours[2].dtype == torch.float32
    # bfloat16 rounds by 2**-9 at most: each product once, and each picture's sum.
    assert (ours[2] - exact).abs().item() < 2**-8 * (outer * x.clamp_max(0)).abs().sum().item()


def test_the_module_is_one_prelu_to_checkpoints() -> None:
    module = SharedPRelu()
    assert module.state_dict().keys() == nn.PReLU().state_dict().keys()
    module.load_state_dict({"weight": torch.tensor([0.1])})
    with torch.no_grad():
        assert torch.equal(module(-torch.ones(1, 1, 1, 2)), torch.full((1, 1, 1, 2), -0.1))


def test_under_autocast_it_keeps_half_precision() -> None:
    convolution, module = nn.Conv2d(1, 1, 1), SharedPRelu()
    with torch.autocast("cpu", torch.bfloat16):
        y = module(convolution(torch.randn(1, 1, 2, 2)))
    assert y.dtype == torch.bfloat16
    y.float().sum().backward()
    assert module.weight.grad is not None and module.weight.grad.dtype == torch.float32
