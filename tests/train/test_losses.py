"""Losses against closed forms and a second way to compute them."""

import math

import pytest
import torch
import torch.nn.functional as F
from upscale.train.discriminators import SrganDiscriminator
from upscale.train.losses.pixel import l1, mse
from upscale.train.losses.vgg import CAFFE, TORCHVISION, VggLoss
from upscale.train.objectives import discriminator_loss, generator_loss


def vgg_tensors(blocks: tuple[int, ...] = (2, 2, 4, 4, 4)) -> dict[str, torch.Tensor]:
    tensors, channels, layer = {}, 3, 0
    for count in blocks:
        for _ in range(count):
            tensors[f"features.{layer}.weight"] = torch.randn(4, channels, 3, 3) * 0.3
            tensors[f"features.{layer}.bias"] = torch.randn(4) * 0.1
            channels, layer = 4, layer + 2
        layer += 1
    return tensors


def test_pixel_losses_of_a_constant_offset() -> None:
    hr = torch.rand(2, 3, 4, 4)
    assert l1(hr + 0.1, hr).item() == pytest.approx(0.1, rel=1e-5)
    assert mse(hr + 0.1, hr).item() == pytest.approx(0.01, rel=1e-4)


def test_vgg22_is_conv2_2_after_its_relu() -> None:
    tensors = vgg_tensors()
    sr, hr = torch.rand(1, 3, 32, 32), torch.rand(1, 3, 32, 32)

    def features(rgb: torch.Tensor) -> torch.Tensor:
        x = (rgb - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
            :, None, None
        ]
        for layer in (0, 2, 5, 7):
            x = F.relu(F.conv2d(x, tensors[f"features.{layer}.weight"], tensors[f"features.{layer}.bias"], padding=1))
            x = F.max_pool2d(x, 2) if layer == 2 else x
        return x

    wanted = (features(sr) - features(hr)).square().mean() / 12.75**2
    assert VggLoss(tensors, TORCHVISION, "vgg22")(sr, hr).item() == pytest.approx(wanted.item(), rel=1e-4)


@pytest.mark.parametrize(("blocks", "last"), [((2, 2, 4, 4, 4), 34), ((2, 2, 3, 3, 3), 28)])
def test_vgg54_ends_with_the_last_convolution_of_block_5(blocks: tuple[int, ...], last: int) -> None:
    tensors = vgg_tensors(blocks)
    loss = VggLoss(tensors, TORCHVISION, "vgg54")
    convolutions = [layer for layer in loss.features if isinstance(layer, torch.nn.Conv2d)]
    assert torch.equal(convolutions[-1].weight, tensors[f"features.{last}.weight"])
    assert isinstance(loss.features[-1], torch.nn.ReLU)
    assert len(convolutions) == sum(blocks)


def test_caffe_weights_see_bgr_from_0_to_255() -> None:
    loss = VggLoss(vgg_tensors((2, 2, 3, 3, 3)), CAFFE, "vgg22")
    seen = loss._prepare(torch.tensor([1.0, 0.5, 0.0]).view(1, 3, 1, 1)).flatten()
    assert seen.tolist() == pytest.approx([0 - 103.939, 127.5 - 116.779, 255 - 123.68], abs=1e-3)


def test_vgg_loss_reaches_the_picture_but_not_the_weights() -> None:
    loss = VggLoss(vgg_tensors(), TORCHVISION, "vgg54")
    sr = torch.rand(1, 3, 32, 32, requires_grad=True)
    loss(sr, torch.rand(1, 3, 32, 32)).backward()
    assert sr.grad is not None and sr.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in loss.parameters())


def test_gan_objectives_of_an_undecided_judge_are_multiples_of_ln_2() -> None:
    undecided = torch.zeros(5, 1)
    assert discriminator_loss(undecided, undecided).item() == pytest.approx(2 * math.log(2))
    assert generator_loss(undecided).item() == pytest.approx(math.log(2))


def test_gan_objectives_pull_in_opposite_directions() -> None:
    fake = torch.zeros(3, 1, requires_grad=True)
    discriminator_loss(torch.zeros(3, 1), fake).backward()
    pushed_by_judge = fake.grad
    fake = torch.zeros(3, 1, requires_grad=True)
    generator_loss(fake).backward()
    assert pushed_by_judge is not None and fake.grad is not None
    assert (pushed_by_judge > 0).all() and (fake.grad < 0).all()


@pytest.mark.parametrize(
    ("form", "size", "count"), [("dense", 96, 23_563_649), ("dense", 128, 38_243_713), ("pooled", 96, 5_213_569)]
)
def test_discriminator_parameter_counts_are_the_published_ones(form: str, size: int, count: int) -> None:
    judge = SrganDiscriminator(form, size)  # type: ignore[arg-type]
    assert sum(parameter.numel() for parameter in judge.parameters()) == count


def test_pooled_discriminator_takes_any_size() -> None:
    judge = SrganDiscriminator("pooled", 96)
    assert judge(torch.rand(2, 3, 50, 37)).shape == (2, 1)
