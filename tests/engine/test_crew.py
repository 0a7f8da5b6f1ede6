"""Threads that share windows change nothing but the time: not the pixels, not other threads' settings."""

from collections.abc import Iterator
from threading import Thread, active_count

import pytest
import torch
from networks import unsettle

from upscale.engine.bands import TensorSource
from upscale.engine.crew import Crew, threads_for
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.models.srresnet import Srresnet, SrresnetConfig


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_every_window_is_done_once() -> None:
    done: list[int] = []
    with Crew(3) as crew:
        for total in (0, 1, 2, 7, 100):
            done.clear()
            crew.each(done.append, total)
            assert sorted(done) == list(range(total))


def test_members_divide_the_threads_and_others_keep_theirs() -> None:
    seen: list[int] = []
    with Crew(3) as crew:
        crew.each(lambda _: seen.append(torch.get_num_threads()), 9)
        other = Thread(target=lambda: seen.append(torch.get_num_threads()))
        other.start()
        other.join()
    assert seen == [1] * 9 + [3]
    assert torch.get_num_threads() == 3


def test_an_error_comes_out_and_no_thread_stays() -> None:
    before = active_count()
    with pytest.raises(MemoryError), Crew(2) as crew:
        crew.each(_refuse, 5)
    assert active_count() == before


def _refuse(window: int) -> None:
    raise MemoryError(window)


def test_few_windows_and_other_devices_are_left_to_the_caller() -> None:
    assert [threads_for(torch.device("cpu"), windows) for windows in (1, 3, 4, 6, 99)] == [1, 1, 2, 3, 3]
    assert threads_for(torch.device("cuda"), 99) == 1


@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_threads_do_not_change_the_picture(dtype: str) -> None:
    network = Srresnet(SrresnetConfig(4, blocks=2, channels=8)).eval()
    unsettle(network)
    source = TensorSource(torch.rand(3, 40, 700))
    shared = _enlarged(Upscaler(network, UpscaleOptions(dtype=dtype)), source)
    torch.set_num_threads(1)
    alone = _enlarged(Upscaler(network, UpscaleOptions(dtype=dtype)), source)
    assert torch.allclose(shared, alone, atol=1e-5 if dtype == "fp32" else 0.02)


def _enlarged(upscaler: Upscaler, source: TensorSource) -> torch.Tensor:
    return torch.cat([band.rows for band in upscaler.stream([source])], dim=1)
