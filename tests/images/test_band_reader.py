"""Huge pictures, in small: rows decoded as they are asked for are those of the whole picture."""

from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image

from upscale.batch.jobs import Job
from upscale.batch.outcome import Outcome
from upscale.engine.scaling import plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.images.encoding import Encoding
from upscale.images.enlarging import Enlarger
from upscale.images.image_io import read_frames
from upscale.images.picture import Picture
from upscale.images.pipeline import BatchOptions, enlarge_files

HEIGHT, WIDTH = 300, 70
LARGE = 1000  # bytes from which on these pictures count as huge
SAVED = {
    "png": {},
    "png16": {"bitdepth": 16},
    "gray.png": {},
    "jpg": {"Q": 90},
    "progressive.jpg": {"Q": 90, "interlace": True},
    "strips.tiff": {"compression": "lzw", "predictor": "horizontal"},
    "tiles.tiff": {"compression": "deflate", "tile": True, "tile_width": 64, "tile_height": 32},
    "float.tiff": {},
    "cmyk.jpg": {"Q": 95},
}


def picture(folder: Path, kind: str) -> Path:
    """Noise on a slope, so that no two rows are equal."""
    dtype = {"png16": np.uint16, "float.tiff": np.float32}.get(kind, np.uint8)
    channels = {"gray.png": 1, "cmyk.jpg": 4}.get(kind, 3)
    noise = np.random.default_rng(1).integers(0, 40, (HEIGHT, WIDTH, channels))
    samples = (noise + np.arange(HEIGHT)[:, None, None] // 2).astype(np.float64)
    samples = samples / 255 if dtype == np.float32 else samples * 257 if dtype == np.uint16 else samples
    image = pyvips.Image.new_from_array(np.ascontiguousarray(samples.astype(dtype)))
    meaning = {"png16": "rgb16", "float.tiff": "scrgb", "gray.png": "b-w", "cmyk.jpg": "cmyk"}.get(kind, "srgb")
    path = folder / f"a.{'png' if kind == 'png16' else kind}"
    image.copy(interpretation=meaning).write_to_file(str(path), **SAVED[kind])
    return path


def read(path: Path, whole_bytes: int) -> Picture:
    [found] = read_frames(path, whole_bytes=whole_bytes)
    return found


def run(source: Path, target: Path, **how: object) -> Outcome:
    plan = plan_scale("bicubic", 2)
    by = Enlarger(Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")), plan, piece_bytes=3000)
    [outcome] = enlarge_files([Job(source, target)], by, BatchOptions(**{"exists": "overwrite", **how}))
    return outcome


@pytest.mark.parametrize("whole_bytes", [1, LARGE, 7000])
@pytest.mark.parametrize("kind", SAVED)
def test_rows_are_those_of_the_whole(kind: str, whole_bytes: int, tmp_path: Path) -> None:
    path = picture(tmp_path, kind)
    whole, banded = read(path, 2**28), read(path, whole_bytes)
    assert whole.rows is None
    assert banded.rows is not None
    assert (banded.pixels.shape, banded.pixels.dtype) == (whole.pixels.shape, whole.pixels.dtype)
    # In order with rows of the last read again, anew from the top, and with a gap, as networks and crops read.
    spans = [(top, min(HEIGHT, top + 23)) for top in range(0, HEIGHT, 17)] + [(5, 9), (250, 300), (0, HEIGHT)]
    for top, bottom in spans:
        np.testing.assert_array_equal(banded.rows.read(top, bottom), whole.pixels[top:bottom])
    assert banded.rows.error is None


@pytest.mark.parametrize("how", [{}, {"encoding": Encoding(bit_depth="16")}, {"encoding": Encoding(icc="srgb")}])
@pytest.mark.parametrize("kind", ["png", "jpg", "tiles.tiff", "gray.png"])
def test_results_are_those_of_the_whole(kind: str, how: dict[str, object], tmp_path: Path) -> None:
    source = picture(tmp_path, kind)
    for name, whole_bytes in (("whole.png", 2**28), ("banded.png", LARGE)):
        assert run(source, tmp_path / name, whole_bytes=whole_bytes, **how).status == "done"
    assert (tmp_path / "whole.png").read_bytes() == (tmp_path / "banded.png").read_bytes()


def test_what_has_to_be_whole_is_read_so(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 4), np.uint8)
    Image.fromarray(samples).save(tmp_path / "alpha.png")
    pyvips.Image.new_from_array(samples[..., :3]).pngsave(str(tmp_path / "interlaced.png"), interlace=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(samples[..., :3]).save(tmp_path / "turned.jpg", exif=exif)
    Image.fromarray(samples[..., :3]).save(tmp_path / "a.webp")
    for path in tmp_path.iterdir():
        assert read(path, LARGE).rows is None


@pytest.mark.parametrize("kind", ["png", "jpg", "strips.tiff"])
def test_damage_half_way_fails_without_an_output(kind: str, tmp_path: Path) -> None:
    source = picture(tmp_path, kind)
    (tmp_path / "out").mkdir()
    content = bytearray(source.read_bytes())
    if kind == "strips.tiff":  # its directory lies at the end
        content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    else:
        del content[int(0.7 * len(content)) :]
    source.write_bytes(content)
    outcome = run(source, tmp_path / "out" / "b.png", whole_bytes=LARGE)
    assert outcome.status == "failed"
    assert f"cannot read {source}" in (outcome.error or "")
    assert list((tmp_path / "out").iterdir()) == []


def test_those_around_a_damaged_one_are_done(tmp_path: Path) -> None:
    """Of one width, so that they share a lane of the engine: the blame must fall on the right one."""
    good = picture(tmp_path, "png")
    bad = tmp_path / "bad.png"
    bad.write_bytes(good.read_bytes()[:-9000])
    plan = plan_scale("srgan", 4)
    by = Enlarger(Upscaler(plan.network, UpscaleOptions(device="cpu", dtype="fp32")), plan)
    jobs = [Job(source, tmp_path / f"{index}.png") for index, source in enumerate([good, bad, good])]
    outcomes = list(enlarge_files(jobs, by, BatchOptions(whole_bytes=LARGE)))
    assert [outcome.status for outcome in outcomes] == ["done", "failed", "done"]
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "2.png").read_bytes()
    assert not (tmp_path / "1.png").exists()


def test_the_limit_of_pixels_holds(tmp_path: Path) -> None:
    source = picture(tmp_path, "png")
    outcome = run(source, tmp_path / "b.png", whole_bytes=LARGE, limit_px=HEIGHT * WIDTH - 1)
    assert "above the limit" in (outcome.error or "")
