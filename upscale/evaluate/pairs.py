"""Which low-resolution file belongs to which original."""

from dataclasses import dataclass
from pathlib import Path

from upscale.errors import UsageError, reason
from upscale.evaluate.pictures import SUFFIXES

LISTED = 5


@dataclass(frozen=True)
class Pair:
    """An original and the file to enlarge; `lr` is None where that is to be made from the original."""

    hr: Path
    lr: Path | None


def find_pairs(hr: Path, lr: Path | None, scale: int) -> list[Pair]:
    """Pairs for one original or a folder of them, by name: baby.png belongs to babyx4.png, else to baby.*.

    Raises UsageError for what does not exist and for originals that have no partner.
    """
    originals = _pictures(hr)
    if lr is None:
        return [Pair(path, None) for path in originals]
    if hr.is_file() and lr.is_file():
        return [Pair(hr, lr)]
    by_stem = {path.stem: path for path in _pictures(lr)}
    partners = [by_stem.get(f"{path.stem}x{scale}", by_stem.get(path.stem)) for path in originals]
    missing = [path.name for path, partner in zip(originals, partners, strict=True) if partner is None]
    if missing:
        raise UsageError(
            f"{lr} lacks {len(missing)} of {len(originals)} pictures of {hr}: {few(missing)};"
            f" names are paired as baby.png with babyx{scale}.png or baby.png"
        )
    return [Pair(path, partner) for path, partner in zip(originals, partners, strict=True)]


def overlooked(source: Path) -> list[str]:
    """Names of a folder's files that are no pictures by their names, hidden ones aside; none for a single file.

    Raises UsageError where it cannot be listed.
    """
    if source.is_file():
        return []
    files = (path for path in _listed(source) if not path.is_dir() and not path.name.startswith("."))
    return [path.name for path in files if not is_picture(path)]


def is_picture(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _pictures(source: Path) -> list[Path]:
    """The file itself, or the pictures of a folder by name."""
    if source.is_file():
        return [source]
    names = _listed(source)
    found = [path for path in names if is_picture(path) and not path.is_dir()]
    if not found:
        folders = [path.name for path in names if path.is_dir()]
        way_out = f"; name one of its folders: {few(folders)}" if folders else ""
        raise UsageError(f"no pictures in {source}{way_out}")
    return found


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"cannot list {folder}: {reason(error)}") from error


def few(names: list[str]) -> str:
    """The first of them, and a sign that there are more."""
    return ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")
