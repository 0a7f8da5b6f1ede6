"""The weights that ship: complete, documented, and as good as their cards say."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from upscale.bench.arithmetic import multiply_adds
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.evaluate.pairs import find_pairs
from upscale.evaluate.protocol import Protocol, Row, Run
from upscale.evaluate.scoring import score_pairs
from upscale.models.catalog import load_network, shipped

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(shipped())
PROMISED = {f"{family}_x{scale}" for family in ("srcnn", "espcn", "srresnet") for scale in (2, 3, 4)} | {
    "srresnet-light_x4",
    "srgan_x2",
    "srgan_x4",
    "srgan-real_x4",
}


def test_all_promised_weights_ship_and_stay_small() -> None:
    assert set(NAMES) >= PROMISED
    assert sum(path.stat().st_size for path in shipped().values()) < 25e6


def test_light_network_takes_a_fifth_of_the_arithmetic() -> None:
    light, whole = (load_network(name).stages() for name in ("srresnet-light", "srgan"))
    assert light is not None and whole is not None
    assert multiply_adds(light) * 5 <= multiply_adds(whole)


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_contract_and_a_card_with_the_same_scores(name: str) -> None:
    spec = load_network(name).spec
    assert f"{spec.name}_x{spec.scale}" == name
    assert spec.licence and spec.trained_on and spec.radius is not None
    card = shipped()[name].with_suffix(".md").read_text()
    for score, value in spec.scores.items():
        assert f"| {score} | {value} |" in card
    for word in ("Command:", "Hardware:", "Licence:", "Trained on:"):
        assert word in card


@pytest.mark.parametrize("name", NAMES)
def test_the_results_page_is_of_this_file(name: str) -> None:
    remembered = json.loads((ROOT / "benchmarks" / "quality.json").read_text())[name]["file"]
    assert hashlib.sha256(shipped()[name].read_bytes()).hexdigest() == remembered, "run benchmarks/quality.py"


@pytest.mark.parametrize("name", NAMES)
def test_flat_colours_stay(name: str) -> None:
    """A network that tints what has no detail would shift every picture's colours."""
    network = load_network(name)
    for level in (0.1, 0.5, 0.9):
        with torch.inference_mode():
            sr = network(torch.full((1, 3, 96, 96), level))
        centre = sr[:, :, sr.shape[2] // 2, sr.shape[3] // 2]
        assert (centre - level).abs().max() < 0.02


@pytest.mark.data
@pytest.mark.parametrize("name", NAMES)
def test_set5_is_what_the_card_says(name: str, data_folder: Path) -> None:
    network = load_network(name)
    scale = network.spec.scale
    protocol = Protocol(scale, ("psnr",), "folder")
    set5 = data_folder / "test" / "Set5"
    pairs = find_pairs(set5 / "HR", set5 / f"LRx{scale}", scale)
    upscaler = Upscaler(network, UpscaleOptions(device="cpu", dtype="fp32"))
    rows = tuple(row for row in score_pairs(upscaler, ScalePlan((network,)), pairs, protocol) if isinstance(row, Row))
    measured = Run(name, protocol, rows, ()).means()["psnr"]
    assert measured == pytest.approx(network.spec.scores[f"Set5 x{scale} PSNR"], abs=0.01)
