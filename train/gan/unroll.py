"""Unrolled GANs: the generator sees how the discriminator would answer (Metz et al. 2017).

The discriminator's next k steps are simulated, and the generator's gradient goes through them. Nothing of the real one
changes: not its weights, nor what BatchNorm or spectral norm remember, nor its optimiser. In a run of several processes
each simulates with its own part of the batch, on the module itself and not on a wrapper that exchanges gradients.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call

Tensors = dict[str, Tensor]
"""Parameters and buffers of a module, by their names."""

Judge = Callable[..., Any]
"""Pictures, and whatever else the discriminator takes, to whatever it answers with."""


class _Moments(NamedTuple):
    """What Adam remembers of a parameter: averages of its gradient and of the square, and how many steps it took."""

    mean: Tensor
    square: Tensor
    steps: Tensor | int


def unrolled(judge: nn.Module, loss_of: Callable[[Judge], Tensor], k: int, optimiser: torch.optim.Adam) -> Tensors:
    """The judge's parameters and buffers after k more steps of its optimiser (Metz et al. 2017, section 2.2).

    `loss_of` computes what the judge minimises, with the judge it is given; pictures of the generator must not be
    detached in it, for the result can be differentiated by all that it depends on. `k` = 0 gives the judge as it is.
    The steps are Adam's own, from what `optimiser` remembers now (without weight decay, AMSGrad, or the clipping of
    gradients). Backward on a loss with this result reaches the judge's own weights no more; still, tell it what is
    wanted (`backward(inputs=...)`) and it need not look.
    """
    parameters = {name: value.detach().requires_grad_() for name, value in judge.named_parameters()}
    buffers = {name: value.clone() for name, value in judge.named_buffers()}
    settings = {id(value): group for group in optimiser.param_groups for value in group["params"]}
    groups = {name: settings[id(value)] for name, value in judge.named_parameters()}
    moments = {name: _remembered(optimiser, value) for name, value in judge.named_parameters()}
    for _ in range(k):
        loss = loss_of(with_tensors(judge, parameters | buffers))
        gradients = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        for (name, value), gradient in zip(parameters.items(), gradients, strict=True):
            moments[name] = _averaged(moments[name], gradient, groups[name]["betas"])
            parameters[name] = value - _adam_step(moments[name], groups[name])
    return parameters | buffers


def with_tensors(judge: nn.Module, tensors: Tensors) -> Judge:
    """The judge as if it had these parameters and buffers; of the latter, it changes these in place."""
    return lambda *asked: functional_call(judge, tensors, asked)


def _remembered(optimiser: torch.optim.Adam, parameter: Tensor) -> _Moments:
    """Adam's memory of a parameter, which is never changed in place here; zeros before its first step."""
    state = optimiser.state.get(parameter)
    if not state:
        return _Moments(torch.zeros_like(parameter), torch.zeros_like(parameter), 0)
    return _Moments(state["exp_avg"], state["exp_avg_sq"], state["step"].to(parameter))


def _averaged(old: _Moments, gradient: Tensor, betas: tuple[float, float]) -> _Moments:
    mean = betas[0] * old.mean + (1 - betas[0]) * gradient
    square = betas[1] * old.square + (1 - betas[1]) * gradient.square()
    return _Moments(mean, square, old.steps + 1)


def _adam_step(moments: _Moments, group: dict[str, Any]) -> Tensor:
    """Kingma and Ba 2015, algorithm 1."""
    first, second = group["betas"]
    mean = moments.mean / (1 - first**moments.steps)
    # The root has no slope at 0, where weights of dead units lie for ever: without this they would make all NaN.
    square = (moments.square / (1 - second**moments.steps)).clamp_min(torch.finfo(mean.dtype).tiny)
    step: Tensor = group["lr"] * mean / (square.sqrt() + group["eps"])
    return step
