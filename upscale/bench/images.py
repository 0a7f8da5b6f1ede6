"""Pictures from file to file: a folder of real files through the pipeline of `upscale images`."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from upscale.batch.jobs import Job
from upscale.bench.cases import Engine, Sample, Workload
from upscale.bench.pictures import smooth_noise
from upscale.bench.scratch import scratch_folder
from upscale.bench.timing import seconds_of
from upscale.errors import OutputError
from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger
from upscale.images.image_io import write_picture
from upscale.images.picture import Picture
from upscale.images.pipeline import BatchOptions, enlarge_files

# The first is read and the last is written while the network waits: fewer would measure mostly that.
_COUNT = 4


def measure_images(engine: Engine, workload: Workload) -> Sample:
    """Time a folder of pictures, read and written as png."""
    with scratch_folder() as folder:
        sources = write_folder(folder / "in", _COUNT, workload.height, workload.width)

        def work() -> None:
            enlarge_folder(engine, sources, folder / "out")

        seconds = [seconds_of(work, engine.upscaler.device) for _ in range(workload.runs)]
    return Sample(workload.height, workload.width, _COUNT, tuple(seconds))


def write_folder(folder: Path, count: int, height: int, width: int, suffix: str = ".png") -> list[Path]:
    """Different pictures of one size. Raises OutputError."""
    folder.mkdir(parents=True)
    paths = [folder / f"{index:04d}{suffix}" for index in range(count)]
    for seed, path in enumerate(paths):
        write_picture(path, Picture(smooth_noise(height, width, seed)), Encoding())
    return paths


def enlarge_folder(engine: Engine, sources: Sequence[Path], target: Path) -> None:
    """Enlarge the files into a folder, over what is there. Raises OutputError for the first that fails."""
    jobs = [Job(source, target / source.name) for source in sources]
    options = BatchOptions(exists="overwrite")
    with closing(enlarge_files(jobs, Enlarger(engine.upscaler, engine.plan), options)) as outcomes:
        for outcome in outcomes:
            if outcome.status != "done":
                raise OutputError(outcome.error or f"{outcome.job.source} was {outcome.status}")
