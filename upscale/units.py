"""Sizes and times as people read them."""


def size(count_bytes: int) -> str:
    """820 kB, 4.1 MB, 12 GB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB")):
        if count_bytes >= unit:
            return f"{count_bytes / unit:.{1 if count_bytes < 10 * unit else 0}f} {name}"
    return f"{max(1, round(count_bytes / 1e3)) if count_bytes else 0} kB"


def duration(seconds: float) -> str:
    """4.2 s, 42 s, 3 min 12 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest_s} s"
    return f"{minutes} min {rest_s} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
