"""What files cost: a folder of pictures from file to file against the network alone.

    python benchmarks/folder_overhead.py [--count 24] [--size 768x512] [--runs 3] [--ext png]

SRGAN x4 with the shipped weights, in the pipeline of `upscale images`; the two are run in turns.
"""

from functools import partial

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

from upscale.bench.images import enlarge_folder, write_folder
from upscale.bench.network import run_network, sources_on
from upscale.bench.scratch import scratch_folder


def main() -> None:
    """A folder, then its ratio."""
    arguments = parser(__doc__)
    arguments.add_argument("--count", type=int, default=24)
    arguments.add_argument("--size", type=size, default=(512, 768), help="WxH; default 768x512")
    arguments.add_argument("--ext", choices=("png", "jpg", "webp", "tiff"), default="png")
    add_engine_options(arguments, runs=3)
    options = arguments.parse_args()
    run_as_the_cli()
    engine, arithmetic = shipped_engine(options)
    upscaler = engine.upscaler
    height, width = options.size
    print_machine()
    print(f"srgan x4, {options.count} {options.ext} of {width}x{height}, {upscaler.device}, {upscaler.dtype}")
    with scratch_folder() as folder:
        files = write_folder(folder / "in", options.count, height, width, f".{options.ext}")
        on_device = sources_on(upscaler.device, options.count, height, width)
        lr_px = options.count * height * width
        entries = [
            Entry("network only", partial(run_network, upscaler, on_device), upscaler.dtype, lr_px),
            Entry("from file to file", partial(enlarge_folder, engine, files, folder / "out"), upscaler.dtype, lr_px),
        ]
        alone, whole = take_turns(entries, options.runs, upscaler.device, arithmetic)
    print_scores([alone, whole])
    print_claim("from file to file against network only", whole.times_quicker_than(alone), 0.95)


if __name__ == "__main__":
    main()
