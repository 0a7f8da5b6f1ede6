"""Running out of memory: known where it happens, and answered by smaller parts."""

import subprocess
import sys

import pytest
import torch
from upscale.train.memory import halved, is_to_be_repeated
from upscale.train.parallel import OutOfMemoryElsewhereError, Team

from upscale.errors import TrainingError

ALONE = Team(torch.device("cpu"))


@pytest.mark.parametrize("batch", [1, 2, 7, 12, 16, 36, 100])
def test_parts_get_smaller_until_they_are_single_samples(batch: int) -> None:
    parts, tried = 1, [1]
    while parts < batch:
        parts = halved(parts, batch)
        tried.append(parts)
    assert tried[-1] == batch
    assert all(batch % each == 0 for each in tried)
    # Twice as many at least, but where only single samples are left.
    assert all(later >= 2 * before for before, later in zip(tried, tried[1:-1], strict=False))
    with pytest.raises(TrainingError, match="not even one crop"):
        halved(parts, batch)


def test_no_divisor_is_passed_over() -> None:
    assert [halved(parts, 12) for parts in (1, 2, 3, 4, 6)] == [2, 4, 6, 12, 12]
    assert halved(5, 15) == 15


@pytest.mark.parametrize(
    ("error", "repeated"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("GET was unable to find an engine to execute this computation"), True),
        (MemoryError(), True),
        (OutOfMemoryElsewhereError("elsewhere"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), False),
    ],
)
def test_lack_of_memory_is_told_from_other_errors(error: RuntimeError | MemoryError, repeated: bool) -> None:
    assert is_to_be_repeated(error, ALONE) is repeated


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_a_step_that_the_system_refuses_memory_is_repeated() -> None:
    """A real refusal, by torch's own allocator, in the midst of a backward pass."""
    program = """
import resource
import torch
from torch import nn
from upscale.train.memory import is_to_be_repeated
from upscale.train.parallel import join_team

torch.set_num_threads(1)
network = nn.Sequential(nn.Conv2d(3, 64, 3), nn.PReLU(), nn.Conv2d(64, 3, 3))
network(torch.rand(1, 3, 16, 16)).mean().backward()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
try:
    network(torch.rand(8, 3, 256, 256)).mean().backward()
except (RuntimeError, MemoryError) as error:
    print(is_to_be_repeated(error, join_team("cpu")))
network(torch.rand(1, 3, 16, 16)).mean().backward()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"
