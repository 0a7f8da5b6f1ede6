import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from upscale.engine.scaling import ScalePlan, plan_scale
from upscale.engine.upscaler import UpscaleOptions, Upscaler
from upscale.errors import BadInputError
from upscale.models.checkpoint import build
from upscale.video.encoding.encoder import Encoding
from upscale.video.reading.reader import Reading
from upscale.video.reading.timing import Span
from upscale.video.resume.facts import derived_facts, differences, network_facts, option_facts, source_facts
from upscale.video.view import Viewing


def options(
    encoding: Encoding | None = None, reading: Reading | None = None, viewing: Viewing | None = None
) -> dict[str, str]:
    return option_facts([encoding or Encoding(), reading or Reading(), viewing or Viewing()])


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (options(), []),
        (options(encoding=Encoding(crf=20)), ["--crf"]),
        (options(encoding=Encoding("ffv1", pix_fmt="gray", options={"g": "1"})), ["--codec", "--pix-fmt", "-e"]),
        (options(reading=Reading(deinterlace="off")), ["--deinterlace"]),
        (options(reading=Reading(span=Span(Fraction(1)))), ["--ss or --to"]),
        (options(reading=Reading(threads=3)), []),
        (options(viewing=Viewing(hdr="tonemap", matrix="bt709")), ["--hdr", "--color-matrix"]),
    ],
)
def test_differences_are_told_in_the_command_lines_words(other: dict[str, str], names: list[str]) -> None:
    assert differences(options(), other) == names


def test_the_order_of_options_does_not_matter() -> None:
    one, other = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    assert options(encoding=Encoding(options=one)) == options(encoding=Encoding(options=other))


def test_what_follows_is_told_where_nothing_else_is_different() -> None:
    old = {**options(), **derived_facts(1)}
    assert differences(old, {**options(), **derived_facts(2)}) == ["what follows from the options"]
    assert differences(old, {**options(encoding=Encoding(crf=3)), **derived_facts(2)}) == ["--crf"]


def facts(plan: ScalePlan, **words: str) -> dict[str, str]:
    return network_facts(plan, Upscaler(plan.network, UpscaleOptions(device="cpu", **words)))  # type: ignore[arg-type]


def test_weights_count_not_names() -> None:
    torch.manual_seed(3)
    network = build("espcn", {"scale": 2})
    plan = ScalePlan((network,))
    network.spec = replace(network.spec, name="another")
    before = facts(plan, dtype="fp32")
    assert differences(before, facts(plan, dtype="fp32")) == []
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] += 1e-6
    assert differences(before, facts(plan, dtype="fp32")) == ["--model"]


def test_size_and_arithmetic_count() -> None:
    before = facts(plan_scale("nearest", 2), dtype="fp32")
    assert differences(before, facts(plan_scale("nearest", 1.5), dtype="bf16")) == ["the size", "--dtype"]
    assert differences(before, facts(plan_scale("bicubic", 2), dtype="fp32")) == ["--model"]


def test_a_source_is_known_by_its_bytes_and_its_time(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    content = bytearray(os.urandom(3_000_000))
    source.write_bytes(content)
    os.utime(source, ns=(0, 10**18))
    before = source_facts(source)
    assert source_facts(source) == before
    for place in (0, 1_500_000, len(content) - 1):
        content[place] ^= 1
        source.write_bytes(content)
        os.utime(source, ns=(0, 10**18))
        if place != 1_500_000:  # of large files not every byte is looked at
            assert differences(before, source_facts(source)) == ["the source"]
        content[place] ^= 1
    source.write_bytes(content)
    os.utime(source, ns=(0, 10**18 + 1))
    assert differences(before, source_facts(source)) == ["the source"]


def test_an_empty_or_missing_source(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert source_facts(tmp_path / "empty") == source_facts(tmp_path / "empty")
    with pytest.raises(BadInputError, match="cannot be read: no such file"):
        source_facts(tmp_path / "none")


def test_numbered_pictures_are_known_by_all_of_them(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number:03d}.png").write_bytes(b"x")
    before = source_facts(tmp_path / "%03d.png")
    (tmp_path / "001.png").write_bytes(b"yy")
    assert differences(before, source_facts(tmp_path / "%03d.png")) == ["the source"]
