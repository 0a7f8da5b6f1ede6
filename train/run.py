"""A training run: data once into memory, then one visible loop, then a file that the other commands take."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from upscale.train.config import TrainConfig
from upscale.train.data import Crops, Pictures, load_pictures
from upscale.train.length import Stopwatch
from upscale.train.saving import check_writable, restore_state, save_state, saved_settings, state_folder
from upscale.train.schedule import learning_rate
from upscale.train.start import build_objective, start
from upscale.train.state import TrainState
from upscale.train.steps import Losses, NotFiniteError, adversarial_step, content_step
from upscale.train.validate import validate

from upscale.errors import TrainingError, UsageError
from upscale.models.checkpoint import save_network
from upscale.models.network import Network

_MOST_BAD_STEPS = 10

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """What a run tells after each step; `total` is 0 while unknown, `psnr_y`, in dB, only there after a validation."""

    step: int
    total: int
    losses: Losses
    lr: float
    psnr_y: float | None


@dataclass(frozen=True)
class Control:
    """How a run begins and may end early: from its saved state, at a step, or when asked between two steps."""

    resume: bool = False
    stop_at: int | None = None
    interrupted: Callable[[], bool] = lambda: False


def train(config: TrainConfig, on_step: Callable[[Progress], None], control: Control = Control()) -> Path | None:
    """Run to the end and write `config.out`; the state of the run lies beside it in `<out>.state`.

    Returns None where it stopped early, with its state saved; an interruption raises KeyboardInterrupt then.
    Raises UsageError, EnvironmentLackError, BadInputError, OutputError, TrainingError.
    """
    folder = state_folder(config.out)
    check_writable(folder)
    state = start(config, initialise=not control.resume)
    if control.resume:
        restore_state(state, folder)
    if control.stop_at is not None and control.stop_at <= state.step:
        raise UsageError(f"--stop-at {control.stop_at}: the run is at step {state.step} already")
    state.total = _planned(config, state, folder)
    objective = build_objective(config, state)
    step_once = adversarial_step if "gan" in config.losses else content_step
    pictures = load_pictures(config)
    _compare(state, pictures)
    crops = iter(Crops(pictures.training, config.scale, config.batch, config.crop, state.generator))
    watch = Stopwatch(config.minutes or 0.0, state.step)
    bad = 0
    while state.step < (state.total or state.step + 1):
        rate = _set_rates(config, state)
        lr, hr = (side.to(state.device, memory_format=torch.channels_last) for side in next(crops))
        try:
            losses, bad = step_once(state, objective, lr, hr), 0
            state.average(config.ema)
        except NotFiniteError as error:
            losses, bad = error.args[0], bad + 1
            state.forget_statistics()
        if bad > _MOST_BAD_STEPS:
            raise TrainingError(f"{bad} steps in a row were not finite: {losses}; lower --lr, or use --dtype fp32")
        state.step += 1
        state.total = state.total or watch.total_after(state.step)

        psnr_y = None
        if pictures.held and (state.step % config.validate_every == 0 or state.step == state.total):
            psnr_y = validate(state.ema, pictures.held, state.device)
            state.history.append({"step": state.step, "psnr_y": psnr_y, **losses})
        on_step(Progress(state.step, state.total, losses, rate, psnr_y))
        complete, interrupted = state.step == state.total, control.interrupted()
        stop = not complete and (interrupted or state.step == control.stop_at)
        if stop or complete or state.step % config.save_every == 0:
            save_state(state, folder, asdict(config))
        if stop and interrupted:
            raise KeyboardInterrupt
        if stop:
            return None
    save_network(_finished(config, state, len(pictures.training)), config.out)
    return config.out


def _planned(config: TrainConfig, state: TrainState, folder: Path) -> int:
    """The number of steps, 0 where the time has yet to tell; a resumed run keeps it unless told another time."""
    if config.minutes is None:
        return config.steps
    before = (saved_settings(folder) or {}).get("minutes") if state.step else None
    return state.total if before == config.minutes else 0


def _compare(state: TrainState, pictures: Pictures) -> None:
    """Say so where a resumed run finds other pictures: it goes on, but not as if it had never stopped."""
    if state.pictures and state.pictures != pictures.fingerprint:
        logger.warning("the training pictures have changed since this run began")
    state.pictures = pictures.fingerprint


def _set_rates(config: TrainConfig, state: TrainState) -> float:
    """Give each optimiser the schedule's share of its own peak; the network's is returned."""
    rate = learning_rate(state.step, state.total, config)
    state.optimiser.param_groups[0]["lr"] = rate
    if state.optimiser_d is not None:
        state.optimiser_d.param_groups[0]["lr"] = config.gan.learning_rate * rate / config.learning_rate
    return rate


def _finished(config: TrainConfig, state: TrainState, pictures: int) -> Network:
    """The averaged network, with what it was trained on in its contract."""
    if not all(torch.isfinite(tensor).all() for tensor in state.ema.state_dict().values()):
        raise TrainingError("the trained weights are not finite; lower --lr, or use --dtype fp32")
    scores = {f"validation x{config.scale} PSNR-Y": round(item["psnr_y"], 3) for item in state.history[-1:]}
    trained_on = f"{pictures} pictures of {config.data.name}, {state.step} steps of {config.batch} crops"
    state.ema.spec = replace(state.ema.spec, trained_on=trained_on, scores=scores)
    return state.ema
