"""A run as it begins: everything built, fresh or as a saved state left it."""

import logging
from typing import Any

from upscale.train.config import TrainConfig
from upscale.train.data.batches import Batches
from upscale.train.data.loading import Pictures
from upscale.train.losses.content import build_content
from upscale.train.parallel import Team
from upscale.train.saving import restore_state, state_folder
from upscale.train.start import start
from upscale.train.state import TrainState
from upscale.train.steps import Run

from upscale.errors import UsageError

logger = logging.getLogger(__name__)


def begun(config: TrainConfig, team: Team, *, resume: bool) -> Run:
    """Networks and losses, the same in all processes.

    Raises UsageError, EnvironmentLackError for what cannot be built, or does not fit the saved state.
    """
    state = start(config, team.device, initialise=not resume)
    if resume:
        restore_state(state, state_folder(config.out))
        # What memory asked for before, or more, in equal parts of what may be another batch.
        wanted = max(state.accumulate, config.accumulate)
        state.accumulate = next(
            parts for parts in range(min(wanted, config.batch), config.batch + 1) if config.batch % parts == 0
        )
    on_luma = getattr(state.network.config, "colour", "rgb") == "y"
    return Run(config, state, build_content(config.losses, config.vgg_weights, team.device, on_luma=on_luma), team)


def planned_steps(config: TrainConfig, state: TrainState, saved: dict[str, Any] | None, extend: bool) -> int:
    """The number of steps, 0 where the time has yet to tell; a resumed run keeps it unless it is to be extended.

    `saved` are the settings of a run that is resumed. UsageError for another number.
    """
    if config.minutes is not None:
        if saved is None or state.total == 0:
            return 0
        if saved.get("minutes") == config.minutes:
            return state.total
        if not extend:
            raise UsageError(
                f"this run was planned for {state.total} steps, and its learning rate with it: "
                f"add --extend to give it {config.minutes:g} minutes more, or leave --minutes out"
            )
        return 0
    if saved is not None and state.total not in (0, config.steps) and not extend:
        raise UsageError(
            f"this run was planned for {state.total} steps, and its learning rate with it: "
            f"add --extend to make it {config.steps}, or leave --steps out"
        )
    if config.steps < state.step:
        raise UsageError(f"--steps {config.steps}: the run is at step {state.step} already")
    return config.steps


def compare_pictures(state: TrainState, pictures: Pictures) -> None:
    """Say so where a resumed run finds other pictures: it goes on, but not as if it had never stopped."""
    if state.pictures and state.pictures != pictures.fingerprint:
        logger.warning("the training pictures have changed since this run began")
    state.pictures = pictures.fingerprint


def show_reference(run: Run, batches: Batches) -> None:
    """The batch that virtual batch norm compares all others with, chosen once; a state brings its own."""
    if run.state.adversary is not None and run.config.gan.norm == "virtual" and run.state.step == 0:
        run.state.adversary.judges.set_reference(batches.at(0)[1])
        run.team.copy_from_main(run.state.adversary.judges.buffers())
