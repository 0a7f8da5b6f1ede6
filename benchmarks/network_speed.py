"""How near the network alone comes to the machine's matrix peak, on pictures of several sizes.

    python benchmarks/network_speed.py [WxH ...] [--runs 5] [--dtype auto] [--device auto]

Default sizes: 180x180 768x512 1920x1080 6000x4000. SRGAN x4 with the shipped weights, pictures on the device, results
dropped as they come. The peak is that of a 2048^3 product in the same arithmetic, around each run.
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

from upscale.bench.network import run_network, sources_on

SIZES = ((180, 180), (512, 768), (1080, 1920), (4000, 6000))
SHARE_ON_CPU, SHARE_ON_GPU = 0.92, 0.40


def main() -> None:
    """All sizes in turns."""
    arguments = parser(__doc__)
    arguments.add_argument("sizes", nargs="*", type=size, default=SIZES, metavar="WxH")
    add_engine_options(arguments, runs=5)
    options = arguments.parse_args()
    run_as_the_cli()
    engine, arithmetic = shipped_engine(options)
    upscaler = engine.upscaler
    print_machine()
    print(f"srgan x4, network only, {upscaler.device}, {upscaler.dtype}")
    entries = []
    for height, width in options.sizes:
        sources = sources_on(upscaler.device, 1, height, width)
        work = partial(run_network, upscaler, sources)
        entries.append(Entry(f"{width}x{height}", work, upscaler.dtype, height * width))
    scores = take_turns(entries, options.runs, upscaler.device, arithmetic)
    print_scores(scores)
    wanted = SHARE_ON_CPU if upscaler.device.type == "cpu" else SHARE_ON_GPU
    for score in scores:
        print_claim(f"{score.entry.name}, share of the matrix peak", score.share, wanted)


if __name__ == "__main__":
    main()
