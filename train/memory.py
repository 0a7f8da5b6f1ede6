"""Where memory runs out in a training step: the same batch in more and smaller parts, whose gradients add up."""

from upscale.train.parallel import OutOfMemoryElsewhereError, Team

from upscale.engine.memory import is_out_of_memory
from upscale.errors import TrainingError

# What cuDNN says where its workspace does not fit.
_REFUSALS = ("unable to find an engine to execute", "unable to find a valid cudnn algorithm")


def is_to_be_repeated(error: RuntimeError | MemoryError, team: Team) -> bool:
    """Whether memory ran out, here or in another process of the run; the others are told.

    Ask in the `except` block; repeat the step after it, since until then the failed one's tensors hang on the error.
    """
    if isinstance(error, OutOfMemoryElsewhereError):
        return True
    if not is_out_of_memory(error) and not any(words in str(error).lower() for words in _REFUSALS):
        return False
    team.tell_out_of_memory()
    return True


def halved(accumulate: int, batch: int, smallest: int = 1) -> int:
    """How many equal parts a batch is taken in next, after `accumulate` did not fit: the next divisor twice as large.

    Where there is none, the largest that leaves `smallest` samples in a part; TrainingError where that is reached.
    """
    more = [parts for parts in range(accumulate + 1, batch // smallest + 1) if batch % parts == 0]
    if not more:
        few = "one crop" if smallest == 1 else f"{smallest} crops"
        raise TrainingError(f"not even {few} at a time fit into memory; lower --crop, or take a smaller network")
    return next((parts for parts in more if parts >= 2 * accumulate), more[-1])
