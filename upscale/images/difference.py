"""What changes from one frame of an animation to the next."""

import numpy as np

from upscale.images.picture import Samples


def changed(before: Samples | None, after: Samples) -> tuple[slice, slice]:
    """Rows and columns that hold all differences between two frames; one pixel where there are none."""
    if before is None:
        return slice(0, after.shape[0]), slice(0, after.shape[1])
    differs = (before != after).any(axis=2)
    return _reach(differs.any(axis=1)), _reach(differs.any(axis=0))


def _reach(differs: Samples) -> slice:
    places = np.flatnonzero(differs)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 1)
