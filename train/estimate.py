"""What a run will take, before it is begun: `upscale train --dry-run`."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import torch
from torch import nn
from upscale.train.begin import begun
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batch
from upscale.train.data.loading import survey
from upscale.train.fitting import fitting_step
from upscale.train.parallel import join_team
from upscale.train.randomness import generator_for
from upscale.train.results import best_path
from upscale.train.saving import state_folder
from upscale.train.steps import NotFiniteError, Run
from upscale.train.watch.watch import log_folder

from upscale.device import synchronise
from upscale.engine.memory import enough_for
from upscale.peak_memory import peak_bytes, reset_peak
from upscale.units import duration, size

# The first steps find no memory kept and no kernels chosen.
_WARM_UP = 2
_FEWEST, _MOST, _PATIENCE_S = 3, 20, 10.0


@dataclass(frozen=True)
class Estimate:
    """What lies ahead of a run. As text, it is for people.

    `memory_bytes` is measured over real steps, None where the system does not tell: the peak of this process, or of
    torch's allocator on a GPU; `pictures_bytes`, computed, come on top. `parts` are those that each batch has to be
    taken in. `steps` and `seconds` are what is left of a resumed run; `ends` is a local time (ISO 8601). Validation
    and saving are not counted. `writes` are paths, folders among them ending in a slash.
    """

    device: str
    dtype: str
    parameters: int
    discriminator_parameters: int
    pictures: int
    pictures_bytes: int
    memory_bytes: int | None
    batch: int
    parts: int
    steps: int
    step_s: float
    seconds: float
    ends: str
    writes: tuple[str, ...]

    def __str__(self) -> str:
        where = "torch's allocator" if self.device.startswith("cuda") else "this process"
        memory = "not told by this system" if self.memory_bytes is None else f"{size(self.memory_bytes)}, measured"
        judged = f", discriminator {self.discriminator_parameters:,}" if self.discriminator_parameters else ""
        parts = f", each batch in {self.parts} parts" if self.parts > 1 else ""
        return "\n".join(
            (
                f"parameters  {self.parameters:,}{judged}",
                f"pictures    {self.pictures:,}, {size(self.pictures_bytes)} decoded",
                f"memory      {memory} (peak of {where} in a step), and the pictures",
                f"steps       {self.steps:,} of {self.batch} crops{parts}, {self.step_s:.3g} s each, measured"
                f" ({self.device}, {self.dtype})",
                f"time        {duration(self.seconds)} and validation; begun now, until {self.ends.replace('T', ' ')}",
                f"writes      {', '.join(self.writes)}",
            )
        )


@dataclass(frozen=True)
class _Pace:
    step_s: float
    memory_bytes: int | None


def estimate(config: TrainConfig, *, resume: bool = False, extend: bool = False) -> Estimate:
    """Build what the run builds, look at its pictures without decoding them, and take a few steps on noise.

    `resume` and `extend` as in `Control`. Nothing is written. Raises what the run would raise before its first step.
    """
    with join_team(config.device) as team, enough_for("this training", team.device):
        _, pictures = survey(config)
        run = begun(config, team, resume=resume, extend=extend)
        state, done = run.state, run.state.step
        pace = _pace(run)
    total = state.total or done + max(1, round((config.minutes or 0.0) * 60 / pace.step_s))
    left = max(0, total - done)
    seconds = left * pace.step_s
    return Estimate(
        device=str(team.device),
        dtype=str(state.dtype).removeprefix("torch."),
        parameters=_count(state.network),
        discriminator_parameters=_count(state.adversary.judges) if state.adversary else 0,
        pictures=len(pictures.heights),
        pictures_bytes=pictures.total_bytes,
        memory_bytes=pace.memory_bytes,
        batch=config.batch * team.count,
        parts=state.accumulate,
        steps=left,
        step_s=pace.step_s,
        seconds=seconds,
        ends=(datetime.now() + timedelta(seconds=seconds)).isoformat(timespec="minutes"),
        writes=_written(config),
    )


def _pace(run: Run) -> _Pace:
    """The median of a few steps, and the most memory that any held."""
    device = run.state.device
    batches = [_noise(run.config, device) for _ in range(run.config.gan.d_steps if run.state.adversary else 1)]
    if run.state.adversary is not None and run.config.gan.norm == "virtual":
        run.state.adversary.judges.set_reference(batches[0][1])
    reset_peak(device)
    for _ in range(_WARM_UP):
        _step(run, batches)
    taken_s: list[float] = []
    while not run.team.any(len(taken_s) == _MOST or (len(taken_s) >= _FEWEST and sum(taken_s) > _PATIENCE_S)):
        synchronise(device)
        begun_s = time.perf_counter()
        _step(run, batches)
        synchronise(device)
        taken_s.append(time.perf_counter() - begun_s)
    return _Pace(median(taken_s), peak_bytes(device))


def _noise(config: TrainConfig, device: torch.device) -> Batch:
    """Crops as large as those of the run."""
    drawn = generator_for(config.seed, 0, "dry run")
    sides = (config.crop, config.crop * config.scale)
    lr, hr = (torch.rand(config.batch, side, side, 3, generator=drawn).to(device).permute(0, 3, 1, 2) for side in sides)
    return lr, hr


def _step(run: Run, batches: list[Batch]) -> None:
    """One step as in the run."""
    with suppress(NotFiniteError):  # noise is no picture; the time it took is the same
        fitting_step(run, batches)
        run.state.average(run.config.ema)


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _written(config: TrainConfig) -> tuple[str, ...]:
    return (str(config.out), str(best_path(config.out)), f"{state_folder(config.out)}/", f"{log_folder(config.out)}/")
