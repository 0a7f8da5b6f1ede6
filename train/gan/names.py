"""What an objective asks of its discriminator, told from names alone: checking a command line loads no torch."""

from upscale.errors import UsageError

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
    objective: str, *, norm: str, real_label: float, skip_above: float, kernels: int, unroll: int = 0
) -> None:
    """Refuse what would train to something else than it says: UsageError with the reason and the way out.

    The arguments are those of `GanConfig`.
    """
    check_real_label(objective, real_label)
    if unroll and objective in ("wgan", "wgan-qc"):
        raise UsageError(
            f"unroll = {unroll} does not go with {objective}: its steps end in clipping, or in a matching, through "
            "which no gradient goes; set unroll = 0"
        )
    if skip_above < 1 and objective.startswith("wgan"):
        raise UsageError(
            f"skip_above = {skip_above:g} does not go with {objective}: a critic gives no right or wrong answers, "
            "and the better it is the better its gradients; leave it at 1"
        )
    if objective in _PENALTIES and norm == "batch":
        raise UsageError(
            f"{objective} looks at the critic's slope at each picture alone, which BatchNorm mixes with the rest of "
            "the batch (Gulrajani et al. 2017, section 4): choose norm instance, virtual, spectral or none"
        )
    if objective in _PENALTIES and kernels:
        raise UsageError(
            f"{objective} looks at the critic's slope at each picture alone, which minibatch discrimination mixes "
            "with the rest of the batch: set kernels = 0"
        )


def check_real_label(objective: str, real_label: float) -> None:
    """UsageError for label smoothing where no target stands for real pictures alone.

    `hinge` and `wgan` have no target; the relativistic ones have one for a difference, so that a lower one would
    smooth both sides.
    """
    if real_label != 1 and objective not in SMOOTHABLE:
        raise UsageError(
            f"real_label = {real_label:g} does not go with {objective}, which has no label for real pictures alone: "
            f"leave it at 1, or choose {', '.join(SMOOTHABLE)}"
        )
