"""Damaged pictures of every format through the real reader: each must be read, or refused as a bad input.

    python benchmarks/fuzz_reader.py [--count 1500] [--formats png,tiff] [--seed 0] [--odd FOLDER] [--keep FOLDER]

`--count` for each format. The reader runs in a process of its own; an input at which that process crashes, raises
anything but BadInputError, or takes more than `--limit-s` seconds of processor time or `--limit-mb` of memory is a
finding: it is kept, the table names it, and the exit code is 1. The same seed gives the same inputs.
Needs Pillow, and Linux for its /proc. Nothing is timed against anything: other work may run beside it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz_inputs import damaged, write_seeds

from upscale.errors import BadInputError
from upscale.images.header import read_header
from upscale.images.image_io import LIMIT_PX, WHOLE_BYTES, read_frames, read_picture

_POLL_S = 0.1
# A process that neither works nor comes back waits for something that will not come.
_PATIENCE_S = 60.0
# All frames together may hold 16 times as many pixels, which takes longer than one picture may.
_FILM_PX = 2**24
_BAND_ROWS = 64


@dataclass
class Tally:
    """What became of one format's inputs."""

    format_name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, int] = (0.0, 0)
    largest_bytes: tuple[int, int] = (0, 0)
    findings: list[str] = field(default_factory=list)

    def add(self, facts: dict[str, Any]) -> None:
        self.outcomes[facts["outcome"]] += 1
        self.slowest = max(self.slowest, (facts["seconds"], facts["index"]))
        self.largest_bytes = max(self.largest_bytes, (facts["peak_bytes"], facts["index"]))

    def row(self) -> str:
        seconds, slow = self.slowest
        peak_bytes, large = self.largest_bytes
        numbers = f"{self.outcomes['read']:7d}{self.outcomes['refused']:9d}{len(self.findings):10d}"
        return f"{self.format_name:8}{numbers}{seconds:10.2f} #{slow:<7d}{peak_bytes / 1e6:8.0f} #{large:<7d}"


def main() -> None:
    options = _options()
    if options.serve:
        _serve(options)
        return
    with tempfile.TemporaryDirectory(prefix="upscale-fuzz-") as name:
        folder = Path(name)
        formats = write_seeds(folder / "seeds", options.odd)
        print(f"{'':8}{'read':>7}{'refused':>9}{'findings':>10}{'slowest s':>10} {'':8}{'peak MB':>8}")
        tallies = []
        for format_name in options.formats.split(",") if options.formats else formats:
            tallies.append(_fuzz(format_name, folder, options))
            print(tallies[-1].row(), flush=True)
        inputs = sum(sum(tally.outcomes.values()) + len(tally.findings) for tally in tallies)
        findings = [finding for tally in tallies for finding in tally.findings]
    print("\n".join([f"{inputs} inputs, {len(findings)} findings", *findings]))
    sys.exit(1 if findings else 0)


def _options() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=1500)
    arguments.add_argument("--formats")
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--odd", type=Path, help="a folder with more small pictures to begin with")
    arguments.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    arguments.add_argument("--limit-s", type=float, default=10.0)
    # A decoder's own buffer, the samples, and those split into colours and alpha: 4 bytes a pixel each, and some.
    arguments.add_argument("--limit-mb", type=float, default=16 * LIMIT_PX / 1e6)
    arguments.add_argument("--start", type=int, default=0)
    arguments.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return arguments.parse_args()


def _fuzz(format_name: str, folder: Path, options: argparse.Namespace) -> Tally:
    """All inputs of one format; the reader's process is started again behind each finding."""
    tally, start = Tally(format_name), options.start
    while start < options.start + options.count:
        reason = _run(format_name, folder, start, tally, options)
        done = sum(tally.outcomes.values()) + len(tally.findings)
        start = options.start + done
        if reason:
            tally.findings.append(f"{_kept(folder, f'{format_name}-{options.seed}-{start}', options.keep)}: {reason}")
            start += 1
    return tally


def _run(format_name: str, folder: Path, start: int, tally: Tally, options: argparse.Namespace) -> str | None:
    """Serve inputs from `start` on, as far as the process gets; why it ended before the last one."""
    words = ["--serve", folder, "--formats", format_name, "--seed", options.seed, "--start", start]
    count = options.start + options.count - start
    log, errors = folder / "log", folder / "errors"
    with log.open("w") as out, errors.open("w") as err:
        command = [sys.executable, __file__, *map(str, words), "--count", str(count)]
        process = subprocess.Popen(command, stdout=out, stderr=err)
        reason = _watch(process, log, options)
    for line in log.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            tally.add(json.loads(line))
    if process.returncode < 0:
        return reason or f"killed by signal {-process.returncode}"
    return errors.read_text().strip().splitlines()[-1] if process.returncode else None


def _watch(process: subprocess.Popen[bytes], log: Path, options: argparse.Namespace) -> str | None:
    """Wait for the process; kill it where one input takes too much, and say of what."""
    written, cpu_s, polls = -1, 0.0, 0
    while process.poll() is None:
        time.sleep(_POLL_S)
        now_s, resident_bytes = _usage(process.pid)
        polls += 1
        if (size := log.stat().st_size) != written:
            written, cpu_s, polls = size, now_s, 0
        reason = None
        if resident_bytes > options.limit_mb * 1e6:
            reason = f"more than {options.limit_mb:.0f} MB of memory"
        elif now_s - cpu_s > options.limit_s:
            reason = f"more than {options.limit_s:.0f} s of processor time"
        elif polls * _POLL_S > _PATIENCE_S + 3 * options.limit_s:
            reason = "it hangs"
        if reason:
            process.kill()
            process.wait()
            return reason
    return None


def _usage(pid: int) -> tuple[float, int]:
    """A process's seconds of processor time and its resident bytes (proc(5): stat 14, 15 and 24)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0
    seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds, int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


def _kept(folder: Path, name: str, keep: Path) -> Path:
    (source,) = folder.glob("input.*")
    keep.mkdir(parents=True, exist_ok=True)
    target = keep / f"{name}{source.suffix}"
    target.write_bytes(source.read_bytes())
    return target


def _serve(options: argparse.Namespace) -> None:
    """In the reader's process: make each input, read it, and print what came of it."""
    folder, format_name = options.serve, options.formats
    seeds = [(path.name, path.read_bytes()) for path in sorted((folder / "seeds" / format_name).iterdir())]
    for index in range(options.start, options.start + options.count):
        name, content = damaged(f"{options.seed} {format_name} {index}", seeds)
        for old in folder.glob("input.*"):
            old.unlink()
        (folder / name).write_bytes(content)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew, proc(5)
        started_s = time.process_time()
        outcome = _outcome(folder / name, index)
        facts = {"index": index, "outcome": outcome, "seconds": time.process_time() - started_s}
        print(json.dumps({**facts, "peak_bytes": _peak_bytes()}), flush=True)


def _outcome(path: Path, index: int) -> str:
    """Every second input as one picture of any size; the others as a batch reads them: header, frames, bands."""
    try:
        if index % 2 == 0:
            read_picture(path)
        else:
            read_header(path)
            _read_all(path, whole_bytes=0 if index % 4 == 1 else WHOLE_BYTES)
    except BadInputError:
        return "refused"
    return "read"


def _read_all(path: Path, whole_bytes: int) -> None:
    for picture in read_frames(path, _FILM_PX, whole_bytes):
        if picture.rows is not None:
            for top in range(0, picture.height, _BAND_ROWS):
                picture.rows.read(top, min(picture.height, top + _BAND_ROWS))
            if picture.rows.error is not None:
                raise picture.rows.error


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
