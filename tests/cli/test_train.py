"""`upscale train` as a user calls it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from commands import Run
from training import write_photos
from upscale.train.config import GanConfig, TrainConfig, configure, read_recipe, recipes
from upscale.train.losses.vgg_weights import SIZE_BYTES
from upscale.train.wording import FLAGS

from upscale.cli.app import app
from upscale.models.catalog import load_network

Here = Callable[..., Run]

HERE = ("train", "--data", "hr", "--scale", "2", "--batch", "2", "--crop", "16", "--device", "cpu", "--dtype", "fp32",
        "--steps", "2")  # fmt: skip
TINY = 'model = "tiny"\narchitecture = "srresnet"\nnetwork = { blocks = 1, channels = 8, norm = "none" }\nwarmup = 1\n'


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "tiny.toml").write_text(TINY)
    return write_photos(tmp_path / "hr")


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


def test_events_are_json_lines(photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    events = run_here(*HERE[:-1], "4", "--recipe", "tiny.toml", "--val-every", "2", "--json").events()
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


GAN = ("--loss", "l1=1,gan=1e-3")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--recipe", "nosuch"], "unknown recipe nosuch"),
        (["--recipe", "no.toml"], "recipe no.toml does not exist; shipped are deck-srgan"),
        (["--recipe", "wrong.toml"], "recipe wrong.toml: unknown setting stepps (did you mean steps?)"),
        (["--recipe", "zero.toml"], "accumulate = 0 in recipe zero.toml: expected a whole number from 1"),
        (["--model", "srgam"], "unknown model srgam (did you mean srgan?)"),
        (["--model", "mine.safetensors"], "weights to start from are given by --init"),
        (["--batch", "0"], "--batch 0: expected a whole number from 1"),
        (["--loss", "l9=1"], "unknown loss l9"),
        (["--out", "weights.pth"], "must end in .safetensors"),
        (["--out", "hr.safetensors"], "cannot write hr.safetensors: it is a folder"),
        (["--out", "tiny.toml/mine.safetensors"], "tiny.toml is no folder"),
        (["--cache", "tiny.toml"], "tiny.toml is no folder"),
        (["--scale", "7"], "cannot build srresnet x7"),
        (["--init", "hr/0.safetensors"], "does not exist"),
        (["--init", "srresnet", "--from-scratch"], "exclude each other"),
        (["--minutes", "5"], "exclude each other"),
        (["--degrade", "reel"], "--degrade reel: 'reel' is unknown (did you mean real?)"),
        (["--degrade", "real", "--lr", "hr"], "--degrade real would make others"),
        (
            ["--loss", "l1=1,vgg54=1", "--vgg-weights", "nowhere.pth"],
            "cannot read VGG weights nowhere.pth: it does not",
        ),
        (["--loss", "l1=1,vgg54=1", "--vgg-weights", "tiny.toml"], "cannot read VGG weights"),
        (["--vgg-weights", "tiny.toml"], "--vgg-weights has no effect"),
        (["--label-smoothing", "0.9"], "--label-smoothing has no effect without a discriminator"),
        ([*GAN, "--gan", "hinge", "--label-smoothing", "0.9"], "--label-smoothing 0.9 does not go with hinge"),
        ([*GAN, "--discriminator", "pached"], "unknown discriminator 'pached' (did you mean patch?)"),
        ([*GAN, "--init", "none"], "a GAN has to start from a network trained on pixels"),
        (["--resume"], "nothing to resume"),
        (["--dry-run", "--show-data", "page.png"], "exclude each other"),
        (["--show-data", "page.jpg"], "must end in .png"),
        (["--show-data", "tiny.toml/page.png"], "tiny.toml is no folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_get_one_sentence_before_anything_is_announced(
    photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch, words: list[str], sentence: str
) -> None:
    monkeypatch.chdir(photos.parent)
    Path("hr.safetensors").mkdir()
    Path("wrong.toml").write_text(TINY + "stepps = 3\n")
    Path("zero.toml").write_text(TINY + "accumulate = 0\n")
    first = [] if {"--recipe", "--model"} & {*words} else ["--recipe", "tiny.toml"]
    done = run_here(*HERE, *first, *words)
    assert done.code in (1, 2) and done.out == ""
    assert done.err.startswith("upscale: ") and sentence in done.err and done.err.count("\n") == 1, done.err
    assert not list(photos.parent.glob("*.state")) and not list(photos.parent.glob("*.log"))


def test_pictures_that_are_too_small_are_told_after_the_announcement(
    photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    done = run_here(*HERE, "--recipe", "tiny.toml", "--crop", "400")
    assert done.code == 2 and "at least 800 pixels" in done.err.splitlines()[-1]


def test_what_is_announced(photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photos.parent)
    words = ("--recipe", "tiny.toml", "--out", "mine.safetensors", *GAN, "--from-scratch", "--gan", "wgan")
    done = run_here(*HERE, *words)
    assert done.code == 0, done.err
    assert done.err.splitlines()[:4] == [
        "training srresnet x2 on hr for 2 steps, by recipe tiny.toml, from scratch",
        "losses: 1 l1 + 0.001 gan",
        "discriminator: pooled (batch norm), wgan; Adam at 5e-05, betas 0 and 0.99, 5 steps for one of the network",
        "result: mine.safetensors",
    ]


def test_a_run_by_time_tells_its_time_first(photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """And which network starts from which, by which recipe, whatever that is called."""
    monkeypatch.chdir(photos.parent)
    Path("real.toml").write_text(TINY.replace("tiny", "real"))
    words = (*HERE[:-2], "--recipe", "real.toml", "--minutes", "100", "--out", "a.safetensors")
    first = run_here(*words, "--stop-at", "1")
    assert first.err.startswith("training srresnet x2 on hr for 100 minutes, by recipe real.toml, from scratch\n")
    again = run_here("train", "--data", "hr", "--out", "a.safetensors", "--resume", "--stop-at", "2")
    assert again.err.startswith("resuming srresnet x2 on hr at step 1, for 100 minutes\n"), again.err


def test_lines_tell_the_means_that_the_table_holds(
    photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    done = run_here(*HERE[:-1], "6", "--recipe", "tiny.toml", "--out", "o.safetensors", "--val-every", "3", "--json")
    rows = [line.split(",") for line in Path("o.log/table.csv").read_text().splitlines()]
    column = rows[0].index("l1")
    assert [event["l1"] for event in done.events()] == pytest.approx([float(row[column]) for row in rows[1:]], rel=1e-5)


@pytest.mark.parametrize("rank", ["0", "1"])
def test_of_several_processes_the_first_one_speaks(
    photos: Path, run_here: Here, monkeypatch: pytest.MonkeyPatch, rank: str
) -> None:
    monkeypatch.chdir(photos.parent)
    monkeypatch.setenv("RANK", rank)
    shown = run_here(*HERE, "--recipe", "tiny.toml", "--show-data", "page.png")
    planned = run_here(*HERE, "--recipe", "tiny.toml", "--dry-run")
    assert shown.code == planned.code == 0, shown.err + planned.err
    assert bool(shown.err) == Path("page.png").exists() == bool(planned.out) == (rank == "0")


def options_of_train() -> dict[str, Any]:
    """The options by their long names."""
    command = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    return {name: option for option in command.params for name in option.opts if name.startswith("--")}


def test_every_setting_with_a_flag_is_one() -> None:
    known = {
        item for item in (*TrainConfig.__dataclass_fields__, *(f"gan.{key}" for key in GanConfig.__dataclass_fields__))
    }
    assert FLAGS.keys() <= known
    no_settings = {"--show-data", "--model", "--recipe", "--stop-at", "--resume", "--extend", "--dry-run", "--json",
                   "--quiet", "--help"}  # fmt: skip
    assert {*FLAGS.values()} == options_of_train().keys() - no_settings


# Whose defaults are told in words of their own, or not at all: switches, paths, and texts.
_IN_WORDS = {"data", "val", "lr", "cache", "vgg_weights", "out", "from_scratch", "fold_bn", "licence", "steps"}


@pytest.mark.parametrize("key", sorted(FLAGS.keys() - _IN_WORDS))
def test_defaults_in_the_help_are_true(key: str) -> None:
    """Those of the default recipe, called the recipe's where any shipped recipe has another than `TrainConfig`."""
    text = " ".join(options_of_train()[FLAGS[key]].help.split())
    default = configure({"data": Path("hr"), "out": Path("o.safetensors")} | read_recipe("srgan"), {})
    value = shown(getattr(default.gan, key[4:]) if key.startswith("gan.") else getattr(default, key))
    in_recipes = any(key[4:] in read_recipe(name).get("gan", {}) if key.startswith("gan.") else key in read_recipe(name)
                     for name in recipes())  # fmt: skip
    wanted = f"Default: the recipe's (srgan: {value})" if in_recipes else f"Default: {value}"
    assert re.search(re.escape(wanted) + r"(?![\w.]\w)", text), text


def shown(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={weight:g}" for name, weight in value.items())
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def test_the_size_of_the_download_is_true() -> None:
    assert f"{SIZE_BYTES // 10**6} MB" in options_of_train()["--vgg-weights"].help


def test_missing_data_is_named(tmp_path: Path, run_here: Here) -> None:
    done = run_here("train", "--data", tmp_path / "nowhere", "--model", "espcn", "--steps", "1")
    assert done.code == 2 and "nowhere does not exist" in done.err
