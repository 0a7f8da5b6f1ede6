"""Networks between networks, and beyond them: weights of one architecture, averaged by shares.

Between them as in ESRGAN (Wang et al., ECCVW 2018, section 3.4); beyond, with shares below 0, as in "Editing models
with task arithmetic" (Ilharco et al., ICLR 2023): srgan less srresnet is what a discriminator teaches, and may be added
to another network that began where these did.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor

from upscale.errors import UsageError
from upscale.models.checkpoint import build
from upscale.models.network import Network

_LEAST = 1e-6  # what sums to 0 in writing may not in binary

# A name or a path, @, and its share; paths may hold an @ or a + of their own.
_PART = re.compile(r"(?P<source>.+?)@(?P<share>-?\d*\.?\d+)(?:\+|$)")


@dataclass(frozen=True)
class Part:
    """A network's name or path, and how much of it is wanted; shares need not sum to 1, and may be negative."""

    source: str
    share: float


def parts_of(source: str) -> tuple[Part, ...]:
    """The parts of a mixture such as `srresnet@0.3+srgan@0.7`; none for one network's name or path.

    UsageError where the shares sum to 0 or less.
    """
    found = list(_PART.finditer(source))
    if len(found) < 2 or source.endswith("+") or "".join(match.group() for match in found) != source:
        return ()
    parts = tuple(Part(match["source"], float(match["share"])) for match in found)
    if sum(part.share for part in parts) < _LEAST:
        raise UsageError(f"{source} is a mixture of nothing: shares sum to more than 0, as in srresnet@0.3+srgan@0.7")
    return parts


@torch.no_grad()
def mixed(networks: Sequence[Network], parts: Sequence[Part]) -> Network:
    """The network whose every weight is the mean of the parts', each counting by its share.

    UsageError where they differ in anything but their weights.
    """
    for network, part in zip(networks, parts, strict=True):
        if reason := _difference(networks[0], network, parts[0].source, part.source):
            raise UsageError(f"cannot mix {parts[0].source} and {part.source}: {reason}")
    total = sum(part.share for part in parts)
    shares = [part.share / total for part in parts]
    states = [network.state_dict() for network in networks]
    mixture = build(networks[0].spec.architecture, asdict(networks[0].config))
    mixture.load_state_dict({key: _mean([state[key] for state in states], shares) for key in states[0]})
    specs = [network.spec for network in networks]
    mixture.spec = replace(
        mixture.spec,
        name="+".join(f"{spec.name}@{share:.3g}" for spec, share in zip(specs, shares, strict=True)),
        licence="; ".join(dict.fromkeys(spec.licence for spec in specs if spec.licence)),
        trained_on="; ".join(dict.fromkeys(spec.trained_on for spec in specs if spec.trained_on)),
    )
    return mixture.eval()


def _difference(one: Network, other: Network, one_name: str, other_name: str) -> str:
    """What keeps two networks from being mixed, in words; empty: nothing."""
    if one.spec.architecture != other.spec.architecture:
        return f"their architectures are {one.spec.architecture} and {other.spec.architecture}"
    ours, theirs = asdict(one.config), asdict(other.config)
    unlike = (key for key in ours if ours[key] != theirs[key])
    return "; ".join(f"{key} is {ours[key]} in {one_name}, {theirs[key]} in {other_name}" for key in unlike)


def _mean(tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    """The weighted mean, summed in double precision; counters, which are whole numbers, are the first's."""
    if not tensors[0].is_floating_point():
        return tensors[0]
    weighted = (tensor.double() * share for tensor, share in zip(tensors, shares, strict=True))
    return torch.stack(list(weighted)).sum(dim=0).to(tensors[0].dtype)
