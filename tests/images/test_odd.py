"""Every strange file beside the project, through the command line, with Pillow, PyAV and tifffile as judges."""

import importlib.util
import json
import os
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

pytestmark = pytest.mark.data

RUN_LIMIT_S = 600
MEMORY_LIMIT_BYTES = 2 * 10**9

# What is refused, and the words that say why. Of these Pillow reads four: the first
# picture of apng_chunk_no_fdat, x_interlaced_chck, whose checksum is wrong,
# and two TIFFs of kinds that nobody writes. 29 in all, 28 with the extra heic, of 175.
REFUSED = {
    "image-rs/Bad_height.bmp": "damaged",
    "pillow/apng_chunk_no_fdat.png": "cut short",  # its second frame has no data
    "pillow/avif_hopper.heif": "upscale[heic]",
    "pillow/bmp_b_badbitcount.bmp": "damaged",
    "pillow/bmp_b_shortfile.bmp": "damaged",
    "pillow/crash-2020-10-test.tif": "damaged",
    "pillow/crash-338516dbd2f0e83caddb8ce256c22db3bd6dc40f.tif": "damaged",
    "pillow/crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif": "damaged",
    "pillow/decompression_bomb.ico": "268 million pixels",
    "pillow/libtiff_segfault.tif": "damaged",
    "pillow/not_enough_data.jp2": "cut short",
    "pillow/old-style-jpeg-compression.tif": "old-style JPEG",
    "pillow/oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": "damaged",
    "pillow/separate_planar_extra_samples.tiff": "signed samples of 8 bits",
    "pillow/truncated_image.png": "cut short",
    "pillow/zero_width.gif": "damaged",
    "png_bad/x_consecutive_idat.png": "damaged",
    "png_bad/x_interlaced_chck.png": "damaged",
    "png_bad/x_issue#214.png": "damaged",
    "png_bad/x_issue#230.0.png": "damaged",
    "png_bad/x_unexpected_eof.png": "damaged",
    "pngsuite/xc1n0g08.png": "damaged",
    "pngsuite/xc9n2c08.png": "damaged",
    "pngsuite/xcrn0g04.png": "no picture",
    "pngsuite/xd0n2c08.png": "damaged",
    "pngsuite/xd3n2c08.png": "damaged",
    "pngsuite/xdtn0g01.png": "damaged",
    "pngsuite/xlfn0g04.png": "no picture",
    "pngsuite/xs2n0g01.png": "no picture",
}
if importlib.util.find_spec("pillow_heif"):
    del REFUSED["pillow/avif_hopper.heif"]
FILES = 175

# By far the largest, which took more time than all others together: its result may have no more pixels than it has.
LARGE = "immich/10bit-HDR-P3-nclx.avif"
LARGE_PX = 5594 * 3681

# What Pillow cannot open, as (height, width, channels, bits).
UNKNOWN_TO_PILLOW = {
    "pillow/avif_hopper.heif": (128, 128, 3, 8),
    "image-rs/rgb32f_color.tiff": (32, 32, 3, 16),
    "pillow/invalid_header_length.jp2": (480, 640, 3, 8),
    "pillow/unknown_compression_method.png": (57, 57, 4, 8),
    "png_bad/issue#430.png": (153, 568, 4, 8),
}

# Largest difference from Pillow's pixels, in 255ths, where it is not 0: chroma is interpolated in another way in
# AVIF, Pillow converts CMYK without a profile and Lab not at all, and of damaged runs each makes what it can.
DIFFERENT = {
    "image-rs/cmyk_u8_trunc_case.tif": 12,
    "immich/10bit-HDR-P3-nclx.avif": 3,
    "immich/8bit-sRGB.avif": 24,
    "pillow/avif_hopper.avif": 32,
    "pillow/avif_rot1mir0.avif": 110,
    "pillow/avif_star.avifs": 30,
    "pillow/avif_transparency.avif": 2,
    "pillow/bmp_b_badrle.bmp": 255,
    "pillow/hopper.Lab.tif": 255,
    "pillow/lab.tif": 255,
    "pillow/pil_sample_cmyk.jpg": 40,
    "pillow/tiff_16bit_RGB.tiff": 1,
    "pillow/tiff_16bit_RGBa.tiff": 255,  # colours under an alpha of nearly 0
    "pillow/tiff_strip_cmyk_jpeg.tif": 40,
    "pngsuite/tbgn2c16.png": 1,
}
# What Pillow shows in 8 bits, and where it takes 18 letters for the profile.
DEEP = (
    "immich/10bit-HDR-P3-nclx.avif",
    "pillow/tiff_16bit_RGB.tiff",
    "pillow/tiff_16bit_RGBa.tiff",
    "pngsuite/tbgn2c16.png",
)
NO_PROFILE = "png_bad/issue#1825.png"


@dataclass(frozen=True)
class Seen:
    """What a judge sees. Shape of `samples`: (height, width, 1 to 4), uint8 or uint16."""

    samples: NDArray[np.generic]
    icc: bytes | None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        height, width, channels = self.samples.shape
        return height, width, channels, 8 * self.samples.dtype.itemsize


@pytest.fixture(scope="module")
def run(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> "Run":
    """All files in one run of the command."""
    odd, out = data_folder / "odd", tmp_path_factory.mktemp("odd")
    command = [sys.executable, "-m", "upscale", "images", "-r", str(odd), "-o", str(out / "results")]
    command += ["--model", "nearest", "--scale", "2", "--max-pixels", str(LARGE_PX)]
    command += ["--ext", "png", "--json"]
    with (out / "events").open("wb") as events, (out / "words").open("wb") as words:
        # One thread: other tests run beside this one, and the network is not what takes the time.
        process = subprocess.Popen(["timeout", str(RUN_LIMIT_S), *command], stdout=events, stderr=words)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    lines = [json.loads(line) for line in (out / "events").read_text().splitlines()]
    pictures = {str(Path(event["source"]).relative_to(odd)): event for event in lines if event["event"] == "picture"}
    return Run(odd, out / "results", process.returncode, pictures, (out / "words").read_text(), 1024 * usage.ru_maxrss)


@dataclass(frozen=True)
class Run:
    """How it went. `pictures`: events by the source's name."""

    odd: Path
    results: Path
    exit_code: int
    pictures: dict[str, dict[str, str]]
    words: str
    peak_bytes: int


def test_what_fails_is_named_and_all_else_is_there(run: Run) -> None:
    failed = {name: event["error"] for name, event in run.pictures.items() if event["status"] == "failed"}
    done = [name for name, event in run.pictures.items() if event["status"] == "done"]
    assert run.exit_code == 1
    assert failed.keys() == REFUSED.keys()
    assert {name: error for name, error in failed.items() if REFUSED[name] not in error} == {}
    assert len(done) == FILES - len(REFUSED)
    assert "Traceback" not in run.words
    targets = {Path(run.pictures[name]["target"]) for name in done}
    assert {path for path in run.results.rglob("*") if path.is_file()} == targets


def test_memory_stays_below_the_limit(run: Run) -> None:
    assert len(run.pictures) == FILES
    assert run.peak_bytes < MEMORY_LIMIT_BYTES


def test_size_mode_depth_orientation_and_colours_are_right(run: Run) -> None:
    assert len(run.pictures) == FILES
    wrong = {}
    for name, event in run.pictures.items():
        if event["status"] == "done":
            target = _seen(Path(event["target"]))
            fault = _against_pillow(run.odd / name, name, target)
            if fault:
                wrong[name] = fault
    assert wrong == {}


def _against_pillow(path: Path, name: str, target: Seen) -> str | None:
    if name in UNKNOWN_TO_PILLOW:
        height, width, channels, bits = UNKNOWN_TO_PILLOW[name]
        expected = (2 * height, 2 * width, channels, bits)
        return None if target.shape == expected else f"{target.shape} instead of {expected}"
    source, scale = _seen(path), 1 if name == LARGE else 2
    height, width, channels, bits = source.shape
    expected = (scale * height, scale * width, channels, 16 if name in DEEP else bits)
    if target.shape != expected:
        return f"{target.shape} instead of {expected}"
    if target.icc != source.icc and name != NO_PROFILE:
        return "another profile"
    difference = _difference(source.samples, target.samples, scale)
    allowed = DIFFERENT.get(name, 0)
    return f"differs by {difference:.1f}" if difference > allowed else None


def _difference(source: NDArray[np.generic], target: NDArray[np.generic], scale: int) -> float:
    """The largest between visible pixels, in 255ths; infinite where the copies of a pixel are not the same."""
    first = target[::scale, ::scale]
    if not np.array_equal(first.repeat(scale, 0).repeat(scale, 1), target):
        return float("inf")
    before, after = _in_255ths(source), _in_255ths(first)
    if before.shape[2] in (2, 4):
        visible = before[..., -1:] > 0
        before, after = before * visible, after * visible
    return float(np.abs(before - after).max())


def _in_255ths(samples: NDArray[np.generic]) -> NDArray[np.float32]:
    white = np.iinfo(samples.dtype).max
    return samples.astype(np.float32) * np.float32(255 / white)


def _seen(path: Path) -> Seen:
    """By Pillow, upright, which makes 8 bits of 16 in colour: those are read by PyAV and tifffile."""
    with warnings.catch_warnings(), Image.open(path) as opened:
        warnings.simplefilter("ignore")  # Pillow warns of damaged blocks, which is what these files are for
        if opened.format == "PNG" and path.read_bytes()[24] == 16 and "transparency" not in opened.info:
            return Seen(_deep_png(path), opened.info.get("icc_profile") or None)
        opened.load()
        if opened.info.get("default_image"):  # for those who know no animations, and no part of this one
            opened.seek(1)
        icc = opened.info.get("icc_profile") or None
        image = ImageOps.exif_transpose(opened)
        if opened.format == "TIFF" and image.mode.startswith("I;16"):
            return Seen(tifffile.imread(path)[..., None], icc)
        # Later frames may be transparent where the first is not.
        if getattr(opened, "n_frames", 1) > 1 and opened.format != "TIFF":
            image = image.convert("RGBA")
        return Seen(_pixels(image), icc if image.mode not in ("CMYK", "LAB") else None)


def _pixels(image: Image.Image) -> NDArray[np.generic]:
    has_alpha = image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info
    if image.mode in ("1", "L", "LA"):
        samples = np.asarray(image.convert("LA" if has_alpha else "L"))
    elif image.mode.startswith("I;16"):
        samples = _gray_with_colour_key(image)
    else:
        samples = np.asarray(image.convert("RGBA" if has_alpha else "RGB"))
    return samples.reshape(image.height, image.width, -1)


def _gray_with_colour_key(image: Image.Image) -> NDArray[np.generic]:
    gray = np.asarray(image).astype(np.uint16)
    return np.dstack([gray, np.where(gray == image.info["transparency"], 0, 65535).astype(np.uint16)])


def _deep_png(path: Path) -> NDArray[np.generic]:
    context = av.CodecContext.create("png", "r")
    (frame,) = [*context.decode(av.Packet(path.read_bytes())), *context.decode(None)]
    channels, plane = len(frame.format.components), frame.planes[0]
    rows = np.frombuffer(plane, ">u2").reshape(-1, plane.line_size // 2)
    return rows[: frame.height, : frame.width * channels].reshape(frame.height, frame.width, channels).astype(np.uint16)
