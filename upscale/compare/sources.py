"""What the words of `upscale compare` mean: columns of pictures and clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from upscale.batch.medium import Medium
from upscale.batch.sources import find, kind_of
from upscale.errors import BadInputError, UsageError, reason
from upscale.images.medium import PICTURES

_MAY_MOVE = ("gif", "png", "webp")
_HEAD_BYTES = 65536


@dataclass(frozen=True)
class Column:
    """What one word names. `title`: as the page calls it. `files`: one, or those of a folder, by name."""

    title: str
    files: tuple[Path, ...]
    is_folder: bool


def columns(words: Sequence[str]) -> list[Column]:
    """A column for each word, under titles that differ where the words do.

    Raises UsageError for fewer than two words, for what is missing or empty, and for files beside folders.
    """
    if len(words) < 2:
        raise UsageError("nothing to compare with: name at least two pictures, clips or folders")
    found = [column(word) for word in words]
    if len({one.is_folder for one in found}) > 1:
        folder = next(word for word, one in zip(words, found, strict=True) if one.is_folder)
        raise UsageError(f"{folder} is a folder and others are files; compare files with files, folders with folders")
    titles = _titles([Path(word) for word in words])
    return [Column(title, one.files, one.is_folder) for title, one in zip(titles, found, strict=True)]


def column(word: str) -> Column:
    """The file that a word names, or the pictures and clips of a folder, without its subfolders.

    Raises UsageError for a word that names neither, and for a folder without any.
    """
    path = Path(word)
    if kind_of(word, PICTURES) != "folder":
        return Column(path.name, _named(word), is_folder=False)
    files = {found.path for medium in _media(path) for found in find(word, medium, recursive=False)}
    if not files:
        raise UsageError(f"no pictures and no clips in {word}")
    return Column(path.name, tuple(sorted(files)), is_folder=True)


def is_clip(path: Path) -> bool:
    """Whether a file is shown as moments of a clip: what has no picture's name or content, and what moves.

    Reads all of a GIF or WebP.
    """
    name = PICTURES.format_of_name(path)
    if name in _MAY_MOVE:
        return _is_moving(path, name)
    return name is None and not _looks_like_picture(path)


def _is_moving(path: Path, name: str) -> bool:
    """What cannot be read is no clip: reading it as a picture says why."""
    from upscale.images.animated_reader import is_animated

    try:
        return is_animated(_telling(path, name), name)
    except (OSError, BadInputError):
        return False


def _telling(path: Path, name: str) -> bytes:
    """The content; of a PNG only its beginning, if the samples begin there, before which it says whether it moves."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        return head if name == "png" and b"IDAT" in head else head + file.read()


def _looks_like_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return PICTURES.sniff(file.read(PICTURES.head_bytes), path) is not None
    except OSError:
        return True


def _media(folder: Path) -> list[Medium]:
    """What a folder is searched for. Clips, which need large libraries, only where not all are pictures by name."""
    try:
        others = [path for path in folder.iterdir() if PICTURES.format_of_name(path) is None]
    except OSError as error:
        raise UsageError(f"cannot list {folder}: {reason(error)}") from error
    if not others:
        return [PICTURES]
    from upscale.video.medium import clips

    # Which codec their results would have does not matter here.
    return [PICTURES, clips("h264")]


def _named(word: str) -> tuple[Path]:
    """A file is taken as it is; of a glob the shell should have made several words."""
    if kind_of(word, PICTURES) == "glob":
        raise UsageError(f"{word} does not exist")
    return (Path(word),)


def _titles(paths: list[Path]) -> list[str]:
    """The shortest ends of the paths that tell them apart, or whole paths; the same again, with a number."""
    longest = max(len(path.parts) for path in paths)
    for length in range(1, longest + 1):
        titles = [str(Path(*path.parts[-length:])) for path in paths]
        if len(set(titles)) == len(set(paths)):
            return _numbered(titles)
    return _numbered([str(path) for path in paths])


def _numbered(titles: list[str]) -> list[str]:
    """The same, but what comes again as `a.png (2)`."""
    found: list[str] = []
    for title in titles:
        candidates = chain([title], (f"{title} ({number})" for number in count(2)))
        found.append(next(one for one in candidates if one not in found and (one == title or one not in titles)))
    return found
