from pathlib import Path

import pytest

from upscale.cli.remaining import Remaining


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Name and size in bytes."""
    for name, size in (("a.jpg", 100), ("b.jpg", 300), ("c.png", 1000), ("d.png", 4000)):
        (tmp_path / name).write_bytes(bytes(size))
    return {path.stem: path for path in tmp_path.iterdir()}


def test_nothing_is_guessed_from_nothing(files: dict[str, Path]) -> None:
    assert Remaining(files.values()).seconds(1000, 1.0) is None


def test_large_files_count_for_more_and_formats_for_themselves(files: dict[str, Path]) -> None:
    remaining = Remaining(files.values())
    remaining.finished(files["a"], 5000)  # 50 pixels a byte
    # 15,000 in b; the pngs are taken for jpgs, for want of better.
    assert remaining.seconds(5000, 1.0) == pytest.approx((15_000 + 250_000) / 5000)
    remaining.finished(files["c"], 1000)  # 1 pixel a byte
    assert remaining.seconds(6000, 1.0) == pytest.approx((15_000 + 4000) / 6000)
    assert remaining.seconds(16_000, 2.0) == pytest.approx((15_000 + 4000 - 10_000) * 2 / 16_000)


def test_failures_take_no_more_time(files: dict[str, Path]) -> None:
    remaining = Remaining([files["a"], files["b"], files["a"].with_name("gone.jpg")])
    remaining.finished(files["a"], 5000)
    remaining.finished(files["b"], None)
    assert remaining.seconds(5000, 1.0) == 0
