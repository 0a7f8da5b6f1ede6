"""Whole degradations: reproducible, of every size, in their order, blind to a crop's edge."""

import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from textures import texture
from upscale.train.degrade.blur import Blur, Sinc
from upscale.train.degrade.grammar import parse_degradation
from upscale.train.degrade.plan import degrade, extent_of, plan
from upscale.train.degrade.resize import Resize
from upscale.train.degrade.steps import Extent, apply_all, choose, tell

from upscale.imresize import imresize

ALL = "haze=1+rain=1+lowlight=1+motion=1"
TEXTS = ("classic", "real", f"real+{ALL}", f"bicubic+{ALL}")


@pytest.mark.parametrize("text", TEXTS)
def test_the_generators_state_decides_everything(text: str, photo: NDArray[np.uint8]) -> None:
    degradation, before = parse_degradation(text), photo.copy()
    made = []
    for seed in range(8):
        one, again = (degrade(photo, 4, degradation, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(one, again)
        made.append(one.tobytes())
    assert len(set(made)) == 8
    assert np.array_equal(photo, before)


@pytest.mark.parametrize("scale", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("text", TEXTS)
def test_any_size_at_any_scale(text: str, scale: int, rng: np.random.Generator) -> None:
    degradation = parse_degradation(text)
    for height, width in ((1, 1), (1, 9), (7, 1), (13, 22)):
        for picture in (texture(height * scale, width * scale), np.zeros((height * scale, width * scale, 3), np.uint8)):
            lr = degrade(picture, scale, degradation, rng)
            assert lr.shape == (height, width, 3) and lr.dtype == np.uint8


def test_gray_pictures_stay_gray_where_nothing_has_a_colour(rng: np.random.Generator) -> None:
    gray = np.repeat(texture(64, 64)[..., :1], 3, axis=2)
    for _ in range(20):
        lr = degrade(gray, 4, parse_degradation("motion=1"), rng).astype(int)
        assert np.abs(lr - lr[..., :1]).max() == 0


@pytest.mark.parametrize("picture", [np.zeros((8, 9, 3), np.uint8), np.zeros((0, 8, 3), np.uint8)])
def test_a_size_that_does_not_fit_is_said(picture: NDArray[np.uint8], rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="multiple of the scale 4"):
        degrade(picture, 4, parse_degradation("real"), rng)


@pytest.mark.parametrize("picture", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32)])
def test_what_is_no_picture_is_said(picture: NDArray[np.uint8], rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="8-bit RGB"):
        degrade(picture, 4, parse_degradation("real"), rng)


def test_bicubic_alone_is_matlabs(photo: NDArray[np.uint8], rng: np.random.Generator) -> None:
    assert np.array_equal(degrade(photo, 4, parse_degradation("bicubic"), rng), imresize(photo, 0.25))


def test_ingredients_come_as_often_as_asked_for(rng: np.random.Generator) -> None:
    degradation = parse_degradation("classic+haze=0.2+lowlight")
    names = [{tell(step).name for step in plan(Extent(64, 64, 4), degradation, rng)} for _ in range(1000)]
    assert np.mean(["haze" in drawn for drawn in names]) == pytest.approx(0.2, abs=0.04)
    assert np.mean(["lowlight" in drawn for drawn in names]) == pytest.approx(0.5, abs=0.05)


def test_steps_come_in_the_order_of_the_light(rng: np.random.Generator) -> None:
    degradation = parse_degradation("classic+motion=1+lowlight=1+haze=1")
    for _ in range(20):
        names = [tell(step).name for step in plan(Extent(64, 64, 4), degradation, rng)]
        assert names[:5] == ["haze", "motion blur", "blur", "resize", "lowlight"]
        assert names[5:] in ([], ["jpeg"])  # no noise but lowlight's own


def test_the_second_order_is_real_esrgans(rng: np.random.Generator) -> None:
    """Blur, resize, noise, JPEG; mostly blur, resize, noise; then the last resize and file in either order."""
    last = []
    for _ in range(300):
        names = [tell(step).name for step in plan(Extent(64, 64, 4), parse_degradation("real"), rng)]
        assert names[0] in ("blur", "sinc") and names[1] == "resize" and names[3] == "jpeg"
        assert names.count("resize") == 3
        last.append(names[-1] in ("jpeg", "webp", "video"))
    assert np.mean(last) == pytest.approx(0.5, abs=0.1)


def test_what_was_drawn_can_be_told(rng: np.random.Generator) -> None:
    for _ in range(50):
        for step in plan(Extent(64, 64, 4), parse_degradation(f"real+{ALL}"), rng):
            drawn = tell(step)
            assert json.loads(json.dumps(asdict(drawn))) == {"name": drawn.name, "numbers": asdict(step)}  # type: ignore[call-overload]
            assert str(drawn).startswith(drawn.name)


@pytest.mark.parametrize("text", ["classic", "real", "real+motion=1"])
def test_no_filter_sees_the_edge_of_a_crop(text: str) -> None:
    """With the margin asked for, blurs and resizes give what they give within a larger picture."""
    degradation, scale, crop, far = parse_degradation(text), 4, 64, 96
    beyond = far - degradation.margin_px
    differences = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        large = texture(crop + 2 * far, crop + 2 * far, seed)
        drawn = plan(extent_of(large, scale), degradation, rng)
        steps = [step for step in drawn if isinstance(step, Blur | Sinc | Resize)]
        mirrored = cv2.copyMakeBorder(
            large[beyond:-beyond, beyond:-beyond], beyond, beyond, beyond, beyond, cv2.BORDER_REFLECT_101
        )
        one, other = (apply_all(steps, picture, rng).astype(int) for picture in (large, mirrored))
        inner = np.s_[far // scale : (far + crop) // scale, far // scale : (far + crop) // scale]
        differences.append(np.abs(one - other)[inner])
    assert np.mean([np.abs(part[0]).mean() for part in differences]) < 0.5
    assert np.mean(differences) < 0.1


def test_choices_follow_their_shares(rng: np.random.Generator) -> None:
    drawn = [choose(rng, {"a": 3.0, "b": 1.0, "c": 0.0}) for _ in range(2000)]
    assert drawn.count("a") / 2000 == pytest.approx(0.75, abs=0.04) and "c" not in drawn
