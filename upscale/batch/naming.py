"""Where results go and what they are called."""

import os
from dataclasses import dataclass
from pathlib import Path

from upscale.batch.medium import Medium
from upscale.batch.sources import Found, Kind, is_folder
from upscale.batch.template import Index, Template
from upscale.errors import UsageError


@dataclass(frozen=True)
class Naming:
    """How results are named.

    `label`, for example _x4, goes into the names that are made up. `extension`: auto (what the medium gives the
    source) or one of its targets. `suffix` goes between stem and extension; None: `label` beside the source, nothing
    in another folder. `template` makes names of another kind.
    """

    medium: Medium
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
    if names_file(out, naming.medium):
        return [Place("", file=_only_file(words, Path(out), naming))]
    if _is_file(Path(out)):
        name = naming.medium.name
        raise UsageError(f"the output {out} is a file whose name is no {name}'s; name a folder or a {name}")
    if _seems_a_file(out) and list(words.values()) == ["file"]:
        raise UsageError(f"{out}: no {naming.medium.name} is written as that; another ending, or a / for a folder")
    inside = naming.suffix or ""
    several = sum(kind == "folder" for kind in words.values()) > 1
    # Several folders keep their names, as cp keeps them: else train/1.png and test/1.png would meet.
    return [
        Place(inside, folder=Path(out) / _name(Path(word)) if several and kind == "folder" else Path(out))
        for word, kind in words.items()
    ]


def target_of(found: Found, place: Place, naming: Naming, index: Index) -> Path:
    """Where the result for one file goes, the `index`th of its run."""
    if place.file:
        return place.file
    folder = found.path.parent if place.folder is None else place.folder / found.inner.parent
    # A name that is no picture's is kept whole: photo.v1 and photo.v2 are two pictures.
    stem = found.path.stem if naming.medium.format_of_name(found.path) else found.path.name
    extension = naming.medium.extension(found.path) if naming.extension == "auto" else f".{naming.extension}"
    if naming.template:
        return folder / naming.template.name(found.path, stem, extension, index)
    return folder / f"{stem}{place.suffix}{extension}"


def _made_up(source: Path, kind: Kind, naming: Naming) -> Place:
    if kind != "folder":
        return Place(naming.label if naming.suffix is None else naming.suffix)
    named = source if source.name not in ("", "..") else source.resolve()
    return Place(naming.suffix or "", folder=named.parent / f"{named.name}{naming.label}")


def names_file(out: str | None, medium: Medium) -> bool:
    """Whether OUT means one file; without a name that the medium knows it means a folder."""
    if out is None or out.endswith(("/", os.sep)) or is_folder(Path(out)):
        return False
    return medium.format_of_name(Path(out)) is not None


def _seems_a_file(out: str) -> bool:
    """Whether a new name that ends in no format we know was hardly meant as a folder's: out.xyz, but not run.2."""
    ending = Path(out).suffix[1:]
    return not out.endswith(("/", os.sep)) and not os.path.lexists(out) and ending.isalnum() and not ending.isdigit()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _only_file(words: dict[str, Kind], out: Path, naming: Naming) -> Path:
    medium, format_name = naming.medium, naming.medium.format_of_name(out)
    if list(words.values()) != ["file"]:
        raise UsageError(f"the output {out} is a file's name, but the source is not one file; name a folder")
    if format_name not in medium.targets:
        raise UsageError(f"cannot write {out}: {format_name} is not among {', '.join(medium.targets)}")
    if naming.extension not in ("auto", format_name):
        raise UsageError(f"{medium.option} {naming.extension} contradicts the output {out}; give one of the two")
    if naming.template:
        raise UsageError(f"--name and the output {out} are both names; give one of the two, or a folder as output")
    return out


def _name(folder: Path) -> str:
    return folder.name if folder.name not in ("", "..") else folder.resolve().name
