import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from clips import Clip, write_clip

from upscale.engine.crew import keeping_threads
from upscale.engine.scaling import ScalePlan, plan_scale, plan_sizes
from upscale.engine.sizes import SizeWish
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.flow.flow import Flow
from upscale.models.network import Network
from upscale.video.encoding.encode import Picture
from upscale.video.encoding.encoder import Encoding, plan_encoder
from upscale.video.enlarging import add_network
from upscale.video.reading.reader import Frame, VideoReader
from upscale.video.view import Viewing, plan_view

OPTIONS = UpscaleOptions(device="cpu", dtype="fp32")


class Counting(Upscaler):
    """Counts the upscalers that are made beside it."""

    made = 0

    def beside(self, network: Network) -> Upscaler:
        self.made += 1
        return super().beside(network)


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads for torch, until the test ends."""
    with keeping_threads():
        torch.set_num_threads(request.param)
        yield request.param


def enlarged(source: Path, frames: Iterable[Frame] | None = None) -> list[Picture]:
    """A clip's frames, or others like them, through the stage."""
    return list(stage(source, frames))


def stage(source: Path, frames: Iterable[Frame] | None = None) -> Iterator[Picture]:
    """The same as they come."""
    plan = plan_scale("espcn", 2)
    yield from planned(source, plan, Upscaler(plan.network, OPTIONS), frames)


def planned(
    source: Path, plan: ScalePlan, upscaler: Upscaler, frames: Iterable[Frame] | None = None
) -> Iterator[Picture]:
    """The same by some plan."""
    with VideoReader(source) as reader:
        view = plan_view(reader.info, Viewing())
        size_px = plan.target_size(view.info.height, view.info.width)
        encoder = plan_encoder(view.info, *size_px, Encoding("ffv1"), source.with_name("out.mkv"))
        flow = Flow()
        frames = flow.stage("reading", reader.frames() if frames is None else frames)
        yield from flow.run(add_network(flow, frames, upscaler, plan, view, encoder))


def test_frames_side_by_side_come_in_order_and_as_they_come_alone(tmp_path: Path, threads: int) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(audio=False))
    pictures = enlarged(source)
    assert [picture.pts for picture in pictures] == sorted(picture.pts for picture in pictures)
    assert len(pictures) == 12
    with VideoReader(source) as reader:
        for frame, picture in zip(reader.frames(), pictures, strict=True):
            (alone,) = enlarged(source, [frame])
            assert (alone.pts, alone.duration) == (picture.pts, picture.duration) == (frame.pts, frame.duration)
            for one, other in zip(alone.planes, picture.planes, strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_size_that_wants_another_factor_takes_one_more_network(tmp_path: Path, threads: int) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(audio=False))
    plan = plan_sizes("espcn", SizeWish(frame=(64, 96)))
    upscaler = Counting(plan.network, OPTIONS)
    assert plan.network.spec.scale > 2
    for one, other in zip(planned(source, plan, upscaler), enlarged(source), strict=True):
        for plane, same in zip(one.planes, other.planes, strict=True):
            np.testing.assert_array_equal(plane, same)
    assert upscaler.made == 1


def test_threads_that_begin_later_find_as_many_as_before(tmp_path: Path, threads: int) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(audio=False))
    with keeping_threads():
        enlarged(source)
    seen: list[int] = []
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert seen == [threads] == [torch.get_num_threads()]


def test_an_error_comes_behind_the_frames_before_it(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", Clip(audio=False))
    with VideoReader(source) as reader:
        good = list(reader.frames())
    broken = Frame(tuple(plane[:1] for plane in good[3].planes), good[3].pts, good[3].duration)
    with keeping_threads():
        torch.set_num_threads(3)
        given = stage(source, [*good[:3], broken, *good[4:]])
        assert [next(given).pts for _ in range(3)] == [frame.pts for frame in good[:3]]
        with pytest.raises(ValueError):
            next(given)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("reading", "network"))]
