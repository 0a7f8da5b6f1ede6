"""Fixtures that every test may use."""

import os
import signal
from pathlib import Path

import pytest
import torch

# What tests start has one thread, too: several with two each, on two cores, take turns in waiting for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def seeded() -> None:
    """The same random numbers in every run, on one thread: small tensors gain nothing from more."""
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c() -> None:
    """As in a terminal: what a shell starts in the background ignores Ctrl-C, and so would all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The benchmark data beside the project, or at $UPSCALE_DATA."""
    folder = Path(os.environ.get("UPSCALE_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"benchmark data not found at {folder}; set UPSCALE_DATA")
    return folder
