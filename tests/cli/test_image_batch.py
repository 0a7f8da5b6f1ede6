"""Batches of `upscale images`: pipes, names, existing outputs, reports, dry runs, watched folders, old spellings."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import PROJECT, Run, command, interrupt, started, wait_until
from PIL import Image

NEAREST = ("images", "-m", "nearest", "-s", 2, "--device", "cpu")


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale images --model nearest --scale 2 ...` in this process."""
    return lambda *words: run_here(*NEAREST, *words)


@pytest.fixture
def fed(upscale: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """The same with `content` at standard input."""

    def run(*words: object, content: bytes) -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return upscale(*words)

    return run


def picture(path: Path, mode: str = "RGB", height: int = 6, width: int = 8) -> Path:
    samples = np.random.default_rng(height).integers(0, 200, (height, width, len(mode)), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(samples.squeeze(), mode).save(path) if mode == "L" else Image.fromarray(samples).save(path)
    return path


def piped(*words: object, content: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, standard output and standard error of `upscale images ...` that is given `content`."""
    done = subprocess.run(
        command(*NEAREST, *words), cwd=PROJECT, input=content, capture_output=True, check=False, timeout=100
    )
    return done.returncode, done.stdout, done.stderr.decode()


def size_of(content: bytes) -> tuple[str, tuple[int, int]]:
    with Image.open(io.BytesIO(content)) as image:
        return str(image.format), image.size


@pytest.mark.parametrize(
    ("words", "suffix", "name"),
    [
        (["-"], ".jpg", "JPEG"),
        (["-", "-"], ".gif", "PNG"),
        pytest.param(["-", "-"], ".png", "PNG", marks=pytest.mark.slow),
    ],
)
def test_a_picture_goes_through_a_pipe(words: list[str], suffix: str, name: str, tmp_path: Path) -> None:
    content = picture(tmp_path / f"a{suffix}", "L").read_bytes()
    code, out, err = piped(*words, "--json", content=content)
    assert (code, size_of(out)) == (0, (name, (16, 12)))
    event = json.loads(err.splitlines()[0])
    assert (event["source"], event["status"]) == ("standard input", "done")
    assert "1 done, 0 skipped, 0 failed" in err


def test_one_end_may_be_a_file(fed: Callable[..., Run], tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png")
    run = fed("-", tmp_path / "b.webp", content=source.read_bytes())
    assert (run.code, run.out, size_of((tmp_path / "b.webp").read_bytes())) == (0, "", ("WEBP", (16, 12)))
    code, out, _ = piped(source, "-", "--ext", "tiff")
    assert (code, size_of(out)) == (0, ("TIFF", (16, 12)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.webp"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot read standard input: it is empty"),
        (b"text", "failed: cannot read standard input: its content is no picture"),
    ],
)
def test_what_is_no_picture_gives_no_output(fed: Callable[..., Run], content: bytes, message: str) -> None:
    run = fed("-", "-", content=content)
    assert (run.code, run.out, "Traceback" in run.err) == (1, "", False)
    assert message in run.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-", "samples", "-o", "-"], "name no other source"),
        (["-", "-", "--watch"], "--watch needs folders, and - is none"),
    ],
)
def test_what_a_pipe_cannot_do_is_refused_unread(upscale: Callable[..., Run], words: list[str], message: str) -> None:
    run = upscale(*words)
    assert (run.code, run.out) == (2, "") and message in run.err


def test_a_reader_that_goes_away_is_one_sentence(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", height=300, width=300)
    process = subprocess.Popen(
        command(*NEAREST, source, "-", "--ext", "bmp"), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read().decode().splitlines()[-1] == "upscale: cannot write to standard output: broken pipe"
    assert process.wait(60) == 1
    process.stderr.close()


def test_the_four_ways_to_treat_what_exists(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = picture(tmp_path / "in" / "a.webp", "RGBA")
    out = tmp_path / "out"
    words = (source, out, "--ext", "auto", "--name", "{stem}_{model}_x{scale}{ext}")

    def names() -> list[str]:
        return sorted(path.name for path in out.iterdir())

    assert upscale(*words).code == 0
    assert names() == ["a_nearest_x2.webp"]
    (out / "a_nearest_x2.webp").write_bytes(b"old")
    assert upscale(*words, "--exists", "skip").code == 0
    assert upscale(*words, "--exists", "error").code == 1
    assert (out / "a_nearest_x2.webp").read_bytes() == b"old"
    assert upscale(*words, "--exists", "rename").code == 0
    assert names() == ["a_nearest_x2.webp", "a_nearest_x2_1.webp"]
    assert upscale(*words, "--exists", "overwrite").code == 0
    assert size_of((out / "a_nearest_x2.webp").read_bytes())[1] == (16, 12)


def test_a_png_instead_is_found_again_without_decoding(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", "RGBA").rename(tmp_path / "a.jpg")  # a png by content
    target = tmp_path / "out" / "a.jpg.png"
    assert upscale(source, tmp_path / "out" / "").code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == [target.name]
    source.write_bytes(b"no longer a picture")
    assert "1 skipped" in upscale(source, tmp_path / "out").err
    assert upscale(source, tmp_path / "out", "--exists", "error").code == 1
    assert "1 failed" in upscale(source, tmp_path / "out", "-y").err


def test_a_result_whose_name_is_too_long_fails_alone(upscale: Callable[..., Run], tmp_path: Path) -> None:
    """255 bytes is what file systems allow; the file beside, which is renamed, must not need more."""
    long = picture(tmp_path / "a.png").rename(tmp_path / ("ä" * 125 + ".png"))
    picture(tmp_path / "b.png")
    run = upscale(tmp_path / "*.png")
    assert (run.code, "Traceback" in run.err) == (1, False)
    assert "1 done, 0 skipped, 1 failed" in run.err
    assert "file name too long; --suffix or --name can make it shorter" in run.err
    assert upscale(long, tmp_path / "out" / "").code == 0
    assert (tmp_path / "out" / long.name).exists()


def test_names_of_bytes_go_through(upscale: Callable[..., Run], tmp_path: Path) -> None:
    names = [b"caf\xe9.png", b"two\nlines.png", b"-dash.PNG", b" .png"]
    (tmp_path / "in").mkdir()
    for name in names:
        picture(tmp_path / "a.png").rename(tmp_path / "in" / os.fsdecode(name))
    run = upscale(tmp_path / "in", tmp_path / "out", "--json")
    assert run.code == 0
    assert sorted(os.fsencode(path.name) for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert sorted(os.fsencode(Path(event["target"]).name) for event in run.events()[:-1]) == sorted(names)


def test_thousands_of_failures_are_a_few_lines(upscale: Callable[..., Run], tmp_path: Path) -> None:
    for number in range(23):
        (tmp_path / f"{number:02}\n.png").write_text("no picture")
    run = upscale(tmp_path, "-o", tmp_path / "out", "--report", tmp_path / "run.jsonl", "--log", tmp_path / "run.log")
    assert run.code == 1
    lines = run.err.splitlines()
    assert len(lines) == 22
    assert (
        lines[0]
        == f"failed: cannot read {tmp_path}/00\\n.png: its content is no picture, although its name ends in .png"
    )
    assert lines[20] == "failed: ... and 3 more, see --report"
    events = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["run", *["picture"] * 23, "summary"]
    assert (tmp_path / "run.log").read_text().count("INFO failing: cannot read") == 23


def test_verbose_names_every_file(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png")
    assert f"done: {source} -> {tmp_path / 'a_x2.png'} in 0." in upscale(source, "-v").err
    assert f"skipped: {source} -> {tmp_path / 'a_x2.png'}" in upscale(source, "-v").err


def test_a_report_outlives_a_kill(tmp_path: Path) -> None:
    for number in range(40):
        picture(tmp_path / "in" / f"{number}.png", height=200, width=200)
    report = tmp_path / "run.jsonl"
    with started(*NEAREST, tmp_path / "in", "--report", report) as process:
        wait_until(process, lambda: report.exists() and report.read_text().count("picture") > 2)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    known = [json.loads(line) for line in report.read_text().splitlines()]
    assert all(Path(event["target"]).exists() for event in known[1:])


def test_a_dry_run_says_how_large_and_how_long(upscale: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "in"
    picture(folder / "a.png", height=30, width=40)
    with Image.open(folder / "a.png") as image:
        exif = Image.Exif()
        exif[0x0112] = 6  # a quarter turn
        image.save(folder / "b.jpg", exif=exif)
    (folder / "c.png").write_text("no picture")
    picture(tmp_path / "in_x2" / "d.png")
    picture(folder / "d.png")
    run = upscale("--dry-run", folder)
    assert run.code == 0
    lines = run.out.splitlines()
    assert [line.partition("  ")[0] for line in lines[:4]] == ["planned"] * 3 + ["skipped"]
    assert "  80 x 60, 0." in lines[0] and " GB, about 0." in lines[0]
    assert "  60 x 80, " in lines[1]
    assert lines[2].endswith("  size and time unknown")
    assert lines[4].startswith("3 planned, 1 skipped, 0 failed; about 0.") and lines[4].endswith(
        "; 1 of unknown length"
    )
    events = upscale("--dry-run", folder, "--json").events()
    assert [event.get("height_px") for event in events] == [60, 80, None, None, None]
    assert events[0]["memory_bytes"] > 0 and events[0]["estimated_seconds"] > 0
    assert (events[4]["event"], events[4]["planned"], events[4]["unknown"]) == ("plan_summary", 3, 1)
    assert [path.name for path in (tmp_path / "in_x2").iterdir()] == ["d.png"]


def test_the_limit_of_claimed_pixels_can_be_moved(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", height=50, width=40)
    run = upscale(source, "--max-input-pixels", "1K")
    assert run.code == 1 and "claims 40 x 50 pixels" in run.err
    assert upscale(source, "--max-input-pixels", "2K").code == 0
    assert upscale(source, "--max-input-pixels", 0, "-y").code == 0
    run = upscale(source, "--max-input-pixels", "many")
    assert run.code == 2 and "--max-input-pixels many" in run.err


@pytest.mark.parametrize(
    ("words", "size"),
    [
        (["-i", "{a}", "-o", "{out}", "-n", "nearest", "-s", 2], (16, 12)),
        (["--input", "{a}", "{out}", "--model-name", "nearest", "--outscale", 3], (24, 18)),
        (["{a}", "-o", "{out}", "--model_name", "nearest", "--outscale", 2, "--tile_pad", 10, "-t", 32], (16, 12)),
        (["{a}", "{out}", "-m", "nearest", "-s", 2, "--fp32", "-f", "png"], (16, 12)),
        (["{a}", "{out}", "-m", "nearest", "-s", 2, "--tile-pad", "auto", "--tile", 0, "-x"], (16, 12)),
    ],
)
def test_old_spellings_work(
    words: list[object], size: tuple[int, int], run_here: Callable[..., Run], tmp_path: Path
) -> None:
    names = {"a": picture(tmp_path / "a.png"), "out": tmp_path / "b.png"}
    run = run_here("images", "--device", "cpu", *[str(word).format_map(names) for word in words])
    assert run.code == 0, run.err
    assert size_of((tmp_path / "b.png").read_bytes()) == ("PNG", size)


def test_help_shows_groups_and_no_old_spellings() -> None:
    done = subprocess.run(command("images", "--help"), cwd=PROJECT, capture_output=True, text=True, check=True)
    titles = [word for word in ("Sources", "Size", "Output", "Engine", "Messages") if f"─ {word} ─" in done.stdout]
    assert len(titles) == 5
    assert "outscale" not in done.stdout and "--model-name" not in done.stdout


def test_fail_fast_heeds_what_exists(upscale: Callable[..., Run], tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "b.png")
    picture(tmp_path / "in_x2" / "a.png")
    run = upscale(tmp_path / "in", "--exists", "error", "--fail-fast")
    assert (run.code, len(list((tmp_path / "in_x2").iterdir()))) == (1, 1)


def test_a_watched_folder_is_served_until_ctrl_c(tmp_path: Path) -> None:
    first, content = picture(tmp_path / "in" / "a.png"), picture(tmp_path / "b.png", height=60, width=60).read_bytes()
    results = tmp_path / "out"
    with started(*NEAREST, tmp_path / "in", results, "--watch", "--json") as process:
        wait_until(process, (results / "a.png").exists)
        with (tmp_path / "in" / "b.png").open("wb") as file:
            file.write(content[:100])
            file.flush()
            time.sleep(0.5)
            file.write(content[100:])
        wait_until(process, (results / "b.png").exists)
        (tmp_path / "in" / "bad.png").write_text("no picture")
        picture(tmp_path / "in" / "later.png")
        wait_until(process, (results / "later.png").exists)
        run, seconds = interrupt(process)
    assert (run.code, "Traceback" in run.err, seconds < 5) == (130, False, True)
    assert size_of((results / "b.png").read_bytes())[1] == (120, 120)
    *events, summary = run.events()
    done = {Path(event["source"]).name for event in events if event["status"] == "done"}
    assert {first.name, "b.png", "later.png"} == done
    assert (summary["done"], summary["interrupted"]) == (3, True)
    assert "interrupted" in run.err
    assert not list(results.glob(".*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.png"], "--watch needs folders, and a.png is none"),
        ([".", "-o", "out", "--name", "{index}{ext}"], "--watch cannot number"),
    ],
)
def test_what_cannot_be_watched(
    words: list[str], message: str, upscale: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    run = upscale(*words, "--watch")
    assert (run.code, len(run.err.splitlines())) == (2, 1)
    assert message in run.err


@pytest.mark.parametrize("delay_s", [0.1, 0.4, 0.8, 1.2])
def test_ctrl_c_while_the_program_still_loads(delay_s: float, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with started(*NEAREST, "--watch", tmp_path) as process:
        time.sleep(delay_s)
        run, _ = interrupt(process)
    # Before our first line has run it is Python itself that ends, in ways of its own.
    assert run.code in (130, -signal.SIGINT) or "site" in run.err
    assert "__main__.py" not in run.err and "cli/" not in run.err
