"""Where a data set keeps its pictures: in one folder, or as published, HR beside LRx2, LRx3, LRx4."""

from dataclasses import dataclass
from pathlib import Path

from upscale.evaluate.pairs import is_picture

HR, LR = "HR", "LRx{scale}"


@dataclass(frozen=True)
class Folders:
    """The originals, and the files to enlarge; `lr` is None where those are to be made from the originals."""

    hr: Path
    lr: Path | None

    def __str__(self) -> str:
        return f"originals: {self.hr}; low resolutions: {self.lr or 'made of them by matlab-bicubic'}"


def find_folders(data: Path, lr: Path | None, scale: int) -> Folders:
    """`data` and `lr` as they are; or, where `data` is a set that holds no pictures itself, its HR and LRx<scale>.

    A low resolution that was named is used in any case.
    """
    if not _is_set(data):
        return Folders(data, lr)
    published = data / LR.format(scale=scale)
    return Folders(data / HR, lr or (published if published.is_dir() else None))


def _is_set(data: Path) -> bool:
    try:
        return (data / HR).is_dir() and not any(is_picture(path) for path in data.iterdir())
    except OSError:  # whoever lists its pictures says why that cannot be
        return False
