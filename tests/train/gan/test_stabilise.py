"""Instance noise, its end, and when the judge is skipped."""

import pytest
import torch
from upscale.train.gan.stabilise import is_skipped, noise_level, noisy, share_right, smoothed
from upscale.train.randomness import generator_for


def test_noise_falls_linearly_to_nothing() -> None:
    assert [noise_level(0.1, step, 100) for step in (0, 25, 50, 100, 120)] == pytest.approx([0.1, 0.075, 0.05, 0, 0])


def test_noise_has_the_level_asked_for_and_leaves_the_pictures_alone() -> None:
    pictures = torch.full((16, 3, 32, 32), 0.5)
    added = noisy(pictures, 0.1, generator_for(0, 3, "noise-real")) - pictures
    assert added.std().item() == pytest.approx(0.1, rel=0.02)
    assert added.mean().item() == pytest.approx(0, abs=2e-3)
    assert (pictures == 0.5).all()
    assert noisy(pictures, 0.0, generator_for(0, 3, "noise-real")) is pictures


def test_noise_is_drawn_afresh_for_every_step_and_side_and_repeats_with_the_seed() -> None:
    pictures = torch.zeros(2, 3, 8, 8)
    drawn = [
        noisy(pictures, 1.0, generator_for(0, step, purpose))
        for step, purpose in ((1, "noise-real"), (1, "noise-fake"), (2, "noise-real"), (1, "noise-real"))
    ]
    assert torch.equal(drawn[0], drawn[3])
    assert not torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_noise_lets_gradients_pass() -> None:
    fake = torch.zeros(2, 3, 4, 4, requires_grad=True)
    noisy(fake, 0.1, generator_for(0, 0, "noise-fake")).sum().backward()
    assert fake.grad is not None and (fake.grad == 1).all()


@pytest.mark.parametrize("count", [2, 4])
def test_parts_of_a_batch_get_the_noise_of_the_whole(count: int) -> None:
    pictures = torch.zeros(4, 3, 5, 5)
    whole = noisy(pictures, 1.0, generator_for(0, 0, "noise-real"))
    parts = [
        noisy(part, 1.0, generator_for(0, 0, "noise-real"), part=(index, count))
        for index, part in enumerate(pictures.chunk(count))
    ]
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize(
    ("name", "real", "fake", "wanted"),
    [
        ("vanilla", [1.0, 2.0, -1.0, 3.0], [-1.0, -2.0, -3.0, -4.0], 7 / 8),
        ("hinge", [1.0, 2.0], [1.0, 2.0], 1 / 2),
        ("lsgan", [0.9, 0.6], [0.4, 0.1], 1.0),
        ("lsgan", [0.9, 0.4], [0.4, 0.1], 3 / 4),
        ("ragan", [7.0, 8.0], [5.0, 6.0], 1.0),
        ("rsgan", [5.0, 5.0], [5.0, 5.0], 0.0),
        ("rahinge", [5.0, 6.0], [7.0, 8.0], 0.0),
    ],
)
def test_right_is_what_lies_on_its_side(name: str, real: list[float], fake: list[float], wanted: float) -> None:
    share = share_right(name, torch.tensor(real)[:, None], torch.tensor(fake)[:, None])  # type: ignore[arg-type]
    assert share.item() == pytest.approx(wanted)


def test_a_critic_gives_no_right_answers() -> None:
    with pytest.raises(ValueError, match="wgan-gp"):
        share_right("wgan-gp", torch.zeros(2), torch.zeros(2))


def test_the_judge_is_skipped_while_it_wins_and_comes_back() -> None:
    """It tells all right until it is skipped for a while, then everything wrong."""
    share, skipped = 0.5, []
    for step in range(300):
        share = smoothed(share, 1.0 if step < 150 else 0.0)
        skipped.append(is_skipped(share, 0.8))
    assert not any(skipped[:20]) and all(skipped[60:150]) and not any(skipped[200:])
    assert not is_skipped(1.0, 1.0)
