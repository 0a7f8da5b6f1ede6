"""From words to discriminators: what is built, and what is refused in one sentence."""

import pytest
import torch
import torch.nn.functional as F
from judges import noise
from upscale.train.config import GanConfig
from upscale.train.discriminators.build import build_judges
from upscale.train.discriminators.names import Wanted, parse_discriminator
from upscale.train.discriminators.patch import Patch
from upscale.train.discriminators.unet import UNet

from upscale.errors import UsageError


def test_words_are_joined_and_shrunk() -> None:
    assert parse_discriminator("pooled + patch@2+unet@4") == (
        Wanted("pooled", 1), Wanted("patch", 2), Wanted("unet", 4),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pached", r"unknown discriminator 'pached' \(did you mean patch\?\): choose pooled, dense, patch, unet"),
        ("patch+", "unknown discriminator ''"),
        ("patch@3", "@2 or @4"),
        ("patch@", "@2 or @4"),
        ("patch@2@2", "@2 or @4"),
    ],
)
def test_other_words_are_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_discriminator(text)


@pytest.mark.parametrize(
    ("gan", "smallest"),
    [
        (GanConfig(discriminator="patch"), 24),
        (GanConfig(discriminator="unet", norm="instance"), 16),
        (GanConfig(discriminator="pooled"), 16),
        (GanConfig(discriminator="dense", norm="instance"), 32),
        (GanConfig(discriminator="unet+patch@2"), 48),
        (GanConfig(discriminator="unet@4", norm="spectral"), 64),
    ],
)
def test_smallest_crop_works_and_a_smaller_one_is_refused(gan: GanConfig, smallest: int) -> None:
    for opinion in build_judges(gan, smallest)(noise(2, smallest)):
        assert opinion.logits.isfinite().all() and opinion.logits.numel() >= 2
    with pytest.raises(UsageError, match=rf"needs crops of {smallest} high-resolution pixels or more, not"):
        build_judges(gan, smallest - 1)


def test_each_sees_pictures_at_its_own_scale() -> None:
    judges = build_judges(GanConfig(discriminator="patch+unet@2", norm="none"), 48)
    pictures = noise(2, 48)
    first, second = judges(pictures)
    centred = pictures * 2 - 1
    assert isinstance(judges.judges[0], Patch) and isinstance(judges.judges[1], UNet)
    assert torch.equal(first.logits, judges.judges[0](centred).logits)
    shrunk = F.interpolate(centred, scale_factor=0.5, mode="area")
    torch.testing.assert_close(second.logits, judges.judges[1](shrunk).logits)


def test_one_may_be_asked_alone_and_no_other_runs() -> None:
    judges = build_judges(GanConfig(discriminator="patch+unet@2", norm="none"), 64)
    asked: list[torch.nn.Module] = []
    for judge in judges.judges:
        judge.register_forward_hook(lambda module, given, found: asked.append(module))
    pictures = noise(2, 64)
    both = judges(pictures)
    asked.clear()
    (alone,) = judges(pictures, 1)
    assert asked == [judges.judges[1]]
    assert torch.equal(alone.logits, both[1].logits)


def test_sizes_of_what_they_say() -> None:
    """A logit a picture; one every 8 pixels (256 -> 30, as the paper's); one a pixel, of sides of any kind."""
    judges = build_judges(GanConfig(discriminator="pooled+patch+unet"), 96)
    shapes = [tuple(opinion.logits.shape) for opinion in judges(torch.rand(2, 3, 50, 37))]
    assert shapes == [(2, 1), (2, 1, 4, 2), (2, 1, 50, 37)]
    patch = build_judges(GanConfig(discriminator="patch"), 256)
    assert patch(noise(1, 256))[0].logits.shape == (1, 1, 30, 30)


@pytest.mark.parametrize("name", ["patch", "unet", "pooled+patch"])
def test_minibatch_discrimination_without_a_dense_layer_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="needs a dense layer, which the discriminator (patch|unet) has not"):
        build_judges(GanConfig(discriminator=name, kernels=10), 64)
