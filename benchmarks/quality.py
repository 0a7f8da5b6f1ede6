"""How good the shipped weights are: every file on Set5, Set14 and BSD100 beside published figures, plots and crops.

    python benchmarks/quality.py [OUT] [--data TEST] [--models srgan,espcn] [--pictures N] [--time]

Writes OUT/QUALITY.md with its pictures, by default into this folder; TEST holds Set5, Set14 (HR and LRx2..4) and BSD100
(HR), by default below $UPSCALE_DATA or ../shared/data. OUT/quality.json remembers every score under the sha256 of the
weights: what was measured is not measured again, a file that was trained anew is, and the same command goes on where it
was cut off. --time measures seconds for a megapixel, too: nothing else should run. OUT/curves/NAME.csv (columns step,
psnr) become a chart, OUT/ablation.md and .png are taken in.
"""

import os
from argparse import Namespace
from pathlib import Path

from common import parser, print_machine, run_as_the_cli
from quality_memory import Memory
from quality_page import Facts, page
from quality_plots import draw_curves_of, draw_plane_of, draw_time_of
from quality_scores import measure_all
from quality_sheets import draw_sheets
from quality_subjects import Subject, subjects
from quality_time import time_all

from upscale.atomic import write_bytes

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Measure what is not measured, draw, write the page."""
    options = _options()
    run_as_the_cli()
    options.out.mkdir(parents=True, exist_ok=True)
    print_machine()
    memory = Memory(options.out / "quality.json")
    everyone = subjects()
    chosen = _chosen(everyone, options)
    measure_all(chosen, options, memory)
    if options.time:
        time_all(chosen, options, memory)
    drawn = {
        "quality_plane.png": draw_plane_of(everyone, memory, options.out / "quality_plane.png"),
        "quality_time.png": draw_time_of(everyone, memory, options.out / "quality_time.png"),
        "quality_curves.png": draw_curves_of(options.out / "curves", options.out / "quality_curves.png"),
    }
    sheets = draw_sheets(everyone, options, options.out)
    plots = frozenset(name for name, done in drawn.items() if done)
    text = page(Facts(everyone, memory, options.out, options.pictures, plots, sheets))
    write_bytes(options.out / "QUALITY.md", text.encode())
    print(options.out / "QUALITY.md")


def _options() -> Namespace:
    shared = Path(os.environ.get("UPSCALE_DATA", HERE.parents[1] / "shared" / "data"))
    arguments = parser(__doc__)
    arguments.add_argument("out", type=Path, nargs="?", default=HERE, help="folder of the page and its pictures")
    arguments.add_argument(
        "--data", type=Path, default=shared / "test", help="folder that holds Set5, Set14 and BSD100"
    )
    arguments.add_argument("--models", default="", help="only these are measured, such as srgan,espcn_x4; default: all")
    arguments.add_argument("--pictures", type=int, help="only so many of each set, for a trial in another OUT")
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--time", action="store_true", help="measure time as well")
    arguments.add_argument("--time-size", default="768x512", help="of the input")
    arguments.add_argument("--runs", type=int, default=5, help="of which the median time counts")
    options = arguments.parse_args()
    if options.pictures is not None and options.out == HERE:
        arguments.error("--pictures is for a trial: name another folder than this one")
    return options


def _chosen(everyone: list[Subject], options: Namespace) -> list[Subject]:
    """By name, at all factors or at one."""
    names = [name.strip() for name in options.models.split(",") if name.strip()]
    if unknown := [name for name in names if not any(name in (one.name, str(one)) for one in everyone)]:
        known = ", ".join(dict.fromkeys(one.name for one in everyone))
        raise SystemExit(f"unknown model {unknown[0]}; there are {known}")
    return [one for one in everyone if not names or one.name in names or str(one) in names]


if __name__ == "__main__":
    main()
