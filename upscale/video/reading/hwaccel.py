"""Decoding in hardware, where the machine has it."""

import sys
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel, hwdevices_available

from upscale.errors import UsageError
from upscale.video.reading.container import reason

NAMES = ("cuda", "d3d11va", "d3d12va", "dxva2", "qsv", "vaapi", "vdpau", "videotoolbox", "vulkan")


def find_hwaccel(wish: str) -> tuple[HWAccel | None, str | None]:
    """What decodes in hardware, and a note where the one that was named cannot be had.

    `wish`: "none", "auto" or FFmpeg's name. Raises UsageError for a name that FFmpeg does not know.
    """
    if wish not in ("auto", "none", *NAMES):
        raise UsageError(f"--hwaccel {wish} is not known; use auto, none, {', '.join(NAMES)}")
    if wish == "none":
        return None, None
    name = _usual() if wish == "auto" else wish
    refusal = _refusal(name) if name else None
    if name is None or refusal:
        note = f"{name} does not open here ({refusal}); it is decoded in software" if wish != "auto" else None
        return None, note
    return HWAccel(name, allow_software_fallback=True), None


def _usual() -> str | None:
    """The one that this kind of machine has, if FFmpeg was built with it and there is a device."""
    if sys.platform == "darwin":
        name, present = "videotoolbox", True
    elif sys.platform == "win32":
        name, present = "d3d11va", True
    else:
        name, present = "cuda", Path("/dev/nvidiactl").exists()
    return name if present and name in hwdevices_available() else None


def _refusal(name: str) -> str | None:
    """Why a device cannot be opened, None where it can."""
    if name not in hwdevices_available():
        return "this FFmpeg was built without it"
    try:
        # H.264 is what every device that decodes anything decodes.
        HWAccel(name).create(av.Codec("h264", "r"))
    except av.FFmpegError as error:
        return reason(error)
    except NotImplementedError:
        return "it decodes no H.264"
    return None
