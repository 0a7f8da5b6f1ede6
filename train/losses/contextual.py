"""The contextual loss: two pictures are alike where each feature of one is found somewhere in the other."""

import torch
import torch.nn.functional as F
from torch import Tensor

# The affinities of all pairs need 4 MB a picture for each of about five tensors. Block 3 of 128 px has as many.
MOST_POSITIONS = 32**2
_EPSILON = 1e-5


def contextual(
    sr: Tensor,
    hr: Tensor,
    *,
    bandwidth: float = 0.5,
    positions: int = MOST_POSITIONS,
    generator: torch.Generator | None = None,
) -> Tensor:
    """-log CX of two feature maps (Mechrez et al. 2018, eq. 1 to 5). Shape: (N, C, h, w) each -> ().

    CX is the mean over the features of `hr` of the best affinity any feature of `sr` has to it. `bandwidth` is h
    of eq. 3. Of more positions than `positions` as many are drawn, the same in both: at random with a generator (of
    any device), evenly spaced without. Computed without autocast: half precision cannot tell near neighbours apart.
    """
    with torch.autocast(sr.device.type, enabled=False):
        chosen = _chosen(sr.shape[2] * sr.shape[3], positions, generator).to(sr.device)
        found, wanted = sr.flatten(2)[..., chosen], hr.flatten(2)[..., chosen]
        centre = wanted.mean(dim=(0, 2), keepdim=True)
        found, wanted = F.normalize(found - centre, dim=1), F.normalize(wanted - centre, dim=1)
        # (N, positions of sr, positions of hr); the authors' code halves the cosine distance.
        distance = ((1 - found.transpose(1, 2) @ wanted) / 2).clamp_min(0)
        relative = distance / (distance.amin(dim=2, keepdim=True) + _EPSILON)
        # exp((1 - relative) / h) over its sum is a softmax: the 1 cancels.
        affinity = (-relative / bandwidth).softmax(dim=2)
        return -affinity.amax(dim=1).mean(dim=1).log().mean()


def _chosen(count: int, most: int, generator: torch.Generator | None) -> Tensor:
    """Which positions are compared."""
    if count <= most:
        return torch.arange(count)
    if generator is None:
        return torch.linspace(0, count - 1, most).long()
    return torch.randperm(count, generator=generator, device=generator.device)[:most]
