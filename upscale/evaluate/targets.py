"""May results be written to a file? Asked before anything is measured."""

from collections.abc import Iterable
from pathlib import Path

from upscale.errors import UsageError, reason
from upscale.evaluate.pairs import Pair


def check_target(option: str, target: Path, suffix: str, pairs: Iterable[Pair]) -> None:
    """Raise UsageError, naming the option, where `target` could not be written, or is one of the pictures compared.

    `suffix`: in small letters; the target's may be in any. Another file of that suffix may be there: it is replaced.
    """
    if target.suffix.lower() != suffix:
        raise UsageError(f"{option} {target}: name a file that ends in {suffix}")
    try:
        if target.is_dir():
            raise UsageError(f"{option} {target} is a folder: name a file in it")
        if not target.parent.is_dir():
            raise UsageError(f"{option} {target}: there is no folder {target.parent}")
    except OSError as error:  # such as: a name that is too long
        raise UsageError(f"{option} {target}: {reason(error)}") from error
    if any(_same_file(target, path) for pair in pairs for path in (pair.hr, pair.lr) if path is not None):
        raise UsageError(f"{option} {target} is one of the pictures that are compared: name another file")


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False
