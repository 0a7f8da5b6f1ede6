"""What a run tells those who watch it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Pixels = NDArray[np.uint8]
Row = dict[str, float]

# Names among the losses that mean something to the diagnosis. D(...) is the share that a discriminator takes for
# real, a probability; a critic's mean score, which is none, is to be called C(...). RIGHT is the share it tells right.
D_REAL, D_FAKE = "D(real)", "D(fake)"
C_REAL, C_FAKE = "C(real)", "C(fake)"
GAN, D_LOSS, RIGHT = "gan", "d", "right"

# The first columns of the table; losses follow, then the norms of gradients.
STEP, RATE, SECONDS, PSNR, NIQE = "step", "learning_rate", "seconds", "psnr_y", "niqe"
DRIFT = ("drift_red", "drift_green", "drift_blue")
SATURATION, CONTRAST = "saturation", "contrast"
COLUMNS = (STEP, PSNR, NIQE, *DRIFT, SATURATION, CONTRAST, RATE, SECONDS)
GRADIENT = "gradient_"


@dataclass(frozen=True)
class StepReport:
    """One step that was taken; `total` is 0 while unknown.

    Numbers may be tensors of no dimension on any device: nobody waits for them before the next row of the table.
    `losses` are before their weights, with D_LOSS, RIGHT, D_REAL and D_FAKE (or C_REAL and C_FAKE) where there are any.
    `gradient_norms` goes by network.
    """

    step: int
    total: int
    losses: Mapping[str, float | Tensor]
    learning_rate: float
    seconds: float
    gradient_norms: Mapping[str, float | Tensor] = field(default_factory=dict)


class Sample(NamedTuple):
    """A validation picture. Shape: lr (h, w, 3), sr and hr (h * scale, w * scale, 3), RGB; `psnr_y` in dB."""

    name: str
    lr: Pixels
    sr: Pixels
    hr: Pixels
    psnr_y: float


@dataclass(frozen=True)
class Validation:
    """What the network makes of pictures it never saw; means over these.

    `psnr_y` in dB. `niqe` is None where it was not asked for, or no picture is large enough; `too_small` counts
    these. `drift` is the mean colour of the results less that of the originals, RGB, in levels of 255.
    `saturation` and `contrast` are the results' share of the originals' own.
    """

    psnr_y: float
    niqe: float | None
    drift: tuple[float, float, float]
    saturation: float
    contrast: float
    samples: tuple[Sample, ...]
    too_small: int = 0


def scores(validation: Validation) -> Row:
    """Its numbers by their columns."""
    row = {PSNR: validation.psnr_y, SATURATION: validation.saturation, CONTRAST: validation.contrast}
    row |= dict(zip(DRIFT, validation.drift, strict=True))
    return row if validation.niqe is None else row | {NIQE: validation.niqe}


def losses_of(rows: list[Row]) -> list[str]:
    """The losses among the columns, in the order of their first rows."""
    told = {D_REAL, D_FAKE, C_REAL, C_FAKE, RIGHT, *COLUMNS}
    names = dict.fromkeys(name for row in rows for name in row)
    return [name for name in names if name not in told and not name.startswith(GRADIENT)]
