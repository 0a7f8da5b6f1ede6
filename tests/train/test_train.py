"""Training through its public face: exact resume, better pictures, honest refusals."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from upscale.train.config import TrainConfig, configure, read_recipe
from upscale.train.data import load_pictures
from upscale.train.losses.names import parse_losses
from upscale.train.run import Control, Progress, train
from upscale.train.saving import state_folder

from upscale.errors import TrainingError, UsageError
from upscale.models.catalog import load_network

TINY = {"blocks": 1, "channels": 8, "norm": "none"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten smooth random pictures of 64 x 72: small, and not all the same."""
    folder = tmp_path / "hr"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for index in range(10):
        coarse = Image.fromarray(generator.integers(0, 256, (8, 9, 3), np.uint8))
        coarse.resize((72, 64), Image.Resampling.BICUBIC).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def vgg(tmp_path: Path) -> Path:
    """A VGG16 of two maps a layer instead of 64 to 512, with random weights."""
    tensors, channels, layer = {}, 3, 0
    for count in (2, 2, 3, 3, 3):
        for _ in range(count):
            tensors[f"features.{layer}.weight"] = torch.randn(2, channels, 3, 3) * 0.5
            tensors[f"features.{layer}.bias"] = torch.zeros(2)
            channels, layer = 2, layer + 2
        layer += 1
    save_file(tensors, tmp_path / "vgg.safetensors")
    return tmp_path / "vgg.safetensors"


def config_for(photos: Path, out: Path, **changes: object) -> TrainConfig:
    settings: dict[str, object] = {
        "data": photos, "out": out, "model": "mine", "network": TINY, "scale": 2, "steps": 8, "batch": 2, "crop": 8,
        "warmup": 2, "validate_every": 4, "save_every": 3, "device": "cpu", "dtype": "fp32",
    }  # fmt: skip
    return configure(settings | {key: value for key, value in changes.items() if value is None}, changes)


def run(config: TrainConfig, *, resume: bool = False, stop_at: int | None = None) -> list[Progress]:
    progress: list[Progress] = []
    train(config, progress.append, Control(resume, stop_at))
    return progress


@pytest.mark.parametrize("adversarial", [False, True])
def test_resumed_equals_uninterrupted_bit_for_bit(photos: Path, vgg: Path, tmp_path: Path, adversarial: bool) -> None:
    changes: dict[str, object] = {}
    if adversarial:
        run(config_for(photos, tmp_path / "init.safetensors", steps=1))
        losses = {"l1": 1e-2, "vgg54": 1.0, "gan": 1e-3}
        changes = {"losses": losses, "vgg_weights": vgg, "init": str(tmp_path / "init.safetensors"), "steps": 6}
    straight = config_for(photos, tmp_path / "straight.safetensors", **changes)
    broken = config_for(photos, tmp_path / "broken.safetensors", **changes)
    run(straight)
    assert run(broken, stop_at=4)[-1].step == 4
    assert not broken.out.exists()
    run(broken, resume=True)
    one, other = load_file(straight.out), load_file(broken.out)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_state_files_stay_below_16_mib_and_large_tensors_come_back(photos: Path, vgg: Path, tmp_path: Path) -> None:
    """The dense discriminator's first layer alone is larger than a file may be."""
    run(config_for(photos, tmp_path / "init.safetensors", steps=1))
    config = config_for(
        photos, tmp_path / "out.safetensors", steps=2, crop=32, init=str(tmp_path / "init.safetensors"),
        losses={"l1": 1.0, "gan": 1e-3}, gan={"discriminator": "dense"},
    )  # fmt: skip
    run(config, stop_at=1)
    sizes = [path.stat().st_size for path in state_folder(config.out).iterdir()]
    assert max(sizes) < 16 * 2**20 < sum(sizes)
    assert run(config, resume=True)[-1].step == 2


def test_training_makes_better_pictures_than_it_began_with(photos: Path, tmp_path: Path) -> None:
    progress = run(
        config_for(photos, tmp_path / "out.safetensors", steps=200, crop=28, learning_rate=2e-3, validate_every=50)
    )
    scores = [item.psnr_y for item in progress if item.psnr_y is not None]
    assert scores[-1] > scores[0] + 3
    network = load_network(tmp_path / "out.safetensors")
    assert network.spec.name == "mine" and network.spec.scale == 2
    assert network.spec.scores["validation x2 PSNR-Y"] == pytest.approx(scores[-1], abs=1e-3)


def test_batch_norm_networks_train_and_reload(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", network={**TINY, "norm": "batch"})
    run(config)
    assert torch.isfinite(load_network(config.out)(torch.rand(1, 3, 8, 8))).all()


def test_warm_start_takes_what_fits_from_another_scale(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "x2.safetensors", steps=2))
    config = config_for(
        photos,
        tmp_path / "x3.safetensors",
        steps=1,
        scale=3,
        learning_rate=1e-12,
        init=str(tmp_path / "x2.safetensors"),
    )
    run(config)
    one, other = load_file(tmp_path / "x2.safetensors"), load_file(config.out)
    assert torch.allclose(one["blocks.0.conv1.weight"], other["blocks.0.conv1.weight"], atol=1e-6)


def test_minutes_become_steps(photos: Path, tmp_path: Path) -> None:
    """Sixty steps are timed; a budget below their own length ends there."""
    progress = run(config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=1e-6))
    assert progress[-1].step == progress[-1].total == 60


def test_minutes_interrupted_before_they_became_steps_are_timed_anew(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=1e-6)
    assert run(config, stop_at=30)[-1].total == 0
    resumed = run(config, resume=True)
    assert resumed[-1].step == resumed[-1].total == 90


def test_interruption_between_two_steps_resumes_bit_for_bit(photos: Path, tmp_path: Path) -> None:
    straight, broken = (config_for(photos, tmp_path / f"{name}.safetensors") for name in ("straight", "broken"))
    run(straight)
    asked = iter([False, False, True])
    with pytest.raises(KeyboardInterrupt):
        train(broken, lambda _: None, Control(interrupted=lambda: next(asked)))
    run(broken, resume=True)
    one, other = load_file(straight.out), load_file(broken.out)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_steps_that_are_not_finite_end_the_run_and_leave_the_last_state(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=100, losses={"l1": 5e8}, save_every=2)
    run(dataclasses.replace(config, losses={"l1": 1.0}), stop_at=2)
    state = state_folder(config.out)
    tensors = load_file(state / "network-0.safetensors")
    save_file({key: value * float("inf") for key, value in tensors.items()}, state / "network-0.safetensors")
    with pytest.raises(TrainingError, match="were not finite"):
        run(config, resume=True)
    assert not config.out.exists()
    assert json.loads((state / "run.json").read_text())["step"] <= 12


def test_a_state_half_swapped_is_found(photos: Path, tmp_path: Path) -> None:
    """The machine may die between the two renames of a save, and again at the next one."""
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config, stop_at=4)
    folder = state_folder(config.out)
    for suffix in (".old", ".part"):
        moved = folder.rename(folder.with_name(folder.name + suffix))
        assert run(config, resume=True, stop_at=5)[-1].step == 5 or moved
        run_json = json.loads((folder / "run.json").read_text())
        assert run_json["step"] == 5
        run_json["step"] = 4
        (folder / "run.json").write_text(json.dumps(run_json))


def test_resume_needs_no_initial_weights(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "init.safetensors", steps=1))
    config = config_for(photos, tmp_path / "out.safetensors", init=str(tmp_path / "init.safetensors"))
    run(config, stop_at=1)
    (tmp_path / "init.safetensors").unlink()
    assert run(config, resume=True)[-1].step == 8


def test_init_of_another_width_is_refused(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "init.safetensors", steps=1))
    config = config_for(
        photos, tmp_path / "out.safetensors", init=str(tmp_path / "init.safetensors"), network={**TINY, "channels": 16}
    )
    with pytest.raises(UsageError, match="of its weights fit"):
        run(config)


def test_pictures_below_val_are_not_trained_on(photos: Path, tmp_path: Path) -> None:
    held = photos / "val"
    held.mkdir()
    for name in ("1.png", "2.png"):
        (photos / name).rename(held / name)
    pictures = load_pictures(config_for(photos, tmp_path / "out.safetensors", val=held))
    assert {pair.name for pair in pictures.held} == {"1.png", "2.png"}
    assert not {pair.name for pair in pictures.training} & {"1.png", "2.png"}


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": "many"}, {"steps": 2.5}, {"lr": 0}, {"lr": float("nan")}, {"losses": 3}, {"losses": {"l1": "x"}},
        {"losses": {"l1": float("inf")}}, {"losses": {"l1": 0.0}}, {"minutes": float("inf")}, {"ema": 2}, {"device": 3},
        {"scale": 1}, {"seed": 2**70}, {"losses": {"l1": 1.0, "vgg54": 1.0}, "crop": 6}, {"gan": {"objective": "big"}},
    ],
    ids=str,
)  # fmt: skip
def test_settings_of_the_wrong_kind_are_named(settings: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        configure({"data": tmp_path, "out": tmp_path / "o.safetensors", "scale": 2, **settings}, {})


@pytest.mark.parametrize(
    "network",
    [{"blocks": -1}, {"channels": 0}, {"norm": "bacth"}, {"upsampling": "bilinear"}, {"depth": 3}, {"blocks": 10**6}],
    ids=str,
)
def test_networks_that_cannot_be_are_named(network: dict[str, object], photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot build srresnet"):
        run(config_for(photos, tmp_path / "out.safetensors", network=network))


def test_stopping_where_the_run_has_been_is_refused(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config, stop_at=4)
    with pytest.raises(UsageError, match="at step 4 already"):
        run(config, resume=True, stop_at=3)


def test_gan_from_scratch_is_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give --init"):
        run(config_for(photos, tmp_path / "out.safetensors", losses={"l1": 1.0, "gan": 1e-3}))


def test_state_of_another_network_is_refused(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "out.safetensors"), stop_at=1)
    with pytest.raises(UsageError, match="does not fit"):
        run(config_for(photos, tmp_path / "out.safetensors", network={**TINY, "channels": 16}), resume=True)


@pytest.mark.parametrize("name", ["srcnn", "espcn", "srresnet", "srgan"])
def test_shipped_recipes_are_valid(name: str, tmp_path: Path) -> None:
    config = configure(read_recipe(name) | {"data": tmp_path, "out": tmp_path / "o.safetensors"}, {"steps": 7})
    assert config.model == name and config.steps == 7


def test_wrong_recipes_and_losses_are_named(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("learning_rat = 1\n")
    with pytest.raises(UsageError, match=r"unknown setting learning_rat \(did you mean learning_rate"):
        read_recipe(str(recipe))
    with pytest.raises(UsageError, match="unknown recipe nosuch: choose espcn, srcnn"):
        read_recipe("nosuch")
    with pytest.raises(UsageError, match="not NAME=WEIGHT"):
        parse_losses("l1=much")
    with pytest.raises(UsageError, match="unknown loss l7"):
        configure({"data": tmp_path, "out": tmp_path}, {"losses": parse_losses("l7=1")})


def test_saved_run_is_readable_json(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config)
    told = json.loads((state_folder(config.out) / "run.json").read_text())
    assert told["step"] == 8 and told["settings"]["network"] == TINY
