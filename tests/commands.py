"""The command line in tests: what a run gave, in a process of its own or interrupted by Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Run:
    """What a command gave."""

    code: int
    out: str
    err: str

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def run_apart(*words: object, prefix: Sequence[str] = (), timeout_s: float = 100) -> Run:
    """`upscale WORDS` in a process of its own."""
    done = subprocess.run(
        [*prefix, *command(*words)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "upscale", *map(str, words)]


@contextmanager
def started(
    *words: object, env: Mapping[str, str] | None = None, cwd: Path = PROJECT
) -> Iterator[subprocess.Popen[str]]:
    """`upscale WORDS` while it runs, in a session of its own, as in a terminal of its own."""
    process = subprocess.Popen(
        command(*words),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextmanager
def when(happened: Callable[[], object], act: Callable[[], object]) -> Iterator[None]:
    """Wait, while something else runs, for a sign of it, and then act, once."""
    over = threading.Event()

    def wait() -> None:
        while not over.is_set():
            if happened():
                act()
                return
            time.sleep(0.001)

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wait_until(process: subprocess.Popen[str], happened: Callable[[], object], timeout_s: float = 60) -> None:
    """Wait for a sign of a running process; fails if it ends without."""
    deadline_s = time.monotonic() + timeout_s
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def interrupt(process: subprocess.Popen[str]) -> tuple[Run, float]:
    """Press Ctrl-C: what the process gave, and how many seconds it took to end."""
    started_s = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Run(process.returncode, out, err), time.monotonic() - started_s
