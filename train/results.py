"""The files a run leaves: the network at its end, and the best one on the way."""

import copy
import logging
from dataclasses import replace
from pathlib import Path

import torch
from upscale.train.config import TrainConfig
from upscale.train.state import TrainState
from upscale.train.steps import Run
from upscale.train.watch.reports import Validation

from upscale.errors import OutputError, TrainingError
from upscale.models.checkpoint import save_network
from upscale.models.fold import fold_batch_norm
from upscale.models.network import Network

logger = logging.getLogger(__name__)


def best_path(out: Path) -> Path:
    """Where the best network of a run that writes `out` lies."""
    return out.with_name(f"{out.stem}.best.safetensors")


def keep_best(run: Run, validation: Validation, pictures: int) -> None:
    """Write the averaged network where its figure is the best so far: a higher PSNR, a lower NIQE."""
    config, state = run.config, run.state
    figure = validation.psnr_y if config.best == "psnr" else validation.niqe
    if figure is None:
        return
    is_better = state.best is None or (figure > state.best if config.best == "psnr" else figure < state.best)
    if not is_better:
        return
    try:
        save_network(finished(run, pictures), best_path(config.out))
    except OutputError as error:  # the run matters more
        logger.warning("%s; training goes on", error)
    else:
        state.best = figure


def finished(run: Run, pictures: int) -> Network:
    """A copy of the averaged network, with what it was trained on in its contract.

    Raises TrainingError where it is not finite.
    """
    config, state = run.config, run.state
    if not all(torch.isfinite(tensor).all() for tensor in state.ema.state_dict().values()):
        raise TrainingError("the trained weights are not finite; lower --learning-rate, or use --dtype fp32")
    network: Network = copy.deepcopy(state.ema).cpu()
    if config.fold_bn:
        network = fold_batch_norm(network)
    processes = f" in each of {run.team.count} processes" if run.team.count > 1 else ""
    network.spec = replace(
        network.spec,
        trained_on=f"{pictures} pictures of {config.data.name}, {state.step} steps of {config.batch} crops{processes}",
        losses=dict(config.losses),
        steps=state.step,
        licence=config.licence,
        scores=_scores(config, state),
    )
    return network


def _scores(config: TrainConfig, state: TrainState) -> dict[str, float]:
    if not state.history:
        return {}
    last = state.history[-1]
    scores = {f"validation x{config.scale} PSNR-Y": round(last["psnr_y"], 3)}
    if "niqe" in last:
        scores[f"validation x{config.scale} NIQE"] = round(last["niqe"], 3)
    return scores
