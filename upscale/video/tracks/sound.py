"""Sound encoded anew, of the same length and at the same time: for containers that do not hold the source's codec."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.audio.fifo import AudioFifo
from av.container import OutputContainer

from upscale.video.reading.container import AnyPacket
from upscale.video.reading.timing import Window
from upscale.video.tracks.tracks import Coder

# Transparent for nearly all material: AAC-LC, and Opus after its authors' listening tests (64 to 96 kbit/s a pair).
_BITS_PER_CHANNEL = {"aac": 96_000, "libopus": 64_000}
_FASTEST_HZ = 48_000
# Channel orders that both encoders take (Vorbis I, 4.3.9), by the number of channels.
_LAYOUTS = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
# Times of packets are rounded to a millisecond and more; this is no gap yet that anybody hears.
_TOLERANCE_S = Fraction(1, 50)
# A longer silence than this is a broken clock.
_LONGEST_GAP_S = 3600


def add_sound(output: OutputContainer, template: av.AudioStream, coder: Coder) -> av.AudioStream:
    """A stream that encodes sound anew, at the source's rate and with its channels where the encoder has them."""
    old = template.codec_context
    rates = sorted(av.Codec(coder, "w").audio_rates or [_FASTEST_HZ])
    wanted_hz = old.sample_rate or _FASTEST_HZ
    stream = output.add_stream(coder, rate=next((rate for rate in rates if rate >= wanted_hz), rates[-1]))
    assert isinstance(stream, av.AudioStream)
    channels = min(max(1, old.channels), len(_LAYOUTS))
    stream.codec_context.layout = _LAYOUTS[channels - 1]
    stream.codec_context.bit_rate = _BITS_PER_CHANNEL[coder] * channels
    return stream


class SoundCarrier:
    """Decodes a stream's packets and encodes what they hold, gaps as silence."""

    def __init__(self, source: av.AudioStream, target: av.AudioStream, window: Window) -> None:
        self._source = source
        self._unreadable = 0
        self._context = target.codec_context
        self._target, self._window = target, window
        self._resampler: av.AudioResampler | None = None
        self._kind: tuple[str, str, int] | None = None
        self._fifo = AudioFifo()
        # Where the next sample from the source, and the next one to the encoder, belong.
        self._expected_s: Fraction | None = None
        self._next_sample = 0

    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """What the encoder gives for one more packet."""
        try:
            frames = packet.decode()
        except av.FFmpegError:
            self._unreadable += 1
            return
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                yield from self._heard(frame)

    def end(self) -> Iterator[AnyPacket]:
        """What decoder, resampler and encoder held back."""
        try:
            frames = self._source.decode(None)
        except av.FFmpegError:
            frames = []
        for frame in frames:
            yield from self._heard(frame)
        yield from self._encoded(self._drained())
        yield from self._rest()

    def trouble(self) -> str | None:
        """How many packets were lost."""
        lost = self._unreadable
        return f"{lost} of its packets could not be decoded; they are silent now" if lost else None

    def _heard(self, frame: av.AudioFrame) -> Iterator[AnyPacket]:
        for piece in self._placed(frame):
            yield from self._encoded(self._resampled(piece))

    def _placed(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """The frame's samples that are new and within the window, silence before them where there is a gap."""
        rate, expected_s = frame.sample_rate, self._expected_s
        start_s = self._start_s(frame)
        earliest_s = self._window.start_s if expected_s is None else expected_s
        skipped = 0 if earliest_s is None else max(0, round((earliest_s - start_s) * rate))
        kept = frame.samples
        if self._window.end_s is not None:
            kept = min(kept, round((self._window.end_s - start_s) * rate))
        if skipped >= kept:
            return
        if expected_s is None:
            self._begin(start_s if earliest_s is None else max(start_s, earliest_s))
        elif 0 < start_s - expected_s < _LONGEST_GAP_S:
            yield from _silence(frame, round((start_s - expected_s) * rate))
        yield frame if (skipped, kept) == (0, frame.samples) else _sliced(frame, skipped, kept)
        self._expected_s = start_s + Fraction(kept, rate)

    def _start_s(self, frame: av.AudioFrame) -> Fraction:
        """When a frame begins: where the one before ended, if it says nothing else, or next to nothing."""
        if frame.pts is None or frame.time_base is None:
            return self._expected_s or Fraction(0)
        start_s = frame.pts * frame.time_base
        is_near = self._expected_s is not None and abs(start_s - self._expected_s) <= _TOLERANCE_S
        return self._expected_s if self._expected_s is not None and is_near else start_s

    def _begin(self, start_s: Fraction) -> None:
        self._next_sample = round((start_s - self._window.shift_s) * self._context.sample_rate)

    def _resampled(self, frame: av.AudioFrame) -> Iterator[av.AudioFrame]:
        """As the encoder wants it; where the source changes its rate or channels, by a new resampler."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if kind != self._kind:
            yield from self._drained()
            context = self._context
            self._resampler = av.AudioResampler(context.format, context.layout, context.sample_rate)
            self._kind = kind
        frame.pts = None
        if self._resampler is not None:
            yield from self._resampler.resample(frame)

    def _drained(self) -> Iterator[av.AudioFrame]:
        if self._resampler is not None:
            yield from (frame for frame in self._resampler.resample(None) if frame is not None)
            self._resampler = None

    def _encoded(self, frames: Iterator[av.AudioFrame]) -> Iterator[AnyPacket]:
        """Packets of so many samples as the encoder takes at once."""
        for frame in frames:
            frame.pts = None
            self._fifo.write(frame)
            while (block := self._fifo.read(self._context.frame_size or frame.samples)) is not None:
                yield from self._packets(block)

    def _rest(self) -> Iterator[AnyPacket]:
        if self._fifo.samples_written:
            last = self._fifo.read(0, partial=True)
            yield from self._packets(last) if last is not None else ()
            yield from self._target.encode(None)

    def _packets(self, block: av.AudioFrame) -> Iterator[AnyPacket]:
        block.pts, block.time_base = self._next_sample, Fraction(1, self._context.sample_rate)
        self._next_sample += block.samples
        yield from self._target.encode(block)


def _sliced(frame: av.AudioFrame, start: int, end: int) -> av.AudioFrame:
    """Samples start <= n < end."""
    per_sample = 1 if frame.format.is_planar else frame.layout.nb_channels
    samples = frame.to_ndarray()[:, start * per_sample : end * per_sample].copy()
    piece = av.AudioFrame.from_ndarray(samples, frame.format.name, frame.layout.name)
    piece.sample_rate = frame.sample_rate
    return piece


def _silence(like: av.AudioFrame, samples: int) -> Iterator[av.AudioFrame]:
    """So many samples of nothing, a second at a time at most."""
    for start in range(0, samples, like.sample_rate):
        piece = av.AudioFrame(like.format.name, like.layout.name, min(like.sample_rate, samples - start))
        piece.sample_rate = like.sample_rate
        # Unsigned 8-bit sound is silent in the middle of its range.
        value = 128 if like.format.name.startswith("u8") else 0
        for plane in piece.planes:
            plane.update(bytes([value]) * plane.buffer_size)
        yield piece
