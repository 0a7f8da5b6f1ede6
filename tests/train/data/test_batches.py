"""Batches: exact crops, every place as likely, pure functions of the step, whole across processes."""

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import CPU, batches_of, config_of, load, save
from scipy.stats import chisquare
from torch import Tensor
from upscale.train.data.batches import Batches
from upscale.train.data.degraded import Part, degraded
from upscale.train.data.loading import load_pictures
from upscale.train.data.pair import turn
from upscale.train.data.places import SYMMETRIES, Chooser, Places, gather, walks
from upscale.train.data.store import Store
from upscale.train.degrade.grammar import Degradation

from upscale.imresize import imresize


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four pictures of other sizes; with crops of 5 and twice the size two of them have few places."""
    for index, (height, width) in enumerate([(24, 31), (10, 10), (40, 26), (12, 60)]):
        save(tmp_path / "hr" / f"{index}.png", height, width)
    return tmp_path / "hr"


def sliced(store: Store, places: Places, crop: int) -> tuple[Tensor, Tensor]:
    """The same crops by slicing and turning."""
    lrs, hrs = [], []
    for picture, top, left, symmetry in zip(places.picture, places.top, places.left, places.symmetry, strict=True):
        lr, hr = store.lr_of(picture), store.hr_of(picture)
        assert lr is not None
        lrs.append(turn(lr[top : top + crop, left : left + crop], symmetry))
        hrs.append(turn(hr[2 * top : 2 * (top + crop), 2 * left : 2 * (left + crop)], symmetry))
    return tuple(torch.from_numpy(np.stack(side)).permute(0, 3, 1, 2) for side in (lrs, hrs))  # type: ignore[return-value]


def test_crops_are_those_of_slicing_in_every_symmetry(folder: Path) -> None:
    store = load(folder).training
    places = Chooser(store, 5).draw(0, 0, 400)
    assert set(places.symmetry.tolist()) == set(range(SYMMETRIES))
    wanted = sliced(store, places, 5)
    assert store.lr is not None
    for flat, zoom, right in ((store.lr, 1, wanted[0]), (store.hr, 2, wanted[1])):
        found = gather(flat, torch.from_numpy(walks(places, store, 5 * zoom, zoom)), 5 * zoom)
        assert torch.equal(found, right)


def test_the_symmetries_are_eight_different_ones() -> None:
    picture = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    assert len({turn(picture, symmetry).tobytes() for symmetry in range(SYMMETRIES)}) == SYMMETRIES


def test_batches_are_the_drawn_crops_in_0_to_1_channels_last(folder: Path) -> None:
    config, store = config_of(folder), load(folder).training
    lr, hr = Batches(config, store, CPU).at(3)
    wanted = sliced(store, Chooser(store, 5).draw(config.seed, 3, 4), 5)
    for found, right in zip((lr, hr), wanted, strict=True):
        assert torch.equal(found, right.float() / 255)
        assert found.is_contiguous(memory_format=torch.channels_last)
    assert lr.shape == (4, 3, 5, 5) and hr.shape == (4, 3, 10, 10)


def test_every_place_and_symmetry_is_as_likely(folder: Path) -> None:
    """All are drawn, those at the borders too, and a chi-square test finds none that is favoured."""
    store = load(folder).training
    areas = [
        (h - 4) * (w - 4)
        for h, w in zip(store.layout.heights[store.kept], store.layout.widths[store.kept], strict=True)
    ]
    places = Chooser(store, 5).draw(1, 0, 200_000)
    keys = np.stack([places.picture, places.top, places.left, places.symmetry])
    seen, counts = np.unique(keys, axis=1, return_counts=True)
    assert seen.shape[1] == SYMMETRIES * sum(areas)
    assert chisquare(counts).pvalue > 1e-3
    for index, picture in enumerate(store.kept):
        inside = seen[:, seen[0] == picture]
        assert (
            inside[1].max() == store.layout.heights[picture] - 5 and inside[2].max() == store.layout.widths[picture] - 5
        )
        assert inside.shape[1] == SYMMETRIES * areas[index]


@pytest.mark.parametrize("degrade", ["bicubic", "classic"])
def test_batches_depend_on_seed_and_step_alone(folder: Path, degrade: str) -> None:
    batches, again = (batches_of(folder, degrade=degrade) for _ in range(2))
    fourth = batches.at(4)
    batches.at(0)
    assert all(torch.equal(*sides) for sides in zip(fourth, again.at(4), strict=True))
    assert not torch.equal(fourth[1], again.at(5)[1])
    assert not torch.equal(fourth[1], batches_of(folder, degrade=degrade, seed=8).at(4)[1])


@pytest.mark.parametrize("degrade", ["bicubic", "classic"])
def test_processes_share_the_batch_of_one(folder: Path, degrade: str) -> None:
    whole = batches_of(folder, degrade=degrade, batch=6).at(2)
    parts = [batches_of(folder, share=(rank, 3), degrade=degrade, batch=2).at(2) for rank in range(3)]
    for side in range(2):
        assert torch.equal(whole[side], torch.cat([part[side] for part in parts]))


@pytest.mark.parametrize("degrade", ["bicubic", "classic"])
def test_streams_are_the_batches_in_order_and_close(folder: Path, degrade: str) -> None:
    batches = batches_of(folder, degrade=degrade)
    with closing(batches.stream(10)) as stream:
        for step in range(10, 20):
            assert all(torch.equal(*sides) for sides in zip(next(stream), batches.at(step), strict=True))
    with pytest.raises(StopIteration):
        next(stream)


def test_errors_in_a_thread_reach_the_caller(folder: Path) -> None:
    store = load(folder, degrade="classic").training
    stream = Batches(config_of(folder, degrade="classic", batch=-1), store, CPU).stream(0)
    with closing(stream), pytest.raises(ValueError, match="negative"):
        next(stream)


def test_low_resolution_crops_are_bicubic_of_the_originals(folder: Path) -> None:
    """Away from a crop's edges, where the kernel sees what lies outside."""
    save(folder / "large.png", 200, 180)
    lr, hr = batches_of(folder, crop=20, batch=8).at(0)
    for low, high in zip(lr, hr, strict=True):
        made = imresize((high * 255).round().byte().permute(1, 2, 0).numpy(), 0.5)
        inside = (low * 255).round().byte().permute(1, 2, 0).numpy()[3:-3, 3:-3]
        # Rounded between rows and columns: a transposed picture may come out one level off.
        assert np.abs(made[3:-3, 3:-3].astype(int) - inside).max() <= 1


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_degraded_crops_see_beyond_their_edges_and_lie_where_they_should(symmetry: int) -> None:
    """Bicubic as a degradation is the bicubic of the whole picture, at its borders too."""
    picture = np.random.default_rng(0).integers(0, 256, (120, 150, 3), np.uint8)
    whole = imresize(picture, 1 / 3)
    for top, left in ((0, 0), (12, 17), (28, 42), (0, 42), (3, 40)):
        part = Part(top, left, 12, 8, symmetry)
        lr, hr = degraded(picture, part, 3, Degradation("bicubic"), np.random.default_rng(1))
        right = turn(whole[top : top + 12, left : left + 8], symmetry)
        # Rounded between rows and columns: a transposed picture may come out one level off.
        assert np.abs(lr.astype(int) - right).max() <= 1
        original = picture[3 * top : 3 * (top + 12), 3 * left : 3 * (left + 8)]
        assert np.array_equal(hr, turn(original, symmetry))


@pytest.mark.gpu
def test_no_batch_waits_for_the_gpu(folder: Path) -> None:
    if not torch.cuda.is_available() and os.environ.get("UPSCALE_REQUIRE_GPU") != "1":
        pytest.skip("no CUDA GPU")
    device = torch.device("cuda")
    config = config_of(folder)
    pictures = load_pictures(config, device)
    assert pictures.training.hr.device.type == "cuda"
    batches = Batches(config, pictures.training, device)
    batches.at(0)
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = batches.at(1)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    for side, right in zip(found, Batches(config, load(folder).training, CPU).at(1), strict=True):
        assert torch.allclose(side.cpu(), right, atol=1e-6) and side.is_contiguous(memory_format=torch.channels_last)
