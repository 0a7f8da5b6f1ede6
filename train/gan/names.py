"""What an objective asks of its discriminator, told from names alone: checking a command line loads no torch."""

from typing import Literal

from upscale.train.wording import Say, as_setting

from upscale.errors import UsageError

GanName = Literal[
    "vanilla", "saturating", "lsgan", "hinge", "wgan", "wgan-gp", "wgan-qc", "rsgan", "ragan", "ralsgan", "rahinge"
]

RELATIVISTIC = ("rsgan", "ragan", "ralsgan", "rahinge")
"""Objectives that compare real with fake; in the generator's step, too, they need the opinion on both."""

SMOOTHABLE = ("vanilla", "saturating", "lsgan")
"""Objectives with a target for real pictures alone, which label smoothing lowers."""

# Whose loss holds the critic's slope at single pictures, and the weights of the papers: lambda of Gulrajani et al.
# 2017, section 4, and gamma of Liu et al. 2019, section 5.
_PENALTIES = {"wgan-gp": 10.0, "wgan-qc": 0.1}


def default_penalty(objective: str) -> float:
    """The weight that the paper gives the penalty of `wgan-gp` or `wgan-qc`; 0 for objectives that have none."""
    return _PENALTIES.get(objective, 0.0)


def check_adversary(
    objective: str,
    *,
    norm: str,
    real_label: float,
    skip_above: float,
    kernels: int,
    unroll: int = 0,
    say: Say = as_setting,
) -> None:
    """Refuse what would train to something else than it says: UsageError with the reason and the way out.

    The arguments are those of `GanConfig`; `say` tells what a message calls them.
    """
    check_real_label(objective, real_label, say)
    if unroll and objective in ("wgan", "wgan-qc"):
        raise UsageError(
            f"{say('gan.unroll', unroll)} does not go with {objective}: its steps end in clipping, or in a matching, "
            "through which no gradient goes; leave it at 0"
        )
    if skip_above < 1 and objective.startswith("wgan"):
        raise UsageError(
            f"{say('gan.skip_above', skip_above)} does not go with {objective}: a critic gives no right or wrong "
            "answers, and the better it is the better its gradients; leave it at 1"
        )
    if objective in _PENALTIES and norm == "batch":
        raise UsageError(
            f"{say('gan.norm', norm)} does not go with {objective}, which looks at the critic's slope at each picture "
            "alone: BatchNorm mixes it with the rest of the batch (Gulrajani et al. 2017, section 4); choose instance, "
            "virtual, spectral or none"
        )
    if objective in _PENALTIES and kernels:
        raise UsageError(
            f"{say('gan.kernels', kernels)} does not go with {objective}, which looks at the critic's slope at each "
            "picture alone: minibatch discrimination mixes it with the rest of the batch; leave it at 0"
        )


def check_real_label(objective: str, real_label: float, say: Say = as_setting) -> None:
    """UsageError for label smoothing where no target stands for real pictures alone.

    `hinge` and `wgan` have no target; the relativistic ones have one for a difference, so that a lower one would
    smooth both sides.
    """
    if real_label != 1 and objective not in SMOOTHABLE:
        raise UsageError(
            f"{say('gan.real_label', real_label)} does not go with {objective}, which has no label for real pictures "
            f"alone: leave it at 1, or choose {', '.join(SMOOTHABLE)}"
        )
