"""Figures from times, and how they are told."""

import json
from dataclasses import replace

import pytest
import torch

from upscale.bench.cases import Case, Figure, Gap, Sample, Workload
from upscale.bench.report import JsonReport, TextReport
from upscale.engine.upscaler import UpscaleOptions

CASE = Case("srgan", UpscaleOptions(tile=16))
FIGURE = Figure(
    case=CASE,
    what="images",
    device=torch.device("cpu"),
    dtype=torch.bfloat16,
    scale=4,
    sample=Sample(height=100, width=200, pieces=3, seconds=(9.0, 2.0, 1.0)),
    multiply_adds=1_000_000,
    peak_gflops=240.0,
    memory_bytes=2_500_000_000,
)
WORKLOAD = Workload(100, 200, 3)


def test_rates_follow_from_the_median_run() -> None:
    assert FIGURE.seconds == 2.0
    assert FIGURE.fps == 1.5
    assert FIGURE.mp_per_s == pytest.approx(3 * 400 * 800 / 2 / 1e6)
    assert FIGURE.gflops == pytest.approx(2 * 1e6 * 3 * 100 * 200 / 2 / 1e9)
    assert FIGURE.share == pytest.approx(60 / 240)


def test_table_stands_in_columns() -> None:
    report = TextReport(WORKLOAD, 8)
    heading = report.opening().splitlines()[-1]
    line = report.line(FIGURE)
    assert len(heading) == len(line)
    assert line.split() == ["srgan", "cpu", "bf16", "16", "auto", "images", "1.50", "0.48", "60.0", "240.0", "0.25"] + [
        "2.50",
        "GB",
    ]


def test_what_is_unknown_is_a_dash_or_null() -> None:
    blind = replace(FIGURE, multiply_adds=None, memory_bytes=None)
    assert TextReport(WORKLOAD, 8).line(blind).split().count("-") == 3
    facts = json.loads(JsonReport(WORKLOAD).line(blind))
    assert facts["gflops"] is None and facts["share_of_peak"] is None and facts["memory_bytes"] is None


def test_json_holds_what_the_table_holds() -> None:
    report = JsonReport(WORKLOAD)
    opening = json.loads(report.opening())
    assert (opening["event"], opening["height_px"], opening["width_px"], opening["runs"]) == ("machine", 100, 200, 3)
    facts = json.loads(report.line(FIGURE))
    assert facts["event"] == "figure" and facts["seconds"] == [9.0, 2.0, 1.0]
    assert (facts["tile"], facts["batch"], facts["dtype"]) == (16, None, "bf16")


@pytest.mark.parametrize(("lacking", "word"), [(True, "skipped"), (False, "failed")])
def test_a_gap_says_why(*, lacking: bool, word: str) -> None:
    gap = Gap(CASE, "video", "no encoder here", lacking)
    assert f"{word}: no encoder here" in TextReport(WORKLOAD, 8).line(gap)
    facts = json.loads(JsonReport(WORKLOAD).line(gap))
    assert (facts["event"], facts["reason"], facts["what"]) == (word, "no encoder here", "video")
