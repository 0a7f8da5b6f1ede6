"""GAN training with every objective, discriminator and stabiliser: it moves both sides and resumes exactly."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from safetensors.torch import load_file
from training import are_equal, gan_config_for, run
from upscale.train import steps
from upscale.train.config import GanName
from upscale.train.saving import state_folder

from upscale.errors import UsageError


@pytest.mark.parametrize("objective", get_args(GanName))
def test_every_objective_moves_both_sides(photos: Path, tmp_path: Path, objective: str) -> None:
    gan: dict[str, object] = {"objective": objective, "norm": "instance", "discriminator": "patch"}
    config = gan_config_for(photos, tmp_path / "out.safetensors", gan, steps=2)
    state = state_folder(config.out)
    progress = run(config, stop_at=1)
    before = [load_file(state / f"{name}-0.safetensors") for name in ("network", "discriminator")]
    progress += run(config, resume=True)
    after = [load_file(state / f"{name}-0.safetensors") for name in ("network", "discriminator")]
    assert all(torch.isfinite(torch.tensor(list(item.report.losses.values()))).all() for item in progress)
    for one, other in zip(before, after, strict=True):
        assert all(not torch.equal(one[key], other[key]) for key in one if key.endswith("weight"))


@pytest.mark.parametrize(
    "gan",
    [
        {"discriminator": "pooled", "instance_noise": 0.1, "real_label": 0.9, "kernels": 4},
        pytest.param({"discriminator": "dense", "skip_above": 0.6}, marks=pytest.mark.slow),
        {"discriminator": "unet+patch@2", "norm": "spectral", "objective": "ragan"},
        {"discriminator": "patch", "norm": "instance", "objective": "wgan-gp", "d_steps": 2},
        {"discriminator": "patch", "norm": "none", "objective": "wgan-qc"},
        {"discriminator": "patch", "norm": "virtual"},
        {"discriminator": "patch", "norm": "none", "unroll": 2},
    ],
    ids=str,
)
def test_resumed_equals_uninterrupted_bit_for_bit(photos: Path, tmp_path: Path, gan: dict[str, object]) -> None:
    changes: dict[str, object] = {"steps": 3, "crop": 24 if "patch@2" in str(gan) else 16}  # patch@2 needs 48 pixels
    straight = gan_config_for(photos, tmp_path / "straight.safetensors", gan, **changes)
    broken = gan_config_for(photos, tmp_path / "broken.safetensors", gan, **changes)
    run(straight)
    run(broken, stop_at=2)
    run(broken, resume=True)
    assert are_equal(straight.out, broken.out)
    for name in ("discriminator-0.safetensors", "adam_d-0.safetensors"):
        assert are_equal(state_folder(straight.out) / name, state_folder(broken.out) / name)


def test_a_batch_in_parts_gives_the_step_of_the_whole(photos: Path, tmp_path: Path) -> None:
    gan: dict[str, object] = {"discriminator": "patch", "norm": "none", "instance_noise": 0.05}
    whole = gan_config_for(photos, tmp_path / "whole.safetensors", gan, batch=4)
    parts = gan_config_for(photos, tmp_path / "parts.safetensors", gan, batch=4, accumulate=2)
    told = [run(config)[-1].report.losses for config in (whole, parts)]
    assert told[1] == pytest.approx(told[0], rel=1e-3)
    one, other = load_file(whole.out), load_file(parts.out)
    assert all(torch.allclose(one[key], other[key], atol=1e-5) for key in one)


def test_feature_matching_takes_part(photos: Path, tmp_path: Path) -> None:
    losses = {"l1": 1.0, "gan": 1e-3, "fm": 1.0}
    config = gan_config_for(photos, tmp_path / "out.safetensors", {"discriminator": "patch"}, losses=losses)
    assert run(config)[-1].report.losses["fm"] > 0


def test_a_discriminator_that_wins_is_skipped_and_comes_back(photos: Path, tmp_path: Path) -> None:
    """Its weights stand still while it is skipped, and only then."""
    gan: dict[str, object] = {"discriminator": "patch", "norm": "none", "skip_above": 0.5, "learning_rate": 1e-4}
    config = gan_config_for(photos, tmp_path / "out.safetensors", gan, steps=30, save_every=1)
    stood_still: list[bool] = []
    run(config, stop_at=1)
    while stood_still[-2:] != [True, False]:
        step = len(stood_still) + 2
        before = load_file(state_folder(config.out) / "discriminator-0.safetensors")
        told = run(config, resume=True, stop_at=step)[-1].report.gradient_norms
        after = load_file(state_folder(config.out) / "discriminator-0.safetensors")
        stood_still.append(all(torch.equal(before[key], after[key]) for key in before))
        assert stood_still[-1] == ("discriminator" not in told)


def test_a_weight_of_0_is_no_discriminator(photos: Path, tmp_path: Path) -> None:
    config = gan_config_for(photos, tmp_path / "out.safetensors", {"norm": "none"}, losses={"l1": 1.0, "gan": 0.0})
    progress = run(config, stop_at=2)
    assert progress[-1].report.losses.keys() == {"l1"}
    assert not list(state_folder(config.out).glob("discriminator*"))
    assert run(replace(config, losses={"l1": 1.0}), resume=True)[-1].report.step == 4


def test_the_two_sides_do_not_share_gradients(photos: Path, tmp_path: Path) -> None:
    """With an adversarial weight that is lost in rounding the network learns as if there were no discriminator."""
    with_gan = gan_config_for(
        photos, tmp_path / "a.safetensors", {"discriminator": "patch"}, losses={"l1": 1.0, "gan": 1e-30}
    )
    without = gan_config_for(photos, tmp_path / "b.safetensors", {}, losses={"l1": 1.0})
    run(with_gan)
    run(without)
    assert are_equal(with_gan.out, without.out)


def test_unknown_words_are_named_with_the_near_match(photos: Path, tmp_path: Path) -> None:
    for gan, word in (
        ({"objective": "ragn"}, "ragan"),
        ({"discriminator": "unte"}, "unet"),
        ({"norm": "bacth"}, "batch"),
    ):
        with pytest.raises(UsageError, match=word):
            run(gan_config_for(photos, tmp_path / "out.safetensors", dict(gan)))


def test_where_memory_runs_out_only_that_turn_is_repeated(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The discriminator has had its turn; the run goes on with two parts a batch, as one that began so."""
    gan: dict[str, object] = {"discriminator": "patch", "norm": "none"}
    config = gan_config_for(photos, tmp_path / "out.safetensors", gan, batch=4, steps=1)
    parts = gan_config_for(photos, tmp_path / "parts.safetensors", gan, batch=4, steps=1, accumulate=2)
    run(parts)
    real, failed = steps.network_losses, []

    def once_out_of_memory(*arguments: Any) -> Any:  # noqa: ANN401
        if not failed:
            failed.append(True)
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(*arguments)

    monkeypatch.setattr(steps, "network_losses", once_out_of_memory)
    run(config)
    assert json.loads((state_folder(config.out) / "run.json").read_text())["accumulate"] == 2
    moments = load_file(state_folder(config.out) / "adam_d-0.safetensors")
    assert {float(value) for key, value in moments.items() if key.endswith("/step")} == {1.0}
    one, other = load_file(config.out), load_file(parts.out)
    assert all(torch.allclose(one[key], other[key], atol=1e-5) for key in one)
