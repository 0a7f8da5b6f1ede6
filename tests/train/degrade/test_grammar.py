"""What `--degrade` takes, and what it says about the rest."""

import subprocess
import sys
from pathlib import Path

import pytest
from upscale.train.degrade.grammar import Degradation, parse_degradation

from upscale.errors import UsageError


def test_bases_and_ingredients() -> None:
    assert parse_degradation("real") == Degradation("real")
    assert parse_degradation("haze") == Degradation("bicubic", (("haze", 0.5),))
    assert parse_degradation("real+haze=1+rain") == Degradation("real", (("haze", 1.0), ("rain", 0.5)))
    assert parse_degradation("rain + classic") == Degradation("classic", (("rain", 0.5),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reel", "did you mean real"),
        ("real+hase", "did you mean haze"),
        ("real+classic", "real and classic exclude each other"),
        ("haze+haze", "haze is there twice"),
        ("real=0.5", "only ingredients take a share"),
        ("real+haze=2", "'2' is no share"),
        ("real+haze=often", "'often' is no share"),
        ("real+haze=nan", "'nan' is no share"),
        ("real+", "'' is unknown"),
        ("", "'' is unknown"),
        ("xyz", "choose bicubic, classic, real, and join haze, rain, lowlight, motion"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        parse_degradation(text)
    assert str(caught.value).startswith(f"--degrade {text}: ")


def test_margins_grow_with_what_reaches_further() -> None:
    margins = [
        parse_degradation(text).margin_px for text in ("haze", "classic", "classic+motion", "real", "real+motion")
    ]
    assert margins == sorted(margins) and all(margin % 8 == 0 for margin in margins)


def test_the_grammar_loads_no_opencv() -> None:
    code = "import sys, upscale.train.degrade.grammar; print(sorted({'cv2', 'torch', 'av'} & sys.modules.keys()))"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"
