"""`upscale train` as a user calls it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Run, interrupt, started
from training import write_photos

from upscale.models.catalog import load_network

Here = Callable[..., Run]

HERE = ("train", "--data", "hr", "--scale", "2", "--batch", "2", "--crop", "16", "--device", "cpu", "--dtype", "fp32",
        "--steps", "2")  # fmt: skip
TINY = 'model = "tiny"\narchitecture = "srresnet"\nnetwork = { blocks = 1, channels = 8, norm = "none" }\nwarmup = 1\n'


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures and a recipe, in the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(TINY)
    return write_photos(tmp_path / "hr")


def test_trains_into_a_file_that_loads(run_here: Here) -> None:
    done = run_here(*HERE[:-1], "5", "--recipe", "tiny.toml", "--out", "mine.safetensors", "--val-every", "5")
    assert done.code == 0, done.err
    assert "wrote mine.safetensors" in done.err and done.out == ""
    assert load_network("mine.safetensors").spec.scale == 2


def test_events_are_json_lines(run_here: Here) -> None:
    words = (*HERE[:-1], "4", "--recipe", "tiny.toml", "--val-every", "2", "--out", "o.safetensors", "--json")
    stopped = run_here(*words, "--stop-at", "3").events()
    assert [event["event"] for event in stopped] == ["validation", "summary"]
    assert stopped[-1] == {"event": "summary", "finished": False, "weights": None}
    *events, summary = run_here(*words, "--resume").events()
    assert [(event["event"], event["step"], event["total"]) for event in events] == [("validation", 4, 4)]
    assert all(event["psnr_y"] > 0 for event in (stopped[0], *events))
    assert summary == {"event": "summary", "finished": True, "weights": "o.safetensors"}


def test_stopped_and_resumed_with_the_settings_of_the_first_command(run_here: Here) -> None:
    words = (*HERE[:-1], "6", "--recipe", "tiny.toml", "--out", "o.safetensors")
    first = run_here(*words, "--stop-at", "3")
    assert first.code == 0 and "--resume goes on" in first.err
    again = run_here(*words)
    assert again.code == 2 and "holds a run already" in again.err
    second = run_here(*HERE[:-2], "--out", "o.safetensors", "--resume")
    assert second.code == 0, second.err
    assert load_network("o.safetensors").spec.name == "tiny"


def test_interrupted_keeps_its_state(photos: Path, run_here: Here) -> None:
    words = (*HERE[:-1], "100000", "--recipe", "tiny.toml", "--out", "o.safetensors", "--val-every", "1", "--json")
    with started(*words, cwd=photos.parent) as process:
        assert process.stdout is not None
        process.stdout.readline()
        run, _ = interrupt(process)
    assert run.code == 130
    assert "upscale: interrupted; add --resume to go on" in run.err and "Traceback" not in run.err
    step = json.loads(Path("o.safetensors.state", "run.json").read_text())["step"]
    longer = (*HERE[:-1], step + 1, "--out", "o.safetensors", "--resume")
    refused = run_here(*longer)
    assert refused.code == 2 and "add --extend" in refused.err
    resumed = run_here(*longer, "--extend")
    assert resumed.code == 0, resumed.err


GAN = ("--loss", "l1=1,gan=1e-3")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--recipe", "nosuch"], 2, "unknown recipe nosuch"),
        (["--recipe", "no.toml"], 2, "recipe no.toml does not exist; shipped are deck-srgan"),
        (["--recipe", "wrong.toml"], 2, "recipe wrong.toml: unknown setting stepps (did you mean steps?)"),
        (["--recipe", "zero.toml"], 2, "accumulate = 0 in recipe zero.toml: expected a whole number from 1"),
        (["--model", "srgam"], 2, "unknown model srgam (did you mean srgan?)"),
        (["--model", "mine.safetensors"], 2, "weights to start from are given by --init"),
        (["--batch", "0"], 2, "--batch 0: expected a whole number from 1"),
        (["--loss", "l9=1"], 2, "unknown loss l9"),
        (["--out", "weights.pth"], 2, "must end in .safetensors"),
        (["--out", "/"], 2, "must end in .safetensors"),
        (["--out", "hr.safetensors"], 1, "cannot write hr.safetensors: it is a folder"),
        (["--out", "tiny.toml/mine.safetensors"], 1, "tiny.toml is no folder"),
        (["--cache", "tiny.toml"], 1, "tiny.toml is no folder"),
        (["--scale", "7"], 2, "cannot build srresnet x7"),
        (["--init", "hr/0.safetensors"], 2, "does not exist"),
        (["--init", "./hr"], 2, "hr is a folder; expected weights made by upscale train"),
        (["--init", "srresnet", "--from-scratch"], 2, "exclude each other"),
        (["--minutes", "5"], 2, "exclude each other"),
        (["--degrade", "reel"], 2, "--degrade reel: 'reel' is unknown (did you mean real?)"),
        (["--degrade", "real", "--lr", "hr"], 2, "--degrade real would make others"),
        (
            ["--loss", "l1=1,vgg54=1", "--vgg-weights", "nowhere.pth"],
            2,
            "cannot read VGG weights nowhere.pth: it does not",
        ),
        (["--loss", "l1=1,vgg54=1", "--vgg-weights", "tiny.toml"], 2, "cannot read VGG weights"),
        (["--vgg-weights", "tiny.toml"], 2, "--vgg-weights has no effect"),
        (["--label-smoothing", "0.9"], 2, "--label-smoothing has no effect without a discriminator"),
        ([*GAN, "--gan", "hinge", "--label-smoothing", "0.9"], 2, "--label-smoothing 0.9 does not go with hinge"),
        ([*GAN, "--discriminator", "pached"], 2, "unknown discriminator 'pached' (did you mean patch?)"),
        ([*GAN, "--init", "none"], 2, "a GAN has to start from a network trained on pixels"),
        (["--resume"], 2, "nothing to resume"),
        (["--resume", "--out", "tiny.toml/mine.safetensors"], 1, "cannot write tiny.toml/mine.safetensors: not a"),
        (["--extend"], 2, "--extend goes with --resume"),
        (["--dry-run", "--show-data", "page.png"], 2, "exclude each other"),
        (["--show-data", "page.jpg"], 2, "must end in .png"),
        (["--show-data", "tiny.toml/page.png"], 1, "tiny.toml is no folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_get_one_sentence_before_anything_is_announced(
    photos: Path, run_here: Here, words: list[str], code: int, sentence: str
) -> None:
    Path("hr.safetensors").mkdir()
    Path("wrong.toml").write_text(TINY + "stepps = 3\n")
    Path("zero.toml").write_text(TINY + "accumulate = 0\n")
    first = [] if {"--recipe", "--model"} & {*words} else ["--recipe", "tiny.toml"]
    done = run_here(*HERE, *first, *words)
    assert done.code == code and done.out == ""
    assert done.err.startswith("upscale: ") and sentence in done.err and done.err.count("\n") == 1, done.err
    assert not list(photos.parent.glob("*.state")) and not list(photos.parent.glob("*.log"))


def test_an_extension_needs_a_length(run_here: Here) -> None:
    first = run_here(*HERE, "--recipe", "tiny.toml", "--out", "o.safetensors")
    assert first.code == 0, first.err
    done = run_here("train", "--out", "o.safetensors", "--resume", "--extend")
    assert done.code == 2 and "--extend needs the new length: give --steps" in done.err


def test_a_recipe_says_where_pictures_are_and_the_result_goes(run_here: Here) -> None:
    """Unless flags say otherwise; and the result is called after the recipe's pictures where nothing is said."""
    words = ["train", *HERE[3:]]
    Path("data.toml").write_text(TINY + 'data = "hr"\n')
    Path("both.toml").write_text(TINY + 'data = "hr"\nout = "told.safetensors"\n')
    Path("wrong.toml").write_text(TINY + 'data = "hr"\nout = 3\n')
    wanted = {"data.toml": "hr_tiny_x2.safetensors", "both.toml": "told.safetensors"}
    for recipe, out in wanted.items():
        done = run_here(*words, "--recipe", recipe, "--dry-run", "--json")
        assert done.code == 0, done.err
        assert done.events()[0]["writes"][0] == out
    done = run_here(*words, "--recipe", "both.toml", "--out", "mine.safetensors", "--data", "nowhere")
    assert done.code == 2 and "nowhere does not exist" in done.err
    done = run_here(*words, "--recipe", "wrong.toml")
    assert done.code == 2 and "out = 3 in recipe wrong.toml is not a setting of the right kind" in done.err


def test_a_run_by_time_without_a_length_yet_tells_none(run_here: Here) -> None:
    words = (*HERE[:-2], "--recipe", "tiny.toml", "--minutes", "100", "--stop-at", "1", "--val-every", "1")
    event, _ = run_here(*words, "--out", "a.safetensors", "--json").events()
    assert event["step"] == 1 and event["total"] is None
    assert "\nstep 1: PSNR-Y" in run_here(*words, "--out", "b.safetensors").err


def test_pictures_that_are_too_small_are_told_after_the_announcement(run_here: Here) -> None:
    done = run_here(*HERE, "--recipe", "tiny.toml", "--crop", "400")
    assert done.code == 2 and "at least 800 pixels" in done.err.splitlines()[-1]


def test_what_is_announced(run_here: Here) -> None:
    words = ("--recipe", "tiny.toml", "--out", "mine.safetensors", *GAN, "--from-scratch", "--gan", "wgan")
    done = run_here(*HERE, *words)
    assert done.code == 0, done.err
    assert done.err.splitlines()[:4] == [
        "training srresnet x2 on hr for 2 steps, by recipe tiny.toml, from scratch",
        "losses: 1 l1 + 0.001 gan",
        "discriminator: pooled (batch norm), wgan; Adam at 5e-05, betas 0 and 0.99, 5 steps for one of the network",
        "result: mine.safetensors",
    ]


def test_a_run_by_time_tells_its_time_first(run_here: Here) -> None:
    """And which network starts from which, by which recipe, whatever that is called."""
    Path("real.toml").write_text(TINY.replace("tiny", "real"))
    words = (*HERE[:-2], "--recipe", "real.toml", "--minutes", "100", "--out", "a.safetensors")
    first = run_here(*words, "--stop-at", "1")
    assert first.err.startswith("training srresnet x2 on hr for 100 minutes, by recipe real.toml, from scratch\n")
    again = run_here("train", "--data", "hr", "--out", "a.safetensors", "--resume", "--stop-at", "2")
    assert again.err.startswith("resuming srresnet x2 on hr at step 1, for 100 minutes\n"), again.err


def test_lines_tell_the_means_that_the_table_holds(run_here: Here) -> None:
    done = run_here(*HERE[:-1], "6", "--recipe", "tiny.toml", "--out", "o.safetensors", "--val-every", "3", "--json")
    rows = [line.split(",") for line in Path("o.log/table.csv").read_text().splitlines()]
    column = rows[0].index("l1")
    assert [event["l1"] for event in done.events()[:-1]] == pytest.approx(
        [float(row[column]) for row in rows[1:]], rel=1e-5
    )


@pytest.mark.parametrize("rank", ["0", "1"])
def test_of_several_processes_the_first_one_speaks(run_here: Here, monkeypatch: pytest.MonkeyPatch, rank: str) -> None:
    monkeypatch.setenv("RANK", rank)
    shown = run_here(*HERE, "--recipe", "tiny.toml", "--show-data", "page.png")
    planned = run_here(*HERE, "--recipe", "tiny.toml", "--dry-run")
    assert shown.code == planned.code == 0, shown.err + planned.err
    assert bool(shown.err) == Path("page.png").exists() == bool(planned.out) == (rank == "0")


def test_missing_data_is_named(tmp_path: Path, run_here: Here) -> None:
    done = run_here("train", "--data", tmp_path / "nowhere", "--model", "espcn", "--steps", "1")
    assert done.code == 2 and "nowhere does not exist" in done.err
