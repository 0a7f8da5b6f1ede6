"""A trained network as a plain one: BatchNorm folded into the convolutions, for whoever cannot or need not have it."""

from dataclasses import asdict
from itertools import pairwise

import torch
from torch import Tensor, nn

from upscale.models.checkpoint import build
from upscale.models.fuse import fuse
from upscale.models.network import Network
from upscale.models.stages import Conv, batch_norm, conv


@torch.no_grad()
def fold_batch_norm(network: Network) -> Network:
    """The same function, up to rounding, as a network of `norm="none"` in evaluation mode, with the same contract.

    A network without BatchNorm comes back as it is.
    """
    if getattr(network.config, "norm", "none") != "batch":
        return network
    plain = build(network.spec.architecture, asdict(network.config) | {"norm": "none"})
    weights = network.state_dict() | _folded(network)
    plain.load_state_dict({key: weights[key] for key in plain.state_dict()})
    plain.spec = network.spec
    return plain.eval()


def _folded(network: Network) -> dict[str, Tensor]:
    """New weights and biases of the convolutions that a BatchNorm follows, by their names in the state."""
    folded: dict[str, Tensor] = {}
    for (name, before), (_, norm) in pairwise(network.named_modules()):
        if isinstance(before, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            (both,) = fuse((conv(before), batch_norm(norm)))
            if isinstance(both, Conv) and both.bias is not None:
                folded |= {f"{name}.weight": both.weight, f"{name}.bias": both.bias}
    return folded
