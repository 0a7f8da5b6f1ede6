"""A long batch of mixed pictures: memory, open files and threads of `upscale images`, which must not grow.

    python benchmarks/long_batch.py [--files 5000] [--rows 10] [--largest 150] [--model nearest]

The command runs in a process of its own; its /proc is looked at after every file it reports. A row of the table is
a part of the batch: the median resident size, the most open files, the most threads. The second row is compared with
the last: in the first, buffers still find their size. Needs Pillow and Linux.
"""

import json
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from common import parser, print_claim, print_machine

from upscale.bench.scratch import scratch_folder

ROOT = Path(__file__).resolve().parents[1]
# Of bytes: the command's arena for small objects grows in steps of this order.
GROWTH = 1.05
# Of files and threads: what is being written just then.
MORE = 4


@dataclass(frozen=True)
class Look:
    """At the process, after one file."""

    resident_bytes: int
    open_files: int
    threads: int


@dataclass(frozen=True)
class Row:
    """A part of the batch."""

    files: int
    resident_bytes: float
    open_files: int
    threads: int

    def __str__(self) -> str:
        return f"{self.files:8d}{self.resident_bytes / 1e6:13.1f}{self.open_files:12d}{self.threads:10d}"


def main() -> None:
    options = _options()
    print_machine()
    with scratch_folder() as folder:
        sys.path.append(str(ROOT / "tests"))
        from library import write_library

        write_library(folder / "in", options.files, options.largest)
        looks = list(_looks(folder, options))
    print(f"{'files':>8}{'resident MB':>13}{'open files':>12}{'threads':>10}")
    rows = [_row(looks, part, options.rows) for part in range(options.rows)]
    print("\n".join(map(str, rows)))
    early, late = rows[1], rows[-1]
    print_claim("resident size, last row against second", late.resident_bytes / early.resident_bytes, GROWTH, most=True)
    print_claim("open files, more in the last row", late.open_files - early.open_files, MORE, most=True)
    print_claim("threads, more in the last row", late.threads - early.threads, MORE, most=True)


def _options() -> Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--files", type=int, default=5000)
    arguments.add_argument("--rows", type=int, default=10)
    arguments.add_argument("--largest", type=int, default=150)
    arguments.add_argument("--model", default="nearest")
    return arguments.parse_args()


def _looks(folder: Path, options: Namespace) -> Iterator[Look]:
    """One look for each file, as its event comes."""
    words = ["images", folder / "in", "-o", folder / "out", "-r", "-m", options.model, "-s", "2", "--json", "--quiet"]
    command = [sys.executable, "-m", "upscale", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "picture":
                if event["status"] != "done":
                    raise SystemExit(f"{event['source']}: {event['error']}")
                yield _look(process.pid)
    if process.returncode:
        raise SystemExit(f"exit code {process.returncode}")


def _look(pid: int) -> Look:
    place = Path(f"/proc/{pid}")
    lines = (line.partition(":") for line in (place / "status").read_text().splitlines())
    status = {name: value.split() for name, _, value in lines}
    return Look(int(status["VmRSS"][0]) * 1024, len(list((place / "fd").iterdir())), int(status["Threads"][0]))


def _row(looks: list[Look], part: int, parts: int) -> Row:
    first, last = len(looks) * part // parts, len(looks) * (part + 1) // parts
    seen = looks[first:last]
    return Row(
        last,
        median(look.resident_bytes for look in seen),
        max(look.open_files for look in seen),
        max(look.threads for look in seen),
    )


if __name__ == "__main__":
    main()
