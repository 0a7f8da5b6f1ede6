"""The table, reopened by Python's own csv module."""

import csv
import math
from pathlib import Path

from upscale.evaluate.csv_table import write_csv
from upscale.evaluate.folders import Folders
from upscale.evaluate.protocol import METRICS, Failure, Protocol, Row, Run
from upscale.evaluate.report import Conditions

PROTOCOL = Protocol(4, ("psnr", "lpips"), "matlab-bicubic", "rgb", ssim_exponents=(1, 0.5, 1))
CONDITIONS = Conditions("m,1", "cpu float32", PROTOCOL, Folders(Path("HR"), None), {"lpips": "put FILE, there"})
ROWS = (Row('a "quoted", name.png', {"psnr": 1 / 3}), Row("line\nend.png", {"psnr": math.inf}))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_table_has_every_picture_the_mean_and_the_conditions(tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    run = Run("m,1", PROTOCOL, ROWS, (Failure("broken.png", "damaged, or so"),))
    other = Run("other", PROTOCOL, ROWS[:1], ())
    write_csv(target, [(CONDITIONS, run), (CONDITIONS, other)])
    rows = _read(target)
    assert [row["kind"] for row in rows] == ["picture", "picture", "failed", "mean", "picture", "mean"]
    assert [row["picture"] for row in rows[:4]] == ['a "quoted", name.png', "line\nend.png", "broken.png", ""]
    assert float(rows[0]["psnr"]) == 1 / 3
    assert float(rows[1]["psnr"]) == float(rows[3]["psnr"]) == math.inf
    assert rows[2]["error"] == "damaged, or so"
    assert rows[3]["error"] == "1 of 3 pictures failed"
    for row in rows:
        assert None not in row
        assert all(row[metric] == "" for metric in METRICS if metric != "psnr")
        assert (row["model"], row["scale"], row["channels"], row["crop_px"]) == ("m,1", "4", "rgb", "4")
        assert (row["hr"], row["lr"], row["protocol"]) == ("HR", "matlab-bicubic", str(PROTOCOL))
        assert (row["ssim_form"], row["ssim_exponents"]) == ("gauss11", "1 0.5 1")
        assert row["unavailable"] == "lpips: put FILE, there"


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    write_csv(target, [(CONDITIONS, Run("m", PROTOCOL, (Row("bad\udcff.png", {"psnr": 1.0}),), ()))])
    assert _read(target)[0]["picture"] == r"bad\udcff.png"
