"""A training run: data once into memory, then one visible loop, then a file that the other commands take."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from upscale.train.begin import begun, compare_pictures, show_reference
from upscale.train.claim import claimed
from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batch, Batches
from upscale.train.data.loading import Pictures, load_pictures
from upscale.train.fitting import fitting_step
from upscale.train.length import Stopwatch
from upscale.train.parallel import Team, join_team
from upscale.train.results import finished, keep_best
from upscale.train.saving import check_writable, save_state, state_folder
from upscale.train.schedule import learning_rate
from upscale.train.state import TrainState
from upscale.train.steps import NotFiniteError, Run, Told
from upscale.train.validate import validate
from upscale.train.watch.reports import StepReport, Validation
from upscale.train.watch.watch import Watch, log_folder

from upscale.engine.memory import enough_for
from upscale.errors import TrainingError, UsageError
from upscale.models.checkpoint import save_network

_MOST_BAD_STEPS = 10


@dataclass(frozen=True)
class Progress:
    """What a run tells after each step; a validation, and a diagnosis in plain words, only where there was one."""

    report: StepReport
    validation: Validation | None = None
    diagnosis: str | None = None


@dataclass(frozen=True)
class Control:
    """How a run begins and may end early: from its saved state, at a step, or when asked between two steps.

    `extend` allows a resumed run another number of steps than it was planned for, or as many more as fit into
    `config.minutes`. `begun` is told the state once
    everything but the pictures is there, `decoded` how many pictures are in memory, of how many. `ready` is called
    before the first step: a KeyboardInterrupt may come at any moment before, and none after, when `interrupted` is
    asked.
    """

    resume: bool = False
    extend: bool = False
    stop_at: int | None = None
    interrupted: Callable[[], bool] = lambda: False
    begun: Callable[[TrainState], None] = lambda state: None
    decoded: Callable[[int, int], None] = lambda done, total: None
    ready: Callable[[], None] = lambda: None

    def heard(self, done: int, total: int) -> None:
        """A picture was decoded; KeyboardInterrupt, since nothing is begun yet, if the run is to end."""
        self.decoded(done, total)
        if self.interrupted():
            raise KeyboardInterrupt


def train(config: TrainConfig, on_step: Callable[[Progress], None], control: Control = Control()) -> Path | None:
    """Run to the end and write `config.out`; the state of the run lies beside it in `<out>.state`.

    Returns None where it stopped early, with its state saved; an interruption raises KeyboardInterrupt then. Of
    several processes the first one reports and writes.
    Raises UsageError, EnvironmentLackError, BadInputError, OutputError, TrainingError.
    """
    with join_team(config.device) as team, enough_for("this training", team.device):
        if not team.is_main:
            return _train(config, lambda _: None, control, team)
        with claimed(config.out):
            return _train(config, on_step, control, team)


def _train(config: TrainConfig, on_step: Callable[[Progress], None], control: Control, team: Team) -> Path | None:
    folder = state_folder(config.out)
    if team.is_main:
        check_writable(folder)
    run = begun(config, team, resume=control.resume, extend=control.extend)
    state = run.state
    if control.stop_at is not None and control.stop_at <= state.step:
        raise UsageError(f"--stop-at {control.stop_at}: the run is at step {state.step} already")
    control.begun(state)
    with enough_for("the training pictures", state.device):
        pictures = load_pictures(config, state.device, team.count, control.heard)
    compare_pictures(config, state, pictures)
    batches = Batches(config, pictures.training, state.device, share=team.share)
    show_reference(run, batches)
    turns = config.gan.d_steps if config.is_gan else 1
    bad = 0
    control.ready()
    with closing(batches.stream(state.step * turns)) as stream, _watching(config, state, team) as watch:
        stopwatch = Stopwatch(config.minutes or 0.0, state.step)
        while state.step < (state.total or state.step + 1):
            begun_s = time.monotonic()
            rate = _set_rates(config, state)
            told, bad = _step(run, stream, turns, bad)
            _check_finite(bad, told, folder)
            state.step += 1
            state.total = state.total or team.same(stopwatch.total_after(state.step))
            seconds = time.monotonic() - begun_s
            report = StepReport(state.step, state.total, told.losses, rate, seconds, told.gradient_norms)
            complete = state.step == state.total
            if watch is not None:
                watch.step(report)
                is_due = state.step % config.validate_every == 0 or complete
                on_step(_validated(run, pictures, watch, report) if is_due else Progress(report))
            interrupted = team.any(control.interrupted())
            stop = not complete and (interrupted or state.step == control.stop_at)
            if stop or complete or state.step % config.save_every == 0:
                _save(run, folder)
            if stop and interrupted:
                raise KeyboardInterrupt
            if stop:
                return None
    if team.is_main:
        save_network(finished(run, len(pictures.training)), config.out)
    team.barrier()
    return config.out


def _step(run: Run, stream: Iterator[Batch], turns: int, bad: int) -> tuple[Told, int]:
    """One step, and how many in a row were not finite, after `bad` before it."""
    drawn = [next(stream) for _ in range(turns)]
    try:
        told = fitting_step(run, drawn)
    except NotFiniteError as error:
        run.state.forget_statistics()
        return error.told, bad + 1
    run.state.average(run.config.ema)
    return told, 0


def _set_rates(config: TrainConfig, state: TrainState) -> float:
    """Give each optimiser the schedule's share of its own peak; the network's is returned."""
    rate = learning_rate(state.step, state.planned, config)
    state.optimiser.param_groups[0]["lr"] = rate
    if state.adversary is not None:
        state.adversary.optimiser.param_groups[0]["lr"] = config.gan.learning_rate * rate / config.learning_rate
    return rate


def _check_finite(bad: int, told: Told, folder: Path) -> None:
    if bad > _MOST_BAD_STEPS:
        kept = "; the last good state is kept" if folder.exists() else ""
        raise TrainingError(
            f"{' and '.join(told.wrong())} were not finite in {bad} steps in a row{kept}: "
            "lower --learning-rate, or use --dtype fp32"
        )


def _watching(config: TrainConfig, state: TrainState, team: Team) -> AbstractContextManager[Watch | None]:
    """Only the first process keeps a log."""
    return Watch(config, log_folder(config.out), state.step) if team.is_main else nullcontext()


def _validated(run: Run, pictures: Pictures, watch: Watch, report: StepReport) -> Progress:
    """The averaged network's figures; other processes go on meanwhile and wait at the next word."""
    state = run.state
    validation = None
    if pictures.held:
        validation = validate(state.ema, pictures.held, state.device, with_niqe=True)
        figures = {"step": state.step, "psnr_y": validation.psnr_y}
        state.history.append(figures if validation.niqe is None else figures | {"niqe": validation.niqe})
        keep_best(run, validation, len(pictures.training))
    return Progress(report, validation, watch.validation(state.step, validation))


def _save(run: Run, folder: Path) -> None:
    if run.team.is_main:
        save_state(run.state, folder, asdict(run.config))
    run.team.barrier()
