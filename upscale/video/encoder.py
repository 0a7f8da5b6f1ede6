"""Which encoder, which pixel format, which options: found out and opened before the first frame is computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product

import av
from av.codec.context import Flags

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.colour import Colour
from upscale.video.container import reason
from upscale.video.formats import choose_layout
from upscale.video.layout import PixelLayout
from upscale.video.reader import VideoInfo
from upscale.video.tags import ColourTags, target_colour, target_tags

# x264's and x265's own middle; other encoders count presets in their own ways and keep their defaults.
_PRESET_CODECS = ("libx264", "libx264rgb", "libx265")


@dataclass(frozen=True)
class Encoding:
    """What the user asks of the encoder; None leaves it to the codec. `options` go to FFmpeg as they are."""

    codec: str = "libx264"
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EncoderPlan:
    """Everything that opens the same encoder again, once for each segment and once for the file's header.

    `height` and `width` are those of the finished pictures, `coded_height` and `coded_width` what the codec
    takes: one more where it wants even sizes.
    """

    codec: str
    options: Mapping[str, str]
    height: int
    width: int
    coded_height: int
    coded_width: int
    layout: PixelLayout
    colour: Colour
    tags: ColourTags
    sample_aspect: Fraction | None
    time_base: Fraction
    rate: Fraction


def plan_encoder(info: VideoInfo, height: int, width: int, encoding: Encoding) -> EncoderPlan:
    """Settle on a pixel format and a size the codec takes, and try it out.

    UsageError for options the codec does not know; EnvironmentLackError for a codec that is not there or does
    not open.
    """
    codec = _find_codec(encoding.codec)
    layout = choose_layout(codec, info.layout, encoding.pix_fmt)
    colour = target_colour(info.colour, layout, height)
    plan = EncoderPlan(
        codec=encoding.codec,
        options=_options(encoding),
        height=height,
        width=width,
        coded_height=height,
        coded_width=width,
        layout=layout,
        colour=colour,
        tags=target_tags(info.tags, colour),
        sample_aspect=info.sample_aspect,
        time_base=info.time_base,
        rate=info.rate,
    )
    return _fitting(plan)


def open_encoder(plan: EncoderPlan) -> av.VideoCodecContext:
    """An open encoder. Raises av.FFmpegError where FFmpeg refuses, UsageError for an unknown option."""
    context = av.Codec(plan.codec, "w").create("video")
    configure(context, plan)
    context.open()
    # FFmpeg takes out of the dictionary what it understood.
    if context.options:
        unknown = ", ".join(sorted(context.options))
        raise UsageError(f"{plan.codec} knows no option {unknown}; `ffmpeg -h encoder={plan.codec}` lists them")
    return context


def configure(context: av.VideoCodecContext, plan: EncoderPlan) -> None:
    """Set a closed encoder up."""
    context.height, context.width = plan.coded_height, plan.coded_width
    context.pix_fmt = plan.layout.name
    context.time_base, context.framerate = plan.time_base, plan.rate
    # FFmpeg's default is 200 kbit/s, which would bound VP9's quality; 0 leaves it to crf.
    context.bit_rate = 0
    if plan.sample_aspect:
        context.sample_aspect_ratio = plan.sample_aspect
    context.colorspace, context.color_range = plan.tags.matrix, plan.tags.colour_range
    context.color_primaries, context.color_trc = plan.tags.primaries, plan.tags.transfer
    # MP4 and Matroska keep parameter sets in their header; every segment then starts alike.
    context.flags |= Flags.global_header
    # PyAV's default, slices, makes x264 cut every picture into as many as there are threads, which costs bits.
    context.thread_type = "AUTO"
    context.options = {**_siting_option(plan), **plan.options}


def _siting_option(plan: EncoderPlan) -> dict[str, str]:
    """Only 4:2:0 can say where its chroma sits (ITU-T H.264, annex E.2.1)."""
    is_420 = (plan.layout.log2_width, plan.layout.log2_height) == (1, 1)
    return {"chroma_sample_location": plan.colour.siting} if is_420 else {}


def even_note(plan: EncoderPlan) -> str | None:
    """What happened to an odd size, if anything."""
    if (plan.coded_height, plan.coded_width) == (plan.height, plan.width):
        return None
    return (
        f"{plan.codec} takes no odd sizes in {plan.layout.name}: {plan.width}x{plan.height} becomes "
        f"{plan.coded_width}x{plan.coded_height}, the edge repeated"
    )


def _find_codec(name: str) -> av.Codec:
    try:
        codec = av.Codec(name, "w")
    except ValueError as error:
        raise EnvironmentLackError(
            f"no video encoder {name} here; libx264, libx265, libsvtav1 and libvpx-vp9 come with PyAV"
        ) from error
    if codec.type != "video":
        raise UsageError(f"{name} encodes {codec.type}, not video")
    return codec


def _options(encoding: Encoding) -> dict[str, str]:
    """The codec's options; quality and preset only where it has them."""
    known = {option.name for option in av.Codec(encoding.codec, "w").create("video").supported_options.private}
    options: dict[str, str] = {}
    if "crf" in known:
        options["crf"] = f"{18 if encoding.crf is None else encoding.crf:g}"
    elif encoding.crf is not None:
        raise UsageError(f"{encoding.codec} has no crf; give its own quality option with -e")
    if "preset" in known and (encoding.preset or encoding.codec in _PRESET_CODECS):
        options["preset"] = encoding.preset or "medium"
    elif encoding.preset:
        raise UsageError(f"{encoding.codec} has no presets; give its own options with -e")
    options |= encoding.options
    if encoding.codec == "libx265":
        # x265 reports on stderr, once for each segment; the user's own words come later and win.
        options["x265-params"] = ":".join(filter(None, ["log-level=error", options.get("x265-params")]))
    return options


def _fitting(plan: EncoderPlan) -> EncoderPlan:
    """The plan with the first size the codec opens at: the picture's own, else the next even ones."""
    refusal: av.FFmpegError | None = None
    for rows, columns in product(range(1 + plan.height % 2), range(1 + plan.width % 2)):
        sized = replace(plan, coded_height=plan.height + rows, coded_width=plan.width + columns)
        try:
            open_encoder(sized)
        except av.FFmpegError as error:
            refusal = refusal or error
            continue
        return sized
    assert refusal is not None
    options = " ".join(f"{name}={value}" for name, value in plan.options.items()) or "no options"
    message = (
        f"{plan.codec} does not open for {plan.width}x{plan.height} {plan.layout.name} with {options}: "
        f"{reason(refusal)}"
    )
    # FFmpeg answers a wrong value with EINVAL; what the machine lacks (a GPU, a driver) has other numbers.
    if isinstance(refusal, av.ArgumentError):
        raise UsageError(message) from refusal
    raise EnvironmentLackError(f"{message}; choose another codec with -c") from refusal
