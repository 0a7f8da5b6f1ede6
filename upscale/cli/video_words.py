"""Words of `upscale video` that need reading: pairs, rates, devices."""

from fractions import Fraction

from upscale.errors import UsageError


def pairs(words: list[str] | None) -> dict[str, str]:
    """`key=value` words as a dictionary; raises UsageError for a word without `=`."""
    words = words or []
    found = dict(word.split("=", 1) for word in words if "=" in word[1:])
    if len(found) < len(words):
        raise UsageError(f"-e {' -e '.join(words)}: every option needs the form key=value, and only once")
    return found


def rate(word: str | None) -> Fraction | None:
    """Frames per second; None for None."""
    if word is None:
        return None
    try:
        fps = Fraction(word)
    except (ValueError, ZeroDivisionError):
        fps = Fraction(0)
    if fps <= 0:
        raise UsageError(f"--fps {word}: expected a rate such as 25, 23.976 or 24000/1001")
    return fps


def devices(word: str) -> tuple[str, ...]:
    """cuda:0,1 as cuda:0 and cuda:1. On the CPU several lines may work side by side: cpu,cpu."""
    first, *others = word.split(",")
    kind = first.partition(":")[0]
    names = (first, *(f"{kind}:{other}" if other.isdecimal() else other for other in others))
    if len(set(names)) < len(names) and set(names) != {"cpu"}:
        raise UsageError(f"--device {word}: each device can be named once")
    return names
