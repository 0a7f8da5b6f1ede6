"""What is printed."""

import json
import math
from pathlib import Path

from upscale.evaluate.folders import Folders
from upscale.evaluate.protocol import Failure, Protocol, Row, Run
from upscale.evaluate.report import Conditions, JsonReport, TextReport, comparison, reasons

PROTOCOL = Protocol(4, ("psnr", "ssim", "lpips"), "folder")
FOLDERS = Folders(Path("Set5/HR"), Path("Set5/LRx4"))
CONDITIONS = Conditions("bicubic", "cpu float32", PROTOCOL, FOLDERS, {"lpips": "put FILE there"})
ROWS = (Row("baby.png", {"psnr": 31.777, "ssim": 0.85666}), Row("x.png", {"psnr": math.inf, "ssim": 1.0}))
RUN = Run("bicubic", PROTOCOL, ROWS, (Failure("broken.png", "damaged"),))


def test_columns_stand_below_their_names() -> None:
    report = TextReport(CONDITIONS, 20)
    title, protocol, folders, names = report.opening().splitlines()
    assert (title, protocol, folders) == ("bicubic x4, cpu float32", str(PROTOCOL), str(FOLDERS))
    for line in (report.line(ROWS[0]), report.closing(RUN).strip("\n")):
        assert len(line) == len(names)
    assert report.line(ROWS[0]).split() == ["baby.png", "31.78", "0.8567", "-"]
    assert report.line(RUN.failures[0]).split() == ["broken.png", "failed"]
    assert report.closing(RUN).startswith("mean of 2 of 3 ")
    assert report.closing(RUN).split()[-1] == "-"


def test_mean_of_nothing_is_dashes() -> None:
    nothing = Run("bicubic", PROTOCOL, (), RUN.failures)
    assert TextReport(CONDITIONS, 20).closing(nothing).split() == ["mean", "of", "0", "of", "1", "-", "-", "-"]


def test_json_lines_are_strict_and_whole() -> None:
    report = JsonReport(CONDITIONS)
    results: list[Row | Failure] = [*ROWS, *RUN.failures]
    lines = [report.opening(), *(report.line(result) for result in results), report.closing(RUN)]
    events = [json.loads(line, parse_constant=lambda word: f"not JSON: {word}") for line in lines]
    assert [event["event"] for event in events] == ["protocol", "score", "score", "failed", "mean"]
    assert (events[0]["hr"], events[0]["lr"]) == ("Set5/HR", "Set5/LRx4")
    assert events[1]["psnr"] == 31.777
    assert events[2]["psnr"] is None
    assert events[3]["error"] == "damaged"
    assert (events[4]["pictures"], events[4]["failed"], events[4]["protocol"]) == (2, 1, str(PROTOCOL))
    assert [events[index]["lpips"] for index in (1, 2, 4)] == [None] * 3
    assert events[0]["unavailable"] == events[4]["unavailable"] == {"lpips": "put FILE there"}


def test_comparison_has_a_line_a_model() -> None:
    other = Run("srgan_long_name", PROTOCOL, ROWS[:1], ())
    lines = comparison([RUN, other]).splitlines()
    assert [line.split()[0] for line in lines] == ["model", "bicubic", "srgan_long_name"]
    assert len({len(line) for line in lines}) == 1


def test_reasons_have_a_line_a_metric() -> None:
    words = reasons({"lpips": "put FILE there", "ma": "no"})
    assert words.splitlines() == ["- lpips is unavailable: put FILE there", "- ma is unavailable: no"]
