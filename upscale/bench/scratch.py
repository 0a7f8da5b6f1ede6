"""A folder for files that are written only to be measured."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from upscale.errors import OutputError


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, gone in the end with all it holds; OutputError where there is none to be had."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="upscale-bench-")
    except OSError as error:
        raise OutputError(f"no temporary folder can be made: {error}; name another with TMPDIR") from error
    with folder as path:
        yield Path(path)
