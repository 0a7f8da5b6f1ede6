"""A run's log: a folder beside its weights, which the run never depends on."""

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

from upscale.train.config import TrainConfig
from upscale.train.watch.averages import Averages
from upscale.train.watch.board import Board
from upscale.train.watch.curves import curve_panels
from upscale.train.watch.diagnosis import diagnose
from upscale.train.watch.reports import GRADIENT, RATE, SECONDS, STEP, Pixels, Row, StepReport, Validation, scores
from upscale.train.watch.sheet import sample_sheet
from upscale.train.watch.table import Table

from upscale.atomic import make_folder, remove_stale, write_bytes
from upscale.errors import OutputError, reason
from upscale.plot.chart import Heading, as_png, draw_chart

# Drawing may take this share of a run's time; where validations come faster, some are not drawn.
_DRAWING_SHARE = 0.03
# Pictures for TensorBoard lie so far apart, as steps' ratio: some twenty in a run, however long.
_SHOWN_AGAIN, _SHOWN_PX = 1.3, 192

logger = logging.getLogger(__name__)


def log_folder(out: Path) -> Path:
    """Where the run that writes `out` keeps its log."""
    return out.with_suffix(".log")


class Watch:
    """Collects what steps and validations tell, and writes `table.csv`, `curves.png`, `sheet.png` and events.

    `step` is where the run goes on: rows beyond it are cut, and with 0 an earlier run's folder is put aside, so that
    two runs never mix. What the file system refuses is told once; the run goes on, and what was missed is written
    when it can be.
    """

    def __init__(self, config: TrainConfig, folder: Path, step: int = 0) -> None:
        self._config, self._folder, self._begun = config, folder, step
        self._table = Table(folder / "table.csv")
        self._averages = Averages()
        self._board: Board | None = None
        self._board_wanted = True
        self._total = 0
        self._latest: Validation | None = None
        self._drawn, self._drawing_s, self._drawn_at_s = True, 0.0, -1e9
        self._shown_at = 0.0
        self._warned: set[str] = set()

    def __enter__(self) -> "Watch":
        with self._trying():
            if self._begun == 0:
                _put_aside(self._folder)
            make_folder(self._folder)
            remove_stale(self._folder)
            if self._begun:
                self._table.resume(self._begun)
        return self

    def __exit__(self, *_: object) -> None:
        if not self._drawn:
            self._draw()
        if self._board is not None:
            with self._trying():
                self._board.close()

    def step(self, report: StepReport) -> None:
        """One step that was taken; on a GPU nothing is waited for."""
        self._total = report.total
        norms = {GRADIENT + name: norm for name, norm in report.gradient_norms.items()}
        self._averages.add({**report.losses, **norms, RATE: report.learning_rate, SECONDS: report.seconds})

    def validation(self, step: int, validation: Validation | None) -> str | None:
        """A row: the means of all steps since the last one, and the scores, if there are any.

        Returns what is wrong with the run, in one line; None while all is well.
        """
        row: Row = {STEP: float(step), **self._averages.take()}
        if validation is not None:
            row |= scores(validation)
            self._latest = validation
            self._say_too_small(validation)
        with self._trying():
            self._table.add(row)
        self._drawn = False
        if time.monotonic() - self._drawn_at_s > self._drawing_s / _DRAWING_SHARE:
            self._draw()
        self._tell_board(row, validation)
        return diagnose(self._table.rows)

    def _draw(self) -> None:
        """Curves and samples, as of now."""
        started_s = time.monotonic()
        rows = self._table.rows
        total = f" of {self._total}" if self._total else ""
        title = f"{self._config.out.stem}, step {rows[-1][STEP]:.0f}{total}"
        heading = Heading(title, _told(self._config), diagnose(rows) or "")
        self._write("curves.png", draw_chart(curve_panels(rows), heading))
        if self._latest is not None:
            self._write("sheet.png", sample_sheet(self._latest.samples, title))
        self._drawn, self._drawn_at_s = True, time.monotonic()
        self._drawing_s = self._drawn_at_s - started_s

    def _write(self, name: str, pixels: Pixels) -> None:
        with self._trying():
            write_bytes(self._folder / name, as_png(pixels))

    def _tell_board(self, row: Row, validation: Validation | None) -> None:
        with self._trying():
            board = self._opened_board()
            if board is None:
                return
            # One that fails is not tried again: what it has half written would hide what follows.
            self._board = None
            with ExitStack() as failed:
                failed.callback(board.close)
                board.add(row)
                if validation is not None and row[STEP] >= self._shown_at:
                    page = sample_sheet(validation.samples, f"step {row[STEP]:.0f}", side_px=_SHOWN_PX)
                    board.show("samples", page, row)
                    self._shown_at = row[STEP] * _SHOWN_AGAIN
                failed.pop_all()
            self._board = board

    def _opened_board(self) -> Board | None:
        if self._board is None and self._board_wanted:
            self._board_wanted = False
            try:
                self._board = Board(self._folder, self._begun)
            except ImportError:
                logger.info("no TensorBoard: pip install 'upscale[train]' brings it")
        return self._board

    def _say_too_small(self, validation: Validation) -> None:
        if validation.too_small:
            self._warn_once(f"{validation.too_small} validation pictures are too small or too flat to have a NIQE")

    @contextmanager
    def _trying(self) -> Iterator[None]:
        """A log that cannot be written is no reason to lose a run."""
        try:
            yield
        except OSError as error:
            self._refused(f"{self._folder}: {reason(error)}")
        except OutputError as error:
            self._refused(str(error))

    def _refused(self, why: str) -> None:
        self._warn_once("the run goes on, but its log cannot be written", why)

    def _warn_once(self, what: str, why: str = "") -> None:
        if what not in self._warned:
            self._warned.add(what)
            logger.warning("%s", f"{what}: {why}" if why else what)


def _told(config: TrainConfig) -> str:
    """What is trained on what, in one line."""
    losses = " + ".join(f"{weight:g} {name}" for name, weight in config.losses.items())
    return f"{config.model} x{config.scale} on {config.data.name}: {losses}"


def _put_aside(folder: Path) -> None:
    """Give an earlier run's log the first free name. Raises OSError."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    names = (folder.with_name(f"{folder.name}.{number}") for number in count(1))
    free = next(path for path in names if not path.exists())
    folder.rename(free)
    logger.info("the log of an earlier run is now %s", free)
