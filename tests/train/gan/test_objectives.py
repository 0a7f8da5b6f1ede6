"""Objectives against numpy written from the papers' formulas, values and gradients, and against their identities."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from upscale.train.gan.names import RELATIVISTIC, SMOOTHABLE, check_adversary, default_penalty
from upscale.train.gan.objectives import discriminator_loss, generator_loss

from upscale.errors import UsageError

Array = NDArray[np.float64]

ALL = ("vanilla", "saturating", "lsgan", "hinge", "wgan", "wgan-gp", *RELATIVISTIC)
GENERATORS = (*ALL, "wgan-qc")


def s(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def vanilla(r: Array, f: Array) -> float:
    return float(-np.log(s(r)).mean() - np.log(1 - s(f)).mean())


def wgan(r: Array, f: Array) -> float:
    return float(-(r.mean() - f.mean()))


def rsgan(r: Array, f: Array) -> float:
    return float(np.mean([-math.log(1 / (1 + math.exp(b - a))) for a, b in zip(r.ravel(), f.ravel(), strict=True)]))


def ragan(r: Array, f: Array) -> float:
    return float((-np.log(s(r - f.mean())).mean() - np.log(1 - s(f - r.mean())).mean()) / 2)


def ralsgan(r: Array, f: Array) -> float:
    return float((((r - f.mean() - 1) ** 2).mean() + ((f - r.mean() + 1) ** 2).mean()) / 2)


def rahinge(r: Array, f: Array) -> float:
    return float(np.maximum(0, 1 - (r - f.mean())).mean() + np.maximum(0, 1 + (f - r.mean())).mean())


DISCRIMINATOR: dict[str, Callable[[Array, Array], float]] = {
    "vanilla": vanilla,
    "saturating": vanilla,
    "lsgan": lambda r, f: float((((r - 1) ** 2).mean() + (f**2).mean()) / 2),
    "hinge": lambda r, f: float(np.maximum(0, 1 - r).mean() + np.maximum(0, 1 + f).mean()),
    "wgan": wgan,
    "wgan-gp": wgan,
    "rsgan": rsgan,
    "ragan": ragan,
    "ralsgan": ralsgan,
    "rahinge": rahinge,
}
GENERATOR: dict[str, Callable[[Array, Array], float]] = {
    "vanilla": lambda r, f: float(-np.log(s(f)).mean()),
    "saturating": lambda r, f: float(np.log(1 - s(f)).mean()),
    "lsgan": lambda r, f: float(((f - 1) ** 2).mean() / 2),
    "hinge": lambda r, f: float(-f.mean()),
    "wgan": lambda r, f: float(-f.mean()),
    "wgan-gp": lambda r, f: float(-f.mean()),
    "wgan-qc": lambda r, f: float(-f.mean()),
    "rsgan": lambda r, f: rsgan(f, r),
    "ragan": lambda r, f: float((-np.log(1 - s(r - f.mean())).mean() - np.log(s(f - r.mean())).mean()) / 2),
    "ralsgan": lambda r, f: float((((r - f.mean() + 1) ** 2).mean() + ((f - r.mean() - 1) ** 2).mean()) / 2),
    "rahinge": lambda r, f: float(np.maximum(0, 1 + (r - f.mean())).mean() + np.maximum(0, 1 - (f - r.mean())).mean()),
}


def logits(*shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(shape, dtype=torch.double) * 2, torch.randn(shape, dtype=torch.double) * 2


@pytest.mark.parametrize("shape", [(5, 1), (2, 1, 3, 4)])
@pytest.mark.parametrize("name", ALL)
def test_discriminator_losses_are_the_papers(name: str, shape: tuple[int, ...]) -> None:
    real, fake = logits(*shape)
    wanted = DISCRIMINATOR[name](real.numpy(), fake.numpy())
    assert discriminator_loss(name, real, fake).item() == pytest.approx(wanted, rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(5, 1), (2, 1, 3, 4)])
@pytest.mark.parametrize("name", GENERATORS)
def test_generator_losses_are_the_papers(name: str, shape: tuple[int, ...]) -> None:
    real, fake = logits(*shape)
    wanted = GENERATOR[name](real.numpy(), fake.numpy())
    assert generator_loss(name, real, fake).item() == pytest.approx(wanted, rel=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", GENERATORS)
def test_gradients_are_those_of_the_values(name: str) -> None:
    real, fake = (side.requires_grad_() for side in logits(4, 1))
    losses = [generator_loss] if name == "wgan-qc" else [generator_loss, discriminator_loss]
    for loss in losses:
        assert torch.autograd.gradcheck(lambda r, f, loss=loss: loss(name, r, f), (real, fake))


@pytest.mark.parametrize("name", ALL)
def test_the_two_sides_pull_fakes_in_opposite_directions(name: str) -> None:
    def pull(loss: Callable[..., Tensor]) -> Tensor:
        fake = torch.full((3, 1), 0.25, requires_grad=True)
        (gradient,) = torch.autograd.grad(loss(name, torch.full((3, 1), 0.25), fake), fake)
        return gradient

    assert (pull(discriminator_loss) > 0).all()
    assert (pull(generator_loss) < 0).all()


def test_undecided_judges_give_multiples_of_ln_2() -> None:
    zero = torch.zeros(5, 1)
    assert discriminator_loss("vanilla", zero, zero).item() == pytest.approx(2 * math.log(2))
    assert generator_loss("vanilla", zero, zero).item() == pytest.approx(math.log(2))
    equal = torch.randn(5, 1)
    assert discriminator_loss("rsgan", equal, equal).item() == pytest.approx(math.log(2))
    assert generator_loss("rsgan", equal, equal).item() == pytest.approx(math.log(2))


@pytest.mark.parametrize("name", RELATIVISTIC)
def test_relativistic_losses_know_differences_only(name: str) -> None:
    real, fake = logits(4, 1, 3, 3)
    for loss in (discriminator_loss, generator_loss):
        one = loss(name, real, fake)  # type: ignore[operator]
        assert loss(name, real + 7, fake + 7).item() == pytest.approx(one.item(), rel=1e-12)  # type: ignore[operator]
        assert loss(name, real + 7, fake).item() != pytest.approx(one.item(), rel=1e-3)  # type: ignore[operator]


def test_rsgan_pairs_and_never_broadcasts() -> None:
    with pytest.raises(ValueError, match="pairs"):
        discriminator_loss("rsgan", torch.zeros(3, 1), torch.zeros(3))


@pytest.mark.parametrize("name", GENERATORS)
def test_half_precision_logits_are_judged_in_fp32(name: str) -> None:
    real, fake = (side.to(torch.bfloat16) for side in logits(6, 1))
    loss = generator_loss(name, real, fake)  # type: ignore[arg-type]
    assert loss.dtype is torch.float32
    assert loss.item() == generator_loss(name, real.float(), fake.float()).item()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ALL)
def test_logits_of_any_size_stay_finite(name: str) -> None:
    real, fake = (torch.tensor([sign * 1e4]).requires_grad_() for sign in (-1, 1))
    loss = discriminator_loss(name, real, fake) + generator_loss(name, real, -fake)  # type: ignore[arg-type]
    gradients = torch.autograd.grad(loss, (real, fake))
    assert math.isfinite(loss.item()) and all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", SMOOTHABLE)
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_label_smoothing_lowers_the_best_answer_to_a_share_of_itself(name: str, share: float) -> None:
    """The best D is a p_real / (p_real + p_fake): at a point where `share` of all is real, the loss turns there."""
    best = 0.9 * share
    at = best if name == "lsgan" else math.log(best / (1 - best))

    def slope(answer: float) -> float:
        real, fake = (torch.tensor([answer], dtype=torch.double, requires_grad=True) for _ in range(2))
        loss = discriminator_loss(name, real, fake, real_label=0.9)  # type: ignore[arg-type]
        by_real, by_fake = torch.autograd.grad(loss, (real, fake))
        return share * by_real.item() + (1 - share) * by_fake.item()

    assert slope(at) == pytest.approx(0, abs=1e-12)
    assert slope(at - 0.1) < -1e-3 and slope(at + 0.1) > 1e-3


@pytest.mark.parametrize("name", sorted(set(ALL) - set(SMOOTHABLE)))
def test_label_smoothing_is_refused_where_it_means_nothing(name: str) -> None:
    with pytest.raises(UsageError, match="real_label = 0.9 does not go with"):
        discriminator_loss(name, torch.zeros(2), torch.zeros(2), real_label=0.9)  # type: ignore[arg-type]


def test_wgan_qc_has_no_loss_of_logits_alone() -> None:
    with pytest.raises(ValueError, match="transport"):
        discriminator_loss("wgan-qc", torch.zeros(2), torch.zeros(2))


@pytest.mark.parametrize(
    ("objective", "change", "told"),
    [
        ("wgan-gp", {"norm": "batch"}, "BatchNorm"),
        ("wgan-qc", {"norm": "batch"}, "BatchNorm"),
        ("wgan-gp", {"kernels": 5}, "minibatch"),
        ("wgan", {"skip_above": 0.8}, "skip_above"),
        ("ragan", {"real_label": 0.9}, "real_label"),
    ],
)
def test_what_does_not_go_together_is_refused(objective: str, change: dict[str, float], told: str) -> None:
    fitting: dict[str, object] = {"norm": "spectral", "real_label": 1.0, "skip_above": 1.0, "kernels": 0}
    check_adversary(objective, **fitting)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=told):
        check_adversary(objective, **(fitting | change))  # type: ignore[arg-type]


def test_penalties_have_the_papers_weights() -> None:
    assert [default_penalty(name) for name in ("wgan-gp", "wgan-qc", "vanilla")] == [10.0, 0.1, 0.0]
