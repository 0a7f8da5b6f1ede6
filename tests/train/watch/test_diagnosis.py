"""Each ailment is named where it is, and healthy runs of every kind are left in peace, at every moment."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from upscale.train.watch.diagnosis import diagnose
from upscale.train.watch.reports import Row

History = list[Row]
EVERY = (20, 500, 5000)
SEEDS = range(2)


def history(every: int, seed: int, rows: int, **columns: Callable[[np.ndarray], np.ndarray]) -> History:
    """Columns as functions of the run's share that is done, with the noise that averages over `every` steps have."""
    generator = np.random.default_rng(seed)
    done = np.arange(1, rows + 1) / rows
    noise = 0.25 / np.sqrt(every)
    values = {name: column(done) for name, column in columns.items()}
    for name in values:
        if not name.startswith(("psnr", "niqe", "drift", "saturation", "contrast")):
            values[name] = values[name] * (1 + noise * generator.standard_normal(rows))
    steps = every * np.arange(1, rows + 1)
    named = {name.replace("_of_", "(") + ")" if "_of_" in name else name: value for name, value in values.items()}
    return [
        {"step": float(step), **{name: float(value[index]) for name, value in named.items()}}
        for index, step in enumerate(steps)
    ]


def rows_for(every: int) -> int:
    return max(60, 15_000 // every)


def falling(start: float, end: float, pace: float = 6.0) -> Callable[[np.ndarray], np.ndarray]:
    return lambda done: end + (start - end) * np.exp(-pace * done)


def steady(value: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda done: np.full_like(done, value)


def line(start: float, end: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda done: start + (end - start) * done


def wobbling(size: float, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda done: size * np.random.default_rng(seed).standard_normal(len(done))


def looks(seed: int) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Colours that come and go a little, as they do."""
    return {
        "drift_red": wobbling(0.4, seed), "drift_green": wobbling(0.3, seed + 1), "drift_blue": wobbling(0.5, seed + 2),
        "saturation": steady(0.97), "contrast": steady(0.75),
    }  # fmt: skip


def from_scratch(every: int, seed: int, **changes: Callable[[np.ndarray], np.ndarray]) -> History:
    columns = {"psnr_y": falling(20, 28), "l1": falling(0.1, 0.02), **looks(seed)}
    return history(every, seed, rows_for(every), **columns | changes)


def adversarial(every: int, seed: int, **changes: Callable[[np.ndarray], np.ndarray]) -> History:
    """PSNR falls and pixel losses rise, as they must."""
    columns = {
        "psnr_y": falling(28, 25.5), "niqe": falling(5.5, 3.5), "l1": falling(0.02, 0.03), "vgg54": falling(1, 0.8),
        "gan": falling(0.7, 2.5, 20), "d": falling(1.386, 0.8, 20), "D_of_real": falling(0.5, 0.75, 20),
        "D_of_fake": falling(0.5, 0.22, 20), "gradient_network": steady(0.8), **looks(seed),
    }  # fmt: skip
    return history(every, seed, rows_for(every), **columns | changes)


def without(rows: History, *names: str) -> History:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def healthy() -> Iterator[tuple[str, Callable[[int, int], History]]]:
    yield "from scratch", from_scratch
    # The first hundreds of steps of a fresh network are gray, dark, and off by many levels.
    yield (
        "gray in the beginning",
        lambda every, seed: from_scratch(
            every,
            seed,
            saturation=falling(0.1, 0.97, 40),
            contrast=falling(0.05, 0.75, 40),
            drift_red=falling(-40, 0.3, 30),
        ),
    )
    yield (
        "a long plateau",
        lambda every, seed: from_scratch(every, seed, l1=falling(0.1, 0.02, 40), psnr_y=falling(20, 28, 40)),
    )
    yield (
        "fine-tuning",
        lambda every, seed: from_scratch(every, seed, l1=falling(0.022, 0.021), psnr_y=falling(27.8, 28)),
    )
    yield "sharper, so more variation", lambda every, seed: from_scratch(every, seed, tv=falling(0.01, 0.03))
    yield (
        "perception against pixels",
        lambda every, seed: from_scratch(
            every, seed, l1=falling(0.02, 0.03), vgg22=falling(0.5, 0.3), psnr_y=falling(28, 26.5)
        ),
    )
    yield (
        "x8 without texture",
        lambda every, seed: from_scratch(every, seed, contrast=steady(0.4), saturation=steady(0.95)),
    )
    yield "a gan", adversarial
    yield "a strong discriminator that the network answers", lambda every, seed: adversarial(
        every, seed, D_of_real=falling(0.5, 0.97, 50), D_of_fake=falling(0.5, 0.02, 50), d=falling(1.4, 0.05, 50),
        gan=lambda done: np.where(done < 0.1, 0.7 + 50 * done, 5.0),
    )  # fmt: skip
    yield "a small loss of the discriminator", lambda every, seed: adversarial(every, seed, d=falling(1.4, 0.02))
    yield "smoothed labels", lambda every, seed: adversarial(every, seed, D_of_real=steady(0.85), d=steady(0.9))
    yield (
        "nearly fooled",
        lambda every, seed: adversarial(every, seed, D_of_real=steady(0.56), D_of_fake=steady(0.45), d=steady(1.25)),
    )
    yield (
        "learned after a while",
        lambda every, seed: adversarial(
            every,
            seed,
            D_of_real=lambda done: np.where(done < 0.02, 0.5, 0.7),
            D_of_fake=lambda done: np.where(done < 0.02, 0.5, 0.3),
        ),
    )
    # A critic has no probabilities: its scores rise, cross zero, and come near each other when all is well.
    yield "a critic", lambda every, seed: without(
        adversarial(
            every, seed, gan=line(-5, 40), d=falling(-8, -0.01), C_of_real=falling(30, 2), C_of_fake=falling(-30, 2.01)
        ),
        "D(real)", "D(fake)",
    )  # fmt: skip
    yield "relativistic", lambda every, seed: without(
        adversarial(every, seed, gan=falling(0.7, 3), d=steady(0.6931), C_of_real=steady(1.2), C_of_fake=steady(1.19)),
        "D(real)", "D(fake)",
    )  # fmt: skip
    yield "without validation", lambda every, seed: without(from_scratch(every, seed), "psnr_y", *looks(seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("make", [make for _, make in healthy()], ids=[name for name, _ in healthy()])
def test_healthy_runs_raise_no_alarm(make: Callable[[int, int], History], every: int, seed: int) -> None:
    rows = make(every, seed)
    for length in range(0, len(rows) + 1, max(1, len(rows) // 30)):
        assert diagnose(rows[:length]) is None


def ailments() -> Iterator[tuple[str, str, Callable[[int, int], History]]]:
    wins = {
        "D_of_real": falling(0.5, 0.99, 60), "D_of_fake": falling(0.5, 0.004, 60), "d": falling(1.4, 0.01, 60),
        "gan": lambda done: 3 + 6 * done,
    }  # fmt: skip
    yield "the discriminator wins", "--skip-d", lambda every, seed: adversarial(every, seed, **wins)
    yield (
        "the discriminator wins",
        "--label-smoothing",
        lambda every, seed: adversarial(every, seed, **wins | {"D_of_real": falling(0.5, 0.9, 60)}),
    )
    yield (
        "the discriminator wins",
        "--d-learning-rate",
        lambda every, seed: adversarial(
            every,
            seed,
            **wins | {"gan": falling(-0.03, -0.004)},  # the saturating objective's
        ),
    )
    yield (
        "the discriminator is blind",
        "--d-learning-rate",
        lambda every, seed: adversarial(
            every, seed, D_of_real=steady(0.502), D_of_fake=steady(0.498), d=steady(1.3863), gan=steady(0.69)
        ),
    )
    yield (
        "colours drift: the results are 5",
        "--learning-rate",
        lambda every, seed: adversarial(every, seed, drift_red=line(0, 6)),
    )
    yield "levels less blue", "--loss", lambda every, seed: from_scratch(every, seed, drift_blue=line(0.2, -4))
    yield (
        "levels darker",
        "--loss",
        lambda every, seed: from_scratch(
            every, seed, drift_red=line(0, -4), drift_green=line(0, -4), drift_blue=line(0, -4.2)
        ),
    )
    yield (
        "the results turn gray: 30%",
        "--init",
        lambda every, seed: adversarial(every, seed, saturation=falling(0.97, 0.3, 40)),
    )
    yield (
        "the results are flat",
        "--init",
        lambda every, seed: adversarial(every, seed, contrast=falling(0.75, 0.1, 40)),
    )
    yield (
        "the loss l1 has not fallen",
        "--learning-rate",
        lambda every, seed: from_scratch(every, seed, l1=steady(0.08), psnr_y=steady(22)),
    )
    yield (
        "the loss l1 rises",
        "--learning-rate",
        lambda every, seed: from_scratch(
            every,
            seed,
            l1=lambda done: np.where(done < 0.3, 0.1 - 0.2 * done, 0.04 + 0.1 * (done - 0.3)),
            psnr_y=steady(25),
        ),
    )
    yield (
        "learned by heart",
        "--steps",
        lambda every, seed: from_scratch(
            every, seed, l1=falling(0.1, 0.001, 3), psnr_y=lambda done: 27 - 8 * (done - 0.4) ** 2
        ),
    )
    yield (
        "PSNR has fallen by",
        "--batch",
        lambda every, seed: from_scratch(every, seed, l1=steady(0.05), psnr_y=lambda done: 27 - 8 * (done - 0.4) ** 2),
    )


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize(("words", "way_out", "make"), list(ailments()), ids=[words for words, *_ in ailments()])
def test_ailments_are_named_with_a_way_out(
    words: str, way_out: str, make: Callable[[int, int], History], every: int, seed: int
) -> None:
    said = diagnose(make(every, seed))
    assert said is not None and words in said and way_out in said
    assert "\n" not in said and "nan" not in said


def test_ailments_are_named_while_they_last_not_once() -> None:
    make = next(make for words, _, make in ailments() if words == "the discriminator wins")
    rows = make(500, 0)
    told = [diagnose(rows[:length]) is not None for length in range(len(rows) + 1)]
    first = told.index(True)
    assert 4 <= first <= 20 and all(told[first:])


@pytest.mark.parametrize("rows", [[], [{"step": 1.0}], [{"step": 500.0 * step} for step in range(1, 40)]])
def test_tables_without_numbers_say_nothing(rows: History) -> None:
    assert diagnose(rows) is None


def test_gaps_and_infinities_do_no_harm() -> None:
    rows = from_scratch(500, 0)
    for index, row in enumerate(rows):
        row["psnr_y"] = float("inf") if index % 3 else float("nan")
        row["drift_red"] = float("-inf") if index % 2 else 1e308
        if index % 5 == 0:
            row.pop("l1")
    assert diagnose(rows) is None
