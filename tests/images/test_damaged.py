"""Damaged pictures: some of those that `benchmarks/fuzz_reader.py` makes by the ten thousand."""

import importlib
from pathlib import Path

import pytest

from upscale.errors import BadInputError
from upscale.images.image_io import read_frames, read_picture

ROOT = Path(__file__).parents[2]
EACH = 25


def test_each_damaged_picture_is_read_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of it may raise, or warn of, anything else; a crash or a hang would end the whole suite."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    inputs = importlib.import_module("fuzz_inputs")
    read = refused = 0
    for format_name in inputs.write_seeds(tmp_path, None):
        seeds = [(path.name, path.read_bytes()) for path in sorted((tmp_path / format_name).iterdir())]
        for index in range(EACH):
            name, content = inputs.damaged(f"test {format_name} {index}", seeds)
            (tmp_path / name).write_bytes(content)
            try:
                read_picture(tmp_path / name, limit_px=2**22)
                list(read_frames(tmp_path / name, limit_px=2**18))
                read += 1
            except BadInputError:
                refused += 1
    assert read > 100 and refused > 100
