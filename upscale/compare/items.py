"""From files that belong together to what the page shows of them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from upscale.compare.common_scale import common_scale
from upscale.compare.embedded import encoded, thumbnail
from upscale.compare.matching import Match
from upscale.compare.scores import Score, score
from upscale.compare.shown import Pixels, read_shown, reduced
from upscale.errors import BadInputError, OutputError, UpscaleError, UsageError, reason


@dataclass(frozen=True)
class Wish:
    """How pictures are embedded, and measured.

    `quality`: of lossy WebP, None for lossless. `frames`: moments of a clip. `scale`: see `scores`.
    """

    max_side_px: int | None = None
    quality: int | None = None
    frames: int = 8
    scale: int = 4


@dataclass(frozen=True)
class Pane:
    """One picture: what its file holds, and what of it is embedded as `content`, a WebP file.

    `unscored`: why it has no score; `remark`: that, or that it is shown smaller than it is; both often empty.
    """

    name: str
    height: int
    width: int
    file_bytes: int
    shown_height: int
    shown_width: int
    content: bytes
    score: Score | None
    unscored: str
    remark: str


@dataclass(frozen=True)
class Item:
    """Pictures of the same thing; `seconds`: when, of clips. The original, if there is one, comes last."""

    name: str
    seconds: float | None
    thumbnail: str
    panes: tuple[Pane, ...]

    @property
    def factors(self) -> list[float]:
        """How much larger each pane is drawn; see `common_scale`."""
        return common_scale([(pane.shown_height, pane.shown_width) for pane in self.panes])


@dataclass(frozen=True)
class Failed:
    """Files that cannot be shown, and why. `shown`: their moments that come before that, and are."""

    name: str
    error: UpscaleError
    shown: int = 0


def items(matches: Sequence[Match], wish: Wish) -> Iterator[Item | Failed]:
    """The items of each match, one at a time in memory; what cannot be read or shown is a Failed, not an end."""
    for match in matches:
        shown = 0
        try:
            for item in _items(match, wish):
                yield item
                shown += 1
        except UpscaleError as error:
            yield Failed(match.name, error, shown)


@dataclass(frozen=True)
class _Shot:
    """What the files of a match show, at one time if they are clips."""

    match: Match
    pictures: tuple[Pixels, ...]
    seconds: float | None = None


def _items(match: Match, wish: Wish) -> Iterator[Item]:
    files = match.all_files
    if not match.moving:
        yield _item(_Shot(match, tuple(read_shown(path) for path in files)), wish)
        return
    still = next((path for path in files if path not in match.moving), None)
    if still is not None:
        raise UsageError(f"{match.moving[0]} is a clip and {still} is a picture; compare clips with clips")
    from upscale.compare.moments import moments  # which needs torch

    for moment in moments(files, wish.frames):
        yield _item(_Shot(match, moment.frames, float(moment.seconds)), wish)


def _item(shot: _Shot, wish: Wish) -> Item:
    original = shot.pictures[-1] if shot.match.truth is not None else None
    with ThreadPoolExecutor() as pool:
        panes = tuple(pool.map(partial(_pane, original=original, wish=wish), shot.match.all_files, shot.pictures))
    return Item(shot.match.name, shot.seconds, thumbnail(max(shot.pictures, key=lambda pixels: pixels.size)), panes)


def _pane(path: Path, pixels: Pixels, original: Pixels | None, wish: Wish) -> Pane:
    small = reduced(pixels, wish.max_side_px)
    found, unscored = _score(pixels, original, wish.scale)
    remarks = [f"shown at {100 * small.shape[1] / pixels.shape[1]:.0f} %"] if small is not pixels else []
    try:
        return Pane(
            name=path.name,
            height=pixels.shape[0],
            width=pixels.shape[1],
            file_bytes=path.stat().st_size,
            shown_height=small.shape[0],
            shown_width=small.shape[1],
            content=encoded(small, wish.quality),
            score=found,
            unscored=unscored,
            remark="; ".join([*remarks, f"no score: {unscored}"] if unscored else remarks),
        )
    except OutputError as error:
        raise OutputError(f"cannot show {path}: {error}") from error
    except OSError as error:
        raise BadInputError(f"cannot read {path}: {reason(error)}") from error


def _score(pixels: Pixels, original: Pixels | None, scale: int) -> tuple[Score | None, str]:
    """The score, or why there is none, which needs no word where nothing is measured."""
    if original is None or pixels is original:
        return None, ""
    try:
        return score(pixels, original, scale), ""
    except BadInputError as error:
        return None, str(error)
