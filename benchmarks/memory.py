"""How much memory `upscale images` takes: whether it grows with the number of files, and what a large picture needs.

    python benchmarks/memory.py [--few 20] [--many 2000] [--size 64x48] [--large 6000x4000] [--part files|large|all]

The command itself, in a process of its own each time; its largest resident size, torch and all.
"""

import shutil
from argparse import Namespace
from pathlib import Path

from common import measure_memory, parser, peak_bytes, print_claim, size

from upscale.bench.images import write_folder

# Of bytes; a process of `upscale` is never quite the same size twice.
GROWTH = 1.05
LARGE_BYTES = 1.5e9


def main(options: Namespace, folder: Path) -> None:
    """Each run in a process of its own."""
    if options.part != "large":
        few, many = (_peak(folder, count, options.size, options) for count in (options.few, options.many))
        print_claim(f"{options.many} files against {options.few}", many / few, GROWTH, most=True)
    if options.part != "files":
        large = _peak(folder, 1, options.large, options)
        print_claim("one large picture, GB", large / 1e9, LARGE_BYTES / 1e9, most=True)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--few", type=int, default=20)
    arguments.add_argument("--many", type=int, default=2000)
    arguments.add_argument("--size", type=size, default=(48, 64), metavar="WxH")
    arguments.add_argument("--large", type=size, default=(4000, 6000), metavar="WxH")
    arguments.add_argument("--part", choices=("files", "large", "all"), default="all")
    arguments.add_argument("--model", default="srgan")
    arguments.add_argument("--ext", choices=("png", "jpg", "webp", "tiff"), default="png")
    return arguments.parse_args()


def _peak(folder: Path, count: int, px: tuple[int, int], options: Namespace) -> float:
    """Bytes at the peak of one run of the command."""
    write_folder(folder / "in", count, *px, f".{options.ext}")
    words = [str(folder / "in"), "-o", str(folder / "out"), "--model", options.model, "--quiet"]
    peak = peak_bytes(["images", *words])
    print(f"{count} of {px[1]}x{px[0]}: {peak / 1e6:.0f} MB", flush=True)
    shutil.rmtree(folder / "in")
    shutil.rmtree(folder / "out")
    return peak


if __name__ == "__main__":
    measure_memory(_options, main)
