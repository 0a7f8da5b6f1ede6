"""Settings from recipes and flags: which wins, what WGANs bring along, and what messages call them."""

from pathlib import Path
from typing import Any

import pytest
import torch
from upscale.train.config import TrainConfig, configure, read_recipe, recipes

from upscale.errors import UsageError

PLACES = {"data": Path("hr"), "out": Path("out.safetensors")}
GAN = {"losses": {"l1": 1.0, "gan": 1e-3}}


def configured(settings: dict[str, Any], flags: dict[str, Any]) -> TrainConfig:
    return configure(PLACES | settings, flags, "recipe mine.toml")


@pytest.mark.parametrize(
    ("objective", "settings"),
    [
        ("wgan", (5e-5, (0.0, 0.99), 5)),
        ("wgan-gp", (1e-4, (0.0, 0.9), 5)),
        ("wgan-qc", (1e-4, (0.5, 0.999), 1)),
        ("hinge", (1e-4, (0.9, 0.99), 1)),
    ],
)
def test_an_objective_brings_its_papers_settings(objective: str, settings: tuple[object, ...]) -> None:
    for config in (
        configured(GAN, {"gan": {"objective": objective}}),
        configured(GAN | {"gan": {"objective": objective}}, {}),
    ):
        assert (config.gan.learning_rate, config.gan.betas, config.gan.d_steps) == settings


def test_a_recipe_of_a_wgan_and_flags_come_before_the_paper() -> None:
    recipe = GAN | {"gan": {"objective": "wgan-gp", "learning_rate": 3e-4, "d_steps": 2, "penalty": 1.0}}
    gan = configured(recipe, {"gan": {"d_steps": 3}}).gan
    assert (gan.learning_rate, gan.betas, gan.d_steps, gan.penalty) == (3e-4, (0.0, 0.9), 3, 1.0)


@pytest.mark.parametrize("flags", [{}, {"gan": {"objective": "wgan"}}], ids=["alone", "overridden"])
def test_an_objective_that_is_no_word_is_told_as_the_recipes(flags: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^gan.objective = \['wgan'\] in recipe mine.toml is not a setting"):
        configured(GAN | {"gan": {"objective": ["wgan"]}}, flags)


@pytest.mark.parametrize(
    ("gan", "weight"),
    [({"objective": "wgan-gp"}, 10.0), ({"objective": "wgan-gp", "penalty": 0.0}, 0.0), ({}, 0.0)],
    ids=str,
)
def test_the_weight_of_a_penalty_is_its_papers_unless_it_is_told(gan: dict[str, Any], weight: float) -> None:
    assert configured(GAN | {"gan": gan}, {}).gan.penalty_weight == weight


@pytest.mark.parametrize("name", [name for name in recipes() if "gan" in read_recipe(name).get("losses", {})])
def test_a_flag_turns_any_shipped_gan_into_the_papers_wgan(name: str) -> None:
    """What the recipe says of its optimiser it says of another game."""
    gan = configured(read_recipe(name), {"gan": {"objective": "wgan-gp", "norm": "instance"}}).gan
    assert (gan.learning_rate, gan.betas, gan.d_steps) == (1e-4, (0.0, 0.9), 5)


def test_another_game_of_the_same_kind_keeps_the_recipes_optimiser() -> None:
    recipe = GAN | {"gan": {"learning_rate": 3e-4}}
    assert configured(recipe, {"gan": {"objective": "ragan"}}).gan.learning_rate == 3e-4


def test_adam_without_momentum_is_rmsprop_but_for_its_start() -> None:
    """What stands for WGAN's optimiser: a step of the one is that of the other, times sqrt(1 - 0.99^t)."""
    one, other = (torch.nn.Parameter(torch.zeros(5)) for _ in range(2))
    adam = torch.optim.Adam([one], 1e-3, betas=(0.0, 0.99), eps=1e-12)
    rmsprop = torch.optim.RMSprop([other], 1e-3, alpha=0.99, eps=1e-12)
    for step in range(1, 6):
        before = one.detach().clone(), other.detach().clone()
        one.grad = torch.randn(5)
        other.grad = one.grad.clone()
        adam.step()
        rmsprop.step()
        expected = (other - before[1]) * (1 - 0.99**step) ** 0.5
        torch.testing.assert_close(one - before[0], expected, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": 0}, "batch 0: expected a whole number from 1 to 65536"),
        ({"batch": "many"}, "batch many: expected a whole number"),
        ({"ema": 2.0}, "ema 2: expected a number from 0 to 1"),
        ({"learning_rate": 0.0}, "learning-rate 0: expected a number above 0, up to 1"),
        ({"best": "pnsr"}, r"best pnsr \(did you mean psnr\?\): choose among psnr, niqe"),
        ({"batch": 10, "accumulate": 3}, "batch 10 cannot be taken in 3 equal parts"),
        ({"degrade": "reel"}, r"degrade reel: 'reel' is unknown \(did you mean real\?\)"),
        (GAN | {"gan": {"norm": "bacth"}}, "d-norm bacth.*did you mean batch"),
        (GAN | {"gan": {"objective": "hinge", "real_label": 0.9}}, "label-smoothing 0.9 does not go with hinge"),
        (GAN | {"gan": {"objective": "wgan", "unroll": 2}}, "unroll 2 does not go with wgan"),
        (GAN | {"gan": {"objective": "wgan", "skip_above": 0.8}}, "skip-d 0.8 does not go with wgan"),
        (GAN | {"gan": {"objective": "wgan-gp", "norm": "batch"}}, "d-norm batch does not go with wgan-gp"),
        (GAN | {"gan": {"objective": "wgan-gp", "kernels": 5}}, "kernels 5 does not go with wgan-gp"),
        (GAN | {"batch": 1}, "batch 1 is too small for the discriminator's BatchNorm"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_called_by_its_flag_or_by_the_recipes_key(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=f"^--{said}"):
        configured({}, settings)
    with pytest.raises(UsageError, match="recipe mine.toml") as caught:
        configured(settings, {})
    keys = {*settings, *(f"gan.{key}" for key in settings.get("gan", {}))}
    assert any(f"{key} = " in str(caught.value) or "mine.toml: " in str(caught.value) for key in keys)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"losses": {"l9": 1.0}}, "unknown loss l9"),
        (GAN | {"gan": {"discriminator": "pached"}}, r"unknown discriminator 'pached' \(did you mean patch"),
        (GAN | {"gan": {"discriminator": "patch"}, "crop": 4}, "needs crops of 24 high-resolution pixels"),
        (GAN | {"gan": {"discriminator": "patch", "kernels": 5}}, "needs a dense layer"),
    ],
)
def test_a_mistake_in_a_recipe_is_told_with_its_name(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=f"^{said}|^the|^minibatch"):
        configured({}, settings)
    with pytest.raises(UsageError, match=f"^recipe mine.toml: .*{said}"):
        configured(settings, {})


def test_a_default_that_does_not_fit_is_called_one() -> None:
    with pytest.raises(UsageError, match=r"^--batch 16 \(the default\) cannot be taken in 3 equal parts"):
        configured({}, {"accumulate": 3})


def test_what_has_no_flag_is_called_by_its_key() -> None:
    with pytest.raises(UsageError, match=r"^betas = \[2, 0\] in recipe mine.toml: expected a number from 0 to 1"):
        configured({"betas": [2, 0]}, {})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no.toml", "recipe no.toml does not exist; shipped are deck-srgan"),
        ("srgam.toml", r"recipe srgam.toml does not exist \(did you mean srgan\?\); shipped are"),
        ("here.toml", "cannot read recipe here.toml: is a directory"),
        ("noise.toml", "recipe noise.toml is no text file"),
        ("wrong.toml", "recipe wrong.toml: unknown setting gan.objektive .did you mean objective"),
        ("table.toml", "recipe table.toml: gan must be a table"),
    ],
)
def test_recipes_that_cannot_be_read_get_a_plain_sentence(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.toml").mkdir()
    Path("noise.toml").write_bytes(b"\xff\xfe\xfa")
    Path("wrong.toml").write_text("[gan]\nobjektive = 'hinge'\n")
    Path("table.toml").write_text("gan = 3\n")
    with pytest.raises(UsageError, match=said):
        read_recipe(name)
