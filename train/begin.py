"""A run as it begins: everything built, fresh or as a saved state left it."""

import logging

from upscale.train.config import TrainConfig, configure
from upscale.train.data.batches import Batches
from upscale.train.data.loading import Pictures
from upscale.train.losses.content import build_content
from upscale.train.parallel import Team
from upscale.train.resuming import check_changes
from upscale.train.saving import restore_state, saved_settings, state_folder
from upscale.train.start import start
from upscale.train.state import TrainState
from upscale.train.steps import Run

from upscale.engine.memory import enough_for
from upscale.errors import UsageError

logger = logging.getLogger(__name__)


def begun(config: TrainConfig, team: Team, *, resume: bool, extend: bool) -> Run:
    """Networks and losses, the same in all processes, and the length; `resume` and `extend` as in `Control`.

    Raises UsageError, EnvironmentLackError, UpscaleError for what cannot be built, is not there or has no room, or does
    not fit the saved state.
    """
    before = _began_with(config) if resume else None
    with enough_for("the networks and their optimisers", team.device):
        state = start(config, team.device, initialise=before is None)
        if before is not None:
            _restore(state, before, config)
        _set_length(config, state, before, extend)
        on_luma = getattr(state.network.config, "colour", "rgb") == "y"
        with team.first_here_first():  # VGG's weights may have to be fetched
            content = build_content(config.losses, config.vgg_weights, team.device, on_luma=on_luma, dtype=state.dtype)
    return Run(config, state, content, team)


def _began_with(config: TrainConfig) -> TrainConfig:
    """The settings of the run that goes on; UsageError where there is none, or where these do not go with it."""
    folder = state_folder(config.out)
    saved = saved_settings(folder)
    if saved is None:
        raise UsageError(f"nothing to resume: {folder} does not exist; train without --resume")
    before = configure(saved, {})
    check_changes(before, config)
    return before


def _restore(state: TrainState, before: TrainConfig, config: TrainConfig) -> None:
    restore_state(state, state_folder(config.out))
    # What memory asked for before, unless another number is asked for; in equal parts of what may be another batch.
    wanted = state.accumulate if config.accumulate == before.accumulate else config.accumulate
    state.accumulate = next(
        parts for parts in range(min(wanted, config.batch), config.batch + 1) if config.batch % parts == 0
    )
    if _measured(config) != _measured(before):
        state.best = None  # the figure of another measure, or of other pictures


def _measured(config: TrainConfig) -> tuple[object, ...]:
    """What the figure of the best network depends on."""
    return config.best, config.degrade, config.val and config.val.resolve()


def _set_length(config: TrainConfig, state: TrainState, before: TrainConfig | None, extend: bool) -> None:
    """Give a run its number of steps, 0 where the time has yet to tell; a resumed one keeps it unless it is extended.

    `before` is what a run that is resumed began with. UsageError for another number.
    """
    total = _planned(config, state, before, extend)
    state.before = 0 if before is None or total else state.planned
    state.total = total


def _planned(config: TrainConfig, state: TrainState, before: TrainConfig | None, extend: bool) -> int:
    if config.minutes is not None:
        # As many minutes as at first are minutes more, too.
        if before is None or state.total == 0 or extend:
            return 0
        if before.minutes == config.minutes:
            return state.total
        raise UsageError(
            f"this run was planned for {state.total} steps, and its learning rate with it: "
            f"add --extend to give it {config.minutes:g} minutes more, or leave --minutes out"
        )
    if before is not None and state.total not in (0, config.steps) and not extend:
        raise UsageError(
            f"this run was planned for {state.total} steps, and its learning rate with it: "
            f"add --extend to make it {config.steps}, or leave --steps out"
        )
    if extend and config.steps == state.step == state.total:
        raise UsageError(f"--steps {config.steps}: that many are done already; --extend needs a larger number")
    if config.steps < state.step:
        raise UsageError(f"--steps {config.steps}: the run is at step {state.step} already")
    return config.steps


def compare_pictures(config: TrainConfig, state: TrainState, pictures: Pictures) -> None:
    """Say so where a resumed run finds other pictures: it goes on, but not as if it had never stopped."""
    if state.pictures and state.pictures != pictures.fingerprint:
        logger.warning("the training pictures have changed since this run began")
        if config.val is None:
            state.best = None  # those that are validated on have, too
    state.pictures = pictures.fingerprint


def show_reference(run: Run, batches: Batches) -> None:
    """The batch that virtual batch norm compares all others with, chosen once; a state brings its own."""
    if run.state.adversary is not None and run.config.gan.norm == "virtual" and run.state.step == 0:
        with enough_for("the pictures that virtual batch norm compares all others with", run.state.device):
            run.state.adversary.judges.set_reference(batches.at(0)[1])
            run.team.copy_from_main(run.state.adversary.judges.buffers())
