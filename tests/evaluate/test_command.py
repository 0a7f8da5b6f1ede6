"""`upscale eval` as a user runs it."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from upscale.cli.app import app, main
from upscale.evaluate.measuring import measure
from upscale.evaluate.pictures import read_rgb
from upscale.evaluate.protocol import Protocol
from upscale.imresize import imresize, imresize_float

ON_CPU = ("--device", "cpu", "--dtype", "fp32")


def _smooth(height: int, width: int, seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture
def originals(tmp_path: Path) -> Path:
    folder = tmp_path / "HR"
    folder.mkdir()
    _smooth(64, 60, 1).save(folder / "even.png")
    _smooth(45, 50, 2).save(folder / "odd.png")
    _smooth(40, 40, 3).convert("L").save(folder / "gray.png")
    return folder


def _eval(*arguments: str | Path | int) -> Result:
    return CliRunner().invoke(app, ["eval", *map(str, arguments), *ON_CPU])


def _events(*arguments: str | Path | int) -> list[dict[str, Any]]:
    result = _eval(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@dataclass(frozen=True)
class Ending:
    code: int
    stdout: str
    stderr: str


@pytest.fixture
def end_of(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ending]:
    """Run the command to its exit, errors turned into messages and all."""

    def run(*arguments: str | Path | int) -> Ending:
        monkeypatch.setattr("sys.argv", ["upscale", "eval", *map(str, arguments), *ON_CPU])
        with pytest.raises(SystemExit) as ended:
            main()
        return Ending(int(ended.value.code or 0), *capfd.readouterr())

    return run


def test_table_has_the_protocol_every_picture_and_the_mean(originals: Path) -> None:
    result = _eval("--model", "bicubic", "--data", originals, "--scale", 2)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "bicubic x2, cpu float32"
    assert lines[1] == str(Protocol(2, ("psnr", "ssim"), "matlab-bicubic"))
    assert lines[2] == f"originals: {originals}; low resolutions: made of them by matlab-bicubic"
    assert [line.split()[0] for line in lines[3:8]] == ["picture", "even.png", "gray.png", "odd.png", "mean"]


def test_scores_are_those_of_an_enlargement_made_by_hand(originals: Path) -> None:
    events = _events("--model", "bicubic", "--data", originals / "odd.png", "--scale", 2)
    hr = read_rgb(originals / "odd.png")[:44, :50]
    enlarged = imresize_float(imresize(hr, 0.5).astype(np.float64), 2, border="clamp")
    sr = np.clip(np.rint(enlarged), 0, 255).astype(np.uint8)
    expected = measure(sr, hr, Protocol(2, ("psnr", "ssim"), "matlab-bicubic"))
    assert events[1]["psnr"] == pytest.approx(expected["psnr"], abs=0.01)
    assert events[1]["ssim"] == pytest.approx(expected["ssim"], abs=1e-4)


def test_low_resolution_files_are_used_and_named_in_the_protocol(originals: Path, tmp_path: Path) -> None:
    lr = tmp_path / "LRx2"
    lr.mkdir()
    for path in originals.iterdir():
        pixels = read_rgb(path)
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        Image.fromarray(imresize(even, 0.5)).save(lr / f"{path.stem}x2.png")
    arguments = ("--model", "bicubic", "--data", originals, "--scale", 2)
    made, given = _events(*arguments), _events(*arguments, "--lr", lr)
    assert made[1:-1] == given[1:-1]
    assert given[-1]["protocol"].endswith("lr=folder")
    assert made[-1]["protocol"].endswith("lr=matlab-bicubic")


def test_a_set_is_taken_with_its_low_resolutions(originals: Path) -> None:
    lr = originals.parent / "LRx2"
    lr.mkdir()
    for path in originals.iterdir():
        pixels = read_rgb(path)
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        Image.fromarray(imresize(even, 0.5)).save(lr / f"{path.stem}x2.png")
    arguments = ("--model", "bicubic", "--scale", 2)
    by_name, whole = (_events(*arguments, "--data", data) for data in (originals, originals.parent))
    assert by_name[1:4] == whole[1:4]
    assert (whole[0]["hr"], whole[0]["lr"]) == (str(originals), str(lr))
    assert by_name[0]["lr"] is None


def test_rgb_and_exponents_are_measured_as_said(originals: Path) -> None:
    path = originals / "even.png"
    arguments = ("-m", "nearest", "-s", 2, "--data", path, "--channels", "rgb", "--ssim-exponents", "1,0.5,0.3")
    score = _events(*arguments, "--metrics", "psnr,ssim,lr_psnr,drift")[1]
    hr = read_rgb(path)
    sr = imresize(hr, 0.5).repeat(2, 0).repeat(2, 1)
    error = np.square(sr[2:-2, 2:-2].astype(np.float64) - hr[2:-2, 2:-2]).mean()
    assert score["psnr"] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-9)
    protocol = Protocol(2, ("ssim", "lr_psnr", "drift"), "matlab-bicubic", "rgb", ssim_exponents=(1, 0.5, 0.3))
    assert {name: score[name] for name in protocol.metrics} == pytest.approx(measure(sr, hr, protocol))
    gray = [_events(*arguments[:4], "--data", originals / "gray.png", *rest)[1] for rest in ((), arguments[6:8])]
    assert gray[0]["psnr"] - gray[1]["psnr"] == pytest.approx(20 * np.log10(255 / 219), abs=1e-9)


def test_a_table_is_written_beside_what_is_printed(originals: Path, tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    events = _events("-m", "nearest,bicubic", "--data", originals, "-s", 2, "--csv", target)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    printed = [event for event in events if event["event"] in ("score", "mean")]
    assert [(row["model"], float(row["psnr"]), float(row["ssim"])) for row in rows] == [
        (event["model"], event["psnr"], event["ssim"]) for event in printed
    ]
    assert {row["protocol"] for row in rows} == {events[0]["protocol"]}


def test_what_is_unavailable_has_a_dash_a_reason_and_exit_code_3(
    originals: Path, tmp_path: Path, end_of: Callable[..., Ending], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    arguments = ("-m", "nearest,bicubic", "--data", originals, "-s", 2, "--metrics", "psnr,lpips,pi")
    ending = end_of(*arguments, "--csv", tmp_path / "scores.csv")
    assert ending.code == 3
    assert "lpips, pi could not be measured here" in ending.stderr
    rows = [line.split() for line in ending.stdout.splitlines() if line.startswith(("even", "mean", "nearest  "))]
    assert len(rows) == 5 and all(row[-2:] == ["-", "-"] for row in rows)
    assert ending.stdout.count("lpips is unavailable") == 1
    assert "alexnet-owt-7be5be79.pth (from https://" in ending.stdout
    assert f"into {tmp_path / 'hub' / 'checkpoints'}" in ending.stdout
    with (tmp_path / "scores.csv").open(newline="") as file:
        assert {(row["lpips"], row["pi"]) for row in csv.DictReader(file)} == {("", "")}
    ending = end_of(*arguments, "--json")
    scores = [json.loads(line) for line in ending.stdout.splitlines()]
    assert [event["lpips"] for event in scores if event["event"] == "score"] == [None] * 6
    assert all("checkpoints" in event["unavailable"]["lpips"] for event in scores if event["event"] == "mean")


def test_several_models_are_compared(originals: Path) -> None:
    result = _eval("--model", "nearest,bicubic", "--data", originals, "--scale", 4)
    table = result.stdout.splitlines()[-3:]
    assert [line.split()[0] for line in table] == ["model", "nearest", "bicubic"]
    assert float(table[1].split()[1]) < float(table[2].split()[1])  # on smooth pictures


def test_a_bad_picture_fails_alone(originals: Path, end_of: Callable[..., Ending]) -> None:
    (originals / "broken.png").write_text("no picture")
    ending = end_of("--model", "nearest", "--data", originals, "--scale", 2, "--json")
    events = [json.loads(line) for line in ending.stdout.splitlines()]
    assert ending.code == 1
    assert [event["event"] for event in events] == ["protocol", "failed", "score", "score", "score", "mean"]
    assert "broken.png" in ending.stderr
    assert "1 of 4 pictures" in ending.stderr


def test_a_failure_is_told_once_and_names_the_file_once(originals: Path, end_of: Callable[..., Ending]) -> None:
    (originals / "bro\nken.png").write_text("no picture")
    ending = end_of("--model", "nearest,bicubic", "--data", originals, "--scale", 2)
    assert ending.stderr.count("ken.png") == 1
    assert ending.stdout.count("bro\\nken.png") == 2 and "bro\nken" not in ending.stdout


def test_files_that_are_no_pictures_by_their_names_are_told(originals: Path, end_of: Callable[..., Ending]) -> None:
    (originals / "scan.psd").touch()
    (originals / ".hidden").touch()
    ending = end_of("--model", "nearest", "--data", originals, "--scale", 2)
    assert ending.code == 0
    assert ending.stderr.strip() == "upscale: not scored, for their names are no pictures': scan.psd"


def test_niqe_of_small_pictures_fails_with_the_reason(originals: Path, end_of: Callable[..., Ending]) -> None:
    ending = end_of("-m", "nearest", "--data", originals, "-s", 2, "--metrics", "psnr,niqe")
    assert ending.code == 1
    assert "mean of 0 of 3" in ending.stdout
    assert "2 blocks of 96 x 96" in ending.stderr


def test_low_resolution_files_of_the_wrong_size_fail(originals: Path, tmp_path: Path) -> None:
    arguments = ("--model", "nearest", "--data", originals, "--lr", originals, "--scale", 2)
    result = _eval(*arguments)
    assert result.exit_code == 1
    assert result.stdout.count("failed") == 3
    assert "needs 30 x 32" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metrics", "lpip"), "did you mean lpips"),
        (("--ssim-exponents", "1,2"), "three numbers"),
        (("--ssim-exponents", "1,2,-1"), "0 or more"),
        (("--ssim", "daala", "--channels", "rgb"), "luma"),
        (("--channels", "lab"), "--channels"),
        (("--csv", "no/such/folder.csv"), "no folder"),
        (("--csv", "scores.txt"), "ends in .csv"),
        (("--model", "nearest,"), "--model 'nearest,' has an empty name"),
        (("--model", "nearest,gone.safetensors"), "gone.safetensors"),
        (("--lr", "nowhere"), "cannot list nowhere"),
        (("--scale", "1"), "--scale"),
        (("--scale", "2.5"), "--scale"),
        (("--tile", "x"), "--tile x"),
    ],
)
def test_wrong_usage_is_exit_2_before_any_score(
    originals: Path, arguments: tuple[str, ...], message: str, end_of: Callable[..., Ending]
) -> None:
    base = ("--data", originals, *(() if "--model" in arguments else ("--model", "nearest")))
    ending = end_of(*base, *arguments)
    assert ending.code == 2
    assert ending.stdout == ""
    assert message in ending.stderr


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "scale", "expected"),
    [("Set5", 2, 33.67), ("Set5", 4, 28.43), ("Set14", 2, 30.33), ("Set14", 4, 26.09)],
)
def test_the_bicubic_model_reaches_the_published_figures(
    data_folder: Path, name: str, scale: int, expected: float
) -> None:
    folder = data_folder / "test" / name
    lr = folder / f"LRx{scale}"
    mean = _events("-m", "bicubic", "--data", folder / "HR", "--lr", lr, "-s", scale)[-1]
    assert mean["psnr"] == pytest.approx(expected, abs=0.01)


@pytest.mark.data
def test_baboon_alone_by_every_metric(data_folder: Path) -> None:
    path = data_folder / "test/Set14/HR/baboon.png"
    mean = _events("-m", "bicubic", "--data", path, "-s", 4, "--metrics", "psnr,ssim,niqe")[-1]
    assert mean["pictures"] == 1
    assert mean["niqe"] > 5.73  # that of the original


def test_a_plane_is_drawn_and_what_it_lacks_is_said_first(tmp_path: Path, end_of: Callable[..., Ending]) -> None:
    _smooth(240, 240, 4).save(tmp_path / "large.png")
    target = tmp_path / "plane.png"
    arguments = ("-m", "nearest,bicubic", "--data", tmp_path / "large.png", "-s", 2, "--plot", target)
    refused = end_of(*arguments)
    assert refused.code == 2 and "add niqe to --metrics" in refused.stderr and refused.stdout == ""
    assert end_of(*arguments, "--metrics", "psnr,niqe").code == 0
    with Image.open(target) as drawn:
        assert drawn.format == "PNG" and drawn.width > 400


@pytest.mark.parametrize("option", ["--csv", "--plot"])
def test_a_picture_that_is_compared_is_never_replaced(
    originals: Path, option: str, end_of: Callable[..., Ending]
) -> None:
    original = originals / "odd.png"
    content = original.read_bytes()
    ending = end_of("-m", "nearest", "--data", originals, "-s", 2, "--metrics", "psnr,niqe", option, original)
    assert (ending.code, ending.stdout) == (2, "")
    assert option in ending.stderr
    assert original.read_bytes() == content


def test_with_nothing_scored_an_older_plane_stays(
    originals: Path, tmp_path: Path, end_of: Callable[..., Ending]
) -> None:
    target = tmp_path / "plane.png"
    target.write_bytes(b"the plane of yesterday")
    ending = end_of("-m", "nearest", "--data", originals, "-s", 2, "--metrics", "psnr,niqe", "--plot", target)
    assert ending.code == 1
    assert f"{target} is not written" in ending.stderr
    assert target.read_bytes() == b"the plane of yesterday"
