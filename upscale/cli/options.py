"""Options that several commands share, each defined once. Heavy imports are made inside functions only."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from upscale.engine.upscaler import UpscaleOptions

Model = Annotated[
    str,
    typer.Option(
        "--model", "-m", help="A shipped name (srgan, srresnet, espcn, srcnn, bicubic, ...) or a .safetensors path."
    ),
]
Scale = Annotated[
    float | None, typer.Option("--scale", "-s", help="Enlargement factor, 2.5 too. Default: the network's own.")
]
Tile = Annotated[
    str,
    typer.Option(
        "--tile", "-t", help="auto: stream by rows. N: tiles of N input pixels. 0: the whole picture at once."
    ),
]
Overlap = Annotated[
    str, typer.Option("--overlap", help="Input pixels shared by neighbouring tiles; auto: enough to be exact.")
]
Blend = Annotated[
    Literal["exact", "feather"],
    typer.Option("--blend", help="How tiles join: exact crops the overlap, feather fades across it."),
]
Batch = Annotated[str, typer.Option("--batch", help="Small pictures or tiles per forward pass: auto or N.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")]
Dtype = Annotated[
    Literal["auto", "fp32", "fp16", "bf16"],
    typer.Option("--dtype", help="Arithmetic; auto: half precision where the hardware has it."),
]
MaxMemory = Annotated[
    str,
    typer.Option(
        "--max-memory",
        help="Memory that srgan or srresnet may work in, such as 800M or 4G; auto: half of what is free.",
    ),
]
Exists = Annotated[
    Literal["skip", "overwrite", "rename", "error"],
    typer.Option("--exists", help="What to do about an output that is there already."),
]
Overwrite = Annotated[bool, typer.Option("-y", "--yes", help="Same as --exists overwrite.")]
Json = Annotated[bool, typer.Option("--json", help="Events on standard output, one JSON object a line.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress bar and no summary.")]


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
