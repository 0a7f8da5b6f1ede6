"""Options that several commands share, each defined once. Heavy imports are made inside functions only."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from upscale.engine.sizes import Fit as FitWord
    from upscale.engine.sizes import SizeWish
    from upscale.engine.upscaler import UpscaleOptions

# Groups of options in --help.
SOURCES = "Sources"
SIZE = "Size"
OUTPUT = "Output"
ENGINE = "Engine"
TELLING = "Messages"

Model = Annotated[
    str,
    typer.Option(
        "--model",
        "-m",
        help="A shipped name (srgan, srresnet, espcn, srcnn, bicubic, ...), a .safetensors path, or networks of one"
        " architecture mixed by shares: srresnet@0.3+srgan@0.7.",
        rich_help_panel=ENGINE,
    ),
]
Scale = Annotated[
    float | None,
    typer.Option(
        "--scale", "-s", help="Enlargement factor, 2.5 too. Default: the network's own.", rich_help_panel=SIZE
    ),
]
Size = Annotated[
    str | None,
    typer.Option(
        "--size", metavar="WxH", help="Size of the results, such as 1920x1080; see --fit.", rich_help_panel=SIZE
    ),
]
Fit = Annotated[
    Literal["fit", "fill", "stretch"] | None,
    typer.Option(
        "--fit",
        help="How --size is met: inside it, the default; covering it, cut at the sides; exactly.",
        rich_help_panel=SIZE,
    ),
]
LongSide = Annotated[
    int | None,
    typer.Option("--long-side", metavar="N", help="Longer side of the results in pixels.", rich_help_panel=SIZE),
]
ShortSide = Annotated[
    int | None,
    typer.Option("--short-side", metavar="N", help="Shorter side of the results in pixels.", rich_help_panel=SIZE),
]
MaxPixels = Annotated[
    str | None,
    typer.Option(
        "--max-pixels", metavar="N", help="Larger results are reduced to it: 24M is 24 million.", rich_help_panel=SIZE
    ),
]
Tta = Annotated[
    bool,
    typer.Option(
        "--tta",
        "-x",
        help="Average over all eight mirrored and turned versions: takes 8 times as long.",
        rich_help_panel=ENGINE,
    ),
]
Tile = Annotated[
    str,
    typer.Option(
        "--tile",
        "-t",
        help="auto: stream by rows. N: tiles of N input pixels. 0: the whole picture at once.",
        rich_help_panel=ENGINE,
    ),
]
Overlap = Annotated[
    str,
    typer.Option(
        "--overlap", help="Input pixels shared by neighbouring tiles; auto: enough to be exact.", rich_help_panel=ENGINE
    ),
]
Blend = Annotated[
    Literal["exact", "feather"],
    typer.Option(
        "--blend", help="How tiles join: exact crops the overlap, feather fades across it.", rich_help_panel=ENGINE
    ),
]
Batch = Annotated[
    str, typer.Option("--batch", help="Small pictures or tiles per forward pass: auto or N.", rich_help_panel=ENGINE)
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.", rich_help_panel=ENGINE)]
Dtype = Annotated[
    Literal["auto", "fp32", "fp16", "bf16"],
    typer.Option("--dtype", help="Arithmetic; auto: half precision where the hardware has it.", rich_help_panel=ENGINE),
]
MaxMemory = Annotated[
    str,
    typer.Option(
        "--max-memory",
        help="Memory that srgan or srresnet may work in, such as 800M or 4G; auto: half of what is free.",
        rich_help_panel=ENGINE,
    ),
]
Exists = Annotated[
    Literal["skip", "overwrite", "rename", "error"],
    typer.Option("--exists", help="What to do about an output that is there already.", rich_help_panel=OUTPUT),
]
Overwrite = Annotated[bool, typer.Option("-y", "--yes", help="Same as --exists overwrite.", rich_help_panel=OUTPUT)]
Json = Annotated[
    bool, typer.Option("--json", help="Events on standard output, one JSON object a line.", rich_help_panel=TELLING)
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar and no summary.", rich_help_panel=TELLING)]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="A line for every finished file.", rich_help_panel=TELLING)
]
Log = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Append all messages, with the time, to it.", rich_help_panel=TELLING),
]


def engine_options(
    *,
    device: str,
    dtype: str,
    tile: str,
    overlap: str,
    blend: Literal["exact", "feather"],
    batch: str,
    max_memory: str = "auto",
) -> "UpscaleOptions":
    """The engine's options from the command line's words; raises UsageError for what is not a number."""
    from upscale.engine.upscaler import UpscaleOptions

    return UpscaleOptions(
        device=device,
        dtype=dtype,
        tile=_number(tile, "--tile"),
        overlap=_number(overlap, "--overlap"),
        blend=blend,
        batch=_number(batch, "--batch", least=1),
        max_memory_bytes=_bytes(max_memory, "--max-memory"),
        tune=True,
    )


def size_wish(
    *,
    scale: float | None,
    size: str | None,
    fit: "FitWord | None",
    long_side: int | None,
    short_side: int | None,
    max_pixels: str | None,
) -> "SizeWish":
    """The sizes wished, from the command line's words; raises UsageError where they do not fit together."""
    from upscale.engine.sizes import SizeWish, checked
    from upscale.errors import UsageError

    if fit is not None and size is None:
        raise UsageError(f"--fit {fit} says how --size is met, which is missing")
    frame = None if size is None else _frame(size)
    most_px = None if max_pixels is None else pixel_count(max_pixels, "--max-pixels")
    return checked(SizeWish(scale, frame, long_side, short_side, fit or "fit", most_px))


def pixel_count(word: str, option: str) -> int:
    """A number of pixels, with K, M or G behind it for thousands, millions and thousands of millions."""
    from upscale.errors import UsageError

    unit = _THOUSANDS.get(word[-1:].upper(), 1)
    number = word if unit == 1 else word[:-1]
    # At most 12 digits: none is lost in a float.
    if not re.fullmatch(r"\d{1,12}(\.\d+)?", number) or (count := round(float(number) * unit)) < 1:
        raise UsageError(f"{option} {word}: expected a number of pixels such as 1.5M or 1500000")
    return count


def pixel_limit(word: str | None) -> int:
    """The most pixels that a file may claim; 0 lifts the limit."""
    from upscale.images.image_io import LIMIT_PX

    if word is None:
        return LIMIT_PX
    return sys.maxsize if word == "0" else pixel_count(word, "--max-input-pixels")


def _frame(word: str) -> tuple[int, int]:
    """(height, width) of WxH."""
    from upscale.errors import UsageError

    width, _, height = word.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UsageError(f"--size {word}: expected WxH, such as 1920x1080; of one side, --long-side or --short-side")
    return int(height), int(width)


_THOUSANDS = {"K": 10**3, "M": 10**6, "G": 10**9}
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _bytes(word: str, option: str) -> int | None:
    """None for `auto`, else a number of bytes with K, M, G or T behind it."""
    from upscale.errors import UsageError

    if word == "auto":
        return None
    number, unit = word[:-1], word[-1:].upper()
    if unit not in _UNITS or not number.isdecimal() or int(number) < 1:
        raise UsageError(f"{option} {word}: expected auto or a size such as 800M or 4G")
    return int(number) * _UNITS[unit]


def _number(word: str, option: str, *, least: int = 0) -> int | None:
    """None for `auto`, else a whole number of at least `least`."""
    from upscale.errors import UsageError

    if word == "auto":
        return None
    if not word.isdecimal() or int(word) < least:
        raise UsageError(f"{option} {word}: expected auto or a whole number from {least}")
    return int(word)
