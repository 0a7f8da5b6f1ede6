"""Every real clip through the command line, source and result judged by ffprobe.

The quick suite takes the short ones; `pytest -m slow` takes all, and a network on a short cut of each.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from commands import Run
from ffprobe import Probe, probe

pytestmark = pytest.mark.data

# Whose frames cannot all be decoded; what can be is kept, and the exit code is 1.
DAMAGED = {"androidx_media/sample_with_invalid_nalu.mp4", "decord/corrupted.mp4"}
# Which hold no frame that can be decoded.
HOPELESS = {"androidx_media/invalid-bitstream.webm"}
COLOUR_TAGS = ("color_space", "color_transfer", "color_primaries", "color_range")


def clips(folder: Path) -> list[str]:
    """Names of all clips, the licences beside them left out."""
    found = (path for path in (folder / "video").rglob("*.*") if path.suffix not in (".txt", ".md"))
    return sorted(str(path.relative_to(folder / "video")) for path in found if not path.name.startswith("LICEN"))


def compare(source: Probe, target: Probe) -> list[str]:
    """All that should be the same and is not."""
    return [*wrong_times(source, target), *wrong_tags(source, target), *wrong_tracks(source, target)]


def wrong_times(source: Probe, target: Probe) -> list[str]:
    before, after = times(source), times(target)
    if len(before) != len(after):
        return [f"{len(before)} frames became {len(after)}"]
    tick = max(base(source), base(target))
    moved = [
        f"frame {index} moved from {float(old)} to {float(new)} s"
        for index, (old, new) in enumerate(zip(before, after, strict=True))
        if old is not None and new is not None and abs(old - new) > tick
    ]
    return moved[:3]


def times(clip: Probe) -> list[Fraction | None]:
    """When each frame is shown; a raw stream has no times."""
    tick = base(clip)
    stamps = [frame.get("best_effort_timestamp") for frame in clip.frames(main(clip))]
    return [None if stamp is None else stamp * tick for stamp in stamps]


def main(clip: Probe) -> str:
    """The stream that is played: the largest of those that are no cover, as FFmpeg chooses."""
    return f"{max(films(clip), key=lambda stream: (stream['width'] * stream['height'], -stream['index']))['index']}"


def films(clip: Probe) -> list[dict[str, Any]]:
    return [stream for stream in clip.streams("video") if not stream["disposition"]["attached_pic"]]


def film(clip: Probe) -> dict[str, Any]:
    return next(stream for stream in clip.streams("video") if str(stream["index"]) == main(clip))


def base(clip: Probe) -> Fraction:
    return Fraction(film(clip)["time_base"])


def wrong_tags(source: Probe, target: Probe) -> list[str]:
    before, after = film(source), film(target)
    # Where a bitstream says nothing, its range is limited (ITU-T H.264 and H.265, annex E).
    after.setdefault("color_range", "tv")
    told = {name: before[name] for name in COLOUR_TAGS if before.get(name, "unknown") not in ("unknown", "reserved")}
    wrong = [f"{name}: {value} became {after.get(name)}" for name, value in told.items() if after.get(name) != value]
    shapes = [stream.get("sample_aspect_ratio", "1:1") for stream in (before, after)]
    return wrong if shapes[0] == shapes[1] else [*wrong, f"pixel shape {shapes[0]} became {shapes[1]}"]


def wrong_tracks(source: Probe, target: Probe) -> list[str]:
    wrong = []
    for kind in ("audio", "subtitle"):
        before, after = source.streams(kind), target.streams(kind)
        if len(before) != len(after):
            wrong.append(f"{len(before)} {kind} streams became {len(after)}")
            continue
        for old, new in zip(before, after, strict=True):
            wrong += wrong_packets(source, old, target, new)
    chapters = [
        [(chapter["start_time"], chapter["end_time"]) for chapter in clip.chapters()] for clip in (source, target)
    ]
    return wrong if chapters[0] == chapters[1] else [*wrong, f"chapters {chapters[0]} became {chapters[1]}"]


def wrong_packets(source: Probe, old: dict[str, Any], target: Probe, new: dict[str, Any]) -> list[str]:
    name = f"{old['codec_type']} {old['index']}"
    before, after = source.packets(str(old["index"])), target.packets(str(new["index"]))
    if [packet["data_hash"] for packet in before] != [packet["data_hash"] for packet in after]:
        return [f"{name}: {len(before)} packets became other {len(after)}"]
    tick = max(Fraction(old["time_base"]), Fraction(new["time_base"]))
    shifts = [
        abs(one["pts"] * Fraction(old["time_base"]) - two["pts"] * Fraction(new["time_base"]))
        for one, two in zip(before, after, strict=True)
        if "pts" in one
    ]
    return [f"{name}: moved by {float(max(shifts))} s"] if shifts and max(shifts) > tick else []


QUICK = [
    "androidx_media/bear-vp9-odd-dimensions.webm",
    "androidx_media/sample_h262_mpeg_audio.ts",
    "decord/video_90.mov",
    "torchcodec/h265_10bits.mp4",
]


@pytest.fixture
def enlarged(
    run_here: Callable[..., Run], data_folder: Path, tmp_path: Path
) -> Callable[..., tuple[Run, Probe, Probe]]:
    """Enlarge a clip by its name: the run, and what ffprobe says of the source and of the result."""

    def run(name: str, *words: object) -> tuple[Run, Probe, Probe]:
        source = data_folder / "video" / name
        quick = () if name.endswith(".gif") else ("--preset", "ultrafast")
        # Several clips have one name.
        done = run_here("video", source, "-o", f"{tmp_path}/{name}/", *quick, "--device", "cpu", *words, "--json")
        result = next(event for event in done.events() if event["event"] == "video")
        return done, probe(source), probe(Path(result.get("target") or "none"))

    return run


@pytest.mark.parametrize("name", QUICK)
def test_frames_times_tracks_and_tags_arrive(name: str, enlarged: Callable[..., tuple[Run, Probe, Probe]]) -> None:
    done, source, target = enlarged(name, "-m", "nearest", "-s", 2)
    assert done.code == 0
    assert compare(source, target) == []


@pytest.mark.slow
def test_every_clip_arrives_or_says_why_not(
    data_folder: Path, enlarged: Callable[..., tuple[Run, Probe, Probe]]
) -> None:
    wrong = {}
    for name in clips(data_folder):
        done, source, target = enlarged(name, "-m", "nearest", "-s", 2)
        expected = 1 if name in DAMAGED | HOPELESS else 0
        found = [] if name in HOPELESS else compare(source, target)
        if found or done.code != expected:
            wrong[name] = [f"exit code {done.code}", *found]
    assert wrong == {}


@pytest.mark.slow
def test_a_network_takes_a_short_cut_of_every_clip(
    data_folder: Path, enlarged: Callable[..., tuple[Run, Probe, Probe]]
) -> None:
    wrong = {}
    for name in clips(data_folder):
        if name in HOPELESS:
            continue
        whole = probe(data_folder / "video" / name)
        # The picture may begin later than the sound; times count from the beginning of the file.
        start = Fraction(whole.format().get("start_time", "0"))
        late = max(Fraction(0), Fraction(film(whole).get("start_time", "0")) - start)
        done, _, target = enlarged(name, "-m", "espcn", "-s", 2, "--to", f"{float(late) + 0.3:.3f}")
        made, at = len(target.frames(main(target))), times(whole)
        wanted = sum(time is not None and time - start < late + Fraction(3, 10) for time in at)
        # Versions of FFmpeg round the beginning of a file differently, and one frame lies just there.
        if done.code not in (0, 1) or (abs(made - wanted) > 1 and None not in at):
            wrong[name] = (done.code, made, wanted)
    assert wrong == {}
