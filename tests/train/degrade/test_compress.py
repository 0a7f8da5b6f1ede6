"""Files and codecs: poorer with poorer quality, blocks where they are said to be."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from upscale.train.degrade.compress import Jpeg, Subsampling, Webp
from upscale.train.degrade.video import Codec, Video, open_codec

from upscale.errors import EnvironmentLackError


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


def test_jpeg_and_webp_are_poorer_with_lower_quality(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    for kind in (lambda quality: Jpeg(quality, "4:2:0", 3, 5), lambda quality: Webp(quality, 3, 5)):
        scores = [psnr(kind(quality).apply(photo, rng), photo) for quality in (30, 60, 95)]
        assert 15 < scores[0] < scores[1] < scores[2] < 50


@pytest.mark.parametrize(("subsampling", "number"), [("4:2:0", 2), ("4:4:4", 0)])
def test_jpeg_is_what_pillow_writes(
    subsampling: Subsampling, number: int, photo: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=50, subsampling=number)
    judge = np.asarray(Image.open(file))
    # Two builds of libjpeg may round differently.
    assert np.abs(Jpeg(50, subsampling, 0, 0).apply(photo, rng).astype(int) - judge).max() <= 2


@pytest.mark.parametrize(("top", "left"), [(0, 0), (3, 5)])
def test_jpegs_blocks_start_where_they_are_told_to(
    top: int, left: int, photo: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    """A strongly compressed picture jumps at the seams of its blocks more than within them."""
    coded = Jpeg(5, "4:4:4", top, left).apply(photo, rng).astype(float)
    jumps = [np.abs(np.diff(coded, axis=axis)).mean(axis=(1 - axis, 2)) for axis in (0, 1)]
    for jump, before in zip(jumps, (top, left), strict=True):
        by_phase = [jump[phase::8].mean() for phase in range(8)]
        # The jump between pixels k and k + 1 is a seam where k + 1 + before is a multiple of 8.
        assert int(np.argmax(by_phase)) == (7 - before) % 8


@pytest.mark.parametrize("codec", ["h264", "mpeg4"])
def test_video_is_poorer_with_larger_quantisers(
    codec: Codec, photo: NDArray[np.uint8], rng: np.random.Generator
) -> None:
    quantisers = (22, 28, 36) if codec == "h264" else (3, 7, 15)
    for frames in (1, 3):
        made = [Video(codec, quantiser, frames, 2, -1, 5, 9).apply(photo, rng) for quantiser in quantisers]
        scores = [psnr(picture, photo) for picture in made]
        assert 45 > scores[0] > scores[1] > scores[2] > 15
        assert np.array_equal(made[0], Video(codec, quantisers[0], frames, 2, -1, 5, 9).apply(photo, rng))


def test_predicted_frames_differ_from_intra_frames(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    one, three = (Video("h264", 34, frames, 3, -3, 0, 0).apply(photo, rng) for frames in (1, 3))
    assert not np.array_equal(one, three)


def test_a_missing_codec_is_said() -> None:
    with pytest.raises(EnvironmentLackError, match="needs the video codec libx999"):
        open_codec("libx999", "w")
