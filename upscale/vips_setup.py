"""libvips as a long batch needs it."""

from functools import cache
from typing import Any

import pyvips


@cache
def prepare() -> None:
    """Make libvips fit for a long batch beside a network: no cache, one thread, no warnings. Works once.

    Its cache of operations keeps pictures alive. Its threads, one for each core, take the network's cores and give
    nothing back where encoders are serial: 6 MP as png cost 0.3 CPU seconds with 1 and with 16 of them. pyvips
    prints the warnings, and a traceback for those that quote a damaged file's bytes; what matters comes as an error
    all the same.
    """
    pyvips.cache_set_max(0)
    pyvips.concurrency_set(1)
    if pyvips.API_mode:
        pyvips.ffi.def_extern(name="_log_handler_callback")(_drop)


def _drop(domain: Any, level: int, message: Any, user_data: Any) -> None:  # noqa: ANN401  cffi's pointers
    pass
