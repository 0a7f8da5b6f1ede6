"""Scores as a table for spreadsheets and scripts, the conditions in every row."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from upscale.atomic import write_bytes
from upscale.evaluate.protocol import METRICS, Metric, Run
from upscale.evaluate.report import Conditions

COLUMNS = (
    *("kind", "model", "picture", *METRICS, "error", "scale", "arithmetic"),
    *("channels", "crop_px", "ssim_form", "ssim_exponents", "hr", "lr", "protocol", "unavailable"),
)


def write_csv(target: Path, runs: Sequence[tuple[Conditions, Run]]) -> None:
    """All runs in one table: a row a picture (kind `picture` or `failed`), then the model's `mean`.

    Scores in full; empty where there is none, `inf` for the PSNR of equal pictures. Replaces the target whole; raises
    OutputError.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for conditions, run in runs:
        writer.writerows(_rows(conditions, run))
    # A file's name may hold bytes that are no text.
    write_bytes(target, text.getvalue().encode(errors="backslashreplace"))


def _rows(conditions: Conditions, run: Run) -> Iterator[dict[str, object]]:
    beside = _beside(conditions)
    for row in run.rows:
        yield {"kind": "picture", "picture": row.picture, **_figures(row.values), **beside}
    for failure in run.failures:
        yield {"kind": "failed", "picture": failure.picture, "error": failure.reason, **beside}
    missing = f"{len(run.failures)} of {len(run.rows) + len(run.failures)} pictures failed" if run.failures else ""
    yield {"kind": "mean", **_figures(run.means()), "error": missing, **beside}


def _figures(values: Mapping[Metric, float]) -> dict[str, object]:
    return {metric: repr(value) for metric, value in values.items()}


def _beside(conditions: Conditions) -> dict[str, object]:
    protocol, folders = conditions.protocol, conditions.folders
    return {
        "model": conditions.model,
        "scale": protocol.scale,
        "arithmetic": conditions.arithmetic,
        "channels": protocol.channels,
        "crop_px": protocol.scale,
        "ssim_form": protocol.ssim,
        "ssim_exponents": " ".join(f"{exponent:g}" for exponent in protocol.ssim_exponents),
        "hr": folders.hr,
        "lr": folders.lr or protocol.lr_from,
        "protocol": protocol,
        "unavailable": "; ".join(f"{metric}: {why}" for metric, why in conditions.unavailable.items()),
    }
