"""Running out of memory for real: an address-space limit on a child process."""

import os
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


# Slow: what an address-space limit refuses depends on the C library's mood, so it stays out of the quick suite.
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits the address space, on Linux")
@pytest.mark.parametrize("tile", ["0", "auto"])
def test_what_does_not_fit_is_done_in_smaller_steps(tile: str) -> None:
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parents[1]), tile, "110"]
    # Else a thread of a library may take 64 MiB of addresses for an arena of its own.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.stdout.strip() == "True", done.stderr
    if tile == "0":
        assert "memory ran out" in done.stderr


STREAMED = Limits(None, 8, None)


def test_batch_is_halved_first_then_the_band_then_tiles_take_over() -> None:
    small = {"pixels": 100, "side": 100}
    assert halve(STREAMED, together=5, **small) == Limits(None, 8, None, batch_px=200)
    assert halve(Limits(6, 8, None), together=6, **small) == Limits(3, 8, None, batch_px=300)
    assert halve(STREAMED, together=1, **small) == Limits(None, 4, None)
    assert halve(Limits(None, 1, None), together=1, **small) == Limits(None, 1, 50)
    assert halve(Limits(None, 8, 0), together=1, **small) == Limits(None, 8, 50)
    assert halve(Limits(None, 8, 256), together=1, **small) == Limits(None, 8, 50)
    assert halve(Limits(None, 8, 20), together=1, **small) is None


def test_large_pictures_never_wait_for_each_other() -> None:
    """Also after small ones were halved, and with a batch meant for tiles."""
    assert STREAMED.pictures(16, 16) == 64
    assert STREAMED.pictures(200, 200) == 1
    assert Limits(8, 8, None).pictures(100, 100) == 8
    assert Limits(8, 8, None).pictures(4000, 3000) == 1
    assert Limits(8, 8, 64).pictures(200, 200) == 1
    halved = halve(STREAMED, together=64, pixels=256, side=16)
    assert halved is not None and halved.pictures(200, 200) == 1 and halved.pictures(16, 16) == 32
