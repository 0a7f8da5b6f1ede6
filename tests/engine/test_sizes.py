"""The arithmetic of sizes."""

import pytest

from upscale.engine.sizes import Axis, SizeWish, checked
from upscale.errors import UsageError


def size(wish: SizeWish, height: int, width: int) -> tuple[int, int]:
    return wish.target(height, width, 4).size_px


@pytest.mark.parametrize(
    ("wish", "source", "wanted"),
    [
        (SizeWish(), (5, 7), (20, 28)),
        (SizeWish(2.5), (5, 7), (12, 18)),  # 12.5 and 17.5: halves go to the even side
        (SizeWish(2.5), (1, 1), (2, 2)),
        (SizeWish(0.01), (5, 200), (1, 2)),
        (SizeWish(frame=(1080, 1920)), (480, 640), (1080, 1440)),
        (SizeWish(frame=(1080, 1920)), (480, 1000), (922, 1920)),
        (SizeWish(frame=(10, 10)), (480, 640), (8, 10)),
        (SizeWish(frame=(10, 10)), (4, 6400), (1, 10)),
        (SizeWish(frame=(1080, 1920), fit="fill"), (480, 640), (1080, 1920)),
        (SizeWish(frame=(1080, 1920), fit="stretch"), (480, 640), (1080, 1920)),
        (SizeWish(long_side=2000), (333, 1000), (666, 2000)),
        (SizeWish(long_side=2000), (1000, 333), (2000, 666)),
        (SizeWish(long_side=10), (1000, 1), (10, 1)),
        (SizeWish(short_side=1080), (720, 1280), (1080, 1920)),
        (SizeWish(short_side=1080), (1280, 720), (1920, 1080)),
        (SizeWish(4, max_pixels=2500), (100, 100), (50, 50)),
        (SizeWish(max_pixels=10_000), (25, 25), (100, 100)),
        (SizeWish(max_pixels=9_999), (25, 25), (99, 99)),
        (SizeWish(frame=(100, 200), fit="fill", max_pixels=5000), (10, 10), (50, 100)),
        (SizeWish(max_pixels=100), (1, 10_000), (1, 100)),
        (SizeWish(max_pixels=1), (3, 50), (1, 1)),
    ],
)
def test_sizes(wish: SizeWish, source: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert size(wish, *source) == wanted


@pytest.mark.parametrize("length", [1, 2, 3, 37, 999, 20_001])
@pytest.mark.parametrize("side", [1, 7, 640, 1000, 99_991])
def test_the_side_asked_for_is_met_exactly(side: int, length: int) -> None:
    for other in (1, length // 2 + 1, length):
        assert max(size(SizeWish(long_side=side), length, other)) == side
        assert min(size(SizeWish(short_side=side), length, max(other, length))) == side
        assert size(SizeWish(frame=(side, side)), length, other) == size(SizeWish(long_side=side), length, other)


@pytest.mark.parametrize("most_px", [1, 100, 12_345, 10**7])
def test_never_more_pixels_than_allowed(most_px: int) -> None:
    for height, width in ((1, 1), (1, 999), (37, 41), (3000, 2), (640, 480)):
        rows, columns = size(SizeWish(max_pixels=most_px), height, width)
        assert 1 <= rows * columns <= most_px


def test_fill_shows_the_middle_and_keeps_the_shape() -> None:
    target = SizeWish(frame=(100, 100), fit="fill").target(30, 50, 4)
    assert (target.rows, target.columns) == (Axis(0, 30, 100), Axis(10, 30, 100))
    target = SizeWish(frame=(50, 90), fit="fill").target(31, 40, 4)
    assert target.columns == Axis(0, 40, 90)
    assert target.rows.ratio == pytest.approx(target.columns.ratio)
    assert target.rows.start + target.rows.length / 2 == pytest.approx(15.5)
    assert target.rows.used == (4, 27)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (SizeWish(2, long_side=5), "--scale and --long-side exclude each other"),
        (SizeWish(frame=(1, 2), short_side=5), "--size and --short-side exclude each other"),
        (SizeWish(frame=(0, 5)), "--size: choose sides from 1"),
        (SizeWish(long_side=0), "--long-side: choose sides from 1"),
        (SizeWish(short_side=10**7), "--short-side: choose sides from 1"),
        (SizeWish(max_pixels=0), "--max-pixels 0"),
        (SizeWish(float("nan")), "--scale nan: choose a factor"),
    ],
)
def test_wishes_that_cannot_be_met(wish: SizeWish, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        checked(wish)
