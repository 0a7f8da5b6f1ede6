"""The scripts of benchmarks/ run from end to end on tiny pictures; their figures mean nothing here."""

import importlib
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from upscale.device import choose_dtype

ROOT = Path(__file__).parents[2]


def script(name: str, *words: str, **environment: str) -> str:
    """What a script prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / name), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_turns_are_taken_and_compared_turn_by_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    common = importlib.import_module("common")
    calls: list[str] = []
    cpu = torch.device("cpu")
    quickest = choose_dtype("auto", cpu)
    entries = [common.Entry(name, partial(calls.append, name), quickest, 10) for name in "AB"]
    scores = common.take_turns(entries, 2, cpu, 1000)
    assert calls == ["A", "B", "A", "B", "A", "B"]  # the first turn is not counted
    assert [len(score.seconds) for score in scores] == [2, 2] == [len(score.peaks_gflops) for score in scores]
    quick = common.Score(common.Entry("quick", list, torch.float32, 20), 1000, [1.0, 2.0, 1.0], [4.0] * 3)
    slow = common.Score(common.Entry("slow", list, torch.float32, 10), 1000, [3.0, 5.0], [4.0] * 2)
    # 3 s for half the pixels of 1 s, 5 s for half of those of 2 s.
    assert quick.times_quicker_than(slow) == (6 + 5) / 2
    assert quick.gflops == pytest.approx(2 * 1000 * 20 / 1e9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words", "claim"),
    [
        ("network_speed.py", "32x24 16x16 --runs 2", "32x24, share of the matrix peak: "),
        ("folder_overhead.py", "--count 2 --size 32x24 --runs 1", "from file to file against network only: "),
        ("many_small.py", "--count 3 --small 16x12 --large 32x24 --runs 1", "network only, many small against one"),
        ("memory.py", "--few 1 --many 3 --size 32x24 --large 64x48 --model espcn", "3 files against 1: "),
        ("video_speed.py", "--part stages --frames 4 --runs 1 --size 64x48", "espcn x2, wall time over that of"),
        ("video_speed.py", "--part repeats --model espcn --frames 4 --runs 1 --size 64x48", "with --dedup near over"),
        ("video_memory.py", "--part length --short 1 --long 2 --size 64x48 --model nearest", "a clip of 2 s against"),
        ("against_peers.py", "--size 32x24 --runs 1 --only ours-fp32,tile-loop", "ours-fp32 against tile-loop: "),
    ],
)
def test_script_weighs_its_claim(name: str, words: str, claim: str) -> None:
    assert claim in script(name, *words.split())


@pytest.mark.slow
def test_a_long_batch_stays_flat() -> None:
    printed = script("long_batch.py", "--files", "1000", "--rows", "4")
    assert printed.count(": reached") == 3, printed


@pytest.mark.slow
def test_damaged_pictures_of_every_format_are_read_or_refused(tmp_path: Path) -> None:
    printed = script("fuzz_reader.py", "--count", "50", "--keep", str(tmp_path))
    assert " inputs, 0 findings" in printed


@pytest.mark.slow
def test_missing_peers_are_named_and_skipped(tmp_path: Path) -> None:
    words = "--size 16x16 --runs 1 --no-memory --only ours-fp32,compile-fp32,tensorrt"
    # No compiler in an empty folder.
    printed = script("against_peers.py", *words.split(), PATH=str(tmp_path), CXX="none")
    assert "skipped compile-fp32: " in printed and "skipped tensorrt: " in printed


@pytest.mark.slow
def test_missing_data_is_named_and_skipped(tmp_path: Path) -> None:
    printed = script("precision.py", "--models", "espcn", UPSCALE_DATA=str(tmp_path))
    assert "skipped Set5: " in printed and "skipped Set14: " in printed


@pytest.mark.slow
@pytest.mark.data
def test_precision_is_compared_on_real_pictures(data_folder: Path) -> None:
    words = "--models espcn --sets Set5 --pictures 1 --device cpu"
    assert "espcn" in script("precision.py", *words.split(), UPSCALE_DATA=str(data_folder))
