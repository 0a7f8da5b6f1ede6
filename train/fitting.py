"""A step that fits into memory."""

import logging
from collections.abc import Callable

from upscale.train.data.batches import Batch
from upscale.train.memory import halved, is_to_be_repeated
from upscale.train.steps import Run, Told, turns

logger = logging.getLogger(__name__)


def fitting_step(run: Run, drawn: list[Batch]) -> Told:
    """One step of the kind that the run needs; where memory runs out, a batch is taken in more parts from then on.

    Raises NotFiniteError, and TrainingError where not even the smallest part fits.
    """
    told = Told({}, {})
    for take in turns(run, drawn):
        told |= _fitting(run, take)
    return told


def _fitting(run: Run, take: Callable[[], Told]) -> Told:
    while True:
        try:
            return take()
        except (RuntimeError, MemoryError) as error:
            if not is_to_be_repeated(error, run.team):
                raise
        _take_smaller_parts(run)


def _take_smaller_parts(run: Run) -> None:
    state = run.state
    state.forget_statistics()
    state.accumulate = halved(state.accumulate, run.config.batch, run.config.smallest_part)
    state.optimiser.zero_grad(set_to_none=True)
    if state.adversary is not None:
        state.adversary.optimiser.zero_grad(set_to_none=True)
    logger.warning(
        "out of memory: each batch of %d is now taken in %d parts, whose gradients add up",
        run.config.batch, state.accumulate,
    )  # fmt: skip
