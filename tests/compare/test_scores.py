"""Figures on the page are those of `upscale eval`."""

import math

import numpy as np
import pytest

from upscale.compare.scores import Mean, Score, mean, protocol, score
from upscale.errors import BadInputError
from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.psnr import psnr
from upscale.evaluate.ssim import ssim


def _noise(height: int, width: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_scores_are_those_of_the_metrics() -> None:
    sr, hr = _noise(40, 48, 1), _noise(40, 48, 2)
    planes = [crop_border(luma(pixels), 4) for pixels in (sr, hr)]
    assert score(sr, hr, 4) == Score(psnr(*planes), ssim(*planes))
    assert score(sr, hr, 2) != score(sr, hr, 4)


def test_an_original_may_be_larger_by_a_rest() -> None:
    hr = _noise(43, 50, 3)
    assert score(hr[:40, :48], hr, 4).psnr == math.inf
    with pytest.raises(BadInputError, match="48 x 40"):
        score(hr[:10, :12], hr, 4)


def test_transparent_pictures_have_none() -> None:
    clear = np.zeros((40, 40, 4), np.uint8)
    with pytest.raises(BadInputError, match="opaque"):
        score(clear, clear[..., :3], 4)


def test_the_protocol_says_what_is_measured() -> None:
    assert "3 px cut" in protocol(3)
    assert "as shown" in protocol(3)  # which `upscale eval` does not do
    assert "sRGB" in protocol(3)


def test_words_and_means() -> None:
    assert str(Score(31.256, 0.87654)) == "31.26 dB · 0.8765"
    assert str(Score(math.inf, 1)) == "equal · 1.0000"
    assert mean([Score(20, 0.5), Score(30, 0.7)]) == Mean(25, pytest.approx(0.6), 2, 2)
    assert str(mean([Score(20, 0.5), None, Score(30, 0.7)])) == "25.00 dB · 0.6000 (mean of 2 of 3)"
    assert mean([]) is mean([None]) is None
