"""One line of plain words where a run goes wrong, from its table alone.

Every rule asks for a state that lasts: a discriminator that wins for a while, or results that are gray after the first
hundred steps, are how healthy runs begin. A discriminator's small loss alone is no failure, and a critic's score
(C(...) in the table) is no probability: neither is judged.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import takewhile

from upscale.train.watch.reports import (
    CONTRAST,
    D_FAKE,
    D_LOSS,
    D_REAL,
    DRIFT,
    GAN,
    PSNR,
    SATURATION,
    STEP,
    Row,
    losses_of,
)

# What counts as long: averages over fewer steps are still noise, and networks need as many to answer each other.
_GROUP_STEPS, _LONG_ROWS, _LONG_STEPS = 500, 4, 1500
# With real labels smoothed to 0.9 a winner says 0.9.
_SURE_OF_REAL, _SURE_OF_FAKE, _AGAINST_RISEN = 0.85, 0.03, 0.1
_UNSURE, _APART, _GUESSING = 0.05, 0.03, 0.03
# Levels of 255. A healthy run from scratch (espcn, 16 photographs) stayed within half of one.
_DRIFT_LEVELS, _DRIFT_GROWTH = 1.0, 1.5
# Bicubic enlargement by 8 leaves 0.93 of the saturation and 0.24 of the local contrast of any picture of Set14.
_GRAY, _FLAT = 0.75, 0.2
_PIXEL_LOSSES = {"l1", "mse", "charbonnier"}
_FALLEN_DB = 0.3
_LOSS_RISEN, _LOSS_FLAT, _PSNR_FLAT_DB = 1.15, 0.98, 0.05


def diagnose(rows: Sequence[Row]) -> str | None:
    """What is wrong with a run, and which options change it; None while all is well, or nobody can tell yet."""
    rows = _merged(rows)
    late = _lasting(rows)
    if not late:
        return None
    findings = (_gray(late), _drifting(rows, late), _d_wins(rows, late), _d_blind(late), _psnr_falls(rows, late))
    return next((finding for finding in (*findings, _loss_stays(rows, late)) if finding), None)


def _merged(rows: Sequence[Row]) -> list[Row]:
    """Means of neighbours over a few hundred steps, so that a run is judged alike however often it is validated.

    Neighbours at the end that are no group yet are left out.
    """
    merged: list[Row] = []
    group: list[Row] = []
    begun = 0.0
    for row in rows:
        group.append(row)
        if row[STEP] - begun >= _GROUP_STEPS:
            names = dict.fromkeys(name for member in group for name in member)
            merged.append({**{name: _finite_mean(group, name) for name in names}, STEP: row[STEP]})
            group, begun = [], row[STEP]
    return merged


def _lasting(rows: Sequence[Row]) -> Sequence[Row]:
    """The last rows that are together long enough to judge; none in a young run."""
    for start in range(len(rows) - _LONG_ROWS, -1, -1):
        if rows[-1][STEP] - rows[start][STEP] >= _LONG_STEPS:
            return rows[start:]
    return ()


def _gray(late: Sequence[Row]) -> str | None:
    saturation, contrast = _column(late, SATURATION), _column(late, CONTRAST)
    remedy = "begin with weights trained on pixels (--init), keep a pixel loss, and give gan less weight in --loss"
    if saturation and max(saturation) < _GRAY:
        return f"the results turn gray: {saturation[-1]:.0%} of the originals' saturation; {remedy}"
    if contrast and max(contrast) < _FLAT:
        return f"the results are flat: {contrast[-1]:.0%} of the originals' local contrast; {remedy}"
    return None


def _drifting(rows: Sequence[Row], late: Sequence[Row]) -> str | None:
    """A colour that stays on one side, further off than it has been before."""
    means = {name: _mean(late, name) for name in DRIFT}
    worst = max(means, key=lambda name: abs(means[name]))
    now, values = means[worst], _column(late, worst)
    if not values or not (min(values) > _DRIFT_LEVELS or max(values) < -_DRIFT_LEVELS):
        return None
    length = len(late)
    before = [_mean(rows[start : start + length], worst) for start in range(len(rows) - length)]
    least = min(map(abs, before), default=abs(late[0].get(worst, math.nan)))
    if not abs(now) > _DRIFT_GROWTH * least:
        return None
    alike = all(math.copysign(1, mean) == math.copysign(1, now) and abs(mean) > abs(now) / 2 for mean in means.values())
    colour = ("brighter" if now > 0 else "darker") if alike else _tint(worst, now)
    return (
        f"colours drift: the results are {abs(now):.1f} of 255 levels {colour} than the originals, up from {least:.1f};"
        " give a pixel loss more weight in --loss, or lower --learning-rate"
    )


def _tint(name: str, now: float) -> str:
    colour = name.removeprefix("drift_")
    return f"more {colour}" if now > 0 else f"less {colour}"


def _d_wins(rows: Sequence[Row], late: Sequence[Row]) -> str | None:
    """Sure of everything, while the network gets no nearer: since then its loss against it has risen."""
    sure = list(takewhile(_is_sure, reversed(rows)))[::-1]
    against = _column(sure, GAN)
    if len(against) < len(late):
        return None
    half = len(late) // 2
    before, after = _average(against[:half]), _average(against[-half:])
    if after <= before + _AGAINST_RISEN * abs(before):
        return None
    return (
        f"the discriminator wins: it takes {rows[-1][D_REAL]:.0%} of the originals and {rows[-1][D_FAKE]:.1%} of the"
        f" results for real, and the network's loss against it rises ({before:.3g} to {after:.3g}); hold it back with"
        " --skip-d, --label-smoothing, --instance-noise, or a lower --d-learning-rate"
    )


def _is_sure(row: Row) -> bool:
    return row.get(D_REAL, 0.0) > _SURE_OF_REAL and row.get(D_FAKE, 1.0) < _SURE_OF_FAKE


def _d_blind(late: Sequence[Row]) -> str | None:
    """It tells nothing: half for everything, at the loss of someone who guesses, ln 2 a side."""
    real, fake, loss = _mean(late, D_REAL), _mean(late, D_FAKE), _mean(late, D_LOSS)
    unsure = max(abs(real - 0.5), abs(fake - 0.5)) < _UNSURE and abs(real - fake) < _APART
    # Some sum the two sides, some average them.
    guessing = any(abs(loss / (sides * math.log(2)) - 1) < _GUESSING for sides in (1, 2))
    if not (unsure and guessing):
        return None
    return (
        f"the discriminator is blind: it takes {real:.0%} of the originals and {fake:.0%} of the results for"
        " real; raise --d-learning-rate or --d-steps, take another --discriminator, or lower --instance-noise"
    )


def _psnr_falls(rows: Sequence[Row], late: Sequence[Row]) -> str | None:
    """Where only pixels are compared there is nothing that PSNR would be given up for."""
    losses = losses_of(list(rows))
    if not losses or not set(losses) <= _PIXEL_LOSSES:
        return None
    length = len(late)
    earlier = [(_mean(rows[start : start + length], PSNR), start) for start in range(len(rows) - length)]
    best, start = max([pair for pair in earlier if math.isfinite(pair[0])], default=(math.nan, 0))
    now = _mean(late, PSNR)
    if not best - now > _FALLEN_DB:
        return None
    loss = losses[0]
    learning = _mean(late, loss) < _LOSS_FLAT * _mean(rows[start : start + length], loss)
    remedy = (
        "the training pictures are learned by heart: give more of them, or fewer --steps"
        if learning
        else "lower --learning-rate, or raise --batch"
    )
    return f"PSNR has fallen by {best - now:.1f} dB since step {rows[start + length - 1][STEP]:.0f}; {remedy}"


def _loss_stays(rows: Sequence[Row], late: Sequence[Row]) -> str | None:
    """Every loss rises, or is as high as in the beginning.

    Not with a discriminator, which makes the others rise; not TV, which rises as pictures get sharper.
    """
    losses = [name for name in losses_of(list(rows)) if not name.startswith("tv")]
    if not losses or GAN in losses or len(rows) < 2 * len(late):
        return None
    name, length = losses[0], len(late)
    first, now = _mean(rows[:length], name), _mean(late, name)
    least = {loss: _least(rows, loss, length) for loss in losses}
    if all(_mean(late, loss) > _LOSS_RISEN * least[loss] > 0 for loss in losses):
        return f"the loss {name} rises ({least[name]:.3g} to {now:.3g}); lower --learning-rate, or raise --batch"
    stuck = all(_mean(late, loss) > _LOSS_FLAT * _mean(rows[:length], loss) > 0 for loss in losses)
    if not stuck or _mean(late, PSNR) - _mean(rows[:length], PSNR) > _PSNR_FLAT_DB:
        return None
    return (
        f"the loss {name} has not fallen in {rows[-1][STEP] - rows[0][STEP]:.0f} steps ({first:.3g} to {now:.3g});"
        " a higher --learning-rate may help, unless these weights know it all already"
    )


def _least(rows: Sequence[Row], name: str, length: int) -> float:
    """The smallest mean of so many rows together."""
    return min(_mean(rows[start : start + length], name) for start in range(len(rows) - length + 1))


def _column(rows: Iterable[Row], name: str) -> list[float]:
    """Its numbers, all or none: a column with gaps tells of no lasting state."""
    values = [row.get(name, math.nan) for row in rows]
    return values if all(map(math.isfinite, values)) else []


def _mean(rows: Sequence[Row], name: str) -> float:
    """NaN where there is none."""
    return _average(_column(rows, name))


def _finite_mean(rows: Sequence[Row], name: str) -> float:
    """Of those that have a number there."""
    return _average([value for row in rows if math.isfinite(value := row.get(name, math.nan))])


def _average(values: Sequence[float]) -> float:
    # Not statistics.fmean, which raises where sums overflow.
    return sum(values) / len(values) if values else math.nan
