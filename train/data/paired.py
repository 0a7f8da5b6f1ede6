"""Which low resolution belongs to which original, where someone else has made them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upscale.train.data.scanning import Lost, Scanned, scan

from upscale.errors import UsageError

_LISTED = 5
# What originals are marked by, and their partners, as DIV2K, RealSR, SelfExSR and users name them.
_HR_MARKS = ("", "_hr", "-hr", "hr", "_gt", "-gt")
_LR_MARKS = ("_lr", "-lr", "lr")
_FACTORS = ("x{scale}", "_x{scale}", "-x{scale}")
# Behind an LR only: 14 is no low resolution of 1.
_BARE_FACTORS = ("", "{scale}", "_{scale}", "-{scale}")


@dataclass(frozen=True)
class Folders:
    """Where originals and their low resolutions lie, and the factor between them."""

    hr: Path
    lr: Path
    scale: int


def pair_files(
    originals: Sequence[Path], partners: Sequence[Path], folders: Folders
) -> list[tuple[Scanned | Lost, Scanned | Lost]]:
    """The originals, each with its partner. UsageError names the first that lack one or are of other sizes.

    `baby.png` belongs to `babyx4.png`, `baby_x4`, `baby_LR`, `babyLRx4` and the like, or to its own name, in the same
    subfolder, or else in any if there is but one. Sides of the original are `scale` times those of its partner, once
    what does not divide is cut away.
    """
    by_name = _by_name(partners, folders.lr)
    found = _only_once(originals, [_partner(path, by_name, folders) for path in originals])
    wrong = [item for item in found if isinstance(item, str)]
    paired = [(hr, lr) for hr, lr in zip(originals, found, strict=True) if isinstance(lr, Path)]
    scanned = scan([path for pair in paired for path in pair])
    pairs = list(zip(scanned[::2], scanned[1::2], strict=True))
    wrong += [text for pair in pairs if (text := _size_mismatch(*pair, folders.scale))]
    if wrong:
        more = f", and {len(wrong) - _LISTED} more" if len(wrong) > _LISTED else ""
        raise UsageError(
            f"{len(wrong)} of {len(originals)} pictures below {folders.hr} have no fitting x{folders.scale} low"
            f" resolution below {folders.lr}: {'; '.join(wrong[:_LISTED])}{more}"
        )
    return pairs


def _by_name(partners: Sequence[Path], folder: Path) -> dict[tuple[Path | None, str], list[Path]]:
    """The files by subfolder and stem, and by stem alone."""
    found: dict[tuple[Path | None, str], list[Path]] = defaultdict(list)
    for path in partners:
        found[path.parent.relative_to(folder), path.stem.lower()].append(path)
        found[None, path.stem.lower()].append(path)
    return found


def _partner(original: Path, by_name: dict[tuple[Path | None, str], list[Path]], folders: Folders) -> Path | str:
    """The file, or what is wrong."""
    name = original.relative_to(folders.hr)
    for place in (name.parent, None):
        for stem in _stems(original.stem.lower(), folders.scale):
            fitting = [path for path in by_name.get((place, stem), ()) if path != original]
            if len(fitting) > 1:
                return f"{name}: {fitting[0].name} is there {len(fitting)} times"
            if fitting:
                return fitting[0]
    return f"{name}: no {original.stem}, {original.stem}x{folders.scale} or {original.stem}_LR"


def _only_once(originals: Sequence[Path], found: Sequence[Path | str]) -> list[Path | str]:
    """With a complaint in place of a partner that another original has got."""
    owners: dict[Path, Path] = {}
    checked: list[Path | str] = []
    for original, partner in zip(originals, found, strict=True):
        owner = owners.setdefault(partner, original) if isinstance(partner, Path) else original
        checked.append(partner if owner == original else f"{original.name}: its low resolution is that of {owner}")
    return checked


def _stems(stem: str, scale: int) -> Iterator[str]:
    """What a partner may be called, in lower case, the plainest mark first and the bare name last."""
    bases = [stem.removesuffix(mark) for mark in _HR_MARKS if stem.endswith(mark)]
    marks = [*_FACTORS, *(mark + factor for mark in _LR_MARKS for factor in (*_FACTORS, *_BARE_FACTORS))]
    yield from (base + mark.format(scale=scale) for base in bases for mark in marks)
    yield from bases


def _size_mismatch(hr: Scanned | Lost, lr: Scanned | Lost, scale: int) -> str | None:
    if isinstance(hr, Lost) or isinstance(lr, Lost):
        return None
    if (hr.height // scale, hr.width // scale) == (lr.height, lr.width):
        return None
    return (
        f"{hr.path.name} has {hr.width} x {hr.height} pixels, {lr.path.name} {lr.width} x {lr.height}"
        f" and not {hr.width // scale} x {hr.height // scale}"
    )
