"""An encoder and all it is set to: a plan, and the encoder that it opens, as often as it is needed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec.context import Flags

from upscale.errors import UsageError
from upscale.video.colour.conversion import Colour
from upscale.video.colour.layout import PixelLayout
from upscale.video.colour.tags import ColourTags


@dataclass(frozen=True)
class EncoderPlan:
    """Everything that opens the same encoder again, once for each segment and once for the file's header.

    `height` and `width` are those of the finished pictures, `coded_height` and `coded_width` what the codec
    takes: one more where it wants even sizes. `counts_frames`: it cannot tell times in the clip's time base, so
    that it is given the frames' numbers instead.
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
    bit_rate: int = 0
    counts_frames: bool = False
    notes: tuple[str, ...] = ()

    @property
    def clock(self) -> Fraction:
        """The time base that the encoder counts in."""
        return 1 / self.rate if self.counts_frames else self.time_base


def open_encoder(plan: EncoderPlan) -> av.VideoCodecContext:
    """An open encoder. Raises av.FFmpegError where FFmpeg refuses, UsageError for an unknown option."""
    context = av.Codec(plan.codec, "w").create("video")
    configure(context, plan)
    if plan.codec == "libsvtav1":
        # It reports on stderr, once for each segment, unless its environment says: errors only.
        os.environ.setdefault("SVT_LOG", "1")
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
    context.time_base, context.framerate = plan.clock, plan.rate
    # FFmpeg's default is 200 kbit/s, which would bound VP9's quality; 0 leaves it to crf.
    context.bit_rate = plan.bit_rate
    if plan.sample_aspect:
        context.sample_aspect_ratio = plan.sample_aspect
    context.colorspace, context.color_range = plan.tags.matrix, plan.tags.colour_range
    context.color_primaries, context.color_trc = plan.tags.primaries, plan.tags.transfer
    # MP4 and Matroska keep parameter sets in their header; every segment then starts alike.
    context.flags |= Flags.global_header
    # PyAV's default, slices, makes x264 cut every picture into as many as there are threads, which costs bits.
    context.thread_type = "AUTO"
    context.options = {**_siting_option(plan), **plan.options}


def even_note(plan: EncoderPlan) -> str | None:
    """What happened to an odd size, if anything."""
    if (plan.coded_height, plan.coded_width) == (plan.height, plan.width):
        return None
    return (
        f"{plan.codec} takes no odd sizes in {plan.layout.name}: {plan.width}x{plan.height} becomes "
        f"{plan.coded_width}x{plan.coded_height}, the edge repeated"
    )


def _siting_option(plan: EncoderPlan) -> dict[str, str]:
    """Only 4:2:0 can say where its chroma sits (ITU-T H.264, annex E.2.1)."""
    is_420 = (plan.layout.log2_width, plan.layout.log2_height) == (1, 1)
    return {"chroma_sample_location": plan.colour.siting} if is_420 else {}
