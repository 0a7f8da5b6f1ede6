"""What became of one job."""

from dataclasses import dataclass
from typing import Literal

from upscale.batch.jobs import Job

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True)
class Outcome:
    """One finished job; `error` is why it failed, or why it was skipped.

    `job.target` is where the result really is. `size_px`: height and width of the result, where there is
    one. `seconds`: from the start of reading to the end of writing. `note`: what was done differently.
    """

    job: Job
    status: Status
    seconds: float = 0.0
    error: str | None = None
    note: str | None = None
    size_px: tuple[int, int] | None = None
