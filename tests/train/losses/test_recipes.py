"""The shipped recipes: each is complete, and holds its paper's numbers in our units."""

from pathlib import Path

import pytest
import torch
from upscale.train.config import TrainConfig, configure, read_recipe, recipes
from upscale.train.losses.content import build_content

from upscale.models.catalog import load_network
from upscale.models.checkpoint import build

PAPERS = (
    "srcnn", "srcnn-vgg", "espcn", "srresnet", "srresnet-mse", "srresnet-vgg22", "srgan", "srgan-mse", "srgan-vgg22",
    "srgan-vgg54", "srgan-tv", "deck-srgan", "esrgan-style", "real", "srresnet-light", "srgan-real",
)  # fmt: skip


def config_of(name: str) -> TrainConfig:
    return configure(read_recipe(name) | {"data": Path("hr"), "out": Path("out.safetensors")}, {})


def test_all_are_there() -> None:
    assert recipes().keys() == set(PAPERS)


@pytest.mark.parametrize("name", PAPERS)
def test_each_makes_a_run(name: str) -> None:
    config = config_of(name)
    assert config.model == name
    network = build(config.architecture, {"scale": config.scale, **config.network})
    if "gan" in config.losses:  # starts from the shipped SRResNet: all of it must fit
        shipped = load_network("srresnet", config.scale).state_dict()
        assert {key: value.shape for key, value in network.state_dict().items()} == {
            key: value.shape for key, value in shipped.items()
        }


def test_pixels_of_the_papers_are_those_of_minus_1_to_1() -> None:
    """One loss of theirs, computed their way, is one of ours."""
    sr, hr = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    theirs = ((2 * sr - 1) - (2 * hr - 1)).square().mean()
    for name in ("srgan-mse", "deck-srgan"):
        weight = config_of(name).losses["mse"]
        total, _ = build_content({"mse": weight}, None, torch.device("cpu"), on_luma=False).measure(sr, hr)
        assert total.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_features_that_are_not_divided_weigh_12_75_times_as_much() -> None:
    assert config_of("esrgan-style").losses == {"l1": 0.01, "vgg54-pre-l1": pytest.approx(1 * 12.75), "gan": 0.005}
    real = config_of("real").losses
    depths = ("vgg12", "vgg22", "vgg34", "vgg44", "vgg54")
    assert [real[f"{depth}-pre-l1"] / 12.75 for depth in depths] == pytest.approx([0.1, 0.1, 1, 1, 1])


def test_the_deck_crops_384_pixels_for_a_pooled_discriminator() -> None:
    config = config_of("deck-srgan")
    assert config.crop * config.scale == 384 and config.gan.discriminator == "pooled"
