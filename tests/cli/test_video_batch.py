"""The batch rules of `upscale video`: which clips are read, what their results are called, who is told."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from clips import Clip, frame_times, write_clip
from commands import Run, interrupt, started, wait_until
from PIL import Image

SHORT = Clip(times=tuple(range(0, 4 * 512, 512)), audio=False, height=16, width=16)


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale video -m nearest -s 2 ...` in this process."""

    def run(*words: object) -> Run:
        return run_here("video", "-m", "nearest", "-s", 2, "--device", "cpu", *words)

    return run


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """in/ with clips, things that are none, and a subfolder; the working directory is its parent."""
    clip = write_clip(tmp_path / "clip.mp4", SHORT).read_bytes()
    for name in ("in/a.mp4", "in/B.MP4", "in/unnamed", "in/sub/deep/c.mp4", "in/.hidden.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(clip)
    (tmp_path / "in" / "notes.txt").write_text("no clip")
    (tmp_path / "in" / "program.ts").write_text("const answer: number = 42\n" * 20)
    Image.new("RGB", (8, 8)).save(tmp_path / "in" / "photo.png")
    frames = [Image.new("RGB", (16, 16), (50 * index, 0, 0)) for index in range(3)]
    frames[0].save(tmp_path / "in" / "moving.gif", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(tmp_path / "in" / "still.gif")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_gives_its_clips_and_skips_the_rest_in_silence(upscale: Callable[..., Run], tree: Path) -> None:
    run = upscale("in")
    assert run.code == 0 and "3 done, 0 skipped, 0 failed" in run.err
    # What has no name to go by goes where every time is kept.
    assert files(tree / "in_x2") == ["B.MP4", "a.mp4", "unnamed.mkv"]


def test_recursion_mirrors_the_tree(upscale: Callable[..., Run], tree: Path) -> None:
    assert upscale("in", "out", "-r", "-q").code == 0
    assert files(tree / "out") == ["B.MP4", "a.mp4", "sub/deep/c.mp4", "unnamed.mkv"]


def test_a_glob_takes_moving_gifs_too_and_a_second_run_does_not_read_its_outputs(
    upscale: Callable[..., Run], tree: Path
) -> None:
    words = ("in/*.*", "--suffix", "_big", "--container", "mkv")
    assert upscale(*words).code == 0
    made = ["B_big.mkv", "a_big.mkv", "moving_big.mkv"]
    assert [path.name for path in sorted((tree / "in").glob("*.mkv"))] == made
    again = upscale(*words)
    assert again.code == 0 and "0 done, 3 skipped" in again.err
    assert again.err.count("is not read: it is an output of this command") == 3


def test_names_that_clash_get_names_of_their_own(upscale: Callable[..., Run], tree: Path) -> None:
    write_clip(tree / "in" / "a.avi", Clip(codec="mpeg4", options={"b": "1M"}, times=SHORT.times, audio=False))
    write_clip(tree / "in" / "a.mkv", SHORT)
    run = upscale("in/a.avi", "in/a.mkv", "-o", "out/")
    assert run.code == 0 and files(tree / "out") == ["a.avi.mkv", "a.mkv"]
    assert "in/a.avi is written to out/a.avi.mkv: another source takes out/a.mkv" in run.err


def test_a_list_names_clips_and_its_bad_line(upscale: Callable[..., Run], tree: Path) -> None:
    (tree / "list.txt").write_text("in/a.mp4\n\nin/sub/deep/c.mp4\n")
    assert upscale("@list.txt", "-o", "out", "-q").code == 0
    assert files(tree / "out") == ["a.mp4", "c.mp4"]
    (tree / "list.txt").write_text("in/a.mp4\n\nin/gone.mp4\n")
    run = upscale("@list.txt", "-o", "out", "-q")
    assert (run.code, run.err) == (2, "upscale: list.txt, line 3: in/gone.mp4 does not exist\n")


def test_templates_name_and_number_results(upscale: Callable[..., Run], tree: Path) -> None:
    for number in range(8):
        (tree / "in" / f"d{number}.mp4").write_bytes((tree / "in" / "a.mp4").read_bytes())
    assert upscale("in", "-o", "out", "--name", "{index}_{stem}_{model}{ext}", "-q").code == 0
    assert files(tree / "out")[:3] == ["01_B_nearest.MP4", "02_a_nearest.mp4", "03_d0_nearest.mp4"]
    assert files(tree / "out")[-1] == "11_unnamed_nearest.mkv"


def test_one_bad_clip_ends_the_others_only_with_fail_fast(upscale: Callable[..., Run], tree: Path) -> None:
    (tree / "in" / "a.mp4").write_bytes(b"\0" * 1000)
    run = upscale("in", "--fail-fast", "--json")
    assert run.code == 1 and files(tree / "in_x2") == ["B.MP4"]
    assert upscale("in").code == 1 and files(tree / "in_x2") == ["B.MP4", "unnamed.mkv"]


def test_what_one_clip_is_not_fit_for_is_its_own_failure(upscale: Callable[..., Run], tree: Path) -> None:
    """A word that is wrong for one of several clips is no usage error of the whole run."""
    write_clip(tree / "in" / "b.mp4")
    run = upscale("in/b.mp4", "in/a.mp4", "-o", "out", "--map", "0:a")
    assert run.code == 1 and files(tree / "out") == ["b.mp4"]
    assert "failed: --map 0:a names no stream of in/a.mp4" in run.err
    assert upscale("in/a.mp4", "-o", "out", "--map", "0:a").code == 2


def test_a_report_and_a_log_are_appended(upscale: Callable[..., Run], tree: Path) -> None:
    for _ in range(2):
        assert upscale("in/a.mp4", "--report", "run.jsonl", "--log", "run.log", "-q").code == 0
    events = [json.loads(line) for line in (tree / "run.jsonl").read_text().splitlines()]
    assert [event["event"] for event in events] == ["run", "begun", "video", "summary", "run", "video", "summary"]
    assert [event["status"] for event in events if event["event"] == "video"] == ["done", "skipped"]
    assert "a_x2.mp4: 4 frames of 32x32" in (tree / "run.log").read_text()


def test_a_container_that_cannot_hold_the_codec_gives_way_with_a_note(upscale: Callable[..., Run], tree: Path) -> None:
    run = upscale("in/a.mp4", "-c", "prores")
    assert run.code == 0 and "note: in/a.mp4: it is written as .mov: .mp4 cannot hold prores_ks" in run.err
    assert len(frame_times(tree / "in" / "a_x2.mov")) == 4
    assert upscale("in/a.mp4", "-c", "prores", "-o", "out.mp4").code == 2
    run = upscale("in/moving.gif", "-q")
    assert (run.code, run.err) == (0, "") and (tree / "in" / "moving_x2.gif").exists()


def test_a_moving_png_stays_one(upscale: Callable[..., Run], tree: Path) -> None:
    frames = [Image.new("RGB", (16, 16), (50 * index, 0, 0)) for index in range(3)]
    frames[0].save(tree / "moving.png", save_all=True, append_images=frames[1:], duration=100)
    assert upscale("moving.png", "-q").code == 0
    with Image.open(tree / "moving_x2.png") as result:
        assert (getattr(result, "n_frames", 1), result.size) == (3, (32, 32))


def test_numbered_pictures_are_one_source(upscale: Callable[..., Run], tree: Path) -> None:
    (tree / "frames").mkdir()
    for number in range(1, 6):
        Image.new("RGB", (16, 12), (40 * number, 0, 0)).save(tree / "frames" / f"{number:03d}.png")
    assert upscale("frames/%03d.png", "out.mkv", "--fps", "10", "-q").code == 0
    assert [float(time) for time in frame_times(tree / "out.mkv")] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert upscale("out.mkv", "big/%02d.png", "-q").code == 0
    assert files(tree / "big") == [f"{number:02d}.png" for number in range(1, 6)]
    run = upscale("out.mkv", "big/%02d.png")
    assert run.code == 0 and "0 done, 1 skipped" in run.err


def test_what_would_be_done_is_told_and_nothing_is_written(upscale: Callable[..., Run], tree: Path) -> None:
    (tree / "in" / "text.mp4").write_text("no clip")
    before = files(tree)
    run = upscale("in", "-o", "out", "--dry-run")
    assert run.code == 1 and files(tree) == before
    assert "planned  in/a.mp4 -> out/a.mp4  32 x 32, 4 frames, 0.2 s long, libx264; about " in run.out
    assert "in/text.mp4 cannot be read as a video" in run.out and "3 planned, 0 skipped, 1 failed" in run.out
    run = upscale("in/a.mp4", "-o", "out", "--dry-run", "--json")
    plan, summary = run.events()
    assert (run.code, plan["frames_estimated"], plan["codec"], summary["planned"]) == (0, 4, "libx264", 1)
    assert plan["estimated_seconds"] > 0 and any("colour matrix" in note for note in plan["notes"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["in/a.mp4"], 0),
        (["in/a.mp4", "-c", "nosuch"], 3),
        (["in", "-c", "nosuch"], 3),
        (["in/a.mp4", "b.webm", "-c", "h264"], 2),
        (["in/a.mp4", "-e", "nosuch=1"], 2),
        (["in/a.mp4", "--map", "a:7"], 2),
        (["in/a.mp4", "in/B.MP4", "-o", "out/", "--map", "a:7"], 1),
        (["in/a.mp4", "--ss", "100"], 2),
        (["in/notes.txt"], 1),
        (["in/nosuch.mp4"], 2),
    ],
)
def test_a_dry_run_ends_as_the_run(upscale: Callable[..., Run], tree: Path, words: list[str], code: int) -> None:
    dry = upscale(*words, "--dry-run")
    run = upscale(*words)
    assert (dry.code, run.code) == (code, code), (dry, run)
    assert "Traceback" not in dry.err
    if code > 1:
        assert dry.err.splitlines()[-1] == run.err.splitlines()[-1] and dry.out == ""


def test_only_what_is_wrong_with_a_clip_is_said_of_it(upscale: Callable[..., Run], tree: Path) -> None:
    run = upscale("in/notes.txt")
    assert run.code == 1 and "note:" not in run.err and "bottleneck" not in run.err
    assert run.err.startswith("failed: in/notes.txt cannot be read as a video: ")


def test_a_watched_folder_is_kept_served(tree: Path) -> None:
    words = ("video", "-m", "nearest", "-s", 2, "--device", "cpu", tree / "in", tree / "out", "--watch", "--json")
    with started(*words) as process:
        wait_until(process, lambda: (tree / "out" / "a.mp4").exists())
        (tree / "in" / "new.mp4").write_bytes((tree / "in" / "a.mp4").read_bytes())
        wait_until(process, lambda: (tree / "out" / "new.mp4").exists())
        run, _ = interrupt(process)
    assert run.code == 130 and "Traceback" not in run.err
    assert run.events()[-1]["done"] >= 3
