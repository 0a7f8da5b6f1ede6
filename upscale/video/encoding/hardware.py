"""Encoders in hardware: how their quality and pace are set, and which software writes the same format without them."""

from dataclasses import dataclass

from upscale.video.encoding.codecs import QUANTISER_UNIT

# Every one that FFmpeg has; those without an entry below take no planes from memory, or no quality, and give way.
_FAMILIES = ("nvenc", "qsv", "amf", "videotoolbox", "vaapi", "v4l2m2m", "mf", "vulkan", "mediacodec", "omx", "d3d12va")
_SOFTWARE = {
    "h264": "libx264",
    "hevc": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "vp8": "libvpx",
    "prores": "prores_ks",
    "mjpeg": "mjpeg",
    "mpeg2": "mpeg2video",
    "mpeg4": "mpeg4",
}
# Of the makers' guides; not measured, for want of the hardware. NVENC's AV1 counts to 63.
_DEFAULT_QUALITY = {"h264": 19, "hevc": 20, "av1": 26, "vp9": 26}


@dataclass(frozen=True)
class Hardware:
    """A hardware encoder's name in its parts; `software` writes the same format."""

    name: str
    video_format: str
    family: str

    @property
    def software(self) -> str:
        """FFmpeg's encoder for the same format on the processor."""
        return _SOFTWARE[self.video_format]


def hardware(name: str) -> Hardware | None:
    """What a name such as `hevc_nvenc` says; None for an encoder in software."""
    video_format, _, family = name.rpartition("_")
    return Hardware(name, video_format, family) if family in _FAMILIES and video_format in _SOFTWARE else None


def hardware_options(device: Hardware, quality: float | None, pace: str | None) -> dict[str, str]:
    """Constant quality and pace in the words of a family; lower quality numbers are better in all but Apple's."""
    level = _DEFAULT_QUALITY.get(device.video_format, 20) if quality is None else quality
    if device.family == "nvenc":
        return {"rc": "vbr", "cq": f"{level:g}", "preset": pace or "p5"}
    if device.family == "qsv":
        return {"global_quality": f"{max(1, round(level))}", "preset": pace or "medium"}
    if device.family == "amf":
        return {"rc": "cqp", "qp_i": f"{level:g}", "qp_p": f"{level:g}", "quality": pace or "balanced"}
    if device.family == "videotoolbox":
        # 1 to 100, higher is better; 65 is what users take for x264's 18, and Apple has no paces.
        apple = min(100, max(1, round(101 - 2 * level)))
        return {"global_quality": str(apple * QUANTISER_UNIT), "flags": "+qscale"}
    return {}
