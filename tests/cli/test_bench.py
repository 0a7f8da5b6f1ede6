"""`upscale bench` as a user meets it: exit codes, the table, the events."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from torch import nn

from upscale.cli.app import main
from upscale.models.checkpoint import save_network
from upscale.models.espcn import Espcn, EspcnConfig


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """`upscale bench` on tiny pictures, in this process, through the real error boundary."""

    def run(*words: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["upscale", "bench", "--size", "32x24", "--runs", "1", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(str(stop.code or 0))
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run


def test_table_has_a_row_for_every_figure(bench: Callable[..., Run]) -> None:
    run = bench("-m", "espcn", "--device", "cpu")
    assert run.code == 0, run.err
    heading, *rows = [line.split() for line in run.out.splitlines()[3:]]
    assert heading[:6] == ["model", "device", "dtype", "tile", "batch", "what"]
    assert [row[5] for row in rows] == ["network", "images", "video"]
    assert all(row[:2] == ["espcn", "cpu"] and float(row[6]) > 0 for row in rows)


def test_options_multiply(bench: Callable[..., Run]) -> None:
    choices = ("-m", "nearest", "-m", "bicubic", "--tile", "auto", "--tile", 16, "--batch", 2)
    run = bench("--what", "network", "--device", "cpu", "--json", *choices)
    assert run.code == 0, run.err
    opening, *figures = run.events()
    assert opening["event"] == "machine"
    asked = [(figure["model"], figure["tile"], figure["batch"]) for figure in figures]
    assert asked == [("nearest", None, 2), ("nearest", 16, 2), ("bicubic", None, 2), ("bicubic", 16, 2)]
    for figure in figures:
        assert figure["event"] == "figure" and figure["pieces"] == 2
        assert (figure["height_px"], figure["width_px"], figure["scale"]) == (24, 32, 4)


def test_one_part_alone_and_its_rates_fit_together(bench: Callable[..., Run]) -> None:
    _, figure = bench("-m", "espcn_x2", "--what", "images", "--device", "cpu", "--json").events()
    assert figure["what"] == "images" and figure["scale"] == 2
    (seconds,) = figure["seconds"]
    fps, rate, gflops = (float(str(figure[name])) for name in ("fps", "mp_per_s", "gflops"))
    assert fps == pytest.approx(figure["pieces"] / seconds, rel=1e-3)
    assert rate == pytest.approx(fps * 48 * 64 / 1e6, rel=1e-3)
    assert gflops / float(str(figure["peak_gflops"])) == pytest.approx(figure["share_of_peak"], rel=1e-3)


def test_a_device_that_is_not_there_is_named_and_skipped(bench: Callable[..., Run]) -> None:
    run = bench("-m", "nearest", "--what", "network", "--device", "cuda:99", "--device", "cpu", "--json")
    assert run.code == 0, run.err
    assert [event["event"] for event in run.events()] == ["machine", "skipped", "figure"]
    assert "cuda:99" in str(run.events()[1]["reason"])


def test_nothing_but_missing_devices_is_exit_3(bench: Callable[..., Run]) -> None:
    run = bench("-m", "nearest", "--device", "cuda:99")
    assert run.code == 3
    assert run.out.count("skipped: ") == 3 and "cuda:99" in run.err


def test_a_missing_encoder_is_named_and_skipped(bench: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upscale.bench.video._CODEC", "no_such_codec")
    run = bench("-m", "nearest", "--device", "cpu", "--json")
    assert run.code == 0, run.err
    assert [event["event"] for event in run.events()] == ["machine", "figure", "figure", "skipped"]
    assert "no_such_codec" in str(run.events()[3]["reason"])


def test_a_network_that_fails_is_told_and_the_others_are_measured(bench: Callable[..., Run], tmp_path: Path) -> None:
    network = Espcn(EspcnConfig(2))
    nn.init.constant_(network.subpixels.weight, 3e38)  # finite, but not what it gives
    save_network(network, tmp_path / "overflowing.safetensors")
    choices = ("-m", tmp_path / "overflowing.safetensors", "-m", "nearest", "--device", "cpu", "--dtype", "fp32")
    run = bench("--what", "network", "--json", *choices)
    assert run.code == 1 and "1 of 2 measurements failed" in run.err
    assert [event["event"] for event in run.events()] == ["machine", "failed", "figure"]


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "nobody"),
        ("--device", "toaster"),
        ("--dtype", "fp7"),
        ("--tile", "some"),
        ("--batch", "0"),
        ("--what", "audio"),
        ("--size", "32"),
        ("--size", "0x24"),
        ("--size", "100000x100000"),
        ("--runs", "0"),
    ],
)
def test_unknown_words_are_exit_2_before_anything_is_measured(
    bench: Callable[..., Run], words: tuple[str, str]
) -> None:
    run = bench(*words)
    assert run.code == 2
    assert run.out == "" and (words[0] in run.err or words[1] in run.err)
