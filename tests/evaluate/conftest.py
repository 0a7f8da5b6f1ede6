"""The GPU, where there is one."""

import os

import pytest
import torch


@pytest.fixture
def cuda() -> torch.device:
    if not torch.cuda.is_available() and os.environ.get("UPSCALE_REQUIRE_GPU") != "1":
        pytest.skip("no CUDA GPU")
    return torch.device("cuda")
