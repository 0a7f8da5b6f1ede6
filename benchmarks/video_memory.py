"""How much memory `upscale video` takes: whether it grows with the clip's length, and what large frames need.

    python benchmarks/video_memory.py [--part length|large|all] [--short 5] [--long 60] [--size 640x360]

The command itself, in a process of its own each time; its largest resident size, torch and encoder and all.
"""

from argparse import Namespace
from pathlib import Path

from common import measure_memory, parser, peak_bytes, print_claim, size
from video_clips import Stored, add_clip_options, write_clip

# Of bytes, a minute's against five seconds'.
GROWTH = 1.05
_FPS = 25
# Twice what may wait on either side of the network.
_LARGE_FRAMES = 16


def main(options: Namespace, folder: Path) -> None:
    """Each run in a process of its own."""
    if options.part != "large":
        short, long = (
            _peak(folder, seconds * _FPS, options.size, options.model, options)
            for seconds in (options.short, options.long)
        )
        print_claim(f"a clip of {options.long} s against one of {options.short} s", long / short, GROWTH, most=True)
    if options.part != "length":
        for frames in (2, _LARGE_FRAMES):
            _peak(folder, frames, options.large, "nearest", options)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--short", type=int, default=5, help="seconds")
    arguments.add_argument("--long", type=int, default=60, help="seconds")
    arguments.add_argument("--large", type=size, default=(2160, 3840), metavar="WxH")
    arguments.add_argument("--part", choices=("length", "large", "all"), default="all")
    arguments.add_argument("--model", default="espcn")
    arguments.add_argument("--preset", default="medium", help="of the encoder, whose frames in work count as well")
    add_clip_options(arguments)
    return arguments.parse_args()


def _peak(folder: Path, frames: int, px: tuple[int, int], model: str, options: Namespace) -> float:
    """Bytes at the peak of one run of the command at --scale 2."""
    source, target = folder / "in.mp4", folder / "out.mp4"
    write_clip(options.source, source, frames, px, Stored(options={"crf": "28", "preset": "ultrafast"}))
    words = [str(source), "-o", str(target), "--model", model, "--scale", "2", "--preset", options.preset, "--quiet"]
    peak = peak_bytes(["video", *words, "-y"])
    print(f"{frames} frames of {px[1]}x{px[0]}, {model}: {peak / 1e6:.0f} MB", flush=True)
    return peak


if __name__ == "__main__":
    measure_memory(_options, main)
