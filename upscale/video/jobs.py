"""From two words of the command line to clips and where their results go."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from upscale.errors import UsageError

# What a folder is searched for.
_VIDEO_SUFFIXES = frozenset(
    (".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf")
    + (".ogv", ".ts", ".vob", ".webm", ".wmv", ".y4m")
)
# Containers that keep every frame's time (Matroska to the millisecond) and take nearly every stream.
_KEPT_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv"})
# The only codecs WebM may hold.
_WEBM_CODECS = ("libvpx", "libvpx-vp9", "libsvtav1", "libaom-av1", "librav1e")

Exists = Literal["skip", "overwrite", "rename", "error"]


@dataclass(frozen=True)
class Place:
    """A clip and where its result goes; `note` says why that is another container than the source's."""

    source: Path
    target: Path
    note: str | None = None


def plan_places(source: Path, out: str | None, suffix: str, codec: str) -> list[Place]:
    """A place for each clip that `source`, a file or a folder, names.

    `out` is a file, a folder, or None for names made of the source's and `suffix`. UsageError for a source
    that is missing, cannot be listed or holds no clip, and for an output that would replace its source.
    """
    if source.is_dir():
        folder = source.with_name(source.resolve().name + suffix) if out is None else Path(out)
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; name a folder for what {source} holds")
        places = [_placed(clip, folder, "", codec) for clip in _clips(source)]
    elif not source.exists():
        raise UsageError(f"{source} does not exist")
    elif out is None:
        places = [_placed(source, source.parent, suffix, codec)]
    elif out.endswith("/") or Path(out).is_dir():
        places = [_placed(source, Path(out), "", codec)]
    else:
        places = [Place(source, _named(out))]
    for place in places:
        if place.target.exists() and place.target.samefile(place.source):
            raise UsageError(f"{place.target} would replace its own source; name another output with -o")
    return _without_clashes(places)


def free_target(target: Path) -> Path:
    """The target, or its name with the first number that is not taken."""
    number = 0
    free = target
    while free.exists():
        number += 1
        free = target.with_stem(f"{target.stem}_{number}")
    return free


def _clips(folder: Path) -> list[Path]:
    try:
        clips = sorted(path for path in folder.iterdir() if path.suffix.lower() in _VIDEO_SUFFIXES and path.is_file())
    except OSError as error:
        raise UsageError(f"{folder} cannot be listed: {error.strerror}") from error
    if not clips:
        raise UsageError(f"no video in {folder}")
    return clips


def _placed(clip: Path, folder: Path, suffix: str, codec: str) -> Place:
    """In `folder`, in the source's container where that keeps every frame's time, else in Matroska."""
    kind = clip.suffix.lower()
    if kind in _KEPT_SUFFIXES or (kind == ".webm" and codec in _WEBM_CODECS):
        return Place(clip, folder / f"{clip.stem}{suffix}{clip.suffix}")
    why = f"it is written as .mkv: {kind or 'a file without suffix'} would lose times or cannot hold {codec}"
    return Place(clip, folder / f"{clip.stem}{suffix}.mkv", why)


def _named(out: str) -> Path:
    target = Path(out)
    if not target.suffix:
        raise UsageError(f"{out} names no container: add .mp4 or .mkv, or a / for a folder")
    return target


def _without_clashes(places: list[Place]) -> list[Place]:
    """a.avi and a.flv must not both become a.mkv: the later one is called a.flv.mkv."""
    taken: set[Path] = set()
    settled = []
    for place in places:
        if place.target in taken:
            place = replace(place, target=place.target.with_name(place.source.name + place.target.suffix))
        taken.add(place.target)
        settled.append(place)
    return settled
