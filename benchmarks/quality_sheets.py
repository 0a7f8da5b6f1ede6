"""The crops of `quality.py`: what each model makes of small pictures that may be shown, at 100 %.

The test sets may not be given away, so these are of `samples/`, and a few lines of text; there is no original.
"""

from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from quality_scores import enlarged, upscaler_for
from quality_subjects import Pixels, Subject, compressed, noisy

from upscale.atomic import write_bytes
from upscale.evaluate.pictures import read_rgb
from upscale.plot.lettering import Ink, shortened, write

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
SCALE = 4
SIZE_PX = (49, 69)
GAP_PX, LABEL_PX = 6, 20
COLUMNS = 3
LABEL = Ink(13, bold=True)
# Below, the blocks of JPEG show beside what the networks make.
QUALITY = 90
MODELS = ("bicubic", "espcn", "srresnet-light", "srresnet", "srgan")
TEXT = {"Two roads": Ink(14), "diverged in a": Ink(9), "yellow wood,": Ink(9, bold=True)}


@dataclass(frozen=True)
class Crop:
    """A place in a sample: its top left corner in pixels; `worsen` makes of it what comes from the web."""

    sample: str
    top: int
    left: int
    worsen: Callable[[Pixels, int], Pixels] | None = None

    def pixels(self) -> Pixels:
        """Shape: (49, 69, 3)."""
        height, width = SIZE_PX
        part = read_rgb(SAMPLES / self.sample)[self.top : self.top + height, self.left : self.left + width]
        return part if self.worsen is None else self.worsen(part, 0)


@dataclass(frozen=True)
class Sheet:
    """Pictures of one kind, and by whom they are enlarged."""

    theme: str
    crops: tuple[Crop, ...]
    models: tuple[str, ...] = MODELS


FACE = Crop("astronaut.png", 12, 40)
SHEETS = (
    Sheet("face", (FACE,)),
    Sheet("text", ()),
    Sheet("texture", (Crop("chelsea.jpg", 15, 50), Crop("coffee.png", 80, 110))),
    Sheet("flat", (Crop("coffee.png", 20, 60), Crop("astronaut.png", 60, 0))),
    Sheet(
        "web",
        (Crop("astronaut.png", 12, 40, compressed), Crop("chelsea.jpg", 15, 50, noisy)),
        ("bicubic", "srgan", "srgan-real"),
    ),
)


def draw_sheets(subjects: Sequence[Subject], options: Namespace, folder: Path) -> dict[str, str]:
    """A JPEG for each theme whose models all ship; returns their names by theme."""
    ours = {subject.name: subject for subject in subjects if subject.scale == SCALE}
    drawn = {}
    for sheet in SHEETS:
        if not all(name in ours for name in sheet.models):
            continue
        lows = [crop.pixels() for crop in sheet.crops] or [_text()]
        blocks = [_block(lr, [ours[name] for name in sheet.models], options) for lr in lows]
        name = f"quality_{sheet.theme}.jpg"
        _, content = cv2.imencode(".jpg", np.concatenate(blocks)[..., ::-1], _settings())
        write_bytes(folder / name, content.tobytes())
        drawn[sheet.theme] = name
    return drawn


def _text() -> Pixels:
    page = np.full((*SIZE_PX, 3), 255, np.uint8)
    y = 10
    for line, ink in TEXT.items():
        write(page, line, (3, y), ink)
        y += 15
    return page


def _settings() -> list[int]:
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *sampling, cv2.IMWRITE_JPEG_OPTIMIZE, 1]


def _block(lr: Pixels, subjects: Sequence[Subject], options: Namespace) -> Pixels:
    """One picture by all models, in rows of three."""
    cells = [_cell("low resolution", lr.repeat(SCALE, 0).repeat(SCALE, 1))]
    cells += [_cell(subject.name, enlarged(upscaler_for(subject, options), lr)) for subject in subjects]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    rows = [np.concatenate(cells[start : start + COLUMNS], axis=1) for start in range(0, len(cells), COLUMNS)]
    return np.concatenate(rows)


def _cell(name: str, pixels: Pixels) -> Pixels:
    """A label, the picture, and the gap to the right and below."""
    height, width = pixels.shape[:2]
    cell = np.full((LABEL_PX + height + GAP_PX, width + GAP_PX, 3), 255, np.uint8)
    cell[LABEL_PX : LABEL_PX + height, :width] = pixels
    write(cell, shortened(name, width, LABEL), (2, LABEL_PX / 2), LABEL)
    return cell
