"""`upscale images` as a user meets it: exit codes, files on disk, texts on both streams."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from upscale.cli.app import main

PROJECT = Path(__file__).parents[2]
# Root may read everything; without these two capabilities it may not.
UNPRIVILEGED = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def upscale(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """`upscale images --model nearest --scale 2 ...` in this process, through the real error boundary."""

    def run(*words: object, model: str = "nearest") -> Run:
        command = ["upscale", "images", "--model", model, "--scale", "2", "--device", "cpu"]
        monkeypatch.setattr(sys, "argv", [*command, *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return Run(int(str(stop.value.code or 0)), captured.out, captured.err)

    return run


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "upscale", "images", "-m", "nearest", "-s", "2", "--device", "cpu", *map(str, words)]


def subprocess_run(*words: object, prefix: list[str] | None = None, setup: Callable[[], None] | None = None) -> Run:
    """The same in a process of its own."""
    done = subprocess.run(
        [*(prefix or []), *command(*words)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        preexec_fn=setup,
    )
    return Run(done.returncode, done.stdout, done.stderr)


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
    assert summary == {"event": "summary", "interrupted": False, "done": 1, "skipped": 0, "failed": 2}


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
    assert upscale(tmp_path / "in", "--fail-fast", "-q").code == 1
    results = tmp_path / "in_x2"
    assert not results.exists() or len(list(results.iterdir())) < 20


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
    run = subprocess_run(folder, prefix=UNPRIVILEGED)
    folder.chmod(0o755)
    assert run.code == 2
    assert clean(run)
    assert f"cannot list {folder}: permission denied" in run.err


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_unreadable_things_below_fail_and_the_rest_is_done(folder: Path) -> None:
    (folder / "sub").chmod(0)
    (folder / "cut.jpg").chmod(0)
    run = subprocess_run("-r", folder, prefix=UNPRIVILEGED)
    (folder / "sub").chmod(0o755)
    assert run.code == 1
    assert clean(run)
    assert f"cannot read {folder / 'sub'}: permission denied" in run.err
    assert f"cannot read {folder / 'cut.jpg'}: permission denied" in run.err
    assert "1 done, 0 skipped, 3 failed" in run.err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        shutil.which("mount")
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], check=False, capture_output=True
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("cannot mount a small tmpfs here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("ext", ["png", "jpg", "webp", "tiff", "bmp"])
def test_a_full_disk_fails_the_item_and_leaves_nothing(
    ext: str, upscale: Callable[..., Run], small_disk: Path, tmp_path: Path
) -> None:
    noise(tmp_path / "big.png", 600, 600)  # noise doubled: more than 1 MB in every format
    noise(tmp_path / "small.png")
    run = upscale(tmp_path / "big.png", tmp_path / "small.png", small_disk, "--ext", ext, "--lossless", "-j", 1)
    assert run.code == 1
    assert clean(run)
    assert f"cannot write {small_disk / 'big'}.{ext}: no space left on device" in run.err
    assert [path.name for path in small_disk.iterdir()] == [f"small.{ext}"]


def test_a_file_size_limit_fails_the_item_and_leaves_nothing(tmp_path: Path) -> None:
    noise(tmp_path / "big.png", 200, 200)
    run = subprocess_run(
        tmp_path / "big.png",
        tmp_path / "out" / "",
        setup=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert run.code == 1
    assert clean(run)
    assert "big.png: file too large" in run.err
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_leaves_whole_files_only_and_code_130(tmp_path: Path) -> None:
    for index in range(60):
        noise(tmp_path / "in" / f"{index}.png", 300, 300)
    results = tmp_path / "in_x2"
    process = subprocess.Popen(
        command(tmp_path / "in"), cwd=PROJECT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    while process.poll() is None and not (results.exists() and any(results.glob("[0-9]*"))):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert list(results.glob(".*")) == []
    for path in results.iterdir():
        with Image.open(path) as image:
            assert image.size == (600, 600)
            image.load()
    assert len(list(results.iterdir())) < 60


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
