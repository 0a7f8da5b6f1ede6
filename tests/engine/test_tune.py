"""What is measured once is remembered; a band stays within the memory it may take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from upscale.engine.bands import TensorSource
from upscale.engine.footprint import band_bytes, free_bytes, within
from upscale.engine.precision import prepare
from upscale.engine.trunk import Trunk, cut
from upscale.engine.trunkstream import BandSize
from upscale.engine.tune import BandShape, cache_folder, default_shape, quickest_shape
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.fuse import fuse
from upscale.models.srresnet import Srresnet, SrresnetConfig

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return cache_folder() / "bands.json"


def small_trunk(channels: int = 8, blocks: int = 1) -> Trunk:
    network = Srresnet(SrresnetConfig(2, blocks=blocks, channels=channels, norm="none")).eval()
    trunk = cut(prepare(fuse(network.stages()), CPU, torch.float32))
    assert trunk is not None
    return trunk


def test_nothing_is_measured_unasked(own_cache: Path) -> None:
    assert quickest_shape(small_trunk(), measure=False) == default_shape(CPU)
    assert not own_cache.exists()


def test_the_answer_is_remembered_for_this_network_and_taken_from_there(own_cache: Path) -> None:
    shape = quickest_shape(small_trunk(), measure=True)
    ((key, answer),) = json.loads(own_cache.read_text()).items()
    assert answer == {"columns": shape.columns, "pixels": shape.pixels}
    own_cache.write_text(json.dumps({key: {"columns": 77, "pixels": 12345}}))
    assert quickest_shape(small_trunk(), measure=False) == BandShape(77, 12345)
    assert quickest_shape(small_trunk(blocks=2), measure=False) == default_shape(CPU)


def test_a_damaged_cache_is_no_obstacle(own_cache: Path) -> None:
    quickest_shape(small_trunk(), measure=True)
    (key,) = json.loads(own_cache.read_text())
    for damage in ("", "[]", "{", '{"KEY": 3}', '{"KEY": {"columns": -1, "pixels": 5}}'):
        own_cache.write_text(damage.replace("KEY", key))
        assert quickest_shape(small_trunk(), measure=False) == default_shape(CPU), damage


def test_a_cache_that_cannot_be_written_is_no_obstacle(own_cache: Path) -> None:
    own_cache.parent.write_text("a file where the folder should be")
    assert quickest_shape(small_trunk(), measure=True).pixels > 0


def test_small_pictures_are_not_worth_measuring(own_cache: Path) -> None:
    network = Srresnet(SrresnetConfig(2, blocks=1, channels=8))
    upscaler = Upscaler(network, UpscaleOptions(device="cpu", dtype="fp32", tune=True))
    assert len(list(upscaler.stream([TensorSource(torch.rand(3, 20, 20))]))) == 1
    assert not own_cache.exists()


def test_a_band_has_fewer_rows_where_memory_is_little() -> None:
    trunk, size = small_trunk(), BandSize(128, 112)
    most = band_bytes(trunk, size, 500) // 2
    smaller = within(trunk, size, 500, most)
    assert 1 <= smaller.rows < size.rows and band_bytes(trunk, smaller, 500) <= most
    assert within(trunk, size, 500, 1).rows == 1
    assert within(trunk, size, 500, 1 << 40) == size
    free = free_bytes(CPU)
    assert free is None or 1 << 20 < free < 1 << 50


CHILD = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import torch
from upscale.allocator import keep_freed_memory
from upscale.engine.bands import TensorSource
from upscale.engine.footprint import band_bytes
from upscale.engine.trunkstream import BandSize, stream_trunk
from test_tune import small_trunk

keep_freed_memory()
torch.set_num_threads(1)
trunk, size = small_trunk(64, 4), BandSize(64, 112)
with torch.inference_mode():
    list(stream_trunk(trunk, [TensorSource(torch.rand(3, 8, 30))], size))
    before = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
    for _ in stream_trunk(trunk, [TensorSource(torch.rand(3, 200, 900))], size):
        pass
hwm = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print((hwm - before) / band_bytes(trunk, size, 900))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process, on Linux")
def test_the_estimate_is_near_what_a_band_takes() -> None:
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert 0.4 < float(done.stdout) < 1.5, done.stdout
