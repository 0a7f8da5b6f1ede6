"""The words an encoder is opened with: our defaults, what the source asks for, and the user's own, which win."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import av
import torch
from av.codec.context import CodecOption, OptionType

from upscale.errors import UsageError
from upscale.video.colour.hdr import HdrMetadata
from upscale.video.colour.layout import PixelLayout
from upscale.video.encoding.codecs import Facts, facts_of
from upscale.video.encoding.hardware import hardware, hardware_options
from upscale.video.encoding.hdr_params import hdr_params

# Who sets one of these chooses another way to bound quality or size than ours.
_RATE_WORDS = frozenset(("b", "crf", "qp", "cq", "q", "qscale", "global_quality", "rc", "qmin", "qmax", "lossless"))
# With AVX-512, x264 (core 165) makes other files in every run where the width is no multiple of 256: its mbtree reads
# what nobody wrote. Without, a clip that was interrupted becomes the very file it would have been, and none is slower.
_AVX2_ONLY = "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,LZCNT,FMA3,BMI2,AVX2"
_NUMBERS = (OptionType.INT, OptionType.INT64, OptionType.FLOAT, OptionType.DOUBLE, OptionType.BOOL)
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9.]+")
_PLAIN_WORD = re.compile(r"[A-Za-z_]+")


@dataclass(frozen=True)
class Encoding:
    """What the user asks of the encoder; None leaves it to the codec, whose name may be short (hevc, av1).

    `auto`: what the target's name asks for, else libx264. `options` go to FFmpeg as they are.
    """

    codec: str = "auto"
    crf: float | None = None
    preset: str | None = None
    pix_fmt: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def encoder_options(codec: av.Codec, layout: PixelLayout, encoding: Encoding, hdr: HdrMetadata) -> dict[str, str]:
    """All options. UsageError for a quality, a pace or a value that the encoder does not have."""
    facts, user = facts_of(codec), {name.removesuffix(":v"): value for name, value in encoding.options.items()}
    _check(codec, user)
    device = hardware(codec.name)
    if device is not None:
        return hardware_options(device, encoding.crf, encoding.preset) | user
    options = dict(facts.options) | _by_layout(codec.name, layout)
    if encoding.crf is not None or not _RATE_WORDS & user.keys():
        options |= _quality(codec.name, facts, encoding.crf)
    options |= _pace(codec, facts, encoding.preset) | user
    if facts.params is not None:
        # Later words win: the user's.
        words = [*_own_params(codec.name, facts, hdr), user.get(facts.params)]
        options[facts.params] = ":".join(filter(None, words))
    return {name: value for name, value in options.items() if value}


def _own_params(name: str, facts: Facts, hdr: HdrMetadata) -> list[str]:
    words = hdr_params(hdr, facts.hdr) if facts.hdr else []
    # x265 reports on stderr, once for each segment.
    if name == "libx265":
        return ["log-level=error", *words]
    if name.startswith("libx264") and torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return [_AVX2_ONLY, *words]
    return words


def _quality(name: str, facts: Facts, crf: float | None) -> dict[str, str]:
    """The user's quality or the default one, in the encoder's words."""
    if facts.quality is None:
        if crf is None:
            return {}
        raise UsageError(f"{name} has no crf; give its own quality option with -e")
    level, (best, worst) = facts.quality_default if crf is None else crf, facts.quality_range
    if not best <= level <= worst:
        raise UsageError(f"--crf {level:g}: {name} takes {best:g} (best) to {worst:g}")
    # FFmpeg's own encoders hold a quantiser where its bounds meet.
    names = ("qmin", "qmax") if facts.quality == "quantiser" else (facts.quality,)
    return {option: f"{level:g}" for option in names}


def _pace(codec: av.Codec, facts: Facts, preset: str | None) -> dict[str, str]:
    if facts.pace is None:
        if preset is None:
            return {}
        raise UsageError(f"{codec.name} has no presets; give its own options with -e")
    if preset is not None and facts.paces and preset not in facts.paces:
        raise UsageError(f"{codec.name} has no preset {preset}; choose {', '.join(facts.paces)}")
    if preset is not None and not facts.paces:
        complaint = _complaint(_options_of(codec)[facts.pace], preset)
        if complaint:
            raise UsageError(f"--preset {preset}: {codec.name} takes {complaint}")
    return {facts.pace: preset or facts.pace_default}


def _by_layout(name: str, layout: PixelLayout) -> dict[str, str]:
    """What follows from the pixel format."""
    if name == "dnxhd":
        # DNxHR takes every size, DNxHD but a few.
        is_422 = layout.log2_width == 1
        return {"profile": "dnxhr_444" if not is_422 else "dnxhr_hqx" if layout.depth > 8 else "dnxhr_hq"}
    if name.startswith("libvpx") and layout.has_alpha:
        # Its frames that are never shown would leave colour and transparency of different frames together.
        return {"auto-alt-ref": "0"}
    return {}


def _check(codec: av.Codec, options: Mapping[str, str]) -> None:
    """Values that FFmpeg would answer with no more than "invalid argument"."""
    known = _options_of(codec) if options else {}
    for name, value in options.items():
        complaint = _complaint(known[name], value) if name in known else None
        if complaint:
            raise UsageError(f"-e {name}={value}: {codec.name} takes {complaint}")


def _options_of(codec: av.Codec) -> dict[str, CodecOption]:
    known = codec.create("video").supported_options
    return {option.name: option for option in (*known.generic, *known.private)}


def _complaint(option: CodecOption, value: str) -> str | None:
    """What a numeric option takes, where the value is not that; FFmpeg reads all others, sums and units too."""
    choices = [choice.name for choice in option.choices]
    if option.type not in _NUMBERS or value in choices:
        return None
    if _PLAIN_NUMBER.fullmatch(value) and not option.min <= float(value) <= option.max:
        return f"{option.min:g} to {option.max:g}"
    if _PLAIN_WORD.fullmatch(value) and choices:
        return ", ".join(choices)
    return None
