"""`upscale train` as a user calls it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from upscale.models.catalog import load_network

TINY = 'model = "tiny"\narchitecture = "srresnet"\nnetwork = { blocks = 1, channels = 8, norm = "none" }\nwarmup = 1\n'


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "hr"
    folder.mkdir()
    for index in range(9):
        pixels = np.random.default_rng(index).integers(0, 256, (48, 48, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    (tmp_path / "tiny.toml").write_text(TINY)
    return folder


def command(photos: Path, *words: str) -> list[str]:
    common = [
        "--data",
        str(photos),
        "--scale",
        "2",
        "--batch",
        "2",
        "--crop",
        "8",
        "--device",
        "cpu",
        "--dtype",
        "fp32",
    ]
    return [sys.executable, "-m", "upscale", "train", *common, *words]


def upscale(photos: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(photos, *words), capture_output=True, text=True, cwd=photos.parent, timeout=120, check=False
    )


def test_trains_into_a_file_that_loads(photos: Path) -> None:
    done = upscale(photos, "--recipe", "tiny.toml", "--steps", "5", "--out", "mine.safetensors", "--val-every", "5")
    assert done.returncode == 0, done.stderr
    assert "wrote mine.safetensors" in done.stderr and done.stdout == ""
    assert load_network(photos.parent / "mine.safetensors").spec.scale == 2


def test_events_are_json_lines(photos: Path) -> None:
    done = upscale(
        photos, "--recipe", "tiny.toml", "--steps", "4", "--out", "o.safetensors", "--val-every", "2", "--json"
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["step"] for event in events] == [2, 4]
    assert all(event["total"] == 4 and event["psnr_y"] > 0 for event in events)


def test_stopped_and_resumed_with_the_settings_of_the_first_command(photos: Path) -> None:
    words = ("--recipe", "tiny.toml", "--out", "o.safetensors")
    first = upscale(photos, *words, "--steps", "6", "--stop-at", "3")
    assert first.returncode == 0 and "--resume goes on" in first.stderr
    again = upscale(photos, *words, "--steps", "6")
    assert again.returncode == 2 and "holds a run already" in again.stderr
    second = upscale(photos, "--out", "o.safetensors", "--resume")
    assert second.returncode == 0, second.stderr
    assert load_network(photos.parent / "o.safetensors").spec.name == "tiny"


def test_interrupted_keeps_its_state(photos: Path) -> None:
    words = ("--recipe", "tiny.toml", "--out", "o.safetensors", "--steps", "100000", "--val-every", "1", "--json")
    running = subprocess.Popen(
        command(photos, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=photos.parent
    )
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, messages = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted" in messages and "Traceback" not in messages
    step = json.loads((photos.parent / "o.safetensors.state" / "run.json").read_text())["step"]
    refused = upscale(photos, "--out", "o.safetensors", "--resume", "--steps", str(step + 1))
    assert refused.returncode == 2 and "add --extend" in refused.stderr
    resumed = upscale(photos, "--out", "o.safetensors", "--resume", "--extend", "--steps", str(step + 1))
    assert resumed.returncode == 0, resumed.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--recipe", "nosuch"], 2, "unknown recipe nosuch"),
        (["--recipe", "tiny.toml", "--loss", "l9=1"], 2, "unknown loss l9"),
        (["--recipe", "tiny.toml", "--out", "weights.pth"], 2, "must end in .safetensors"),
        (["--recipe", "tiny.toml", "--scale", "7"], 2, "cannot build srresnet x7"),
        (["--recipe", "tiny.toml", "--init", "hr/0.safetensors"], 2, "does not exist"),
        (["--recipe", "tiny.toml", "--steps", "5", "--minutes", "5"], 2, "exclude each other"),
        (
            ["--recipe", "tiny.toml", "--loss", "l1=1,vgg54=1", "--vgg-weights", "tiny.toml"],
            2,
            "cannot read VGG weights",
        ),
        (["--recipe", "tiny.toml", "--resume"], 2, "nothing to resume"),
        (["--recipe", "tiny.toml", "--crop", "400"], 2, "at least 800 pixels"),
    ],
)
def test_mistakes_get_one_sentence(photos: Path, words: list[str], code: int, sentence: str) -> None:
    done = upscale(photos, "--steps", "2", *words) if "--steps" not in words else upscale(photos, *words)
    assert done.returncode == code, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("upscale: ") and sentence in last
    assert "Traceback" not in done.stderr


def test_missing_data_is_named(tmp_path: Path) -> None:
    done = upscale(tmp_path / "nowhere", "--model", "espcn", "--steps", "1")
    assert done.returncode == 2 and "nowhere does not exist" in done.stderr
