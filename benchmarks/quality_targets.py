"""What was wanted of the shipped weights, what was reached, and by how much."""

from collections.abc import Callable, Iterator

from quality_markdown import cell, paragraph, table
from quality_memory import Memory
from quality_published import DRIFT_LEVELS, NIQE_MARGIN, SETS, TARGETS, Target
from quality_scores import originals
from quality_subjects import BAD, PLANE

# Model, factor, set, metric.
Figure = Callable[[str, int, str, str], float | None]
WORDS = """
Figures count as their source does (Set14 *gray*, but for x2, which stands beside EDSR's), rounded to two digits as
published ones are.
"""


def target_tables(figure: Figure, memory: Memory) -> list[str]:
    """Markdown: PSNR, then the rest."""
    lines = ["## What was wanted, and what was reached", "", *paragraph(WORDS), ""]
    lines += table(["", *SETS, "the source material"], [_row(target, figure) for target in TARGETS])
    others = [*_naturalness(figure, memory), *_drift(figure), *_bad(figure)]
    return [*lines, "", *others] if others else lines


def verdict(measured: float | None, wanted: float, *, most: bool = False) -> str:
    """Measured, wanted, and by how much the one passes or misses the other."""
    if measured is None:
        return f"not measured, wanted {'<=' if most else '>='} {wanted:.2f}"
    by = round(measured, 2) - wanted
    word = "reached" if (by <= 1e-9 if most else by >= -1e-9) else "**missed**"
    return f"{measured:.2f}, wanted {'<=' if most else '>='} {wanted:.2f}: {word} ({by + 0.0:+.2f})"


def _row(target: Target, figure: Figure) -> list[str]:
    metric = "psnr_gray" if target.gray else "psnr"
    measured = [figure(target.model, target.scale, test_set, metric) for test_set in SETS]
    cells = [verdict(value, wanted) for value, wanted in zip(measured, target.psnr, strict=True)]
    return [f"`{target.model}` x{target.scale}", *cells, target.beside]


def _naturalness(figure: Figure, memory: Memory) -> Iterator[str]:
    natural = memory.figures(originals(4), PLANE.name).get("niqe")
    reached = figure("srgan", 4, PLANE.name, "niqe")
    if natural is not None and reached is not None:
        wanted = verdict(reached, round(natural + NIQE_MARGIN, 2), most=True)
        yield f"- NIQE of `srgan` x4 on {PLANE.name}: {wanted}; the originals have {natural:.2f}."


def _drift(figure: Figure) -> Iterator[str]:
    worst, mean = ([figure("srgan", 4, name, metric) for name in SETS] for metric in ("drift_worst", "drift"))
    known = [drift for drift in worst if drift is not None]
    if known:
        means = ", ".join(f"{cell(drift, 2)} on {name}" for drift, name in zip(mean, SETS, strict=True))
        reached = verdict(max(known), DRIFT_LEVELS, most=True)
        yield f"- Levels by which `srgan` x4 moves the mean colour, in the worst channel: on average {means}."
        yield f"  Of the worst picture of all: {reached}."


def _bad(figure: Figure) -> Iterator[str]:
    """On bad pictures the one made for them should be better than the other in both."""
    for one in BAD:
        psnr, niqe = (
            [figure(name, 4, one.name, metric) for name in ("srgan-real", "srgan")] for metric in ("psnr", "niqe")
        )
        if None in (*psnr, *niqe):
            continue
        holds = psnr[0] > psnr[1] and niqe[0] < niqe[1]  # type: ignore[operator]
        figures = f"PSNR {psnr[0]:.2f} and {psnr[1]:.2f}, NIQE {niqe[0]:.2f} and {niqe[1]:.2f}"
        word = "reached" if holds else "**missed**"
        yield f"- `srgan-real` better than `srgan` in both on {one.name}: {figures}: {word}."
