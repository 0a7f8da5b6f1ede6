"""Decoding pictures into their place: no more than one for each thread lies elsewhere."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from upscale.train.data.reading import Change, Decoded, read_pixels
from upscale.train.data.scanning import Lost
from upscale.train.data.sources import Source
from upscale.train.data.store import Layout
from upscale.train.data.threads import Hear, in_threads

from upscale.errors import BadInputError
from upscale.imresize import imresize

Put = Callable[[int, NDArray[np.uint8]], None]
"""Takes bytes and the place where they begin; from several threads at once."""

_SAID: dict[Change, str] = {
    "gray": "{} gray (repeated three times)",
    "16 bit": "{} of 16 bits (rounded to 8)",
    "transparent": "{} partly transparent (their alpha is dropped)",
    "other colours": "{} in other colours (turned to sRGB)",
}

logger = logging.getLogger(__name__)


def fill(sources: Sequence[Source], layout: Layout, hear: Hear | None, put: Put) -> dict[int, Lost]:
    """Decode everything; those that turn out to be damaged are returned by their index, and their place is void."""

    def one(index: int) -> Lost | frozenset[Change]:
        return _fill_one(sources[index], index, layout, put)

    results = in_threads(one, range(len(sources)), hear)
    say_changes(result for result in results if not isinstance(result, Lost))
    return {index: result for index, result in enumerate(results) if isinstance(result, Lost)}


def decode(source: Source, scale: int, *, with_lr: bool) -> tuple[Decoded, NDArray[np.uint8]] | Lost:
    """A picture, cut to a multiple of `scale`, and its low resolution, which is empty without `with_lr`.

    It is made by MATLAB's bicubic of the whole picture, never of a crop, whose edges would be wrong.
    """
    path = source.hr
    try:
        found = read_pixels(path)
        hr = np.ascontiguousarray(found.pixels[: source.height * scale, : source.width * scale])
        if source.lr is not None:
            path = source.lr
            lr = read_pixels(path).pixels
        else:
            lr = imresize(hr, 1 / scale) if with_lr else np.empty((0, 0, 3), np.uint8)
    except BadInputError as error:
        return Lost(path, str(error))
    if hr.shape[:2] != (source.height * scale, source.width * scale) or (
        with_lr and lr.shape[:2] != (source.height, source.width)
    ):
        return Lost(path, "it is of another size than its header says")
    return Decoded(hr, found.changes), lr


def say_changes(changes: Iterable[frozenset[Change]]) -> None:
    """One warning for all pictures that are taken, but not as they are."""
    counts = Counter(change for found in changes for change in found)
    if counts:
        said = ", ".join(_SAID[change].format(counts[change]) for change in _SAID if counts[change])
        logger.warning("among the pictures are %s", said)


def _fill_one(source: Source, index: int, layout: Layout, put: Put) -> Lost | frozenset[Change]:
    decoded = decode(source, layout.scale, with_lr=layout.with_lr)
    if isinstance(decoded, Lost):
        return decoded
    original, lr = decoded
    put(layout.hr_start(index), original.pixels.reshape(-1))
    put(layout.lr_start(index), lr.reshape(-1))
    return original.changes
