"""The command line in this process, through the real error boundary."""

import sys
from collections.abc import Callable

import pytest
from commands import Run

from upscale.cli.app import main


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """`upscale WORDS`, with all that it and its libraries print."""

    def run(*words: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["upscale", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capfd.readouterr()
        return Run(int(str(stop.value.code or 0)), captured.out, captured.err)

    return run
