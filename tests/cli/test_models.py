"""`upscale models`: what ships, and all that a file says of its network."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from commands import Run
from safetensors import safe_open

from upscale.models.catalog import load_network, shipped
from upscale.models.checkpoint import save_network

Here = Callable[..., Run]


def told_in_file(path: Path) -> dict[str, dict[str, object]]:
    """The metadata as it is in the file."""
    with safe_open(path, framework="np") as file:
        told: dict[str, dict[str, object]] = json.loads(file.metadata()["upscale"])
    return told


@pytest.mark.parametrize("words", [(), ("list",)])
def test_every_shipped_file_is_a_row(run_here: Here, words: tuple[str, ...]) -> None:
    done = run_here("models", *words)
    assert done.code == 0 and done.err == ""
    heading, *rows, closing = done.out.splitlines()
    assert heading.split() == ["name", "factor", "size", "PSNR", "Set5", "licence"]
    assert len(rows) == len(shipped()) and "bicubic" in closing
    assert all(len(line) <= 80 for line in done.out.splitlines())
    for row, (name, path) in zip(rows, shipped().items(), strict=True):
        spec = told_in_file(path)["spec"]
        psnr = spec["scores"][f"Set5 x{spec['scale']} PSNR"]  # type: ignore[index]
        assert row.split()[:2] == [spec["name"], f"x{spec['scale']}"] and f"{psnr:.2f}" in row, name


def test_rows_as_json(run_here: Here) -> None:
    rows = run_here("models", "--json").events()
    assert [f"{row['name']}_x{row['scale']}" for row in rows] == list(shipped())
    assert [row["size_bytes"] for row in rows] == [path.stat().st_size for path in shipped().values()]
    assert run_here("models", "list", "--json").events() == rows


def test_all_that_a_file_says_is_shown(run_here: Here, tmp_path: Path) -> None:
    network = load_network("espcn", 2)
    network.spec = replace(
        network.spec, name="mine", trained_on="9 pictures of hr", losses={"l1": 1.0, "gan": 5e-3}, steps=12345,
        scores={"validation x2 PSNR-Y": 31.25}, licence="CC0",
    )  # fmt: skip
    save_network(network, tmp_path / "mine.safetensors")
    done = run_here("models", "show", tmp_path / "mine.safetensors")
    assert done.code == 0 and done.err == ""
    for word in (
        "mine", "espcn", "maps = 64 32", "x2", "9 pictures of hr", "1 l1 + 0.005 gan", "12,345",
        "validation x2 PSNR-Y", "31.25", "CC0", "4 low-resolution pixels",
    ):  # fmt: skip
        assert word in done.out, word
    (told,) = run_here("models", "show", tmp_path / "mine.safetensors", "--json").events()
    written = told_in_file(tmp_path / "mine.safetensors")
    assert {key: told[key] for key in written["spec"]} == written["spec"]
    assert told["config"] | {"scale": 2} == written["config"]
    assert told["parameters"] == sum(parameter.numel() for parameter in network.parameters())


def test_names_take_a_factor_and_resamplers_have_no_weights(run_here: Here) -> None:
    assert "x3" in run_here("models", "show", "espcn", "--scale", "3").out
    assert "x2" in run_here("models", "show", "espcn_x2").out
    bicubic = run_here("models", "show", "bicubic").out
    assert "bicubic" in bicubic and "not told" not in bicubic


@pytest.mark.parametrize("words", [("list",), ("show", "espcn")], ids=" ".join)
def test_json_may_stand_before_the_sub_command(run_here: Here, words: tuple[str, ...]) -> None:
    before = run_here("models", "--json", *words)
    assert before.events() == run_here("models", *words, "--json").events() != []


@pytest.mark.parametrize(
    ("words", "said"),
    [(["nosuch"], "unknown model nosuch"), (["no.safetensors"], "does not exist"), (["espcn", "-s", "7"], "x7")],
)
def test_what_is_not_there_is_wrong_usage(run_here: Here, words: list[str], said: str) -> None:
    done = run_here("models", "show", *words)
    assert done.code == 2 and said in done.err and done.out == ""
