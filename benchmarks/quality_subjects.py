"""What `quality.py` measures, and on what: shipped files, interpolation, mixtures; the test sets."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from upscale.evaluate.folders import find_folders
from upscale.evaluate.pairs import Pair, find_pairs
from upscale.evaluate.protocol import Metric
from upscale.models.catalog import shipped
from upscale.models.resample import Kernel

Pixels = NDArray[np.uint8]

SCALES = (2, 3, 4)
# Of srgan, between srresnet and srgan.
SHARES = (0.2, 0.4, 0.6, 0.8)
JPEG_QUALITY, NOISE_LEVELS = 40, 10.0


@dataclass(frozen=True)
class Subject:
    """A model at one factor. `file`: the sha256 of its weights, so that new weights are measured anew."""

    name: str
    scale: int
    file: str = ""

    def __str__(self) -> str:
        return f"{self.name}_x{self.scale}"


@dataclass(frozen=True)
class TestSet:
    """Pictures below the data folder; `worsen` makes the low resolution, of which it is given the number, a bad one."""

    name: str
    metrics: tuple[Metric, ...]
    folder: str
    worsen: Callable[[Pixels, int], Pixels] | None = None

    def pairs(self, data: Path, scale: int, most: int | None) -> list[Pair]:
        """The published low resolutions where there are some."""
        folders = find_folders(data / self.folder, None, scale)
        if not folders.hr.is_dir():
            raise SystemExit(f"{folders.hr} does not exist: name the folder of Set5, Set14 and BSD100 with --data")
        return find_pairs(folders.hr, folders.lr, scale)[:most]


def compressed(lr: Pixels, index: int) -> Pixels:
    """As a JPEG of the web comes back."""
    del index
    _, content = cv2.imencode(".jpg", lr[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()


def noisy(lr: Pixels, index: int) -> Pixels:
    """With Gaussian noise, the same in every run."""
    grain = np.random.default_rng(index).normal(0, NOISE_LEVELS, lr.shape)
    return np.clip(np.rint(lr + grain), 0, 255).astype(np.uint8)


# Set5's pictures have too few blocks for NIQE.
CLEAN = (
    TestSet("Set5", ("psnr", "ssim", "drift"), "Set5"),
    TestSet("Set14", ("psnr", "ssim", "niqe", "drift"), "Set14"),
    TestSet("BSD100", ("psnr", "ssim", "niqe", "drift"), "BSD100"),
)
BAD = (
    TestSet(f"BSD100 JPEG {JPEG_QUALITY}", ("psnr", "niqe"), "BSD100", compressed),
    TestSet(f"BSD100 noise {NOISE_LEVELS:g}", ("psnr", "niqe"), "BSD100", noisy),
)
PLANE = CLEAN[-1]
# Who is compared on bad pictures.
ON_BAD = ("bicubic", "srgan", "srgan-real")


def subjects() -> list[Subject]:
    """Interpolation, then every shipped file, then mixtures of srresnet and srgan x4."""
    files = {name: _digest(path) for name, path in shipped().items()}
    plain = [Subject(kernel, scale) for kernel in get_args(Kernel) for scale in SCALES]
    trained = [_trained(name, digest) for name, digest in files.items()]
    both = [files.get("srresnet_x4"), files.get("srgan_x4")]
    mixed = [Subject(mixture(share), 4, " ".join(map(str, both))) for share in SHARES] if all(both) else []
    return [*plain, *trained, *mixed]


def mixture(share: float) -> str:
    """The network between srresnet and srgan, as the catalogue calls it."""
    return f"srresnet@{1 - share:g}+srgan@{share:g}"


def sets_for(subject: Subject) -> tuple[TestSet, ...]:
    """Mixtures only have a place in the plane; bad pictures are for those who are said to stand them."""
    if "@" in subject.name:
        return (PLANE,)
    real = any(name.startswith("srgan-real") for name in shipped())
    return CLEAN + (BAD if real and subject.scale == 4 and subject.name in ON_BAD else ())


def _trained(name: str, digest: str) -> Subject:
    family, scale = name.rsplit("_x", 1)
    return Subject(family, int(scale), digest)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
