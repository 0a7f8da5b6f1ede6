"""Where results go and what they are called."""

import os
from dataclasses import dataclass
from pathlib import Path

from upscale.errors import UsageError
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.sources import Found


@dataclass(frozen=True)
class Naming:
    """How results are named.

    `label`, for example _x4, goes into the names that are made up. `extension`: auto (the source's format
    where we write it, else png) or one of TARGETS. `suffix` goes between stem and extension; None: `label`
    beside the source, nothing in another folder.
    """

    label: str
    extension: str = "auto"
    suffix: str | None = None


@dataclass(frozen=True)
class Place:
    """Where the results of one SOURCE go: one `file`, or below `folder`; with neither, beside each source."""

    suffix: str
    folder: Path | None = None
    file: Path | None = None


def places(words: list[str], out: str | None, naming: Naming) -> list[Place]:
    """A place for each SOURCE; raises UsageError for an `out` that the sources do not fit."""
    if out is None:
        return [_made_up(Path(word), naming) for word in words]
    if _is_file(out):
        return [Place("", file=_only_file(words, Path(out), naming))]
    if Path(out).is_file():
        raise UsageError(f"the output {out} is a file whose name is no picture's; name a folder or a picture")
    inside = naming.suffix or ""
    several = sum(Path(word).is_dir() for word in words) > 1
    # Several folders keep their names, as cp keeps them: else train/1.png and test/1.png would meet.
    return [
        Place(inside, folder=Path(out) / _name(Path(word)) if several and Path(word).is_dir() else Path(out))
        for word in words
    ]


def target_of(found: Found, place: Place, naming: Naming) -> Path:
    """Where the result for one file goes."""
    if place.file:
        return place.file
    folder = found.path.parent if place.folder is None else place.folder / found.inner.parent
    format_name = format_of_name(found.path)
    # A name that is no picture's is kept whole: photo.v1 and photo.v2 are two pictures.
    stem, suffix = (found.path.stem, found.path.suffix) if format_name else (found.path.name, "")
    if naming.extension != "auto":
        suffix = f".{naming.extension}"
    elif format_name not in TARGETS:
        suffix = ".png"
    return folder / f"{stem}{place.suffix}{suffix}"


def _made_up(source: Path, naming: Naming) -> Place:
    if not source.is_dir():
        return Place(naming.label if naming.suffix is None else naming.suffix)
    named = source if source.name not in ("", "..") else source.resolve()
    return Place(naming.suffix or "", folder=named.parent / f"{named.name}{naming.label}")


def _is_file(out: str) -> bool:
    """Whether OUT means one picture; without a picture's name it means a folder."""
    if out.endswith(("/", os.sep)) or Path(out).is_dir():
        return False
    return format_of_name(Path(out)) is not None


def _only_file(words: list[str], out: Path, naming: Naming) -> Path:
    format_name = format_of_name(out)
    if len(words) > 1 or not Path(words[0]).is_file():
        raise UsageError(f"the output {out} is a file's name, but the source is not one file; name a folder")
    if format_name not in TARGETS:
        raise UsageError(f"cannot write {out}: {format_name} is not among {', '.join(TARGETS)}")
    if naming.extension not in ("auto", format_name):
        raise UsageError(f"--ext {naming.extension} contradicts the output {out}; give one of the two")
    return out


def _name(folder: Path) -> str:
    return folder.name if folder.name not in ("", "..") else folder.resolve().name
