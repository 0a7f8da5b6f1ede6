"""Which models the plane joins, and what it refuses before anything is measured."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from plot_marks import middles

from upscale.errors import UsageError
from upscale.evaluate.plane import check_metrics, draw_models, write_plot
from upscale.evaluate.protocol import Protocol, Row, Run
from upscale.plot.chart import Heading
from upscale.plot.plane import draw_plane
from upscale.plot.series import PALETTE

CURVE, POINTS = PALETTE[0], PALETTE[1]
ENDS = [("srresnet", 27.0, 7.0), ("srgan", 25.0, 5.0)]
MIXED = [("srresnet@0.3+srgan@0.7", 25.6, 5.6), ("srresnet@6+srgan@4", 26.2, 6.0)]


def test_models_are_points_and_mixtures_a_curve_whatever_their_order() -> None:
    plain = draw_models([*ENDS, ("bicubic", 26.0, 7.0)], Heading())
    assert len(middles(plain, POINTS)) == 3 and len(middles(plain, CURVE)) == 0
    curve = [("", 27.0, 7.0), ("40% srgan", 26.2, 6.0), ("70% srgan", 25.6, 5.6), ("", 25.0, 5.0)]
    expected = draw_plane(ENDS, curve)
    for order in (MIXED, MIXED[::-1]):
        assert np.array_equal(draw_models([*ENDS, *order], Heading()), expected)


def test_paths_are_called_by_their_stems_and_other_mixtures_stay_points() -> None:
    figures = [("runs/a.safetensors@1+runs/b.safetensors@3", 26.0, 6.0), ("runs/b.safetensors", 25.0, 5.0)]
    other = ("srresnet@1+srgan@1", 27.0, 7.0)
    expected = draw_plane([("b", 25.0, 5.0), other], [("75% b", 26.0, 6.0), ("", 25.0, 5.0)])
    assert np.array_equal(draw_models([*figures, other], Heading()), expected)


def test_a_plane_needs_both_its_axes() -> None:
    check_metrics(("niqe", "ssim", "psnr"))
    with pytest.raises(UsageError, match="add niqe"):
        check_metrics(("psnr", "ssim"))


def test_means_are_drawn_and_runs_without_scores_left_out(tmp_path: Path) -> None:
    protocol = Protocol(4, ("psnr", "niqe"), "folder")
    runs = [
        Run("a", protocol, (Row("1", {"psnr": 20.0, "niqe": 5.0}), Row("2", {"psnr": 30.0, "niqe": 7.0})), ()),
        Run("b", protocol, (Row("1", {"psnr": 26.0, "niqe": 6.5}), Row("2", {"psnr": 27.0, "niqe": 6.5})), ()),
        Run("failed", protocol, (), ()),
        Run("equal", protocol, (Row("1", {"psnr": math.inf, "niqe": 3.0}),), ()),
    ]
    target = tmp_path / "plane.PNG"
    assert write_plot(target, runs)
    assert len(middles(cv2.imread(str(target))[..., ::-1], POINTS)) == 2


def test_without_a_place_to_draw_what_was_there_stays(tmp_path: Path) -> None:
    protocol = Protocol(4, ("psnr", "niqe"), "folder")
    equal = Run("equal", protocol, (Row("1", {"psnr": math.inf, "niqe": 3.0}),), ())
    target = tmp_path / "plane.png"
    target.write_bytes(b"the plane of yesterday")
    assert not write_plot(target, [Run("failed", protocol, (), ()), equal])
    assert target.read_bytes() == b"the plane of yesterday"
