"""Turn a trained file into a shipped one: fp16, contract filled in, every score measured on the shipped file, a card.

    python benchmarks/ship.py trained.safetensors --data DATA --hardware "2 CPU cores" --command "upscale train ..."
        [--curve trained.log/table.csv] [--seen "To the eye: ..."]

DATA holds Set5, Set14 (HR and LRx2..4) and BSD100 (HR). Writes weights/NAME_xSCALE.safetensors and .md, and
with --curve benchmarks/curves/NAME_xSCALE.csv, which `quality.py` draws.
"""

import argparse
import csv
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.evaluate.pairs import find_pairs
from upscale.evaluate.protocol import Protocol, Row, Run, parse_metrics
from upscale.evaluate.scoring import score_pairs
from upscale.models.checkpoint import read_network, save_network

ROOT = Path(__file__).resolve().parents[1]
LICENCE = "MIT; trained on photographs under CC0, CC-BY, CC-BY-SA, GPL-2+, BSD, public domain, Unsplash, Pexels"
CURVES = ROOT / "benchmarks" / "curves"
SETS = ("Set5", "Set14", "BSD100")
MOST_POINTS = 12


def scores(path: Path, data: Path) -> dict[str, float]:
    """Means over each set, in fp32, of the network in the file."""
    network = read_network(path)
    scale = network.spec.scale
    upscaler = Upscaler(network, UpscaleOptions(dtype="fp32"))
    measured: dict[str, float] = {}
    for name in SETS:
        folder = data / name / f"LRx{scale}"
        published = folder.is_dir()
        # The covariance of NIQE needs more blocks than the pictures of Set5 have.
        metrics = parse_metrics("psnr,ssim" if name == "Set5" else "psnr,ssim,niqe")
        protocol = Protocol(scale, metrics, "folder" if published else "matlab-bicubic")
        pairs = find_pairs(data / name / "HR", folder if published else None, scale)
        rows = list(score_pairs(upscaler, ScalePlan((network,)), pairs, protocol))
        measurable = tuple(row for row in rows if isinstance(row, Row))
        if len(measurable) < len(rows):
            raise SystemExit(f"{name}: a picture could not be measured")
        means = Run(network.spec.name, protocol, measurable, ()).means()
        measured |= {f"{name} x{scale} {metric.upper()}": round(mean, 3) for metric, mean in means.items()}
    return measured


def validations(table: Path) -> list[dict[str, str]]:
    """The rows of a run's table."""
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keep_curve(table: Path, target: Path) -> None:
    """For the chart: all validations, in the columns that it takes."""
    lines = ["step,psnr", *(f"{row['step']},{float(row['psnr_y']):.3f}" for row in validations(table))]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def curve(table: Path) -> str:
    """The validations of a run, thinned out: what more steps would bring."""
    rows = validations(table)
    every = -(-len(rows) // MOST_POINTS)
    points = rows[::-1][::every][::-1]  # the last one always
    columns = [("steps", "step", ",.0f"), ("dB", "psnr_y", ".2f"), ("NIQE", "niqe", ".2f")]
    lines = [
        f"| {title} | " + " | ".join(format(float(row[key]), spec) for row in points) + " |"
        for title, key, spec in columns
        if points[0].get(key)
    ]
    lines.insert(1, "|---" * (len(points) + 1) + "|")
    return "\nOn pictures set aside from the training photographs, while it was trained:\n\n" + "\n".join(lines) + "\n"


def card(path: Path, options: argparse.Namespace) -> str:
    """What one has to know of a shipped file."""
    spec = read_network(path).spec
    table = "\n".join(f"| {name} | {value} |" for name, value in spec.scores.items())
    way = "" if options.curve is None else curve(options.curve)
    seen = "" if options.seen is None else f"\n{options.seen}\n"
    return f"""# {path.stem}

{spec.architecture}, x{spec.scale}, receptive radius {spec.radius} input pixels.

- Trained on: {spec.trained_on}; the photographs are listed in DATA.md. No test set overlaps them.
- Command: `{options.command}`
- Hardware: {options.hardware}
- Licence: {spec.licence}

| measured on this file, fp32 | |
|---|---|
{table}

PSNR and SSIM on Y (BT.601), {spec.scale} pixels of border cut, 8-bit; low resolutions: the published files of Set5
and Set14, MATLAB's bicubic for BSD100. NIQE: lower looks more natural.
{way}{seen}"""


def main() -> None:
    """Measure, fill in, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--hardware", required=True)
    parser.add_argument("--command", required=True)
    parser.add_argument("--curve", type=Path, help="the run's table.csv")
    parser.add_argument("--seen", help="what the eye sees")
    options = parser.parse_args()
    network = read_network(options.trained)
    target = ROOT / "weights" / f"{network.spec.name}_x{network.spec.scale}.safetensors"
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / "half.safetensors"
        save_network(network, half, dtype=torch.float16)
        network.spec = replace(network.spec, licence=LICENCE, scores=scores(half, options.data))
        save_network(network, half, dtype=torch.float16)
        shutil.copyfile(half, target)
    target.with_suffix(".md").write_text(card(target, options), encoding="utf-8")
    if options.curve is not None:
        keep_curve(options.curve, CURVES / f"{target.stem}.csv")


if __name__ == "__main__":
    main()
