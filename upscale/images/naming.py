"""Where results go and what they are called."""

import os
from dataclasses import dataclass
from pathlib import Path

from upscale.errors import UsageError
from upscale.images.formats import TARGETS, format_of_name
from upscale.images.gif_frames import has_frames
from upscale.images.sources import Found, Kind, is_folder
from upscale.images.template import Template


@dataclass(frozen=True)
class Naming:
    """How results are named.

    `label`, for example _x4, goes into the names that are made up. `extension`: auto (the source's format
    where we write it, else png) or one of TARGETS. `suffix` goes between stem and extension; None: `label`
    beside the source, nothing in another folder. `template` makes names of another kind.
    """

    label: str
    extension: str = "auto"
    suffix: str | None = None
    template: Template | None = None


@dataclass(frozen=True)
class Place:
    """Where the results of one SOURCE go: one `file`, or below `folder`; with neither, beside each source."""

    suffix: str
    folder: Path | None = None
    file: Path | None = None


def places(words: dict[str, Kind], out: str | None, naming: Naming) -> list[Place]:
    """A place for each SOURCE; raises UsageError for an `out` that the sources do not fit."""
    if naming.template and naming.suffix is not None:
        raise UsageError("--name and --suffix contradict each other; put the suffix into the name")
    if naming.suffix is not None and {"/", os.sep} & set(naming.suffix):
        raise UsageError(f"--suffix {naming.suffix}: it is a part of a name, without folders; -o names the folder")
    if out is None:
        return [_made_up(Path(word), kind, naming) for word, kind in words.items()]
    if names_file(out):
        return [Place("", file=_only_file(words, Path(out), naming))]
    if _is_file(Path(out)):
        raise UsageError(f"the output {out} is a file whose name is no picture's; name a folder or a picture")
    inside = naming.suffix or ""
    several = sum(kind == "folder" for kind in words.values()) > 1
    # Several folders keep their names, as cp keeps them: else train/1.png and test/1.png would meet.
    return [
        Place(inside, folder=Path(out) / _name(Path(word)) if several and kind == "folder" else Path(out))
        for word, kind in words.items()
    ]


def target_of(found: Found, place: Place, naming: Naming, index: int = 1) -> Path:
    """Where the result for one file goes, the `index`th of its run."""
    if place.file:
        return place.file
    folder = found.path.parent if place.folder is None else place.folder / found.inner.parent
    format_name = format_of_name(found.path)
    # A name that is no picture's is kept whole: photo.v1 and photo.v2 are two pictures.
    stem, extension = (found.path.stem, found.path.suffix) if format_name else (found.path.name, "")
    if naming.extension != "auto":
        extension = f".{naming.extension}"
    elif format_name not in TARGETS or (format_name == "gif" and not has_frames(found.path)):
        extension = ".png"
    if naming.template:
        return folder / naming.template.name(found.path, stem, extension, index)
    return folder / f"{stem}{place.suffix}{extension}"


def fallback(target: Path) -> Path:
    """The png for a result that the target's format cannot hold. The whole name stays: photo.webp and photo.jpg may
    both need one.
    """
    return target if format_of_name(target) == "png" else target.with_name(f"{target.name}.png")


def _made_up(source: Path, kind: Kind, naming: Naming) -> Place:
    if kind != "folder":
        return Place(naming.label if naming.suffix is None else naming.suffix)
    named = source if source.name not in ("", "..") else source.resolve()
    return Place(naming.suffix or "", folder=named.parent / f"{named.name}{naming.label}")


def names_file(out: str | None) -> bool:
    """Whether OUT means one picture; without a picture's name it means a folder."""
    if out is None or out.endswith(("/", os.sep)) or is_folder(Path(out)):
        return False
    return format_of_name(Path(out)) is not None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _only_file(words: dict[str, Kind], out: Path, naming: Naming) -> Path:
    format_name = format_of_name(out)
    if list(words.values()) != ["file"]:
        raise UsageError(f"the output {out} is a file's name, but the source is not one file; name a folder")
    if format_name not in TARGETS:
        raise UsageError(f"cannot write {out}: {format_name} is not among {', '.join(TARGETS)}")
    if naming.extension not in ("auto", format_name):
        raise UsageError(f"--ext {naming.extension} contradicts the output {out}; give one of the two")
    if naming.template:
        raise UsageError(f"--name and the output {out} are both names; give one of the two, or a folder as output")
    return out


def _name(folder: Path) -> str:
    return folder.name if folder.name not in ("", "..") else folder.resolve().name
