"""What each loss does: the ablation of the SRGAN paper (Ledig et al. 2017, table 1) in small.

    python benchmarks/ablation.py OUT [--steps 4000] [--batch 8] [--data PHOTOS] [--vgg-weights FILE]

Five runs of equal length from one start, the shipped SRResNet, by the losses of the recipes, their content weighed to
pull alike: SRResNet-MSE, SRResNet-VGG22, SRGAN-MSE, SRGAN-VGG22, SRGAN-VGG54. Then PSNR and NIQE of each on Set14 and
BSD100, beside bicubic and the start. Writes OUT/ablation.md and OUT/ablation.png. What OUT holds already is not done
again, and what was cut off is gone on with: the same command may be given as often as one likes. Pictures and weights
are those below $UPSCALE_DATA (or ../shared/data) unless named.
"""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablation_sheet import Column, draw_sheet
from common import parser, print_machine
from upscale.train.config import read_recipe
from upscale.train.saving import saved_settings, state_folder

from upscale.atomic import write_bytes
from upscale.engine.scaling import ScalePlan
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.evaluate.pairs import Pair, find_pairs
from upscale.evaluate.protocol import Protocol, Row, Run
from upscale.evaluate.scoring import score_pairs
from upscale.models.catalog import load_network

ROOT = Path(__file__).resolve().parents[1]
SCALE = 4
# So that all pull alike at the start, by their gradients on the picture (8 crops of the training photographs: 1.1e-3,
# 1.1e-3, 1.2e-3). Without it, VGG22's is a fortieth of the others', and an adversarial loss beside it is alone.
CONTENT = {"mse": 4.0, "vgg22": 40.0, "vgg54": 1.0}
RECIPES = ("srresnet-mse", "srresnet-vgg22", "srgan-mse", "srgan-vgg22", "srgan-vgg54")
BESIDE = {"bicubic": "bicubic", "start": "srresnet"}
SETS = ("Set14", "BSD100")
SAMPLES = ("astronaut.png", "chelsea.jpg", "coffee.png")
SEED = 0

Scores = dict[str, dict[str, float]]


def main() -> None:
    """Train what is not trained, measure what is not measured, then the table and the sheet."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    print_machine()
    for name in RECIPES:
        train(name, options)
    networks = BESIDE | {name: str(options.out / f"{name}.safetensors") for name in RECIPES}
    scores = {name: measured(name, source, options) for name, source in networks.items()}
    page = "\n".join([_title(options), "", *_table(scores), "", *_claims(scores), ""])
    write_bytes(options.out / "ablation.md", page.encode())
    columns = [Column(name, _upscaler(source, options)) for name, source in networks.items()]
    draw_sheet(columns, [ROOT / "samples" / name for name in SAMPLES], SCALE, options.out / "ablation.png")
    print(page)


def _options() -> Namespace:
    shared = Path(os.environ.get("UPSCALE_DATA", ROOT.parent / "shared" / "data"))
    arguments = parser(__doc__)
    arguments.add_argument("out", type=Path, help="folder of the runs and results")
    arguments.add_argument("--steps", type=int, default=4000, help="of each run")
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--learning-rate", type=float, default=1e-4)
    arguments.add_argument("--gan", type=float, help="weight of the adversarial loss; default: the recipes', 1e-3")
    arguments.add_argument("--discriminator", default="pooled", help="the same in all three")
    arguments.add_argument("--data", type=Path, default=shared / "train" / "photos")
    arguments.add_argument("--test", type=Path, default=shared / "test", help="folder that holds Set14 and BSD100")
    arguments.add_argument("--vgg-weights", type=Path, default=shared / "vgg" / "vgg16_caffe.safetensors")
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--pictures", type=int, help="only so many of each set")
    return arguments.parse_args()


def train(name: str, options: Namespace) -> None:
    """One run, through the command line, from where it stands."""
    out, recipe = options.out / f"{name}.safetensors", options.out / f"{name}.toml"
    text = as_toml(settings(name, options))
    if recipe.exists() and recipe.read_text(encoding="utf-8") != text:
        raise SystemExit(f"{recipe} holds a run of other settings: choose another folder")
    if out.exists():
        print(f"{name}: trained before", flush=True)
        return
    write_bytes(recipe, text.encode())
    (options.out / f"{name}.json").unlink(missing_ok=True)  # scores of weights that are no more
    resume = ["--resume"] if saved_settings(state_folder(out)) is not None else ["--recipe", str(recipe)]
    print(f"{name}: {options.steps} steps {'go on' if resume == ['--resume'] else 'begin'}", flush=True)
    words = ["train", "--data", str(options.data), "--out", str(out), *resume]
    with subprocess.Popen([sys.executable, "-m", "upscale", *words]) as run:
        try:
            code = run.wait()
        except KeyboardInterrupt:  # which the run has got as well: it saves its state first
            code = run.wait()
    if code:
        raise SystemExit(code)


def settings(name: str, options: Namespace) -> dict[str, Any]:
    """A recipe's losses; everything else alike in all five runs, or the table would compare that."""
    recipe = read_recipe(name)
    losses = {name: CONTENT.get(name, weight) for name, weight in recipe["losses"].items()}
    if "gan" in losses and options.gan is not None:
        losses["gan"] = options.gan
    return {
        "model": name,
        "architecture": "srresnet",
        "scale": SCALE,
        "init": BESIDE["start"],
        "vgg_weights": str(options.vgg_weights.resolve()),
        "steps": options.steps,
        "batch": options.batch,
        "crop": 24,
        "learning_rate": options.learning_rate,
        "warmup": min(100, options.steps // 10),
        "ema": 0.995,
        "seed": SEED,
        "validate_every": max(1, options.steps // 4),
        "save_every": min(200, options.steps),
        "device": options.device,
        "network": {"norm": "none", "prelu": "shared"},
        "losses": losses,
        "gan": {"discriminator": options.discriminator, "learning_rate": 2 * options.learning_rate},
    }


def as_toml(values: Mapping[str, Any]) -> str:
    """Settings as a recipe: JSON's words, numbers and lists are TOML's too."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in values.items() if not isinstance(value, dict)]
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    inner = [
        [f"\n[{key}]", *(f"{name} = {json.dumps(item)}" for name, item in table.items())]
        for key, table in tables.items()
    ]
    return "\n".join([*plain, *(line for table in inner for line in table)]) + "\n"


def measured(name: str, source: str, options: Namespace) -> Scores:
    """Means over each set, remembered in OUT/NAME.json beside the number of pictures."""
    memory = options.out / f"{name}.json"
    known: Scores = json.loads(memory.read_text(encoding="utf-8")) if memory.exists() else {}
    for test_set in SETS:
        pairs = _pairs(test_set, options)
        if known.get(test_set, {}).get("pictures") != len(pairs):
            print(f"{name}: measuring {len(pairs)} pictures of {test_set}", flush=True)
            known[test_set] = {"pictures": len(pairs), **_means(source, pairs, options)}
            write_bytes(memory, json.dumps(known, indent=1).encode())
    return known


def _means(source: str, pairs: list[Pair], options: Namespace) -> dict[str, float]:
    protocol = Protocol(SCALE, ("psnr", "niqe"), "folder" if pairs[0].lr else "matlab-bicubic")
    plan = ScalePlan((load_network(source, SCALE),))
    rows = list(score_pairs(_upscaler(source, options), plan, pairs, protocol))
    failed = [row for row in rows if not isinstance(row, Row)]
    if failed:
        raise SystemExit(f"{failed[0].picture} cannot be measured: {failed[0].reason}")
    means = Run(source, protocol, tuple(row for row in rows if isinstance(row, Row)), ()).means()
    return {metric: mean for metric, mean in means.items()}


def _upscaler(source: str, options: Namespace) -> Upscaler:
    return Upscaler(load_network(source, SCALE), UpscaleOptions(device=options.device, dtype="fp32"))


def _pairs(test_set: str, options: Namespace) -> list[Pair]:
    folder = options.test / test_set
    if not (folder / "HR").is_dir():
        raise SystemExit(f"{folder / 'HR'} does not exist: name the folder of the test sets with --test")
    published = folder / f"LRx{SCALE}"
    return find_pairs(folder / "HR", published if published.is_dir() else None, SCALE)[: options.pictures]


def _title(options: Namespace) -> str:
    gan = "" if options.gan is None else f", the adversarial loss {options.gan:g}"
    content = ", ".join(f"{name} {weight:g}" for name, weight in CONTENT.items())
    return (
        f"SRResNet x{SCALE}, {options.steps} steps of {options.batch} crops of 96 pixels each, learning rate"
        f" {options.learning_rate:g}, features of {options.vgg_weights.name}. The content losses weigh {content}, by"
        f" which all pull alike at the start{gan}. *start*: the SRResNet that all five began with."
    )


def _table(scores: Mapping[str, Scores]) -> list[str]:
    cells = [(test_set, metric) for test_set in SETS for metric in ("psnr", "niqe")]
    head = " | ".join(f"{test_set} {metric.upper()}" for test_set, metric in cells)
    rows = [
        " | ".join([name, *(f"{of[test_set][metric]:.2f}" for test_set, metric in cells)])
        for name, of in scores.items()
    ]
    return [f"| | {head} |", "|---" * (len(cells) + 1) + "|", *(f"| {row} |" for row in rows)]


def _claims(scores: Mapping[str, Scores]) -> list[str]:
    """What the paper found, and whether it shows here."""
    psnr = {name: scores[name]["BSD100"]["psnr"] for name in RECIPES}
    niqe = {name: scores[name]["BSD100"]["niqe"] for name in RECIPES}
    gans, others = ([name for name in RECIPES if name.startswith(kind)] for kind in ("srgan", "srresnet"))
    found = {
        "SRResNet-MSE has the highest PSNR on BSD100": max(psnr, key=psnr.__getitem__) == "srresnet-mse",
        "SRGAN-VGG54 has the lowest PSNR on BSD100": min(psnr, key=psnr.__getitem__) == "srgan-vgg54",
        "every SRGAN has a lower NIQE on BSD100 than both SRResNets": max(niqe[name] for name in gans)
        < min(niqe[name] for name in others),
    }
    return [f"- {claim}: {'reached' if holds else 'MISSED'}" for claim, holds in found.items()]


if __name__ == "__main__":
    main()
