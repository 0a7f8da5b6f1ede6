"""`upscale train` interrupted before its first step, and asked about runs that have no state yet."""

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Run, started
from training import write_photos
from upscale.train.claim import claimed

RECIPE = 'architecture = "srresnet"\nnetwork = { blocks = 1, channels = 8, norm = "none" }\nwarmup = 1\n'


@pytest.fixture
def words(tmp_path: Path) -> list[object]:
    """`train` with a small network; without a length, and an output."""
    (tmp_path / "tiny.toml").write_text(RECIPE)
    photos = write_photos(tmp_path / "hr")
    small = ["--scale", 2, "--batch", 2, "--crop", 16, "--device", "cpu", "--dtype", "fp32"]
    return ["train", "--data", photos, "--recipe", tmp_path / "tiny.toml", *small]


@pytest.fixture
def silent_proxy() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_while_weights_are_fetched_it_ends_soon_and_leaves_nothing(
    words: list[object], silent_proxy: str, tmp_path: Path, number: signal.Signals
) -> None:
    cache, out = tmp_path / "cache", tmp_path / "run" / "out.safetensors"
    env = {"TORCH_HOME": str(cache), "https_proxy": silent_proxy, "no_proxy": ""}
    with started(*words, "--loss", "l1=1,vgg22=1", "--steps", 2, "-o", out, env=env) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        while "fetching" not in line:
            assert line, "it ended before it fetched anything"
            line = process.stderr.readline()
        process.send_signal(number)
        _, messages = process.communicate(timeout=20)  # a connection is given up after 30 s
    assert process.returncode == 130
    assert "upscale: interrupted before anything was saved; the same command begins anew" in messages
    assert "Traceback" not in messages and "--resume" not in messages
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert [path.name for path in out.parent.iterdir()] == ["out.safetensors.state.lock"]


def test_a_run_without_a_state_yet_is_said_to_be_running(
    words: list[object], tmp_path: Path, run_here: Callable[..., Run]
) -> None:
    out = tmp_path / "out.safetensors"
    with claimed(out):
        run = run_here(*words, "-o", out, "--resume")
    assert run.code == 2 and f"another training writes {out} just now" in run.err
    run = run_here(*words, "-o", out, "--resume")
    assert run.code == 2 and "nothing to resume" in run.err


def test_a_recipe_that_was_edited_meanwhile_is_no_silent_matter(
    words: list[object], tmp_path: Path, run_here: Callable[..., Run]
) -> None:
    out = tmp_path / "out.safetensors"
    assert run_here(*words, "-o", out, "--steps", 4, "--stop-at", 1).code == 0
    assert run_here(*words, "-o", out, "--steps", 4, "--stop-at", 2, "--resume").code == 0
    (tmp_path / "tiny.toml").write_text(RECIPE.replace("warmup = 1", "warmup = 2"))
    run = run_here(*words, "-o", out, "--steps", 4, "--resume")
    assert run.code == 2 and "would change warmup of this run (1 -> 2)" in run.err
    assert run_here("train", "-o", out, "--resume").code == 0
