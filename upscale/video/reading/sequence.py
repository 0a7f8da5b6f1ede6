"""Pictures with numbered names as a clip: `frames/%05d.png`."""

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from upscale.errors import BadInputError, UsageError, reason

DEFAULT_FPS = Fraction(25)
_NUMBER = re.compile(r"%(0(?P<digits>[1-9]))?d")


@dataclass(frozen=True)
class Sequence:
    """A run of pictures without a gap: FFmpeg's pattern for them, their first number, and how many there are.

    `beyond`: how many more there are behind the first gap, which FFmpeg does not read.
    """

    pattern: str
    start: int
    count: int
    beyond: int

    def options(self, rate: Fraction | None) -> dict[str, str]:
        """What FFmpeg's image2 demuxer has to know."""
        return {"framerate": str(rate or DEFAULT_FPS), "start_number": str(self.start), "pattern_type": "sequence"}

    @property
    def note(self) -> str | None:
        """What the user should know."""
        if not self.beyond:
            return None
        missing = self.start + self.count
        return f"number {missing} is missing: {self.count} pictures before it are read, {self.beyond} behind it are not"


def is_pattern(source: Path) -> bool:
    """Whether a name stands for numbered pictures: it holds one %d or %05d, and is no file of its own."""
    return len(_NUMBER.findall(source.name)) == 1 and not source.exists()


def find_sequence(source: Path) -> Sequence | None:
    """The pictures that a pattern names, None for any other name.

    Raises UsageError where no picture has such a name, BadInputError for a folder that cannot be listed.
    """
    place = _NUMBER.search(source.name)
    if place is None or not is_pattern(source):
        return None
    numbers = _numbers(source, place)
    if not numbers:
        raise UsageError(f"no file is named like {source}")
    count = next((index for index, number in enumerate(numbers) if number != numbers[0] + index), len(numbers))
    # Elsewhere in the path a % is a %.
    pattern = f"{source.parent.as_posix().replace('%', '%%')}/{source.name}"
    return Sequence(pattern, numbers[0], count, len(numbers) - count)


def _numbers(source: Path, place: re.Match[str]) -> list[int]:
    """The numbers of the files that are there, in order."""
    try:
        names = [path.name for path in source.parent.iterdir()]
    except OSError as error:
        raise BadInputError(f"{source.parent} cannot be listed: {reason(error)}") from error
    before, after = source.name[: place.start()], source.name[place.end() :]
    digits = int(place["digits"] or 1)
    shape = re.compile(re.escape(before) + rf"(\d{{{digits},}})" + re.escape(after))
    found = [match[1] for name in names if (match := shape.fullmatch(name))]
    # %03d never writes 0012.
    return sorted(int(number) for number in found if len(number) == digits or number[0] != "0")
