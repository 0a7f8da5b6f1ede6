"""Training through its public face: exact resume, better pictures, honest refusals."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from training import TINY, are_equal, config_for, gan_config_for, run
from upscale.train.config import configure, read_recipe, recipes
from upscale.train.data.loading import load_pictures
from upscale.train.losses.names import parse_losses
from upscale.train.run import Control, Progress, train
from upscale.train.saving import state_folder

from upscale.errors import TrainingError, UsageError
from upscale.models.catalog import load_network


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
    assert run(broken, stop_at=4)[-1].report.step == 4
    assert not broken.out.exists()
    run(broken, resume=True)
    assert are_equal(straight.out, broken.out)


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
    assert run(config, resume=True)[-1].report.step == 2


def test_training_makes_better_pictures_than_it_began_with(photos: Path, tmp_path: Path) -> None:
    progress = run(
        config_for(photos, tmp_path / "out.safetensors", steps=200, crop=28, learning_rate=2e-3, validate_every=50)
    )
    scores = [item.validation.psnr_y for item in progress if item.validation is not None]
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
    """Of a time that is over with the first step no more is taken to learn the pace."""
    progress = run(config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=1e-6))
    assert progress[-1].report.step == progress[-1].report.total == 1


def test_sixty_steps_tell_the_pace(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=60.0)
    totals = [item.report.total for item in run(config, stop_at=60)]
    assert totals[:59] == [0] * 59 and totals[59] > 60


def test_minutes_interrupted_before_they_became_steps_are_timed_anew(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=60.0)
    assert run(config, stop_at=30)[-1].report.total == 0
    resumed = run(dataclasses.replace(config, minutes=1e-6), resume=True)
    assert resumed[-1].report.step == resumed[-1].report.total == 31


def test_minutes_more_are_timed_at_the_rate_where_the_schedule_stood(photos: Path, tmp_path: Path) -> None:
    """And an interruption meanwhile forgets neither."""
    config = config_for(photos, tmp_path / "out.safetensors")
    last = run(config)[-1].report.learning_rate
    longer = dataclasses.replace(config, minutes=60.0)
    rates = [item.report.learning_rate for item in run(longer, resume=True, extend=True, stop_at=10)]
    rates += [item.report.learning_rate for item in run(longer, resume=True, stop_at=12)]
    assert len(rates) == 4
    assert all(config.learning_rate_end <= rate < last for rate in rates)


def test_as_many_minutes_as_at_first_are_minutes_more(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=None, minutes=1e-6)
    ended = run(config)[-1].report
    assert ended.step == ended.total
    assert run(config, resume=True) == []
    longer = run(config, resume=True, extend=True)[-1].report
    assert longer.step == longer.total > ended.total


def test_a_finished_run_is_not_extended_by_nothing(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config)
    assert run(config, resume=True) == []
    with pytest.raises(UsageError, match="that many are done already"):
        run(config, resume=True, extend=True)


def test_interruption_between_two_steps_resumes_bit_for_bit(photos: Path, tmp_path: Path) -> None:
    straight, broken = (config_for(photos, tmp_path / f"{name}.safetensors") for name in ("straight", "broken"))
    run(straight)
    told: list[Progress] = []
    with pytest.raises(KeyboardInterrupt):
        train(broken, told.append, Control(interrupted=lambda: len(told) == 3))
    run(broken, resume=True)
    assert are_equal(straight.out, broken.out)


def test_steps_that_are_not_finite_end_the_run_and_leave_the_last_state(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors", steps=100, losses={"l1": 5e8}, save_every=2)
    run(dataclasses.replace(config, losses={"l1": 1.0}), stop_at=2)
    state = state_folder(config.out)
    tensors = load_file(state / "network-0.safetensors")
    save_file({key: value * float("inf") for key, value in tensors.items()}, state / "network-0.safetensors")
    with pytest.raises(TrainingError, match="l1 were not finite in 11 steps"):
        run(config, resume=True)
    assert not config.out.exists()
    assert json.loads((state / "run.json").read_text())["step"] <= 12


def test_a_state_half_swapped_is_found(photos: Path, tmp_path: Path) -> None:
    """The machine may die between the two renames of a save, and again at the next one."""
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config, stop_at=4)
    folder = state_folder(config.out)
    for suffix in (".old", ".part"):
        folder.rename(folder.with_name(folder.name + suffix))
        assert run(config, resume=True, stop_at=5)[-1].report.step == 5
        run_json = json.loads((folder / "run.json").read_text())
        assert run_json["step"] == 5
        run_json["step"] = 4
        (folder / "run.json").write_text(json.dumps(run_json))


def test_resume_needs_no_initial_weights(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "init.safetensors", steps=1))
    config = config_for(photos, tmp_path / "out.safetensors", init=str(tmp_path / "init.safetensors"))
    run(config, stop_at=1)
    (tmp_path / "init.safetensors").unlink()
    assert run(config, resume=True)[-1].report.step == 8


def test_init_of_another_width_is_refused(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "init.safetensors", steps=1))
    config = config_for(
        photos, tmp_path / "out.safetensors", init=str(tmp_path / "init.safetensors"), network={**TINY, "channels": 16}
    )
    with pytest.raises(UsageError, match="of them fit this network"):
        run(config)


def test_pictures_below_val_are_not_trained_on(photos: Path, tmp_path: Path) -> None:
    held = photos / "val"
    held.mkdir()
    for name in ("1.png", "2.png"):
        (photos / name).rename(held / name)
    config = config_for(photos, tmp_path / "out.safetensors", val=held)
    pictures = load_pictures(config, torch.device("cpu"))
    assert {pair.name for pair in pictures.held} == {"1.png", "2.png"}
    assert not set(pictures.training.names) & {"1.png", "2.png"}


@pytest.mark.parametrize(
    "settings",
    [
        {"steps": "many"}, {"steps": 2.5}, {"learning_rate": 0}, {"learning_rate": float("nan")}, {"losses": 3},
        {"losses": {"l1": "x"}},
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
    changes: dict[str, object] = {"losses": {"l1": 1.0, "gan": 1e-3}, "steps": 1}
    with pytest.raises(UsageError, match="give --init"):
        run(config_for(photos, tmp_path / "out.safetensors", init="none", **changes))
    with pytest.raises(UsageError, match="start from, srresnet: only .* fit this network"):
        run(config_for(photos, tmp_path / "out.safetensors", **changes))
    assert len(run(config_for(photos, tmp_path / "out.safetensors", from_scratch=True, **changes))) == 1


def test_state_of_another_network_is_refused(photos: Path, tmp_path: Path) -> None:
    run(config_for(photos, tmp_path / "out.safetensors"), stop_at=1)
    with pytest.raises(UsageError, match="network cannot change in a run that goes on"):
        run(config_for(photos, tmp_path / "out.safetensors", network={**TINY, "channels": 16}), resume=True)


@pytest.mark.parametrize("name", recipes())
def test_shipped_recipes_are_valid(name: str, tmp_path: Path) -> None:
    config = configure(read_recipe(name) | {"data": tmp_path, "out": tmp_path / "o.safetensors"}, {"steps": 7})
    assert config.architecture in ("srcnn", "espcn", "srresnet") and config.steps == 7


def test_wrong_recipes_and_losses_are_named(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text("learning_rat = 1\n")
    with pytest.raises(UsageError, match=r"unknown setting learning_rat \(did you mean learning_rate"):
        read_recipe(str(recipe))
    with pytest.raises(UsageError, match="unknown recipe nosuch: choose deck-srgan, espcn"):
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


def test_a_resumed_run_may_take_another_batch_whatever_parts_it_was_in(photos: Path, tmp_path: Path) -> None:
    """Losses are means over what there is, not over the parts there were."""
    config = config_for(photos, tmp_path / "out.safetensors", batch=4, accumulate=4)
    run(config, stop_at=2)
    whole = dataclasses.replace(config, batch=2, accumulate=1)
    first = run(whole, resume=True, stop_at=3)[-1].report.losses["l1"]
    assert first == pytest.approx(run(config, resume=True, stop_at=4)[-1].report.losses["l1"], rel=0.9)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the address space are Linux's")
def test_networks_that_do_not_fit_into_memory_are_one_sentence(photos: Path, tmp_path: Path) -> None:
    """The dense discriminator's first layer, on crops of 384 pixels, has 1.2 GB."""
    config = gan_config_for(photos, tmp_path / "out.safetensors", {"discriminator": "dense"}, crop=32)
    program = f"""
import resource
from pathlib import PosixPath
from upscale.train.config import GanConfig, TrainConfig
from upscale.train.run import train

config = {dataclasses.replace(config, crop=192)!r}
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, resource.RLIM_INFINITY))
train(config, print)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert "UpscaleError: not enough memory on cpu for the networks and their optimisers" in done.stderr


def test_another_time_for_a_planned_run_needs_extend(photos: Path, tmp_path: Path) -> None:
    config = config_for(photos, tmp_path / "out.safetensors")
    run(config, stop_at=4)
    with pytest.raises(UsageError, match="add --extend to give it 1e-06 minutes more"):
        run(dataclasses.replace(config, minutes=1e-6), resume=True)
