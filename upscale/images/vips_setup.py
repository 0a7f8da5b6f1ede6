"""libvips as a long batch needs it."""

from functools import cache
from typing import Any

import pyvips


@cache
def prepare() -> None:
    """Switch off libvips' cache of operations, which keeps pictures alive, and its warnings. Works once.

    pyvips prints the warnings, and a traceback for those that quote a damaged file's bytes; what matters comes
    as an error all the same.
    """
    pyvips.cache_set_max(0)
    if pyvips.API_mode:
        pyvips.ffi.def_extern(name="_log_handler_callback")(_drop)


def _drop(domain: Any, level: int, message: Any, user_data: Any) -> None:  # noqa: ANN401  cffi's pointers
    pass
