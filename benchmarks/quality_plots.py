"""The charts of `quality.py`."""

import csv
from collections.abc import Sequence
from pathlib import Path

from quality_memory import Memory
from quality_scores import originals
from quality_subjects import PLANE, Subject
from quality_time import time_of

from upscale.atomic import write_bytes
from upscale.evaluate.plane import draw_models
from upscale.plot.chart import Heading, as_png, draw_chart
from upscale.plot.series import PALETTE, Panel, Series

SCALE = 4


def draw_plane_of(subjects: Sequence[Subject], memory: Memory, target: Path) -> bool:
    """All models x4 on BSD100, and the way from srresnet to srgan; whether there was anything to draw."""
    figures = {subject.name: memory.figures(subject, PLANE.name) for subject in subjects if subject.scale == SCALE}
    places = [(name, known["psnr"], known["niqe"]) for name, known in figures.items() if known]
    if not places:
        return False
    pictures = max(known["pictures"] for known in figures.values() if known)
    natural = memory.figures(originals(SCALE), PLANE.name).get("niqe")
    beside = "" if natural is None else f" NIQE of the originals themselves: {natural:.2f}."
    mixed = any("@" in name for name, _, _ in places)
    blue = " Blue: networks between srresnet and srgan, and how much of them is srgan." if mixed else ""
    heading = Heading(f"PSNR against NIQE, {PLANE.name} x{SCALE}", f"{pictures} pictures, fp32.{blue}{beside}")
    write_bytes(target, as_png(draw_models(places, heading)))
    return True


def draw_time_of(subjects: Sequence[Subject], memory: Memory, target: Path) -> bool:
    """PSNR on BSD100 against seconds for a megapixel, x4; whether any time is known."""
    chosen = [subject for subject in subjects if subject.scale == SCALE and "@" not in subject.name]
    known = {
        subject.name: (time_of(subject, memory), memory.figures(subject, PLANE.name))
        for subject in chosen
        if time_of(subject, memory) and memory.figures(subject, PLANE.name)
    }
    if not known:
        return False
    seconds = [time["s_per_mp"] for time, _ in known.values()]
    psnr = [figures["psnr"] for _, figures in known.values()]
    series = Series("", seconds, psnr, "points", tuple(known), PALETTE[1])
    how = next(iter(known.values()))[0]
    heading = Heading(
        f"PSNR against time, {PLANE.name} x{SCALE}",
        f"{how['hardware']}; network only, {how['dtype']}, input {how['input']}, median of {how['runs']} runs",
    )
    panel = Panel("", (series,), "seconds for a megapixel of the result (left: quicker)", "PSNR in dB", log_x=True)
    write_bytes(target, as_png(draw_chart([panel], heading, columns=1, panel_px=(400, 760))))
    return True


def draw_curves_of(folder: Path, target: Path) -> bool:
    """Each NAME.csv of the folder, columns step and psnr, as a chart; whether there are any."""
    panels = [_curve(path) for path in sorted(folder.glob("*.csv"))]
    if not panels:
        return False
    heading = Heading("PSNR against steps", "on the validation pictures of each run, whose averaged weights they are")
    write_bytes(target, as_png(draw_chart(panels, heading, columns=2, panel_px=(240, 390))))
    return True


def _curve(path: Path) -> Panel:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps, psnr = ([float(row[column]) for row in rows] for column in ("step", "psnr"))
    return Panel(path.stem, (Series("", steps, psnr),), "steps", "PSNR in dB")
