"""The run for TensorBoard, where that is installed (the extra `train`)."""

import time
from pathlib import Path
from typing import Any

from upscale.train.watch.reports import GRADIENT, RIGHT, STEP, Pixels, Row


class Board:
    """One file of events. What is written is on its way to the disk at return; nothing runs in the background.

    torch's own SummaryWriter writes from a thread, which ends in a traceback on the terminal where a disk is full.
    Raises ImportError without TensorBoard, OSError for what the file system refuses.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event: Any = Event
        self._file = (folder / f"events.out.tfevents.{time.time_ns()}.{step}").open("wb")
        self._records: Any = RecordWriter(self._file)
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))
        # Events of an earlier process that lie beyond are dropped by TensorBoard's reader.
        self._write(Event(wall_time=time.time(), step=step + 1, session_log=SessionLog(status=SessionLog.START)))

    def add(self, row: Row) -> None:
        """Every number of a row, in groups."""
        from torch.utils.tensorboard.summary import scalar

        for name, value in row.items():
            if name != STEP:
                self._write_summary(scalar(_tag(name), value), row)  # type: ignore[no-untyped-call]
        self._file.flush()

    def show(self, name: str, pixels: Pixels, row: Row) -> None:
        """A picture at a row's step. Shape: (H, W, 3), RGB."""
        from torch.utils.tensorboard.summary import image

        self._write_summary(image(name, pixels, dataformats="HWC"), row)  # type: ignore[no-untyped-call]
        self._file.flush()

    def close(self) -> None:
        """The file is whole after every row; nothing is left to write."""
        self._file.close()

    def _write_summary(self, summary: Any, row: Row) -> None:  # noqa: ANN401  protobuf's own class
        self._write(self._event(wall_time=time.time(), step=int(row[STEP]), summary=summary))

    def _write(self, event: Any) -> None:  # noqa: ANN401
        self._records.write(event.SerializeToString())


def _tag(name: str) -> str:
    """TensorBoard groups by what stands before a slash."""
    if name.startswith(GRADIENT):
        return f"gradients/{name.removeprefix(GRADIENT)}"
    if name.startswith(("psnr", "niqe", "drift", "saturation", "contrast")):
        return f"validation/{name}"
    if name == RIGHT:
        return f"discriminator/{name}"
    if name[:2] in ("D(", "C("):
        return f"discriminator/{name[0]}_{name[2:-1]}"  # TensorBoard knows no brackets
    return f"run/{name}" if name in ("learning_rate", "seconds") else f"losses/{name}"
