"""From a file to its decoded frames: all that decode, whatever is broken between them."""

from collections.abc import Generator, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import cast

import av
from av.video.codeccontext import VideoCodecContext

from upscale.errors import BadInputError
from upscale.video.reading.animated import TIME_BASE as WEBP_TIME_BASE
from upscale.video.reading.animated import webp_frames
from upscale.video.reading.balance import Balance
from upscale.video.reading.container import AnyPacket, MaybePacket, main_video, open_container, reason
from upscale.video.reading.damage import Damage
from upscale.video.reading.hwaccel import find_hwaccel
from upscale.video.reading.packets import packets
from upscale.video.reading.promises import Seen, unkept
from upscale.video.reading.seeking import from_keyframe, seek_before
from upscale.video.reading.sequence import is_pattern
from upscale.video.reading.timing import origin_s

# 16K (15360 x 8640) and a little; FFmpeg itself stops at twice as many, of which each takes 400 MB and more.
MOST_PX = 2**27
# FFmpeg's own VP8 and VP9 decoders leave out the alpha that WebM keeps beside each packet.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


class _TryAgainError(Exception):
    """Something is not as it should be, and is to be done again in the slow and sure way."""


class Decoder:
    """A file's frames, decoded quickly while all is well.

    At the first error everything is decoded again, on one thread and in software: so the same broken file gives the
    same frames everywhere, and none is lost among threads. Raises BadInputError for what holds no video, and for
    pictures of more than `MOST_PX` pixels.
    """

    def __init__(self, source: Path, *, threads: int = 1, hwaccel: str = "none", rate: Fraction | None = None) -> None:
        self.source = source
        self.damage = Damage()
        self._rate, self._threads = rate, threads
        self._hardware, self.note = find_hwaccel(hwaccel)
        self._quick = threads != 1 or self._hardware is not None
        self._seeks = True
        self._open()

    def close(self) -> None:
        """Close the file."""
        self.container.close()

    @property
    def time_base(self) -> Fraction:
        """Of the frames' times."""
        if self._is_webp:
            return WEBP_TIME_BASE
        return self.stream.time_base or Fraction(1, av.time_base)

    def frames(self, start_s: Fraction | None = None) -> Generator[av.VideoFrame, None, None]:
        """The frames in the order they are shown; of those before `start_s` only what the later ones need.

        What is lost is in `damage` afterwards.
        """
        given = 0
        while True:
            try:
                for frame in islice(self._decoded(start_s), given, None):
                    given += 1
                    yield frame
                return
            except _TryAgainError:
                self.close()
                self.damage = Damage()
                self._open()

    @property
    def _is_webp(self) -> bool:
        return self.container.format.name == "webp_pipe"

    def _open(self) -> None:
        self.container = open_container(self.source, self._rate, self._hardware if self._quick else None)
        try:
            self.stream = main_video(self.container, self.source)
            self._context = _context(self.stream, self._threads if self._quick else 1)
            self._origin_s = origin_s(self.container)
            _refuse_too_large(self._context, self.source)
        except BadInputError:
            self.close()
            raise

    def _decoded(self, start_s: Fraction | None) -> Iterator[av.VideoFrame]:
        if self._is_webp:
            yield from webp_frames(self.source, self.damage)
            return
        # AVI's frames are timed by what goes before them.
        seeks = self._seeks and start_s is not None and self.container.format.name != "avi"
        balance = Balance()
        for packet in self._packets(start_s if seeks else None):
            if packet is not None:
                if packet.pts is None:
                    # Whether a frame is missing at the end can only be seen from the times.
                    self._settle()
                balance.sent(packet)
            for frame in self._tried(packet):
                if seeks and not balance.frames:
                    self._check_start(frame, start_s)
                balance.came(frame)
                self._note(frame)
                yield frame
        if balance.lacks_its_last:
            # PyAV's list of the last frames ends, in silence, at the first error that a thread reports among them.
            self._settle()

    def _check_start(self, frame: av.VideoFrame, start_s: Fraction | None) -> None:
        """A first frame behind the wanted time tells that the file's index, or a keyframe's mark, is wrong."""
        if frame.pts is None or start_s is None or frame.pts * self.time_base > start_s:
            self._seeks = False
            raise _TryAgainError

    def _note(self, frame: av.VideoFrame) -> None:
        """Count what is broken, and where frames may be missing."""
        if frame.is_corrupt:
            self._settle()
            self.damage.corrupt_frames += 1
        if frame.pts is not None:
            self.damage.shown(frame.pts * self.time_base - self._origin_s)

    def _settle(self) -> None:
        """There is no more hurry: whatever is odd must be the file's own fault."""
        if self._quick:
            self._quick = False
            raise _TryAgainError

    def _tried(self, packet: MaybePacket) -> list[av.VideoFrame]:
        try:
            return self._context.decode(packet)
        except av.FFmpegError as error:
            self._settle()
            self.damage.failed(error, None if packet is None else self._seconds(packet))
            return []

    def _packets(self, start_s: Fraction | None) -> Iterator[MaybePacket]:
        """The video's packets, and None at their end, which drains the decoder."""
        seen = Seen()
        if start_s is None:
            yield from self._own_packets(seen)
        else:
            seek_before(self.container, self.stream, start_s)
            yield from from_keyframe(self._own_packets(seen), start_s)
        yield None
        if start_s is None and not is_pattern(self.source):
            unkept(self.container, self.stream, seen, self.source, self.damage)

    def _own_packets(self, seen: Seen) -> Iterator[AnyPacket]:
        def note(error: av.FFmpegError) -> None:
            # Behind the last picture of a sequence there may be none.
            if not isinstance(error, av.error.FileNotFoundError):
                self.damage.unread = f"after {float(seen.end_s):.2f} s: {reason(error)}"

        for packet in packets(self.container, note):
            is_video = packet.stream.index == self.stream.index
            seen.count(packet, is_video=is_video)
            if is_video:
                # A recording begins anywhere, and its first packets may lack theirs.
                if packet.is_corrupt and seen.video_packets > 1:
                    self._settle()
                    self.damage.incomplete.count(self._seconds(packet))
                yield packet

    def _seconds(self, packet: AnyPacket) -> Fraction | None:
        """When a packet is due, as players count."""
        at = packet.pts if packet.pts is not None else packet.dts
        return None if at is None else at * packet.time_base - self._origin_s


def loses_alpha(stream: av.VideoStream) -> bool:
    """Whether a stream has transparency that no decoder here knows."""
    return stream.metadata.get("alpha_mode") == "1" and stream.codec_context.codec.canonical_name not in _WITH_ALPHA


def _context(stream: av.VideoStream, threads: int) -> VideoCodecContext:
    """The stream's decoder, or the one that knows its alpha."""
    context = stream.codec_context
    if stream.metadata.get("alpha_mode") == "1" and context.name in _WITH_ALPHA:
        knowing = cast(VideoCodecContext, av.CodecContext.create(_WITH_ALPHA[context.name], "r"))
        knowing.extradata = context.extradata
        knowing.width, knowing.height = context.width, context.height
        # VP9 itself tells its matrix and range only, the container the rest.
        knowing.color_primaries, knowing.color_trc = context.color_primaries, context.color_trc
        context = knowing
    context.thread_type = av.codec.context.ThreadType.AUTO
    context.thread_count = threads
    context.options = {"max_pixels": str(MOST_PX)}
    return context


def _refuse_too_large(context: VideoCodecContext, source: Path) -> None:
    if context.width * context.height > MOST_PX:
        raise BadInputError(
            f"{source} claims pictures of {context.width}x{context.height} pixels; more than {MOST_PX // 10**6} "
            "million are not decoded"
        )
