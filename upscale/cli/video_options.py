"""The options of `upscale video` that no other command has."""

from typing import Annotated, Literal

import typer

from upscale.cli.options import ENGINE, OUTPUT, SOURCES, TELLING

# Groups of options in --help, beside those that all commands share.
ENCODING = "Encoding"
TRACKS = "Tracks"
PICTURE = "Picture"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE... [OUT]",
        help="Clips, folders, quoted globs, numbered pictures (frames/%05d.png), or @list.txt with a name a line (@-:"
        " from standard input). The last word is the output if it is a folder, ends in /, or is the second of two and"
        " does not exist. Default: clip_x4.mp4 for clip.mp4, in_x4 for the folder in.",
        show_default=False,
    ),
]
Start = Annotated[
    str | None,
    typer.Option("--ss", metavar="TIME", help="Begin there: 12, 1:02 or 00:01:02.5.", rich_help_panel=SOURCES),
]
End = Annotated[str | None, typer.Option("--to", metavar="TIME", help="End there.", rich_help_panel=SOURCES)]
Fps = Annotated[
    str | None,
    typer.Option("--fps", metavar="N", help="Of numbered pictures, 24000/1001 too.", rich_help_panel=SOURCES),
]
Hwaccel = Annotated[
    str,
    typer.Option(
        "--hwaccel",
        help="Decode in hardware: auto (where it opens), none, or FFmpeg's name such as cuda.",
        rich_help_panel=SOURCES,
    ),
]
Container = Annotated[
    str | None,
    typer.Option(
        "--container",
        "-f",
        metavar="NAME",
        help="mp4, mkv, mov, webm, gif, ... Default: the source's where that keeps all times and can hold the codec,"
        " else mkv or mov.",
        rich_help_panel=OUTPUT,
    ),
]
NoResume = Annotated[
    bool,
    typer.Option("--no-resume", help="Begin anew, whatever an interrupted run has left.", rich_help_panel=OUTPUT),
]
SegmentFrames = Annotated[
    int | None,
    typer.Option(
        "--segment-frames",
        metavar="N",
        min=1,
        help="Frames that are encoded and kept together: what an interrupted run loses at most. Default: 250.",
        show_default=False,
        rich_help_panel=OUTPUT,
    ),
]
Codec = Annotated[
    str,
    typer.Option(
        "--codec",
        "-c",
        help="h264, hevc, av1, vp9, prores, ffv1, h264_nvenc, ...; auto: h264, or what the container asks for.",
        rich_help_panel=ENCODING,
    ),
]
Crf = Annotated[
    float | None,
    typer.Option(
        "--crf",
        help="Quality, lower is better, of encoders that have it. Default: the codec's, 18 for h264.",
        show_default=False,
        rich_help_panel=ENCODING,
    ),
]
Preset = Annotated[
    str | None,
    typer.Option(
        "--preset", help="The encoder's pace. Default: the codec's, medium for h264.", rich_help_panel=ENCODING
    ),
]
PixFmt = Annotated[
    str,
    typer.Option(
        "--pix-fmt", help="auto: the source's subsampling and depth, or the nearest above.", rich_help_panel=ENCODING
    ),
]
EncoderOption = Annotated[
    list[str] | None,
    typer.Option("-e", metavar="KEY=VALUE", help="An option for the encoder; repeatable.", rich_help_panel=ENCODING),
]
Audio = Annotated[
    Literal["copy", "aac", "opus", "none"],
    typer.Option("--audio", help="Copy all as it is, encode it, or leave it out.", rich_help_panel=TRACKS),
]
Subs = Annotated[
    Literal["copy", "none"],
    typer.Option("--subs", help="Keep the subtitles, or leave them out.", rich_help_panel=TRACKS),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="STREAMS",
        help="Keep only these beside the video, in FFmpeg's words: a:1 (the second sound), s (all"
        " subtitles), -d (no data); repeatable.",
        rich_help_panel=TRACKS,
    ),
]
Hdr = Annotated[
    Literal["keep", "tonemap", "error"],
    typer.Option("--hdr", help="HDR clips stay so, become SDR, or are refused.", rich_help_panel=PICTURE),
]
ColourMatrix = Annotated[
    Literal["auto", "bt601", "bt709", "bt2020"],
    typer.Option(
        "--color-matrix", help="In place of the clip's own tag; auto: that, or by size.", rich_help_panel=PICTURE
    ),
]
Rotation = Annotated[
    Literal["keep", "apply"],
    typer.Option(
        "--rotation", help="Of turned clips: keep the mark for players, or turn the pixels.", rich_help_panel=PICTURE
    ),
]
Deinterlace = Annotated[
    Literal["auto", "on", "off"],
    typer.Option(
        "--deinterlace",
        help="With bwdif, one frame for each: frames that are marked, all, none.",
        rich_help_panel=PICTURE,
    ),
]
SquarePixels = Annotated[
    bool,
    typer.Option(
        "--square-pixels", help="Stretch what has other pixels, for players and sites.", rich_help_panel=PICTURE
    ),
]
Dedup = Annotated[
    Literal["exact", "near", "off"],
    typer.Option(
        "--dedup",
        help="Repeated frames are enlarged once: equal ones, or nearly equal ones too.",
        rich_help_panel=ENGINE,
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device", help="auto, cpu, cuda, cuda:1, cuda:0,1 (they share a clip) or mps.", rich_help_panel=ENGINE
    ),
]
PreviewAt = Annotated[
    str | None,
    typer.Option(
        "--preview-at",
        metavar="TIME",
        help="Only write clip_preview_before.png and clip_preview_after.png of this moment.",
        rich_help_panel=TELLING,
    ),
]
Crop = Annotated[
    str | None,
    typer.Option(
        "--crop",
        metavar="N",
        help="Of the preview: 512 (from the middle), 512x256, or 512+100+50 from left and top. Default: 512.",
        show_default=False,
        rich_help_panel=TELLING,
    ),
]
