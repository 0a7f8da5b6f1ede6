"""The pictures of a run before they are decoded: found, paired, large enough."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from upscale.train.data.finding import find_pictures
from upscale.train.data.paired import Folders, pair_files
from upscale.train.data.scanning import Lost, Scanned, scan

from upscale.errors import UsageError

_NAMED = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A picture to train on, `lr` None where its low resolution is to be made.

    `height`, `width`: of the low resolution, in pixels. The original is cut to `scale` times as much.
    """

    name: str
    hr: Path
    lr: Path | None
    height: int
    width: int
    digest: bytes


@dataclass(frozen=True)
class Search:
    """Where to look: originals below `hr`, none below `without`, partners below `lr` if there are some."""

    hr: Path
    lr: Path | None
    scale: int
    without: Path | None = None


@dataclass(frozen=True)
class Sources:
    """The pictures that can be used, those that cannot be read, and how many there are of both and too small ones."""

    usable: list[Source]
    lost: list[Lost]
    count: int


def find_sources(search: Search, *, smallest_px: int, use: str) -> Sources:
    """The pictures whose low resolution has at least `smallest_px` a side; smaller ones are counted in a warning.

    UsageError where none is left, which says what `use` is to be made of them, or where pairs do not fit.
    """
    others = [path for path in (search.lr, search.without) if path and path.resolve() != search.hr.resolve()]
    paths = find_pictures(search.hr, without=others)
    sources, lost = _readable(search, paths)
    large = [source for source in sources if min(source.height, source.width) >= smallest_px]
    if not large:
        raise UsageError(_none_left(search, paths, lost, f"{smallest_px * search.scale} pixels a side, as {use} needs"))
    if len(large) < len(sources):
        logger.warning(
            "%d of %d pictures are smaller than %d pixels and left out",
            len(sources) - len(large), len(sources), smallest_px * search.scale,
        )  # fmt: skip
    return Sources(large, lost, len(paths))


def warn_lost(sources: Sources, later: Sequence[Lost]) -> None:
    """Say in one warning which pictures cannot be read; UsageError where none can. `later`: found by decoding."""
    lost = [*sources.lost, *later]
    if not lost:
        return
    first = ", ".join(f"{item.path} ({item.why})" for item in lost[:_NAMED])
    more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
    if len(later) == len(sources.usable):
        raise UsageError(f"none of the {len(lost)} pictures that are large enough can be read: {first}{more}")
    logger.warning("%d of %d pictures cannot be read and are left out: %s%s", len(lost), sources.count, first, more)


def fingerprint(sources: Sequence[Source]) -> str:
    """Tells one set of pictures from another: by names, sizes and samples of their bytes."""
    digest = hashlib.sha256()
    for source in sources:
        size = f"{source.height} {source.width}\n"
        digest.update(source.name.encode(errors="surrogateescape") + b"\0" + size.encode() + source.digest)
    return digest.hexdigest()[:16]


def _readable(search: Search, paths: list[Path]) -> tuple[list[Source], list[Lost]]:
    if search.lr is None:
        scanned = [(hr, hr) for hr in scan(paths)]
    else:
        scanned = pair_files(paths, find_pictures(search.lr), Folders(search.hr, search.lr, search.scale))
    lost = [side for pair in scanned for side in dict.fromkeys(pair) if isinstance(side, Lost)]
    sources = [_source(search, hr, lr) for hr, lr in scanned if isinstance(hr, Scanned) and isinstance(lr, Scanned)]
    return sources, lost


def _source(search: Search, hr: Scanned, lr: Scanned) -> Source:
    """`lr` is `hr` where there is no partner."""
    height, width = hr.height // search.scale, hr.width // search.scale
    name = str(hr.path.relative_to(search.hr))
    partner, digest = (None, hr.digest) if lr is hr else (lr.path, hr.digest + lr.digest)
    return Source(name, hr.path, partner, height, width, digest)


def _none_left(search: Search, paths: Sequence[Path], lost: Sequence[Lost], least: str) -> str:
    why = f"{lost[0].path.name}: {lost[0].why}" if lost else ""
    if len(lost) >= len(paths):
        return f"none of the {len(paths)} pictures below {search.hr} can be read; {why}"
    unread = f" ({len(lost)} of {len(paths)} cannot be read; {why})" if lost else ""
    return f"no picture below {search.hr} has at least {least}{unread}"
