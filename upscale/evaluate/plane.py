"""Scored models as a picture: their places in the perception-distortion plane, mixtures as a curve."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from upscale.atomic import write_bytes
from upscale.errors import UsageError
from upscale.evaluate.protocol import Metric, Run
from upscale.models.mixture import parts_of
from upscale.plot.chart import Heading, as_png
from upscale.plot.lettering import Pixels
from upscale.plot.plane import Place, draw_plane

NEEDED: tuple[Metric, ...] = ("psnr", "niqe")


def check_metrics(metrics: Sequence[Metric]) -> None:
    """Raise UsageError where these metrics leave the plane without an axis."""
    missing = [metric for metric in NEEDED if metric not in metrics]
    if missing:
        raise UsageError(f"--plot shows PSNR against NIQE: add {', '.join(missing)} to --metrics")


def write_plot(target: Path, runs: Sequence[Run]) -> bool:
    """Draw the means of several models on one set; those without a finite one have no place.

    False: none has, and the target is left as it is. Raises OutputError.
    """
    protocol = runs[0].protocol
    means = [(run.model, run.means()) for run in runs if run.rows]
    figures = [(model, mean["psnr"], mean["niqe"]) for model, mean in means if math.isfinite(mean["psnr"])]
    if not figures:
        return False
    pictures = max(len(run.rows) for run in runs)
    heading = Heading(f"PSNR against NIQE, x{protocol.scale}, {pictures} pictures", str(protocol))
    write_bytes(target, as_png(draw_models(figures, heading)))
    return True


def draw_models(figures: Sequence[Place], heading: Heading) -> Pixels:
    """Models by name, PSNR and NIQE; mixtures of two networks are joined in the order of their shares.

    Shape: (H, W, 3), RGB.
    """
    curve = _curve([name for name, _, _ in figures])
    figure = {name: (psnr, niqe) for name, psnr, niqe in figures}
    points = [(_short(name), psnr, niqe) for name, psnr, niqe in figures if not curve.get(name)]
    return draw_plane(points, [(label, *figure[name]) for name, label in curve.items()], heading)


def _curve(names: Sequence[str]) -> dict[str, str]:
    """The names along the curve and what is written beside them; nothing at the ends, which are points, too."""
    mixtures = [name for name in names if len(parts_of(name)) == 2]
    if not mixtures:
        return {}
    first, last = (part.source for part in parts_of(mixtures[0]))
    shares = dict(_shares(names, first, last))
    return {
        name: "" if name in (first, last) else f"{shares[name]:.0%} {_short(last)}"
        for name in sorted(shares, key=shares.__getitem__)
    }


def _shares(names: Sequence[str], first: str, last: str) -> Iterator[tuple[str, float]]:
    """How much of `last` is in each that holds these two networks alone."""
    for name in names:
        shares = {part.source: part.share for part in parts_of(name)} or {name: 1.0}
        if set(shares) <= {first, last}:
            yield name, shares.get(last, 0.0) / sum(shares.values())


def _short(name: str) -> str:
    """A path without its folder and suffix."""
    return Path(name).stem if name.endswith(".safetensors") else name
