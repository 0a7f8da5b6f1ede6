"""Which files belong together."""

from pathlib import Path

import pytest

from upscale.compare.matching import Match, forms, match, spread, truth_of


def _paths(*names: str) -> list[Path]:
    return [Path(name) for name in names]


def test_equal_names_come_before_equal_stems() -> None:
    found = match([_paths("a/baby.png", "a/baby.jpg"), _paths("b/baby.jpg", "b/baby.png")])
    assert [one.files[0].suffix == one.files[1].suffix for one in found.matches] == [True, True]
    assert match([_paths("a/baby.png", "a/baby.jpg"), _paths("b/baby.webp")]).matches == []


def test_equal_stems_come_before_equal_names_without_factors() -> None:
    found = match([_paths("a/babyx4.png", "a/birdx4.png"), _paths("b/babyx4.jpg", "b/bird_x4.png", "b/lone.png")])
    assert [[str(path) for path in one.files] for one in found.matches] == [
        ["a/babyx4.png", "b/babyx4.jpg"],
        ["a/birdx4.png", "b/bird_x4.png"],
    ]
    assert found.lonely == _paths("b/lone.png")


def test_a_name_that_ends_like_a_factor_stays_its_own() -> None:
    found = match([_paths("a/linux2.png", "a/linu.png"), _paths("b/linux2.png", "b/linu.png")])
    assert [one.files[0].stem for one in found.matches] == ["linu", "linux2"]
    assert found.lonely == []


def test_what_could_be_either_is_named_and_not_guessed() -> None:
    found = match([_paths("a/baby.png"), _paths("b/babyx2.png", "b/babyx4.png")])
    assert found.matches == []
    assert len(found.lonely) == 3


def test_no_more_factors_are_taken_off_than_needed() -> None:
    found = match([_paths("a/box1.png", "a/box2.png"), _paths("b/box1_x4.png", "b/box2_x4.png")])
    assert [[path.stem for path in one.files] for one in found.matches] == [["box1", "box1_x4"], ["box2", "box2_x4"]]
    assert truth_of(_paths("b/box2_x4_x2.png"), _paths("a/box1.png", "a/box2.png")) == Path("a/box2.png")
    # What is left is not thrown together because all else has a partner.
    found = match([_paths("a/box1.png", "a/box2.png"), _paths("b/box1_x4.png", "b/box3_x4.png")])
    assert [one.name for one in found.matches] == ["box1"]
    assert found.lonely == _paths("a/box2.png", "b/box3_x4.png")


def test_three_columns_need_all_three() -> None:
    found = match([_paths("a/1.png", "a/2.png"), _paths("b/1.png", "b/2.png"), _paths("c/2x4.png")])
    assert [one.name for one in found.matches] == ["2"]
    assert found.lonely == _paths("a/1.png", "b/1.png")


@pytest.mark.parametrize(
    ("stem", "name"), [("babyx4", "baby"), ("baby_x4_x2.5", "baby"), ("x4", "x4"), ("baby4", "baby4"), ("a-X2", "a")]
)
def test_factors_are_taken_off(stem: str, name: str) -> None:
    assert forms(stem)[-1] == name


def test_originals_are_found_by_the_same_rule() -> None:
    originals = _paths("hr/baby.png", "hr/bird.png", "hr/birdx4.png")
    assert truth_of(_paths("a/babyx4.png", "b/baby_x4.png"), originals) == originals[0]
    assert truth_of(_paths("a/birdx4.png"), originals) == originals[2]
    assert truth_of(_paths("a/boat.png"), originals) is None
    assert truth_of(_paths("a/bird-x2.png"), originals) is None  # two could be meant


def test_fewer_are_spread_over_all() -> None:
    matches = [Match((Path(f"{index}.png"),)) for index in range(10)]
    assert [one.name for one in spread(matches, 3)] == ["0", "3", "6"]
    assert spread(matches, None) == spread(matches, 99) == matches
