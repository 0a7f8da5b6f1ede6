"""A training run: data once into memory, then one visible loop, then a file that the other commands take."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from upscale.train.config import TrainConfig
from upscale.train.data import Crops, Pair, load_pairs, split_validation
from upscale.train.schedule import learning_rate
from upscale.train.start import build_objective, start
from upscale.train.state import TrainState, restore_state, save_state, state_folder
from upscale.train.steps import Losses, adversarial_step, content_step
from upscale.train.validate import validate

from upscale.errors import TrainingError
from upscale.models.checkpoint import save_network
from upscale.models.network import Network

# The first steps are slower than the rest; the next ones tell how many fit into --minutes.
_TIMED_FROM, _TIMED_UNTIL = 10, 60
_MOST_BAD_STEPS = 10


@dataclass(frozen=True)
class Progress:
    """What a run tells after each step; `psnr_y`, in dB, only after a validation."""

    step: int
    total: int
    losses: Losses
    lr: float
    psnr_y: float | None


def train(
    config: TrainConfig, on_step: Callable[[Progress], None], *, resume: bool = False, stop_at: int | None = None
) -> Path | None:
    """Run to the end and write `config.out`; the state of the run lies beside it in `<out>.state`.

    `resume` goes on from that state. `stop_at` ends early with the state saved and returns None; so does an
    interruption, which is raised on. Raises UsageError, EnvironmentLackError, BadInputError, TrainingError.
    """
    state = start(config)
    folder = state_folder(config.out)
    if resume:
        restore_state(state, folder)
        state.total = config.steps if config.minutes is None else state.total
    elif config.minutes is not None:
        state.total = max(state.total, _TIMED_UNTIL)
    objective = build_objective(config, state.device)
    step_once = adversarial_step if "gan" in config.losses else content_step
    training, held = _pictures(config)
    crops = iter(Crops(training, config.scale, config.batch, config.crop, state.generator))
    last = state.total if stop_at is None else min(stop_at, state.total)
    pace = _Pace(config.minutes)
    bad = 0
    try:
        while state.step < last:
            _set_rates(config, state)
            lr, hr = (side.to(state.device, memory_format=torch.channels_last) for side in next(crops))
            losses = step_once(state, objective, lr, hr)
            state.step += 1
            state.average(config.ema)

            bad = 0 if all(math.isfinite(value) for value in losses.values()) else bad + 1
            if bad > _MOST_BAD_STEPS:
                raise TrainingError(
                    f"{bad} steps in a row gave no finite loss: {losses}; lower --lr or use --dtype fp32"
                )
            if pace.known(state.step):
                state.total = pace.total()
                last = state.total if stop_at is None else min(stop_at, state.total)
            psnr_y = None
            if held and (state.step % config.validate_every == 0 or state.step == last):
                psnr_y = validate(state.ema, held, state.device)
                state.history.append({"step": state.step, "psnr_y": psnr_y, **losses})
            on_step(Progress(state.step, state.total, losses, state.optimiser.param_groups[0]["lr"], psnr_y))
            if state.step % config.save_every == 0:
                save_state(state, folder, asdict(config))
    finally:
        # Also when interrupted, or when a loss went astray: the night's work is kept.
        save_state(state, folder, asdict(config))
    if state.step < state.total:
        return None
    save_network(_finished(config, state, len(training)), config.out)
    return config.out


def _pictures(config: TrainConfig) -> tuple[list[Pair], list[Pair]]:
    """Pictures to train on, and pictures to validate on."""
    pairs = load_pairs(config.data, config.scale, smallest=config.crop)
    if config.val is None:
        return split_validation(pairs)
    return pairs, load_pairs(config.val, config.scale, smallest=config.scale)


def _set_rates(config: TrainConfig, state: TrainState) -> None:
    """The schedule's share of each optimiser's own peak."""
    share = learning_rate(state.step, state.total, config) / config.lr
    state.optimiser.param_groups[0]["lr"] = config.lr * share
    if state.optimiser_d is not None:
        state.optimiser_d.param_groups[0]["lr"] = config.lr_discriminator * share


class _Pace:
    """Turns a number of minutes into a number of steps, once, from the time the first steps take."""

    def __init__(self, minutes: float | None) -> None:
        self._minutes = minutes
        self._started = 0.0

    def known(self, step: int) -> bool:
        if step == _TIMED_FROM:
            self._started = time.monotonic()
        return self._minutes is not None and step == _TIMED_UNTIL

    def total(self) -> int:
        step_s = (time.monotonic() - self._started) / (_TIMED_UNTIL - _TIMED_FROM)
        return max(_TIMED_UNTIL, round((self._minutes or 0) * 60 / step_s))


def _finished(config: TrainConfig, state: TrainState, pictures: int) -> Network:
    """The averaged network, with what it was trained on in its contract."""
    scores = {f"validation x{config.scale} PSNR-Y": round(item["psnr_y"], 3) for item in state.history[-1:]}
    trained_on = f"{pictures} pictures of {config.data.name}, {state.step} steps of {config.batch} crops"
    state.ema.rename(trained_on=trained_on, scores=scores)
    return state.ema
