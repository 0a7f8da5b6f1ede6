"""What becomes of an encoder's frames in a container, tried out: a few are written into memory, and read back."""

from dataclasses import replace

import av

from upscale.video.encoding.encoder import EncoderPlan, configure
from upscale.video.reading.container import reason
from upscale.video.tracks.containers import MATROSKA_SUFFIXES, NamedMemory, muxer_options

# More than any codec holds back for its B-frames.
_FRAMES = 24
# Small encoders open quickly, and all of them take such pictures.
_SMALL_PX = 128


def lost_frames(suffix: str, plan: EncoderPlan) -> str | None:
    """What is wrong with frames in such a container, in words; None where they all come back."""
    try:
        memory = _written(suffix, plan, _FRAMES)
        with av.open(memory, "r") as container:
            # Decoded, not counted in packets: some containers lose the parameter sets that decoders need.
            frames = sum(1 for _ in container.decode(video=0)) if container.streams.video else 0
    except (av.FFmpegError, ValueError) as error:
        return reason(error) if isinstance(error, av.FFmpegError) else str(error)
    return None if frames == _FRAMES else f"of {_FRAMES} frames it gives {frames} back"


def keeps_aspect(suffix: str, plan: EncoderPlan) -> bool:
    """Whether players will learn the pixels' shape.

    PyAV cannot give it to Matroska's muxer. It arrives where the codec's own headers say it (H.264, H.265), and is lost
    with FFV1, VP9 and AV1.
    """
    if plan.sample_aspect in (None, 1) or suffix not in MATROSKA_SUFFIXES:
        return True
    small = replace(plan, coded_height=_SMALL_PX, coded_width=_SMALL_PX, height=_SMALL_PX, width=_SMALL_PX)
    try:
        with av.open(_written(suffix, small, 1), "r") as container:
            return container.streams.video[0].sample_aspect_ratio == plan.sample_aspect
    except (av.FFmpegError, ValueError):
        return True  # such as: no such small size; the finished file is looked at in any case


def _written(suffix: str, plan: EncoderPlan, frames: int) -> NamedMemory:
    """A file of so many black frames, ready to be read."""
    memory = NamedMemory(f"x{suffix}")
    tick = 1 / plan.rate if plan.counts_frames else plan.time_base
    step = max(1, round(1 / plan.rate / tick))
    with av.open(memory, "w", container_options=muxer_options(suffix)) as output:
        stream = output.add_stream(plan.codec, rate=plan.rate)
        assert isinstance(stream, av.VideoStream)
        configure(stream.codec_context, plan)
        stream.time_base = tick
        for number in range(frames):
            frame = av.VideoFrame(plan.coded_width, plan.coded_height, plan.layout.name)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts, frame.time_base = number * step, tick
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    return memory
