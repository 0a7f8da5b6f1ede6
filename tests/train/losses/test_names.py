"""The grammar of losses: every name once, and help for those that are none."""

import pytest
from upscale.train.losses.names import Tap, VggTerm, check_losses, parse_losses, parse_vgg

from upscale.errors import UsageError


@pytest.mark.parametrize(
    ("name", "term"),
    [
        ("vgg22", VggTerm(Tap(2, 2))),
        ("vgg54", VggTerm(Tap(5, 4))),
        ("vgg54-pre", VggTerm(Tap(5, 4, before_relu=True))),
        ("vgg54-pre-l1-raw", VggTerm(Tap(5, 4, before_relu=True), l1=True, raw=True)),
        ("vgg11-l1", VggTerm(Tap(1, 1), l1=True)),
        ("vggpool4-raw", VggTerm(Tap(4, 0), raw=True)),
        ("vggpool4-raw-caffe", VggTerm(Tap(4, 0), raw=True, caffe=True)),
        ("vgg23", None), ("vgg60", None), ("vgg05", None), ("vggpool6", None), ("vggpool3-pre", None), ("vgg", None),
        ("vgg54-raw-pre", None), ("vgg54-caffe", None), ("VGG54", None), ("l1", None), ("vgg544", None),
    ],
)  # fmt: skip
def test_names_of_perceptual_losses(name: str, term: VggTerm | None) -> None:
    assert parse_vgg(name) == term


def test_weights_by_name() -> None:
    assert parse_losses("l1=1e-2, vgg54=1,tv=2e-8,gan = 5e-3") == {"l1": 0.01, "vgg54": 1, "tv": 2e-8, "gan": 0.005}


@pytest.mark.parametrize(
    ("text", "message"),
    [("l1", "'l1' is not NAME=WEIGHT"), ("l1=", "is not"), ("l1=1,", "is not"), ("l1=1,l1=2", "l1 is given twice")],
)
def test_texts_that_name_no_weights(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_losses(text)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("vgg55", "vgg5"), ("L1", "l1"), ("charbonier", "charbonnier"), ("vgg54-l1-pre", "vgg54-pre-l1"),
        ("vgg54pre", "vgg54-pre"), ("tv-square", "tv-squared"), ("VGG22", "vgg22"), ("pool4", "vggpool4"),
    ],
)  # fmt: skip
def test_unknown_names_are_told_the_nearest_one(name: str, near: str) -> None:
    with pytest.raises(UsageError, match=rf"unknown loss {name} \(did you mean {near}.*\): choose among l1, mse"):
        check_losses({"l1": 1.0, name: 1.0}, side_px=96)


def test_a_name_like_none_gets_the_list() -> None:
    with pytest.raises(UsageError, match="unknown loss wasserstein: choose among l1"):
        check_losses({"wasserstein": 1.0}, side_px=96)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf"), "1", True, None, 1e9])
def test_weights_that_are_none(weight: object) -> None:
    with pytest.raises(UsageError, match="expected a weight of 0 or more"):
        check_losses({"l1": weight}, side_px=96)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "losses", [{}, {"l1": 0.0}, {"gan": 1.0}, {"tv": 1.0, "tv-l1": 1.0, "tv-squared": 1.0}, {"gan": 1.0, "fm": 1.0}]
)
def test_something_must_be_compared_with_the_original(losses: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="no content loss"):
        check_losses(losses, side_px=96)


@pytest.mark.parametrize(
    ("name", "needed_px"),
    [("vgg12", 1), ("vgg22", 2), ("vgg34", 4), ("vgg54", 16), ("vggpool4", 16), ("vggpool5", 32), ("colour", 21)],
)
def test_crops_have_room_for_what_is_compared(name: str, needed_px: int) -> None:
    check_losses({name: 1.0}, side_px=needed_px)
    if needed_px > 1:
        with pytest.raises(UsageError, match=f"{name} needs crops of {needed_px} pixels a side"):
            check_losses({name: 1.0}, side_px=needed_px - 1)
    check_losses({"l1": 1.0, name: 0.0}, side_px=1)


def test_the_contextual_loss_needs_several_positions() -> None:
    check_losses({"cx": 1.0}, side_px=8)
    with pytest.raises(UsageError, match="cx needs crops of 8 pixels"):
        check_losses({"cx": 1.0}, side_px=7)
