"""Whether thumbnails fill the machine: many small pictures against one large one, pixel for pixel.

    python benchmarks/many_small.py [--count 500] [--small 64x48] [--large 2000x1500] [--runs 3]

SRGAN x4 with the shipped weights; the network alone, and from file to file, all four in turns.
"""

from functools import partial
from pathlib import Path

from common import (
    Entry,
    add_engine_options,
    parser,
    print_claim,
    print_machine,
    print_scores,
    run_as_the_cli,
    shipped_engine,
    size,
    take_turns,
)

from upscale.bench.cases import Engine
from upscale.bench.images import enlarge_folder, write_folder
from upscale.bench.network import run_network, sources_on
from upscale.bench.scratch import scratch_folder

WANTED = 0.85


def main() -> None:
    """Two folders, each twice."""
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=500)
    arguments.add_argument("--small", type=size, default=(48, 64), metavar="WxH")
    arguments.add_argument("--large", type=size, default=(1500, 2000), metavar="WxH")
    add_engine_options(arguments, runs=3)
    options = arguments.parse_args()
    run_as_the_cli()
    engine, arithmetic = shipped_engine(options)
    upscaler = engine.upscaler
    print_machine()
    print(f"srgan x4, {upscaler.device}, {upscaler.dtype}")
    with scratch_folder() as folder:
        small = _entries("many small", engine, folder / "small", options.count, options.small)
        large = _entries("one large", engine, folder / "large", 1, options.large)
        scores = take_turns([*small, *large], options.runs, upscaler.device, arithmetic)
    print_scores(scores)
    for kind, of_small, of_large in zip(("network only", "from file to file"), scores[:2], scores[2:], strict=True):
        print_claim(f"{kind}, many small against one large", of_small.times_quicker_than(of_large), WANTED)


def _entries(name: str, engine: Engine, folder: Path, count: int, px: tuple[int, int]) -> list[Entry]:
    """The network alone, and from file to file."""
    upscaler, lr_px = engine.upscaler, count * px[0] * px[1]
    files = write_folder(folder / "in", count, *px)
    on_device = sources_on(upscaler.device, count, *px)
    alone = partial(run_network, upscaler, on_device)
    whole = partial(enlarge_folder, engine, files, folder / "out")
    return [
        Entry(f"{name}, network only", alone, upscaler.dtype, lr_px),
        Entry(f"{name}, from file to file", whole, upscaler.dtype, lr_px),
    ]


if __name__ == "__main__":
    main()
