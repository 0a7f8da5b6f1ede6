"""`upscale video` as a user meets it: exit codes, files on disk, texts on both streams."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clips import Clip, first_frame, frame_times, packets, write_clip
from commands import Run, interrupt, started, wait_until
from disks import files_limited_to
from PIL import Image


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale video -m nearest -s 2 ...` in this process."""

    def run(*words: object, model: str = "nearest") -> Run:
        return run_here("video", "-m", model, "-s", 2, "--device", "cpu", *words)

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_clip_lands_beside_its_source_with_its_sound(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4")
    run = upscale(source)
    target = tmp_path / "clip_x2.mp4"
    assert (run.code, run.out) == (0, "")
    assert f"{target}: 12 frames of 96x64" in run.err and "1 done, 0 skipped, 0 failed" in run.err
    assert frame_times(target) == frame_times(source)
    assert packets(target, "audio") == packets(source, "audio")


def test_options_reach_the_encoder(upscale: Callable[..., Run], tmp_path: Path) -> None:
    source = write_clip(tmp_path / "clip.mp4")
    run = upscale(source, tmp_path / "new" / "out.mkv", "-c", "libx265", "--preset", "ultrafast", "--crf", "30")
    assert run.code == 0
    words = ["--pix-fmt", "yuv444p10le", "--audio", "none", "-e", "g=1", "-e", "bf=0", "-q"]
    assert upscale(source, "-o", tmp_path / "deep.mp4", *words) == Run(0, "", "")
    assert first_frame(tmp_path / "deep.mp4").format.name == "yuv444p10le"
    assert names(tmp_path / "new") == ["out.mkv"]


def test_a_folder_keeps_the_good_clips_and_names_the_bad(upscale: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_clip(tmp_path / "in" / "a.mp4")
    write_clip(tmp_path / "in" / "z.avi", Clip(codec="mpeg4", options={"b": "1M"}, audio=False))
    (tmp_path / "in" / "text.mp4").write_text("hello")
    run = upscale(tmp_path / "in", "--json")
    assert run.code == 1
    assert f"failed: {tmp_path / 'in' / 'text.mp4'} cannot be read as a video" in run.err
    assert "z.avi: it is written as .mkv" in run.err
    assert names(tmp_path / "in_x2") == ["a.mp4", "z.mkv"]
    *events, summary = run.events()
    clips = [event for event in events if event["event"] == "video"]
    assert [clip["status"] for clip in clips] == ["done", "failed", "done"]
    assert clips[0]["frames"] == 12 and clips[0]["width_px"] == 96
    begun = [event for event in events if event["event"] == "begun"]
    assert [event["source"] for event in begun] == [clips[0]["source"], clips[2]["source"]]
    assert (begun[0]["codec"], begun[0]["frames_estimated"], begun[0]["height_px"]) == ("libx264", 12, 64)
    counts = {"event": "summary", "interrupted": False, "done": 2, "skipped": 0, "failed": 1}
    assert counts.items() <= summary.items()
    assert list(summary["busy_seconds"])[:3] == ["reading", "network", "writing"]
    assert summary["bottleneck"] in summary["busy_seconds"]


def test_an_existing_output_is_skipped_replaced_numbered_or_an_error(
    upscale: Callable[..., Run], tmp_path: Path
) -> None:
    source, target = write_clip(tmp_path / "in.mp4"), tmp_path / "out.mp4"
    target.write_text("old")
    run = upscale(source, "-o", target)
    assert (run.code, target.read_text()) == (0, "old") and "0 done, 1 skipped" in run.err
    run = upscale(source, "-o", target, "--exists", "error")
    assert (run.code, target.read_text()) == (1, "old") and "exists already" in run.err
    assert upscale(source, "-o", target, "--exists", "rename").code == 0
    assert target.read_text() == "old" and len(frame_times(tmp_path / "out_1.mp4")) == 12
    assert upscale(source, "-o", target, "-y").code == 0
    assert len(frame_times(target)) == 12


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["missing.mp4"], 2, "missing.mp4 does not exist"),
        (["in.mp4", "in.mp4"], 2, "name the output with -o"),
        (["frames/%03d.png", "in.mp4"], 2, "name the output with -o"),
        (["in.mp4", "-o", "in.mp4"], 2, "the result would replace in.mp4"),
        (["in.mp4", "b.mp4", "-o", "c.mp4"], 2, "b.mp4 does not exist"),
        (["in.mp4", "text.mp4", "-o", "c.mp4"], 2, "the source is not one file"),
        (["in.mp4", "b.png"], 2, "a single picture, unlike numbered ones"),
        (["in.mp4", "b.xyz"], 2, "b.xyz: no video is written as that"),
        (["in.mp4", "-o", "-"], 2, "nor written to standard output"),
        (["in.mp4", "b.mp4", "--ss", "soon"], 2, "expected a time such as"),
        (["in.mp4", "b.mp4", "--ss", "5", "--to", "0:05"], 2, "it must be later than --ss 5"),
        (["in.mp4", "b.mp4", "--fps", "0"], 2, "expected a rate"),
        (["in.mp4", "b.mp4", "--preview-at", "0"], 2, "name a folder in place of b.mp4"),
        (["in.mp4", "b.mp4", "--crop", "0x5"], 2, "--crop 0x5: expected 512"),
        (["in.mp4", "b.mp4", "--container", "mkv"], 2, "--container mkv contradicts"),
        (["in.mp4", "b.mp4", "--device", "cuda:0,0"], 2, "each device can be named once"),
        (["in.mp4", "--watch"], 2, "--watch needs folders"),
        (["photo.png", "b.mp4"], 1, "photo.png is a single picture (png); `upscale images` enlarges it"),
        (["in.mp4", "b.mp4", "-e", "crf"], 2, "key=value"),
        (["in.mp4", "b.mp4", "-e", "nosuch=1"], 2, "knows no option nosuch"),
        (["in.mp4", "b.webm", "-c", "libx264"], 2, "cannot hold what libx264 encodes"),
        (["in.mp4", "b.mp4", "-c", "nosuch"], 3, "no video encoder nosuch"),
        (["text.mp4", "b.mp4"], 1, "text.mp4 cannot be read as a video"),
        (["empty.mp4", "b.mp4"], 1, "empty.mp4 cannot be read as a video"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(
    upscale: Callable[..., Run],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    message: str,
) -> None:
    write_clip(tmp_path / "in.mp4")
    (tmp_path / "text.mp4").write_text("hello, this is no video\n" * 20)
    (tmp_path / "empty.mp4").touch()
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    monkeypatch.chdir(tmp_path)
    before = names(tmp_path)
    run = upscale(*words, "--json") if code == 1 else upscale(*words)
    assert run.code == code
    assert message in run.err and "Traceback" not in run.err
    assert names(tmp_path) == before


def test_an_unknown_model_is_one_sentence(upscale: Callable[..., Run], tmp_path: Path) -> None:
    run = upscale(write_clip(tmp_path / "in.mp4"), model="nosuch")
    assert run.code in (2, 3) and "nosuch" in run.err and "Traceback" not in run.err


def test_what_can_be_saved_of_a_damaged_clip_is_and_still_counts_as_failed(
    upscale: Callable[..., Run], tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(times=tuple(range(0, 12800 * 6, 512))))
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    run, target = upscale(source, "--json"), tmp_path / "in_x2.mkv"
    assert run.code == 1 and "Traceback" not in run.err
    assert f"failed: {source} is damaged: " in run.err and f"; {target} holds what could be saved" in run.err
    *_, clip, summary = run.events()
    assert (clip["status"], clip["target"], summary["failed"]) == ("failed", str(target), 1)
    assert clip["damage"] and 10 < clip["frames"] == len(frame_times(target)) < 150


def test_an_encoder_that_cannot_write_ends_the_run_with_its_own_error(
    upscale: Callable[..., Run], tmp_path: Path
) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(times=tuple(range(0, 512 * 1000, 512)), audio=False))
    with files_limited_to(50_000):
        run = upscale(source, "--preset", "ultrafast")
    assert run.code == 1 and "Traceback" not in run.err
    assert f"failed: {source}: cannot write " in run.err and ": file too large\n" in run.err
    assert not (tmp_path / "in_x2.mp4").exists()


@pytest.mark.parametrize("delay_s", [0, pytest.param(0.4, marks=pytest.mark.slow), 1.5])
def test_ctrl_c_is_code_130_and_leaves_nothing_where_no_segment_is_whole(tmp_path: Path, delay_s: float) -> None:
    """Also while the encoder, which has the whole segment in its lookahead, is being flushed."""
    source = write_clip(tmp_path / "in.mp4", Clip(times=tuple(range(0, 512 * 250, 512)), audio=False))
    slowly = ("--preset", "placebo", "-e", "rc-lookahead=250")
    with started("video", "-m", "nearest", "-s", 4, "--device", "cpu", source, *slowly, "--json") as process:
        wait_until(process, lambda: list(tmp_path.glob(".*-segments/*.packets")))
        time.sleep(delay_s)
        run, seconds = interrupt(process)
    assert (run.code, "Traceback" in run.err) == (130, False)
    assert seconds < 5
    assert names(tmp_path) == ["in.mp4"]
    assert (run.events()[-1]["interrupted"], run.events()[-1]["done"]) == (True, 0)


def test_ctrl_c_keeps_the_clips_that_are_finished(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_clip(tmp_path / "in" / "a.mp4")
    write_clip(tmp_path / "in" / "b.mp4", Clip(times=tuple(range(0, 512 * 1000, 512)), audio=False))
    results = tmp_path / "in_x4"
    with started("video", "-m", "nearest", "-s", 4, "--device", "cpu", tmp_path / "in", "--json") as process:
        wait_until(process, lambda: results.exists() and any(name.startswith(".b.") for name in names(results)))
        run, _ = interrupt(process)
    assert run.code == 130 and not (results / "b.mp4").exists()
    assert [event["target"] for event in run.events() if event["event"] == "video"] == [str(results / "a.mp4")]
    assert "1 done, 0 skipped, 0 failed in " in run.err


@pytest.mark.data
def test_a_real_damaged_clip_is_one_sentence(upscale: Callable[..., Run], tmp_path: Path, data_folder: Path) -> None:
    run = upscale(data_folder / "video" / "androidx_media" / "invalid-bitstream.webm", f"{tmp_path}/")
    assert run.code == 1 and "failed:" in run.err and "Traceback" not in run.err
    assert names(tmp_path) == []
