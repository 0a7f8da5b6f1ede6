"""Where messages for people go: standard error, above any bar, and a log file."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upscale.errors import UpscaleError, UsageError, reason

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    r"""One line, whatever is in a file's name: its line ends and escape sequences are shown as \n and \x1b."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


@contextmanager
def messages(log: Path | None = None, *, verbose: bool = False, quiet: bool = False) -> Iterator[None]:
    """While inside, what the program logs is shown: errors only if `quiet`, every finished file if `verbose`.

    `log`: a file to which all of it is appended, with the time. Raises UsageError where that cannot be opened.
    """
    logger = logging.getLogger("upscale")
    screen = _Screen(logging.ERROR if quiet else logging.INFO if verbose else logging.WARNING)
    handlers: list[logging.Handler] = [screen] if log is None else [screen, _opened(log)]
    level = logger.level
    logger.setLevel(logging.INFO)
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield
    except UpscaleError as error:
        screen.setLevel(logging.CRITICAL)  # the error boundary shows it
        logger.error("%s", error)
        raise
    finally:
        logger.setLevel(level)
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()


class _Screen(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        tqdm.write(printable(record.getMessage()), file=sys.stderr)


class _File(logging.FileHandler):
    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A log that cannot be written, on a full disk say, is no reason to fail, or to flood the screen."""


def _opened(path: Path) -> logging.Handler:
    try:
        handler = _File(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"cannot write the log {path}: {reason(error)}") from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    return handler
