"""`upscale images` as a user meets it: exit codes, files on disk, texts on both streams."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from commands import PROJECT, Run, interrupt, run_apart, started, wait_until
from disks import files_limited_to, small_disk_at
from PIL import Image

NEAREST = ("images", "-m", "nearest", "-s", 2, "--device", "cpu")
# Root may read everything; without these two capabilities it may not.
UNPRIVILEGED = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale images --model nearest --scale 2 ...` in this process."""

    def run(*words: object, model: str = "nearest") -> Run:
        return run_here("images", "--model", model, "--scale", 2, "--device", "cpu", *words)

    return run


# The same in a process of its own.
apart = partial(run_apart, *NEAREST)


def clean(run: Run) -> bool:
    """No traceback, nothing on stdout."""
    return "Traceback" not in run.err and run.out == ""


def noise(path: Path, height: int = 16, width: int = 20) -> np.ndarray:
    pixels = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """in/ with two good pictures, a cut one, a text with a picture's name, and a file to be ignored."""
    noise(tmp_path / "in" / "a.png")
    noise(tmp_path / "in" / "cut.jpg", 64, 64)
    noise(tmp_path / "in" / "sub" / "c.png")
    cut = tmp_path / "in" / "cut.jpg"
    cut.write_bytes(cut.read_bytes()[:2000])
    (tmp_path / "in" / "text.png").write_text("hello")
    (tmp_path / "in" / "notes.txt").write_text("hello")
    return tmp_path / "in"


def test_one_file_lands_beside_its_source(upscale: Callable[..., Run], tmp_path: Path) -> None:
    pixels = noise(tmp_path / "photo.png")
    run = upscale(tmp_path / "photo.png")
    assert (run.code, run.out) == (0, "")
    assert "1 done, 0 skipped, 0 failed" in run.err
    written = cv2.imread(str(tmp_path / "photo_x2.png"))
    assert np.array_equal(written[..., ::-1], pixels.repeat(2, axis=0).repeat(2, axis=1))


def test_a_folder_with_bad_files_keeps_the_good_ones_and_lists_the_bad(
    upscale: Callable[..., Run], folder: Path
) -> None:
    run = upscale("-r", folder)
    assert run.code == 1
    assert clean(run)
    assert "2 done, 0 skipped, 2 failed" in run.err
    assert f"cannot read {folder / 'cut.jpg'} as jpg" in run.err
    assert f"cannot read {folder / 'text.png'}" in run.err
    results = folder.with_name("in_x2")
    assert sorted(str(path.relative_to(results)) for path in results.rglob("*.*")) == ["a.png", "sub/c.png"]


def test_a_second_run_skips_and_says_so(upscale: Callable[..., Run], folder: Path) -> None:
    upscale(folder / "a.png", folder.parent / "out" / "")
    before = (folder.parent / "out" / "a.png").stat().st_mtime_ns
    run = upscale(folder / "a.png", folder.parent / "out")
    assert (run.code, (folder.parent / "out" / "a.png").stat().st_mtime_ns) == (0, before)
    assert "0 done, 1 skipped (already there; -y overwrites), 0 failed" in run.err
    assert upscale(folder / "a.png", "-o", folder.parent / "out", "-y").code == 0
    assert (folder.parent / "out" / "a.png").stat().st_mtime_ns != before
    assert upscale(folder / "a.png", "-o", folder.parent / "out", "--exists", "rename").code == 0
    assert (folder.parent / "out" / "a_1.png").exists()
    assert upscale(folder / "a.png", "-o", folder.parent / "out", "--exists", "error").code == 1


def test_events_are_one_json_object_a_line(upscale: Callable[..., Run], folder: Path) -> None:
    run = upscale(folder, "--json")
    assert run.code == 1
    *pictures, summary = run.events()
    assert [event["status"] for event in pictures] == ["done", "failed", "failed"]
    assert (pictures[0]["height_px"], pictures[0]["width_px"]) == (32, 40)
    counts = {"event": "summary", "interrupted": False, "done": 1, "skipped": 0, "failed": 2}
    assert counts.items() <= summary.items()
    assert list(summary["busy_seconds"]) == ["reading", "network", "writing"]
    assert summary["bottleneck"] in summary["busy_seconds"] and summary["seconds"] > 0


def test_the_last_line_names_the_bottleneck(upscale: Callable[..., Run], folder: Path) -> None:
    words = r"1 done, 0 skipped, 0 failed in \d+\.\d s; .* was the bottleneck \(busy \d+ % of the time; \w+ \d+ %, "
    run = upscale(folder / "a.png")
    assert re.fullmatch(words + r"\w+ \d+ %\)", run.err.strip())
    assert upscale(folder / "a.png").err.strip() == "0 done, 1 skipped (already there; -y overwrites), 0 failed"


def test_a_dry_run_writes_nothing(upscale: Callable[..., Run], folder: Path) -> None:
    run = upscale("--dry-run", "-r", folder, "--ext", "webp")
    assert run.code == 0
    assert f"planned  {folder / 'a.png'} -> {folder.with_name('in_x2') / 'a.webp'}" in run.out
    assert not folder.with_name("in_x2").exists()


@pytest.mark.parametrize("ext", ["png", "jpg", "webp", "tiff", "bmp"])
def test_every_output_format_opens_elsewhere(ext: str, upscale: Callable[..., Run], tmp_path: Path) -> None:
    noise(tmp_path / "a.png")
    assert upscale(tmp_path / "a.png", "--ext", ext, "-q").code == 0
    with Image.open(tmp_path / f"a_x2.{ext}") as image:
        assert (image.size, image.mode) == ((40, 32), "RGB")


def test_fail_fast_stops_at_the_first_bad_file(upscale: Callable[..., Run], tmp_path: Path) -> None:
    for index in range(30):
        noise(tmp_path / "in" / f"{index:02}.png", 130, 130)
    (tmp_path / "in" / "00.png").write_text("bad")
    run = upscale(tmp_path / "in", "--fail-fast", "--json")
    assert run.code == 1
    *pictures, summary = run.events()
    assert (pictures[0]["status"], summary["failed"]) == ("failed", 1)
    results = tmp_path / "in_x2"
    finished = sorted(str(path) for path in results.iterdir()) if results.exists() else []
    assert finished == [event["target"] for event in pictures[1:]]
    assert summary["done"] == len(finished) < 20


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.png"], "missing.png does not exist"),
        (["{folder}/sub", "{folder}", "missing.png"], "missing.png does not exist"),
        (["{folder}/a.png", "{folder}/cut.jpg"], "name the output with -o"),
        (["{folder}", "-o", "{folder}"], "would replace"),
        (["{folder}/notes*"], "no pictures in"),
        (["{folder}/a.png", "--tile", "big"], "--tile big"),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(
    words: list[str], message: str, upscale: Callable[..., Run], folder: Path
) -> None:
    before = sorted(folder.parent.rglob("*"))
    run = upscale(*[word.format(folder=folder) for word in words])
    assert run.code == 2
    assert clean(run)
    assert message in run.err
    assert len(run.err.strip().splitlines()) == 1
    assert sorted(folder.parent.rglob("*")) == before


def test_an_unknown_model_is_one_sentence(upscale: Callable[..., Run], folder: Path) -> None:
    run = upscale(folder, model="nonsense")
    assert run.code in (2, 3)  # 3 where no weights are installed at all
    assert clean(run)
    assert "nonsense" in run.err
    assert not folder.with_name("in_x2").exists()


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_an_unlistable_folder_is_code_2(folder: Path) -> None:
    folder.chmod(0)
    run = apart(folder, prefix=UNPRIVILEGED)
    folder.chmod(0o755)
    assert run.code == 2
    assert clean(run)
    assert f"cannot list {folder}: permission denied" in run.err


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_unreadable_things_below_fail_and_the_rest_is_done(folder: Path) -> None:
    (folder / "sub").chmod(0)
    (folder / "cut.jpg").chmod(0)
    run = apart("-r", folder, prefix=UNPRIVILEGED)
    (folder / "sub").chmod(0o755)
    assert run.code == 1
    assert clean(run)
    assert f"cannot read {folder / 'sub'}: permission denied" in run.err
    assert f"cannot read {folder / 'cut.jpg'}: permission denied" in run.err
    assert "1 done, 0 skipped, 3 failed" in run.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    with small_disk_at(tmp_path / "disk", "1m") as place:
        yield place


@pytest.mark.parametrize("ext", ["png", "jpg", "webp", "tiff", "bmp"])
def test_a_full_disk_fails_the_item_and_leaves_nothing(
    ext: str, upscale: Callable[..., Run], small_disk: Path, tmp_path: Path
) -> None:
    noise(tmp_path / "big.png", 600, 600)  # noise doubled: more than 1 MB in every format
    noise(tmp_path / "small.png")
    lossless = ["--lossless"] if ext == "webp" else []
    run = upscale(tmp_path / "big.png", tmp_path / "small.png", small_disk, "--ext", ext, *lossless, "-j", 1)
    assert run.code == 1
    assert clean(run)
    assert f"cannot write {small_disk / 'big'}.{ext}: no space left on device" in run.err
    assert [path.name for path in small_disk.iterdir()] == [f"small.{ext}"]


def test_a_file_size_limit_fails_the_item_and_leaves_nothing(upscale: Callable[..., Run], tmp_path: Path) -> None:
    noise(tmp_path / "big.png", 200, 200)
    with files_limited_to(50_000):
        run = upscale(tmp_path / "big.png", f"{tmp_path}/out/")
    assert run.code == 1
    assert clean(run)
    assert "big.png: file too large" in run.err
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_ctrl_c_keeps_and_counts_what_is_finished(tmp_path: Path, workers: int) -> None:
    for index in range(60):
        noise(tmp_path / "in" / f"{index:02}.png", 300, 300)
    results = tmp_path / "in_x2"
    with started(*NEAREST, tmp_path / "in", "--json", "-j", workers) as process:
        wait_until(process, lambda: len(list(results.glob("[0-9]*"))) > 2)
        run, seconds = interrupt(process)
    assert (run.code, "Traceback" in run.err) == (130, False)
    assert seconds < 5
    *pictures, summary = run.events()
    assert sorted(str(path) for path in results.iterdir()) == sorted(event["target"] for event in pictures)
    assert summary["interrupted"] is True
    assert (summary["done"], summary["skipped"], summary["failed"]) == (len(pictures), 0, 0)
    assert f"{len(pictures)} done, 0 skipped, 0 failed in " in run.err
    for path in results.iterdir():
        with Image.open(path) as image:
            assert image.size == (600, 600)
            image.load()
    assert len(pictures) < 60


def test_ctrl_c_while_an_encoder_is_deep_in_a_picture(tmp_path: Path) -> None:
    """WebP is one long call into the library, which nobody can interrupt; its file must not stay all the same."""
    noise(tmp_path / "in" / "a.png", 2000, 2000)
    results = tmp_path / "in_x2"
    with started(*NEAREST, tmp_path / "in", "--ext", "webp", "--lossless", "--json") as process:
        wait_until(process, lambda: list(results.glob(".*")))
        time.sleep(0.3)
        run, seconds = interrupt(process)
    assert (run.code, "Traceback" in run.err) == (130, False)
    assert seconds < 5
    assert list(results.iterdir()) == []
    assert [event["event"] for event in run.events()] == ["summary"]


def test_ctrl_c_while_the_network_is_deep_in_a_picture(tmp_path: Path) -> None:
    noise(tmp_path / "in" / "a.png", 8, 8)
    noise(tmp_path / "in" / "b.png", 400, 400)
    words = ("images", "-m", "srresnet", "--device", "cpu", "--dtype", "fp32", "--tile", 0, tmp_path / "in", "--json")
    with started(*words) as process:
        wait_until(process, (tmp_path / "in_x4" / "a.png").exists)
        time.sleep(0.5)
        run, seconds = interrupt(process)
    assert (run.code, "Traceback" in run.err) == (130, False)
    assert seconds < 5
    assert [path.name for path in (tmp_path / "in_x4").iterdir()] == ["a.png"]
    assert run.events()[-1]["done"] == 1


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from upscale.cli.app import app; sys.argv = ['upscale', 'images', '--help']\n"
        "try: app()\n"
        "finally: assert not {'torch', 'cv2', 'av', 'pyvips', 'numpy'} & set(sys.modules), sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "SOURCE" in done.stdout


@pytest.mark.data
def test_the_odd_collection_ends_with_a_list(upscale: Callable[..., Run], data_folder: Path, tmp_path: Path) -> None:
    """PngSuite's broken files are named as failures, all others are enlarged, and nothing is half written."""
    source = data_folder / "odd" / "pngsuite"
    run = upscale(source, "-o", tmp_path / "out")
    assert run.code == 1
    assert clean(run)
    failed = {line.split(": cannot read ")[1].split(".png")[0] for line in run.err.splitlines() if "failed: " in line}
    # PngSuite marks its corrupt files with an x.
    assert {Path(name).name for name in failed} == {path.stem for path in source.glob("x*.png")}
    assert not list((tmp_path / "out").glob(".*"))
