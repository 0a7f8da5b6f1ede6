import logging
from pathlib import Path

import pytest

from upscale.cli.logs import messages, printable
from upscale.errors import OutputError, UsageError

logger = logging.getLogger("upscale.cli.test_logs")


def test_names_cannot_break_lines_or_steer_the_terminal() -> None:
    assert printable("a\nb\x1b[31m\r\x9b.png é") == r"a\nb\x1b[31m\r\x9b.png é"


@pytest.mark.parametrize(
    ("options", "seen"),
    [({}, ["warning", "error"]), ({"quiet": True}, ["error"]), ({"verbose": True}, ["info", "warning", "error"])],
)
def test_how_much_is_shown(options: dict[str, bool], seen: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with messages(**options):
        for level in ("info", "warning", "error"):
            getattr(logger, level)(level)
    assert capfd.readouterr().err.splitlines() == seen
    with messages(quiet=True):
        logger.warning("no handler of the first run is left")
    assert capfd.readouterr().err == ""


def test_the_log_holds_everything_and_the_error_that_ended_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "run.log"
    for _ in range(2):
        with pytest.raises(OutputError), messages(log, quiet=True):
            logger.info("done: caf\udce9\n.png")
            raise OutputError("the disk is full")
    lines = log.read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [r"INFO done: caf\udce9\n.png", "ERROR the disk is full"] * 2
    assert capfd.readouterr().err == ""  # the error boundary shows it


def test_a_log_that_cannot_be_opened_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write the log"), messages(tmp_path / "no" / "run.log"):
        pass
