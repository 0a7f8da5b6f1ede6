"""Running out of memory for real: an address-space limit on a child process."""

import subprocess
import sys
from pathlib import Path

import pytest

from upscale.engine.memory import Limits, halve

CHILD = """
import logging, resource, sys
import torch
sys.path.insert(0, sys.argv[1])
from networks import small_networks
from upscale.engine.bands import TensorSource, assemble
from upscale.engine.upscaler import Upscaler, UpscaleOptions

logging.basicConfig(level=logging.WARNING, format="%(message)s")
torch.set_num_threads(1)
network = small_networks()[2]
pictures = [torch.rand(3, 256, 256) for _ in range(2)]
options = UpscaleOptions(device="cpu", dtype="fp32", tile=int(sys.argv[2]) if sys.argv[2] != "auto" else None, batch=2)
with torch.inference_mode():
    wanted = [network(picture[None])[0] for picture in pictures]
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[3]) * 2**20,) * 2)
upscaler = Upscaler(network, options)
got = list(assemble(upscaler.stream(map(TensorSource, pictures)), 4))
assert len(got) == 2
print(max((a - b).abs().max().item() for a, b in zip(got, wanted)) < 1e-5)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits the address space, on Linux")
def test_whole_pictures_that_do_not_fit_become_tiles() -> None:
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parents[1]), "0", "110"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "True", done.stderr
    assert "memory ran out" in done.stderr


def test_batch_goes_first_then_band_or_tile_and_the_end_is_told() -> None:
    assert halve(Limits(None, 8, None), together=5, side=100) == Limits(2, 8, None)
    assert halve(Limits(1, 8, None), together=1, side=100) == Limits(1, 4, None)
    assert halve(Limits(1, 1, None), together=1, side=100) is None
    assert halve(Limits(1, 8, 0), together=1, side=100) == Limits(1, 8, 50)
    assert halve(Limits(1, 8, 256), together=1, side=100) == Limits(1, 8, 50)
    assert halve(Limits(1, 8, 20), together=1, side=100) is None
