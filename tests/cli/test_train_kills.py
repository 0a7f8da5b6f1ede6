"""A training that is killed at any moment ends, resumed, with the weights of one that never was."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from training import are_equal, write_photos

RECIPE = """
model = "tiny"
architecture = "srresnet"
network = { blocks = 1, channels = 8, norm = "none" }
losses = { l1 = 1.0, gan = 1e-3 }
init = "none"
from_scratch = true
warmup = 1
scale = 2
batch = 2
crop = 16
save_every = 5
validate_every = 20
device = "cpu"
dtype = "fp32"

[gan]
discriminator = "patch"
norm = "none"
instance_noise = 0.1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_photos(tmp_path / "hr")
    (tmp_path / "tiny.toml").write_text(RECIPE)
    return tmp_path


def start(folder: Path, out: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "upscale", "train", "--data", "hr", "--recipe", "tiny.toml", "--out", out, *words]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE)


def finish(folder: Path, out: str, *words: str) -> None:
    running = start(folder, out, *words)
    _, messages = running.communicate(timeout=600)
    assert running.returncode == 0, messages.decode()


def kill_and_resume(folder: Path, times: int, *steps: str) -> None:
    """Kill at random moments of the work itself, not of the start, as soon as there is a state to go on from."""
    generator = random.Random(0)
    killed = 0
    while killed < times:
        words = ("--resume",) if (folder / "killed.safetensors.state").exists() else ()
        running = start(folder, "killed.safetensors", *steps, *words)
        state = folder / "killed.safetensors.state" / "run.json"
        begun = state.stat().st_mtime_ns if state.exists() else 0
        while running.poll() is None and (not state.exists() or state.stat().st_mtime_ns == begun):
            time.sleep(0.01)
        time.sleep(generator.uniform(0, 0.1))
        assert running.poll() is None, "the run is too short to be killed so often"
        running.kill()
        running.communicate()
        killed += 1


@pytest.mark.parametrize(("times", "steps"), [(1, "25"), pytest.param(10, "120", marks=pytest.mark.slow)])
def test_killed_and_resumed_ends_bit_identical(folder: Path, times: int, steps: str) -> None:
    finish(folder, "straight.safetensors", "--steps", steps)
    kill_and_resume(folder, times, "--steps", steps)
    finish(folder, "killed.safetensors", "--steps", steps, "--resume")
    assert are_equal(folder / "straight.safetensors", folder / "killed.safetensors")
    assert not list(folder.glob("*.part")) and not list(folder.glob("*.old"))
