"""The options of `upscale images` that no other command has."""

from typing import Annotated, Literal

import typer

from upscale.cli.options import ENGINE, OUTPUT, SOURCES

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE... [OUT]",
        help="Files, folders, quoted globs, @list.txt with a name a line (@-: from standard input), or - for the"
        " picture itself, from standard input or to standard output. The last word is the output if it is a folder,"
        " ends in /, or is the second of two and does not exist. Default: photo_x4.png for photo.png, in_x4 for in.",
        show_default=False,
    ),
]
Ext = Annotated[
    Literal[
        "auto",
        "png",
        "jpg",
        "webp",
        "gif",
        "tiff",
        "avif",
        "bmp",
        "jp2",
        "qoi",
        "tga",
        "ppm",
        "pgm",
        "pam",
        "exr",
        "hdr",
        "pfm",
    ],
    typer.Option(
        "--ext",
        "-f",
        help="Output format; auto: the source's where it can hold the result, else png.",
        rich_help_panel=OUTPUT,
    ),
]
Quality = Annotated[
    int | None,
    typer.Option(
        "--quality",
        min=1,
        max=100,
        help="Of jpg, webp, avif, and tiff with jpeg inside. Default: 95, avif 85.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Subsampling = Annotated[
    Literal["444", "422", "420", "auto"],
    typer.Option(
        "--subsampling", help="Colours of jpg and avif; auto: 444 from quality 90 on, else 420.", rich_help_panel=OUTPUT
    ),
]
Lossless = Annotated[
    bool, typer.Option("--lossless", help="webp and avif without loss, in 8 bits.", rich_help_panel=OUTPUT)
]
PngLevel = Annotated[
    int,
    typer.Option(
        "--png-level", min=0, max=9, help="zlib's: 0 large and quick, 9 small and slow.", rich_help_panel=OUTPUT
    ),
]
TiffCompression = Annotated[
    Literal["none", "lzw", "deflate", "jpeg"],
    typer.Option("--tiff-compression", help="Within tiff.", rich_help_panel=OUTPUT),
]
BitDepth = Annotated[
    Literal["auto", "8", "16"],
    typer.Option(
        "--bit-depth",
        help="Bits per sample; auto: the source's. 16 keeps finer steps of the network's answer.",
        rich_help_panel=OUTPUT,
    ),
]
StripMetadata = Annotated[
    bool,
    typer.Option(
        "--strip-metadata",
        help="Write no EXIF, XMP, IPTC and texts; the ICC profile stays (see --icc).",
        rich_help_panel=OUTPUT,
    ),
]
Icc = Annotated[
    Literal["keep", "srgb"],
    typer.Option("--icc", help="Keep the ICC profile as it is, or convert to sRGB.", rich_help_panel=OUTPUT),
]
Alpha = Annotated[
    Literal["model", "resize", "drop"],
    typer.Option(
        "--alpha",
        help="Transparency: through the network as gray, by bicubic interpolation, or dropped.",
        rich_help_panel=OUTPUT,
    ),
]
MaxInputPixels = Annotated[
    str | None,
    typer.Option(
        "--max-input-pixels",
        metavar="N",
        help="Files that claim more are not read; 0: no limit. Default: 268M.",
        rich_help_panel=SOURCES,
    ),
]
IoWorkers = Annotated[
    int, typer.Option("--io-workers", "-j", min=1, help="Threads that write.", rich_help_panel=ENGINE)
]
