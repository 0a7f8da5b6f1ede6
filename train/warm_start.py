"""Weights of another run to begin with, of another factor too."""

import logging

from torch import Tensor
from upscale.train.config import TrainConfig

from upscale.errors import UsageError
from upscale.models.catalog import families, load_network, scales_of
from upscale.models.fold import fold_batch_norm
from upscale.models.network import Network

_SMALLEST_SHARE = 0.5

logger = logging.getLogger(__name__)


def initial_weights(config: TrainConfig) -> str | None:
    """The name or path of the weights a run starts from; UsageError for a GAN that would start from nothing."""
    if config.init == "auto":
        return "srresnet" if config.is_gan and not config.from_scratch else None
    if config.init != "none":
        return config.init
    if config.is_gan and not config.from_scratch:
        raise UsageError(
            "a GAN has to start from a network trained on pixels, or its pictures turn grey: "
            "give --init, or --from-scratch if that is what you want"
        )
    return None


def copy_fitting(network: Network, source: str, *, is_gan: bool) -> None:
    """Copy every weight of the same name and shape, and say so where they are not all.

    A shipped family's other factor shares all but its steps up: a start for pixel losses, but a GAN would have nothing
    to refine (x2 of x4's weights draws Set5 at 7 dB). UsageError for that, and where less than half fits.
    """
    scale = network.spec.scale
    known = scales_of(source) if source in families() else (scale,)
    given = load_network(source, scale if scale in known else known[-1])
    if getattr(network.config, "norm", "none") == "none":
        given = fold_batch_norm(given)  # left out, they would take along what the convolutions have learnt with them
    weights, own = given.state_dict(), network.state_dict()
    fitting = {key: value for key, value in weights.items() if key in own and own[key].shape == value.shape}
    share = _count(fitting) / _count(own)
    if share < _SMALLEST_SHARE:
        raise UsageError(
            f"the weights to start from, {source}: only {share:.0%} of them fit this network; give others of the same "
            "architecture by --init, or --from-scratch"
        )
    network.load_state_dict(own | fitting)
    if fitting.keys() == own.keys() == weights.keys():
        return
    unlike = sorted({key.split(".")[0] for key in (own.keys() ^ weights.keys()) | (own.keys() - fitting.keys())})
    told = f"the weights to start from, {source} (x{given.spec.scale}), differ from this network in {', '.join(unlike)}"
    if is_gan:
        raise UsageError(
            f"{told}; a GAN needs a start that is trained as a whole: make one first by --model srresnet --scale "
            f"{scale}, and give it by --init"
        )
    logger.warning("%s; what fits is taken", told)


def _count(tensors: dict[str, Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors.values())
