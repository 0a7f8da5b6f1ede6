"""Which encoder, which pixel format, which options: found out and tried before the first frame is computed."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path

import av

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.colour.layout import PixelLayout
from upscale.video.colour.tags import target_colour, target_tags
from upscale.video.encoding.codecs import encoder_name, facts_of, find_encoder, kind_of
from upscale.video.encoding.coded_colour import coded_colour, range_note
from upscale.video.encoding.complaints import refused_params, said
from upscale.video.encoding.encoder_options import Encoding, encoder_options
from upscale.video.encoding.encoder_plan import EncoderPlan, configure, even_note, open_encoder
from upscale.video.encoding.formats import choose_layout, losses
from upscale.video.encoding.hardware import Hardware, hardware
from upscale.video.reading.container import reason
from upscale.video.reading.reader import VideoInfo

__all__ = ["EncoderPlan", "Encoding", "configure", "even_note", "open_encoder", "plan_encoder"]

# ITU-T H.273 table 3: SMPTE ST 2084 (PQ) and ARIB STD-B67 (HLG). Both are made for 10 bits and more.
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
_HDR_BITS = 10
# MPEG-4 counts at most 65535 ticks a second (ISO/IEC 14496-2), its elders know these rates only (13818-2, table 6-4).
# They count frames at the nearest one; the container keeps the times.
_MPEG_RATES = tuple(map(Fraction, ("24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60")))
_MOST_MPEG4_TICKS = 65535
_FRAME_COUNTERS = ("mpeg1video", "mpeg2video", "mpeg4")


@dataclass(frozen=True)
class _Aim:
    """What is to be encoded, at which size, and where it goes."""

    info: VideoInfo
    height: int
    width: int
    target: Path | None


class _RefusedError(Exception):
    """An encoder that does not open as planned, and FFmpeg's word on it."""

    def __init__(self, plan: EncoderPlan, refusal: av.FFmpegError) -> None:
        self.plan, self.refusal = plan, refusal


def plan_encoder(
    info: VideoInfo, height: int, width: int, encoding: Encoding, target: Path | None = None
) -> EncoderPlan:
    """Settle on an encoder, a pixel format and a size it takes, and try it out.

    `info`: the clip as it is shown; `target`: where it goes, whose name may say the codec. An encoder in hardware
    that does not open gives way to one in software, which the plan's notes say. UsageError for options the codec
    does not know, and for HDR that it cannot carry; EnvironmentLackError for a codec that is not there or does not
    open.
    """
    name = encoder_name(encoding.codec, target)
    device, aim = hardware(name), _Aim(info, height, width, target)
    try:
        return _in_hardware(aim, encoding, device) if device else _planned(aim, encoding, find_encoder(name))
    except _RefusedError as error:
        raise _explained(error) from error.refusal


def _planned(aim: _Aim, encoding: Encoding, codec: av.Codec) -> EncoderPlan:
    """A plan that opens. Raises _RefusedError where there is none."""
    info, size_px, facts = aim.info, (aim.height, aim.width), facts_of(codec)
    if aim.width < facts.least_width_px:
        raise UsageError(f"{codec.name} needs {facts.least_width_px} pixels in a row, the result has {aim.width}")
    layout = choose_layout(codec, info.layout, _wanted_format(aim, encoding, codec), aim.target)
    colour = coded_colour(codec.name, layout, target_colour(info.colour, layout, size_px), aim.target)
    plan = EncoderPlan(
        codec=codec.name,
        options=encoder_options(codec, layout, encoding, info.hdr),
        height=aim.height,
        width=aim.width,
        coded_height=aim.height,
        coded_width=aim.width,
        layout=layout,
        colour=colour,
        tags=target_tags(info.tags, colour, size_px),
        sample_aspect=info.sample_aspect,
        time_base=info.time_base,
        rate=_told_rate(codec.name, info.rate),
        bit_rate=facts.bit_rate,
        counts_frames=codec.name in _FRAME_COUNTERS,
        notes=(
            *losses(codec.name, layout, info.layout, wanted=encoding.pix_fmt is not None),
            *_hdr_notes(info, codec, layout),
        ),
    )
    fitting = _fitting(plan)
    refused = refused_params(lambda: open_encoder(fitting)) if encoding.options else None
    if refused:
        raise UsageError(f"{codec.name} does not take what -e says: {refused}")
    more = (range_note(codec.name, layout, info.colour, colour), even_note(fitting))
    return replace(fitting, notes=(*fitting.notes, *filter(None, more)))


def _told_rate(codec_name: str, rate: Fraction) -> Fraction:
    """The frame rate, or the nearest one that the codec knows."""
    if codec_name in ("mpeg1video", "mpeg2video"):
        return min(_MPEG_RATES, key=lambda known: abs(known - rate))
    is_known = codec_name != "mpeg4" or rate.numerator <= _MOST_MPEG4_TICKS
    return rate if is_known else Fraction(round(rate * 100), 100)


def _wanted_format(aim: _Aim, encoding: Encoding, codec: av.Codec) -> str | None:
    """The user's pixel format; an animation's frames wait as what their writer takes."""
    if aim.target is not None and codec.name == "png" and kind_of(aim.target) == "animation":
        return "rgba" if aim.info.layout.has_alpha else "rgb24"
    return encoding.pix_fmt


def _in_hardware(aim: _Aim, encoding: Encoding, device: Hardware) -> EncoderPlan:
    """The hardware's plan or, with a note, that of the software for the same format."""
    try:
        codec = av.Codec(device.name, "w")
        # Without the user's words, at which no hardware is to blame for a refusal.
        _planned(aim, Encoding(device.name, pix_fmt=encoding.pix_fmt), codec)
    except ValueError:
        why = "this FFmpeg was built without it"
    except EnvironmentLackError as error:
        why = str(error)
    except _RefusedError as error:
        why = _why(error)
    else:
        return _planned(aim, encoding, codec)
    return _in_software(aim, encoding, device, why)


def _in_software(aim: _Aim, encoding: Encoding, device: Hardware, why: str) -> EncoderPlan:
    """What encodes in the hardware's place, with a note on what that changes."""
    software = find_encoder(device.software)
    # Both know the generic options, such as g; of their own each understands its own words only.
    generic = {option.name for option in software.create("video").supported_options.generic}
    kept = {name: value for name, value in encoding.options.items() if name in generic}
    plan = _planned(aim, replace(encoding, preset=None, options=kept), software)
    dropped = [f"-e {name}" for name in encoding.options if name not in kept]
    dropped += ["--preset"] if encoding.preset else []
    without = f", without {', '.join(dropped)}" if dropped else ""
    note = f"{device.name} does not open here ({why}); {software.name} encodes instead{without}"
    return replace(plan, notes=(note, *plan.notes))


def _hdr_notes(info: VideoInfo, codec: av.Codec, layout: PixelLayout) -> tuple[str, ...]:
    """UsageError for HDR that would not arrive as such; a note for what only it would have used."""
    curve = _HDR_TRANSFERS.get(info.tags.transfer)
    has_data = info.hdr.mastering is not None or info.hdr.light is not None
    ways = "choose hevc, av1 or h264, or --hdr tonemap"
    # A source of 8 bits loses nothing by staying so.
    if curve is not None and layout.depth < min(_HDR_BITS, info.layout.depth):
        raise UsageError(
            f"its light is {curve}, for which the {layout.depth} bits of {codec.name} in {layout.name} "
            f"are too few; {ways}"
        )
    if not has_data or facts_of(codec).hdr is not None:
        return ()
    if curve is not None:
        raise UsageError(f"{codec.name} cannot carry its mastering-display and light-level data; {ways}")
    return (f"{codec.name} cannot carry its mastering-display data, which says little of a clip that is not HDR",)


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
    raise _RefusedError(plan, refusal) from refusal


def _explained(error: _RefusedError) -> UsageError | EnvironmentLackError:
    """The user's fault, or the machine's."""
    plan = error.plan
    options = " ".join(f"{name}={value}" for name, value in plan.options.items()) or "no options"
    message = (
        f"{plan.codec} does not open for {plan.width}x{plan.height} {plan.layout.name} with {options}: {_why(error)}"
    )
    # FFmpeg answers a wrong value with EINVAL; what the machine lacks (a GPU, a driver) has other numbers.
    if isinstance(error.refusal, av.ArgumentError):
        return UsageError(message)
    return EnvironmentLackError(f"{message}; choose another codec with -c")


def _why(error: _RefusedError) -> str:
    return said(lambda: open_encoder(error.plan)) or reason(error.refusal)
