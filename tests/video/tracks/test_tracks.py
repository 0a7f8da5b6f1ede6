"""What becomes of the streams beside the video: equal packets and times, or what was said before."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from ffprobe import probe
from tracks import FONT, WORDS, Medley, chirp, heard, png, rejoin, write_medley

from upscale.errors import UsageError
from upscale.video.reading.timing import Span
from upscale.video.tracks.mux import Tracks

# Matroska counts in milliseconds, and so do the times of packets copied from or to it.
MILLISECOND_S = 0.001


def packets(path: Path, stream: str) -> list[tuple[float, str]]:
    """(seconds, hash of the data) of each packet, as ffprobe has them."""
    return [(float(packet["pts_time"]), packet["data_hash"]) for packet in probe(path).packets(stream)]


def kinds(path: Path) -> list[str]:
    return [f"{stream['codec_type']} {stream.get('codec_name')}" for stream in probe(path).streams()]


def assert_same(source: Path, target: Path, stream: str) -> None:
    """Equal packets, and times equal to the tick of the coarser container."""
    assert_same_streams(source, target, stream, stream)


def assert_same_streams(source: Path, target: Path, old: str, new: str) -> None:
    one, other = packets(source, old), packets(target, new)
    assert [content for _, content in one] == [content for _, content in other]
    assert one
    np.testing.assert_allclose([at for at, _ in one], [at for at, _ in other], rtol=0, atol=MILLISECOND_S * 0.51)


def test_matroska_keeps_every_track(tmp_path: Path) -> None:
    medley = Medley(audio=("aac", "ac3"), font=True, cover=True, chapters=True, rate=48000)
    source, target = write_medley(tmp_path / "in.mkv", medley), tmp_path / "out.mkv"
    early, late = rejoin(source, target)
    assert not early and not late
    for stream in ("a:0", "a:1", "s:0"):
        assert_same(source, target, stream)
    assert kinds(source)[1:] == kinds(target)[1:]
    with av.open(str(target)) as container:
        assert container.streams.attachments[0].data == FONT
        assert bytes(next(container.demux(container.streams.video[1]))) == png()
    assert probe(target).chapters() == probe(source).chapters()
    assert probe(target).format()["tags"]["title"] == "a medley"
    [words] = probe(target).streams("subtitle")
    assert (words["tags"]["language"], words["tags"]["title"]) == ("nds", "Snack")


@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_sound_that_begins_before_time_0_stays_there_in_matroska(tmp_path: Path, codec: str) -> None:
    """Encoders put silence before the first sample; shifted, all the pictures would come later by it."""
    source = write_medley(tmp_path / "in.mp4", Medley(audio=(codec,), words=None, rate=44100))
    target = tmp_path / "out.mkv"
    assert rejoin(source, target) == ((), [])
    assert packets(source, "a:0")[0][0] < -0.02
    assert_same(source, target, "a:0")
    assert probe(target).frame_times()[0] == 0
    one, other = heard(source)[0], heard(target)[0]
    np.testing.assert_array_equal(one, other[: len(one)])


def test_mp4_keeps_edit_lists_covers_and_roles(tmp_path: Path) -> None:
    plain = write_medley(tmp_path / "plain.mkv", Medley(cover=True, chapters=True, audio=("aac",)))
    source, target = tmp_path / "in.mp4", tmp_path / "out.mp4"
    rejoin(plain, source)
    with av.open(str(source)) as container:
        assert container.streams.audio[0].start_time == 0
    assert rejoin(source, target) == ((), [])
    assert kinds(source) == kinds(target)
    assert_same(source, target, "a:0")
    assert_same(source, target, "s:0")
    assert [c["tags"] for c in probe(target).chapters()] == [{"title": "first"}, {"title": "second"}]
    covers = [stream for stream in probe(target).streams("video") if stream["disposition"]["attached_pic"]]
    assert [cover["codec_name"] for cover in covers] == ["png"]


@pytest.mark.parametrize(
    ("words", "suffix", "codec", "result"),
    [
        ("subrip", ".mp4", "libx264", "mov_text"),
        ("webvtt", ".mp4", "libx264", "mov_text"),
        ("subrip", ".webm", "libvpx-vp9", "webvtt"),
    ],
)
def test_words_are_converted_where_the_container_wants_other_ones(
    tmp_path: Path, words: str, suffix: str, codec: str, result: str
) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(audio=(), words=words))
    target = tmp_path / f"out{suffix}"
    early, late = rejoin(source, target, codec=codec)
    [note] = early
    assert "it is converted to" in note and note.endswith(", without positions and most styles") and not late
    assert kinds(target)[1] == f"subtitle {result}"
    assert said(target) == [(start, start + length, text) for start, length, text in WORDS]


@pytest.mark.parametrize(("suffix", "codec"), [(".mp4", "libx264"), (".webm", "libvpx-vp9"), (".mkv", "libx264")])
def test_texts_that_mp4_cannot_show_together_are_counted(tmp_path: Path, suffix: str, codec: str) -> None:
    words = ((300, 900, "long"), (900, 100, "short"), (1000, 200, "next"), (1000, 500, "at once"), (1600, 100, "last"))
    source = write_medley(tmp_path / "in.mkv", Medley(audio=(), said=words))
    target = tmp_path / f"out{suffix}"
    _, late = rejoin(source, target, codec=codec)
    whole = [(start, start + length, text) for start, length, text in words]
    if suffix == ".mp4":
        assert late == [
            "its subrip subtitle stream: 2 of its texts end when the next one begins, for MP4 shows one at a time"
        ]
        assert [text for start, end, text in whole if (start, end, text) not in said(target)] == ["long", "next"]
    else:
        assert (late, said(target)) == ([], whole)


def test_a_second_video_is_copied_and_said_to_stay_as_it_was(tmp_path: Path) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(videos=2, audio=(), words=None))
    early, late = rejoin(source, tmp_path / "out.mkv")
    assert (list(early), late) == (
        ["its other video, stream 1, is copied as it is, not enlarged; --map -0:1 leaves it out"],
        [],
    )
    assert_same_streams(source, tmp_path / "out.mkv", "v:1", "v:1")
    assert rejoin(source, tmp_path / "one.mkv", Tracks(maps=("-0:1",))) == ((), [])
    assert kinds(tmp_path / "one.mkv") == ["video h264"]


def test_mp4s_text_becomes_subrip_in_matroska(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    rejoin(write_medley(tmp_path / "plain.mkv", Medley(audio=())), source)
    rejoin(source, tmp_path / "out.mkv")
    assert kinds(tmp_path / "out.mkv")[1] == "subtitle subrip"
    assert said(tmp_path / "out.mkv") == [(start, start + length, text) for start, length, text in WORDS]


def said(path: Path) -> list[tuple[int, int, str]]:
    """(start, end, words) of a file's subtitles, in milliseconds."""
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        found = []
        for packet in container.demux(stream):
            texts = packet.decode() if packet.size > 2 else []
            at, length = (round(1000 * (ticks or 0) * packet.time_base) for ticks in (packet.pts, packet.duration))
            found += [(at, at + length, text.dialogue.decode()) for text in texts]
        return found


@pytest.mark.parametrize(
    ("codec", "suffix", "wish", "result"),
    [
        ("flac", ".mov", "copy", "aac"),
        ("pcm_s16le", ".webm", "copy", "opus"),
        ("aac", ".mkv", "opus", "opus"),
        ("pcm_s16le", ".mp4", "aac", "aac"),
        ("libopus", ".mkv", "aac", "aac"),
    ],
)
@pytest.mark.parametrize(("rate", "layout"), [(48000, "stereo"), (44100, "5.1(side)"), (8000, "mono")])
def test_sound_encoded_anew_stays_where_it_was(
    tmp_path: Path, codec: str, suffix: str, wish: str, result: str, rate: int, layout: str
) -> None:
    if codec == "libopus" and rate == 44100:
        rate = 48000
    if codec == "libopus" and layout == "5.1(side)":
        layout = "5.1"
    medley = Medley(audio=(codec,), words=None, rate=rate, layout=layout)
    source, target = write_medley(tmp_path / "in.mkv", medley), tmp_path / f"out{suffix}"
    video = "libvpx-vp9" if suffix == ".webm" else "libx264"
    early, late = rejoin(source, target, Tracks(audio=wish), codec=video)  # type: ignore[arg-type]
    assert bool([note for note in early if "converted" in note]) == (wish == "copy") and not late
    [sound] = probe(target).streams("audio")
    assert sound["codec_name"] == result
    assert sound["channels"] == (6 if "5.1" in layout else 1 if layout == "mono" else 2)
    (one, one_rate), (other, other_rate) = heard(source), heard(target)
    resampled = np.interp(np.arange(2 * rate) / rate, np.arange(len(other)) / other_rate, other)
    assert abs(best_shift(chirp(medley), resampled)) <= rate * 3 // 1000
    # The last frame is filled up: with Opus 20 ms, with AAC 1024 samples, and again what the resampler holds back.
    assert 0 <= len(other) / other_rate - len(one) / one_rate + 0.001 < max(0.021, 2100 / other_rate)


def best_shift(one: np.ndarray, other: np.ndarray) -> int:
    """By how many samples one has to be moved to fit the other best."""
    size = 2 * len(one)
    fit = np.fft.irfft(np.fft.rfft(one, size).conj() * np.fft.rfft(other, size), size)
    shift = int(np.argmax(fit))
    return shift - size if shift > size // 2 else shift


def test_a_late_start_stays_late_and_a_gap_becomes_silence(tmp_path: Path) -> None:
    medley = Medley(audio=("pcm_s16le",), words=None, audio_start_s=Fraction(1, 2))
    source, target = write_medley(tmp_path / "in.mkv", medley), tmp_path / "out.mkv"
    with_gap = tmp_path / "gap.mkv"
    with av.open(str(source)) as old, av.open(str(with_gap), "w") as new:
        streams = [new.add_stream_from_template(stream, opaque=True) for stream in old.streams]
        for packet in old.demux():
            begins = float((packet.pts or 0) * packet.time_base)
            if packet.size and (packet.stream.type == "video" or not 1 < begins < 1.5):
                packet.stream = streams[packet.stream.index]
                new.mux(packet)
    rejoin(with_gap, target, Tracks(audio="opus"))
    sound, rate = heard(target)
    spans_s = ((0, 0.49), (0.6, 1), (1.2, 1.4), (1.7, 2))
    loud = [bool(np.abs(sound[int(start * rate) : int(end * rate)]).max() > 0.1) for start, end in spans_s]
    assert loud == [False, True, False, True]


@pytest.mark.parametrize(
    ("maps", "expected"),
    [
        ((), ["aac", "ac3", "subrip"]),
        (("0:a:1",), ["ac3"]),
        (("a:1", "a:0"), ["ac3", "aac"]),
        (("-0:s",), ["aac", "ac3"]),
        (("-a", "-s"), []),
        (("s:m:language:nds",), ["subrip"]),
        (("0:2",), ["ac3"]),
        (("0", "-a:0"), ["ac3", "subrip"]),
        (("t?", "0:a:0"), ["aac"]),
        (("-d", "-a:1"), ["aac", "subrip"]),
    ],
)
def test_maps_choose_streams_as_ffmpeg_does(tmp_path: Path, maps: tuple[str, ...], expected: list[str]) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(audio=("aac", "ac3"), rate=48000))
    rejoin(source, tmp_path / "out.mkv", Tracks(maps=maps))
    assert [stream["codec_name"] for stream in probe(tmp_path / "out.mkv").streams()] == ["h264", *expected]


@pytest.mark.parametrize("word", ["a:5", "0:9", "s:m:language:tlh", "t", "1:a", "x", "a:m", ""])
def test_maps_that_name_nothing_say_what_there_is(tmp_path: Path, word: str) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(audio=("aac",)))
    with pytest.raises(UsageError, match=r"0:1 audio aac \(eng\)|not understood|one input"):
        rejoin(source, tmp_path / "out.mkv", Tracks(maps=(word,)))


def test_sound_and_words_can_be_left_out(tmp_path: Path) -> None:
    source = write_medley(tmp_path / "in.mkv")
    rejoin(source, tmp_path / "out.mkv", Tracks(audio="none", subs="none"))
    assert kinds(tmp_path / "out.mkv") == ["video h264"]


@pytest.mark.parametrize("audio", ["copy", "opus"])
def test_a_span_cuts_all_tracks_alike(tmp_path: Path, audio: str) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(audio=("pcm_s16le",), chapters=True, rate=16000))
    target, start_s, end_s = tmp_path / "out.mkv", Fraction(1, 2), Fraction(3, 2)
    rejoin(source, target, Tracks(audio=audio, span=Span(start_s, end_s)))  # type: ignore[arg-type]
    times = probe(target).frame_times()
    # Frames are 40 ms apart, and none is at 0.5 s.
    assert times[0] == Fraction(20, 1000) and len(times) == 25
    if audio == "copy":
        whole = {content: at for at, content in packets(source, "a:0")}
        for at, content in packets(target, "a:0"):
            assert 0.5 <= whole[content] < 1.5 and abs(whole[content] - 0.5 - at) <= MILLISECOND_S
    # The first words began before the span, and are cut; the second are within it.
    assert said(target) == [(0, 200, "one"), (400, 700, "two & more")]
    chapters = [(float(c["start_time"]), float(c["end_time"]), c["tags"]["title"]) for c in probe(target).chapters()]
    assert chapters == [(0, 0.5, "first"), (0.5, 1, "second")]
    (one, rate), (other, other_rate) = heard(source), heard(target)
    resampled = np.interp(np.arange(rate) / rate, np.arange(len(other)) / other_rate, other)
    cut = one[rate // 2 : rate * 3 // 2]
    assert abs(best_shift(cut, resampled)) <= rate * 3 // 1000


@pytest.mark.parametrize(("suffix", "kept"), [(".mp4", False), (".mkv", True)])
def test_a_stream_without_anything_in_the_span_is_left_out_where_it_must_be(
    tmp_path: Path, suffix: str, kept: bool
) -> None:
    source = write_medley(tmp_path / "in.mkv", Medley(videos=2, words=None))
    target = tmp_path / f"out{suffix}"
    # The second video has keyframes at 0.48 and 0.96 s.
    _, late = rejoin(source, target, Tracks(span=Span(Fraction(3, 5), Fraction(4, 5))))
    assert late == ([] if kept else ["its mpeg4 video stream has nothing in this part, and .mp4 leaves it out"])
    assert kinds(target) == ["video h264", *(["video mpeg4"] if kept else []), "audio aac"]
    assert len(probe(target).packets("v:0")) == 5


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("androidx_media/bt601.mov", ".mov"),
        ("androidx_media/edit_list_positive_shift.mp4", ".mp4"),
        ("androidx_media/edit_list_positive_shift.mp4", ".mkv"),
        ("androidx_media/sample_h262_mpeg_audio.ts", ".mkv"),
        ("androidx_media/sample.avi", ".mkv"),
        ("androidx_media/sample.flv", ".mkv"),
        ("androidx_media/sample_twos_pcm.mp4", ".mp4"),
        ("androidx_media/sample_twos_pcm.mp4", ".mkv"),
        ("androidx_media/sample_with_ass_subtitles.mkv", ".mkv"),
        ("androidx_media/sample_with_chapters.mp4", ".mp4"),
        ("androidx_media/sample_with_pgs_subtitles.mkv", ".mkv"),
        ("androidx_media/sample_with_srt.mkv", ".mkv"),
        ("moviepy/chaplin.mp4", ".mp4"),
        ("moviepy/no_duration.webm", ".mkv"),
        ("torchcodec/nasa_13013.mp4", ".mp4"),
        pytest.param("androidx_media/bt601.mov", ".mkv", marks=pytest.mark.slow),
        pytest.param("androidx_media/sample_with_chapters.mp4", ".mkv", marks=pytest.mark.slow),
        pytest.param("moviepy/chaplin.mp4", ".mkv", marks=pytest.mark.slow),
        pytest.param("torchcodec/nasa_13013.mp4", ".mkv", marks=pytest.mark.slow),
    ],
)
def test_real_clips_keep_their_tracks(tmp_path: Path, data_folder: Path, name: str, suffix: str) -> None:
    source, target = data_folder / "video" / name, tmp_path / f"out{suffix}"
    _, late = rejoin(source, target)
    assert not late
    old, new = (
        [stream for stream in probe(path).streams() if stream["codec_type"] != "data"] for path in (source, target)
    )
    assert [stream["codec_type"] for stream in old] == [stream["codec_type"] for stream in new]
    for one, other in zip(old, new, strict=True):
        if one["codec_type"] != "video" and one["codec_name"] == other["codec_name"]:
            assert_same_streams(source, target, str(one["index"]), str(other["index"]))
        roles = [role for role, is_so in one["disposition"].items() if is_so and not other["disposition"][role]]
        assert not roles
    titles = [[chapter["tags"]["title"] for chapter in probe(path).chapters()] for path in (source, target)]
    assert titles[0] == titles[1]
