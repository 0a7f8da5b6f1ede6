"""Two half pictures woven into each other become one whole picture: as many frames as before, at the same times."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from typing import Literal

import av
from av.filter import Graph

from upscale.errors import UsageError
from upscale.video.colour.layout import PixelLayout
from upscale.video.reading.trimming import Timed

Deinterlace = Literal["auto", "on", "off"]
# bwdif takes no interleaved chroma; these are the same samples in planes.
_PLANAR = {"nv12": "yuv420p", "nv21": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "p010le": "yuv420p10le",
           "p016le": "yuv420p16le", "p210le": "yuv422p10le", "yuyv422": "yuv422p", "uyvy422": "yuv422p"}  # fmt: skip
# Of every plane, chroma's too (libavfilter/vf_bwdif.c).
_LEAST_HEIGHT_PX, _LEAST_WIDTH_PX = 4, 3


def feasible(wish: Deinterlace, height: int, width: int, layout: PixelLayout) -> Deinterlace:
    """The wish, or off for pictures that are too small; UsageError where all of those are to be deinterlaced."""
    rows, columns = -(-height >> layout.log2_height), -(-width >> layout.log2_width)
    if rows >= _LEAST_HEIGHT_PX and columns >= _LEAST_WIDTH_PX:
        return wish
    if wish == "on":
        raise UsageError(
            f"--deinterlace on: pictures of {width}x{height} pixels in {layout.name} are too small for bwdif"
        )
    return "off"


@dataclass
class Deinterlacer:
    """Sends frames through FFmpeg's bwdif, each for one: `auto` those that say they are interlaced, `on` all.

    Field order is each frame's own; those that say nothing count as top field first.
    """

    wish: Deinterlace
    time_base: Fraction
    interlaced: int = 0

    def frames(self, frames: Iterable[Timed]) -> Iterator[Timed]:
        """The same frames, at the same times, deinterlaced. A clip without interlaced frames passes by the filter."""
        rest = self._counted(frames)
        if self.wish == "off":
            yield from rest
            return
        before: Timed | None = None
        for timed in rest:
            if self.wish == "on" or self.interlaced:
                yield from self._filtered(before, timed, rest)
                return
            before = timed
            yield timed

    def notes(self) -> list[str]:
        """What was done, in words."""
        if self.wish == "on":
            return ["all frames were deinterlaced with bwdif"]
        if not self.interlaced:
            return []
        what = "enlarged as if they were not" if self.wish == "off" else "deinterlaced with bwdif"
        return [f"interlaced frames, {what}: {self.interlaced}"]

    def _counted(self, frames: Iterable[Timed]) -> Iterator[Timed]:
        for timed in frames:
            self.interlaced += timed.frame.interlaced_frame
            yield timed

    def _filtered(self, before: Timed | None, first: Timed, rest: Iterable[Timed]) -> Iterator[Timed]:
        """All from `first` on; the frame before it is only looked at."""
        graph = _graph(first.frame, self.time_base, self.wish)
        context = [] if before is None else [before]
        begin = first.pts
        waiting: deque[Timed] = deque()
        for timed in chain(context, [first], rest):
            waiting.append(timed)
            timed.frame.pts = timed.pts
            graph.vpush(timed.frame)
            yield from (done for done in _finished(graph, waiting) if done.pts >= begin)
        graph.vpush(None)
        yield from (done for done in _finished(graph, waiting) if done.pts >= begin)


def _finished(graph: Graph, waiting: deque[Timed]) -> Iterator[Timed]:
    """What the filter has finished, each frame with the time of the one that went in for it."""
    while True:
        try:
            frame = graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        yield replace(waiting.popleft(), frame=frame)


def _graph(first: av.VideoFrame, time_base: Fraction, wish: Deinterlace) -> Graph:
    """frame -> [planes] -> bwdif -> [as it was] -> frame."""
    graph = Graph()
    name = first.format.name
    deint = "all" if wish == "on" else "interlaced"
    nodes = [graph.add_buffer(width=first.width, height=first.height, format=first.format, time_base=time_base)]
    if name in _PLANAR:
        nodes.append(graph.add("format", f"pix_fmts={_PLANAR[name]}"))
    nodes.append(graph.add("bwdif", f"mode=send_frame:parity=auto:deint={deint}"))
    nodes.append(graph.add("format", f"pix_fmts={name}"))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph
