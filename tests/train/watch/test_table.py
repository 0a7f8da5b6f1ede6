"""The table survives what happens to runs: kills, resumes, other losses."""

import csv
import math
from pathlib import Path

import pytest
from upscale.train.watch.reports import Row
from upscale.train.watch.table import Table, read_table


def row(step: int, **values: float) -> Row:
    return {"step": float(step), "psnr_y": 20 + step / 100, **values}


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def filled(path: Path, *steps: int) -> Table:
    table = Table(path)
    for step in steps:
        table.add(row(step, l1=1 / step))
    return table


def test_rows_are_there_at_once_and_come_back(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    table = Table(path)
    for step in (1, 2, 3):
        table.add(row(step, l1=1 / step))
        assert len(written(path)) == step
    assert [line["step"] for line in written(path)] == ["1", "2", "3"]
    assert [item["l1"] for item in read_table(path)] == pytest.approx([1, 1 / 2, 1 / 3], rel=1e-9)
    assert b"\r" not in path.read_bytes()


def test_scores_come_first_and_gradients_last(tmp_path: Path) -> None:
    table = Table(tmp_path / "table.csv")
    table.add({"step": 1.0, "gradient_network": 1.0, "l1": 2.0, "D(real)": 0.5, "psnr_y": 3.0})
    names = (tmp_path / "table.csv").read_text().splitlines()[0].split(",")
    assert names[:3] == ["step", "psnr_y", "niqe"]
    assert names[-3:] == ["l1", "D(real)", "gradient_network"]


def test_new_columns_widen_the_table(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    table = filled(path, 1, 2)
    table.add(row(3, l1=0.1, gan=0.7))
    table.add(row(4, l1=0.1))
    assert [line["gan"] for line in written(path)] == ["", "", "0.7", ""]
    assert all("gan" not in item for item in read_table(path)[:2])


def test_a_resumed_run_cuts_what_lies_beyond(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    filled(path, 10, 20, 30)
    table = Table(path)
    table.resume(20)
    assert [line["step"] for line in written(path)] == ["10", "20"]
    table.add(row(25, l1=1.0))
    assert [line["step"] for line in written(path)] == ["10", "20", "25"]


@pytest.mark.parametrize("torn", [b"40,2", b"40", b"\xff\xfe\x00", b'40,"', b"40,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"])
def test_a_row_that_a_kill_has_torn_is_left_out(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "table.csv"
    filled(path, 10, 20)
    with path.open("ab") as file:
        file.write(torn)
    table = Table(path)
    table.resume(50)
    table.add(row(60))
    assert [line["step"] for line in written(path)] == ["10", "20", "60"]


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x89PNG\r\n\x1a\n" * 9, b"step\n"])
def test_what_is_no_table_has_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "table.csv").write_bytes(content)
    assert read_table(tmp_path / "table.csv") == []
    assert read_table(tmp_path / "missing.csv") == []


def test_numbers_that_are_none_and_infinities_survive(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    Table(path).add({"step": 1.0, "psnr_y": math.inf, "l1": math.nan})
    (back,) = read_table(path)
    assert back["psnr_y"] == math.inf and math.isnan(back["l1"])
