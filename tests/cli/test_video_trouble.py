"""What can happen to a clip from outside: each time a clear error, and the same command goes on where it stopped."""

import os
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, frame_times, packets, write_clip
from commands import Run, interrupt, run_apart, started, wait_until, when
from disks import files_limited_to, small_disk_at

from upscale.video.resume.workplace import folder_of

FRAMES = 300
WORDS = ("video", "-m", "nearest", "-s", 2, "--device", "cpu", "--segment-frames", 10, "--preset", "ultrafast")
# Root may write everywhere; without these two capabilities it may not.
UNPRIVILEGED = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "in.mp4", Clip(times=tuple(range(0, FRAMES * 512, 512))))


@pytest.fixture
def upscale(run_here: Callable[..., Run]) -> Callable[..., Run]:
    """`upscale video -m nearest -s 2 --segment-frames 10 ...` in this process."""
    return lambda *words: run_here(*WORDS, *words)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    with small_disk_at(tmp_path / "disk", "4m") as place:
        yield place


def finished(target: Path, count: int) -> Callable[[], bool]:
    """Whether more than so many segments have been begun."""
    return lambda: len(list(folder_of(target).glob("*.packets"))) > count


def ends_well(run: Run, target: Path, source: Path) -> None:
    """The second run goes on, and nothing but the whole clip is left."""
    assert run.code == 0, run.err
    assert "from an earlier run" in run.err
    assert frame_times(target) == frame_times(source)
    assert packets(target, "audio") == packets(source, "audio")
    assert not folder_of(target).exists()


def failed_but_kept(run: Run, target: Path, *messages: str) -> None:
    """One clear error, nothing half-written, and the way on."""
    assert run.code == 1
    assert all(message in run.err for message in messages), run.err
    assert f"frames are kept in {folder_of(target)}" in run.err
    assert "run the same command again to go on" in run.err
    assert "Traceback" not in run.err
    assert {path.name for path in target.parent.iterdir()} <= {folder_of(target).name, "in.mp4", "ballast"}


def test_a_disk_that_fills_while_segments_are_made(source: Path, small_disk: Path, upscale: Callable[..., Run]) -> None:
    target, ballast = small_disk / "out.mp4", small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 150_000))
    failed_but_kept(upscale(source, target), target, "no space left on device")
    ballast.unlink()
    ends_well(upscale(source, target), target, source)


def test_a_disk_without_room_for_the_result_beside_its_segments(
    source: Path, small_disk: Path, upscale: Callable[..., Run]
) -> None:
    assert upscale(source, small_disk / "first.mp4").code == 0
    size = (small_disk / "first.mp4").stat().st_size
    (small_disk / "first.mp4").unlink()
    target, ballast = small_disk / "out.mp4", small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - size * 5 // 4 - 20_000))
    run = upscale(source, target)
    failed_but_kept(run, target, "has no room for the result", f"all {FRAMES} frames are kept")
    ballast.unlink()
    ends_well(upscale(source, target), target, source)


def test_a_limit_on_the_size_of_files(source: Path, tmp_path: Path, upscale: Callable[..., Run]) -> None:
    """Segments are small enough, their join is not."""
    target = tmp_path / "out" / "out.mp4"
    with files_limited_to(60_000):
        failed_but_kept(upscale(source, target), target, "file too large", f"all {FRAMES} frames are kept")
    ends_well(upscale(source, target), target, source)


def test_an_encoder_that_is_missing(source: Path, tmp_path: Path, upscale: Callable[..., Run]) -> None:
    run = upscale(source, tmp_path / "out.mp4", "-c", "libnone")
    assert (run.code, "libnone" in run.err, "Traceback" in run.err) == (3, True, False)
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_an_encoder_that_dies_on_its_way(tmp_path: Path, run_here: Callable[..., Run]) -> None:
    """DNxHR has frames of one size: with its finest quantiser gray fits into them, noise does not."""
    source, target = tmp_path / "in.mp4", tmp_path / "out.mov"
    rng = np.random.default_rng(0)
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0", "preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 64, 128, "yuv422p"
        for index in range(40):
            gray = np.full((64, 128, 3), 128, np.uint8)
            pixels = gray if index < 26 else rng.integers(0, 256, gray.shape, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels).reformat(format="yuv422p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    words = (*WORDS[:-2], source, target, "-c", "dnxhd", "-e", "profile=dnxhr_lb", "-e", "qmin=1", "-e", "qmax=2")
    run = run_here(*words)
    failed_but_kept(run, target, "dnxhd failed at 1.", "20 of about 40 frames are kept")
    again = run_here(*words)
    failed_but_kept(again, target, "20 frames are there from an earlier run", "dnxhd failed at 1.")
    other = run_here(*words[:-6], "-c", "prores_ks")
    assert other.code == 0 and "--codec, -e changed since 20 frames of it were made: starting afresh" in other.err
    assert len(frame_times(target)) == 40 and not folder_of(target).exists()


@pytest.mark.parametrize("harm", ["vanishes", "shrinks"])
def test_a_source_that_goes_while_it_is_read(
    harm: str, source: Path, tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    """Put back as it was, with its old time, it is taken for the same again."""
    target, saved = tmp_path / "out" / "out.mp4", tmp_path / "saved"
    shutil.copy2(source, saved)

    def act() -> None:
        if harm == "vanishes":
            source.unlink()
        else:
            with source.open("rb+") as file:
                file.truncate(saved.stat().st_size // 2)

    with when(finished(target, 3), act):
        run = upscale(source, target)
    failed_but_kept(run, target, f"{source} {'vanished' if harm == 'vanishes' else 'was changed'} while it was read")
    shutil.copy2(saved, source)
    ends_well(upscale(source, target), target, source)


def test_another_source_starts_afresh(source: Path, tmp_path: Path, upscale: Callable[..., Run]) -> None:
    target = tmp_path / "out" / "out.mp4"
    with when(finished(target, 3), source.unlink):
        assert upscale(source, target).code == 1
    write_clip(source, Clip(times=tuple(range(0, 20 * 512, 512))))
    run = upscale(source, target)
    assert run.code == 0 and "the source changed since" in run.err and "starting afresh" in run.err
    assert len(frame_times(target)) == 20


def test_a_target_folder_that_goes_while_it_is_written(
    source: Path, tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    target = tmp_path / "out" / "out.mp4"
    with when(finished(target, 3), lambda: shutil.rmtree(target.parent, ignore_errors=True)):
        run = upscale(source, target)
    assert (run.code, "Traceback" in run.err) == (1, False)
    assert "no such file or directory" in run.err
    shutil.rmtree(target.parent, ignore_errors=True)
    assert upscale(source, target).code == 0
    assert frame_times(target) == frame_times(source)


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_a_folder_that_may_not_be_written(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir(mode=0o555)
    run = run_apart(*WORDS, source, "-o", out / "out.mp4", prefix=UNPRIVILEGED)
    assert (run.code, "Traceback" in run.err) == (1, False)
    assert f"cannot make the folder {folder_of(out / 'out.mp4')}: permission denied" in run.err
    assert list(out.iterdir()) == []


def test_ctrl_c_and_what_may_be_changed_before_going_on(
    source: Path, tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    """What is only joined to the segments may be other the next time; what they are made of may not."""
    target = tmp_path / "out" / "out.mp4"
    words = (*WORDS[:-1], "veryslow", source, target)
    with started(*words) as process:
        wait_until(process, finished(target, 3))
        run, _ = interrupt(process)
    assert run.code == 130 and f"frames are kept in {folder_of(target)}" in run.err
    there = upscale(source, target, "--preset", "veryslow", "--audio", "none")
    assert there.code == 0 and "from an earlier run" in there.err
    with av.open(str(target)) as container:
        assert len(container.streams) == 1
    assert frame_times(target) == frame_times(source)


def test_changed_options_and_no_resume_start_afresh(source: Path, tmp_path: Path, upscale: Callable[..., Run]) -> None:
    target = tmp_path / "out" / "out.mp4"
    saved = source.with_name("saved")
    shutil.copy2(source, saved)
    for words, said in [(["--crf", "20"], "--crf changed since"), (["--no-resume"], "")]:
        with when(finished(target, 3), source.unlink):
            assert upscale(source, target).code == 1
        assert folder_of(target).exists()
        shutil.copy2(saved, source)
        run = upscale(source, target, *words)
        assert run.code == 0 and said in run.err and "from an earlier run" not in run.err
        target.unlink()


def test_the_second_run_on_a_target_is_told_of_the_first(
    source: Path, tmp_path: Path, upscale: Callable[..., Run]
) -> None:
    target = tmp_path / "out" / "out.mp4"
    with started(*WORDS[:-1], "veryslow", source, target) as process:
        wait_until(process, finished(target, 0))
        run = upscale(source, target)
        assert run.code == 1 and f"another run is making {target}" in run.err
        process.communicate(timeout=100)
        assert process.returncode == 0
    assert frame_times(target) == frame_times(source)
