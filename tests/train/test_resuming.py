"""What a run that goes on may do otherwise than it began: told, or refused by name."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from training import TINY, config_for, gan_config_for, run
from upscale.train.config import GanConfig
from upscale.train.results import best_path
from upscale.train.resuming import check_recipe
from upscale.train.saving import state_folder

from upscale.errors import UsageError
from upscale.models.catalog import load_network

PATCH = {"discriminator": "patch", "norm": "none"}


@pytest.fixture
def warned() -> Iterator[list[str]]:
    """What is logged as a warning."""
    told: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("upscale.train").addHandler(handler)
    yield told
    logging.getLogger("upscale.train").removeHandler(handler)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"network": {**TINY, "blocks": 2}}, "network"),
        ({"scale": 3}, "--scale"),
        ({"architecture": "espcn"}, "architecture"),
        ({"init": "srresnet"}, "--init"),
        ({"from_scratch": True}, "--from-scratch"),
    ],
    ids=str,
)
def test_what_the_network_was_made_from_cannot_change(
    photos: Path, tmp_path: Path, changes: dict[str, object], name: str
) -> None:
    run(config_for(photos, tmp_path / "out.safetensors"), stop_at=1)
    with pytest.raises(UsageError, match=f"^{name} cannot change in a run that goes on"):
        run(config_for(photos, tmp_path / "out.safetensors", **changes), resume=True)


@pytest.mark.parametrize(
    ("gan", "changes", "name"),
    [
        ({**PATCH, "discriminator": "patch+patch"}, {}, "--discriminator"),
        ({**PATCH, "norm": "instance"}, {}, "--d-norm"),
        ({"discriminator": "patch", "objective": "wgan-gp", "norm": "auto"}, {}, "--d-norm"),  # which it decides
        ({**PATCH, "discriminator": "dense"}, {"crop": 17}, "--crop"),
        ({**PATCH, "norm": "virtual"}, {"crop": 17}, "--crop"),
    ],
    ids=str,
)
def test_nor_can_the_discriminator(
    photos: Path, tmp_path: Path, gan: dict[str, object], changes: dict[str, object], name: str
) -> None:
    begun = gan if changes else PATCH
    run(gan_config_for(photos, tmp_path / "out.safetensors", begun), stop_at=1)
    with pytest.raises(UsageError, match=f"^{name} cannot change in a run that goes on"):
        run(gan_config_for(photos, tmp_path / "out.safetensors", gan, **changes), resume=True)


def test_a_discriminator_comes_and_goes_with_its_run(photos: Path, tmp_path: Path) -> None:
    config = gan_config_for(photos, tmp_path / "with.safetensors", dict(PATCH))
    run(config, stop_at=1)
    with pytest.raises(UsageError, match=r"began with a discriminator.*--init with\.best\.safetensors"):
        run(replace(config, losses={"l1": 1.0}), resume=True)
    without = replace(config, out=tmp_path / "without.safetensors", losses={"l1": 1.0})
    run(without, stop_at=1)
    with pytest.raises(UsageError, match="began without a discriminator"):
        run(replace(without, losses=config.losses), resume=True)


def test_what_can_change_is_applied_and_told(photos: Path, tmp_path: Path, warned: list[str]) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", best="niqe")
    run(config, stop_at=4)
    changed = replace(config, learning_rate=1e-5, losses={"mse": 1.0}, best="psnr", validate_every=1)
    report = run(changed, resume=True)[0].report
    assert report.learning_rate <= 1e-5 and report.losses.keys() == {"mse"}
    (told,) = [line for line in warned if line.startswith("changed since this run began")]
    assert "learning_rate 0.0005 -> 1e-05" in told and "losses {'l1': 1.0} -> {'mse': 1.0}" in told
    assert "validate_every" not in told


def test_another_number_of_parts_is_taken_and_else_what_memory_asked_for(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", batch=4)
    told = state_folder(config.out) / "run.json"
    run(config, stop_at=1)
    told.write_text(told.read_text().replace('"accumulate": 1', '"accumulate": 2', 1))
    run(config, resume=True, stop_at=2)
    assert json.loads(told.read_text())["accumulate"] == 2
    run(replace(config, accumulate=4), resume=True, stop_at=3)
    assert json.loads(told.read_text())["accumulate"] == 4
    run(config, resume=True, stop_at=4)
    assert json.loads(told.read_text())["accumulate"] == 1


def test_a_discriminators_settings_are_told_by_their_names(photos: Path, tmp_path: Path, warned: list[str]) -> None:
    config = gan_config_for(photos, tmp_path / "out.safetensors", dict(PATCH))
    run(config, stop_at=1)
    run(replace(config, gan=replace(config.gan, real_label=0.9)), resume=True)
    assert "changed since this run began: gan.real_label 1.0 -> 0.9" in warned


def test_the_best_network_is_sought_anew_by_another_figure(photos: Path, tmp_path: Path) -> None:
    """A NIQE lower than any PSNR must not keep the first network of a run that is judged by PSNR again."""
    config = config_for(photos, tmp_path / "out.safetensors", validate_every=1, learning_rate=1e-12)
    best = tmp_path / "out.best.safetensors"
    run(config, stop_at=2)
    best.unlink()
    run(replace(config, best="niqe"), resume=True, stop_at=3)
    run(config, resume=True, stop_at=4)
    assert best.exists()


def test_nothing_to_resume(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing to resume: .*out\.safetensors\.state does not exist"):
        run(config_for(photos, tmp_path / "out.safetensors"), resume=True)


def test_a_recipe_beside_resume_has_to_be_that_of_the_run(photos: Path, tmp_path: Path) -> None:
    config = gan_config_for(photos, tmp_path / "out.safetensors", dict(PATCH))
    check_recipe("mine.toml", replace(config, save_every=7), config)
    edited = {
        "learning_rate": replace(config, learning_rate=1e-3),
        "warmup": replace(config, warmup=9),
        "steps": replace(config, steps=900),
        "gan.d_steps": replace(config, gan=GanConfig(discriminator="patch", norm="none", d_steps=2)),
    }
    for key, recipe in edited.items():
        with pytest.raises(UsageError, match=rf"^recipe mine\.toml would change {key} of this run .*leave --recipe"):
            check_recipe("mine.toml", recipe, config)


def test_a_lone_picture_is_said_to_be_judged_by_nothing(photos: Path, tmp_path: Path, warned: list[str]) -> None:
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "one.png").write_bytes(min(photos.iterdir()).read_bytes())
    run(config_for(lone, tmp_path / "out.safetensors", steps=1))
    assert any("nothing is validated" in told for told in warned)


def test_the_best_on_other_pictures_is_another(photos: Path, tmp_path: Path) -> None:
    """A flat picture is enlarged almost without error: no photograph would ever be better."""
    flat = tmp_path / "flat"
    flat.mkdir()
    cv2.imwrite(str(flat / "flat.png"), np.full((64, 64, 3), 128, np.uint8))
    config = config_for(photos, tmp_path / "out.safetensors", val=flat, validate_every=1)
    run(config, stop_at=2)
    run(replace(config, val=photos), resume=True, stop_at=3)
    best = load_network(best_path(config.out)).spec
    assert best.steps == 3
