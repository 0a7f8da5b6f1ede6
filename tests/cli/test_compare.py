"""`upscale compare` as a user runs it."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Clip, write_clip
from commands import Run
from PIL import Image

from upscale.evaluate.luma import crop_border, luma
from upscale.evaluate.psnr import psnr
from upscale.evaluate.ssim import ssim

Command = Callable[..., Run]


def _picture(path: Path, seed: int = 0, size: int = 40) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)).save(path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two folders with three pictures each, and their originals."""
    for seed, name in enumerate(("one", "two", "three")):
        _picture(tmp_path / "ours" / f"{name}_x4.png", seed)
        _picture(tmp_path / "theirs" / f"{name}.png", seed + 10)
        _picture(tmp_path / "hr" / f"{name}.png", seed + 20)
    return tmp_path / "ours", tmp_path / "theirs", tmp_path / "hr"


class _Scripts(HTMLParser):
    """The scripts of a page by their ids, as a browser would find them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.loaded: list[str] = []
        self._id: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag == "script":
            self._id = dict(attrs).get("id") or "program"
            self.found[self._id] = ""

    def handle_endtag(self, tag: str) -> None:
        self._id = None

    def handle_data(self, data: str) -> None:
        if self._id is not None:
            self.found[self._id] += data


def _read(page: Path) -> _Scripts:
    scripts = _Scripts()
    scripts.feed(page.read_text("utf-8"))
    return scripts


def _facts(page: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_read(page).found["facts"])
    return found


def test_two_pictures_make_one_file_that_loads_nothing(run_here: Command, tmp_path: Path) -> None:
    one, two = _picture(tmp_path / "one.png"), _picture(tmp_path / "two.png", 1)
    page = tmp_path / "new" / "page.html"
    done = run_here("compare", one, two, "-o", page)
    assert done.code == 0, done.err
    assert re.fullmatch(r".*page\.html: 1 picture, \d+ kB\n", done.out)
    scripts = _read(page)
    assert scripts.loaded == ["data:,"]
    assert set(scripts.found) == {"facts", "program", "picture-0-0", "picture-0-1"}
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_figures_are_those_of_eval(run_here: Command, folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    ours, theirs, originals = folders
    done = run_here("compare", ours, theirs, "--truth", originals, "-o", tmp_path / "p.html", "--json")
    assert done.code == 0, done.err
    expected = []
    for name in ("one", "three", "two"):
        files = ours / f"{name}_x4.png", originals / f"{name}.png"
        planes = [crop_border(luma(np.asarray(Image.open(path))), 4) for path in files]
        expected.append((psnr(*planes), ssim(*planes)))
    facts = _facts(tmp_path / "p.html")
    assert facts["columns"] == ["ours", "theirs", "original"]
    shown = [item["panes"][0]["score"] for item in facts["items"]]
    assert shown == [f"{decibels:.2f} dB · {similarity:.4f}" for decibels, similarity in expected]
    [event] = done.events()
    assert event["scores"]["ours"]["psnr"] == pytest.approx(np.mean([decibels for decibels, _ in expected]))
    assert event["protocol"] == facts["protocol"]
    assert "4 px" in facts["protocol"]


def test_missing_partners_and_originals_are_named(
    run_here: Command, folders: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    ours, theirs, originals = folders
    _picture(ours / "lonely.png")
    (originals / "two.png").unlink()
    _picture(originals / "one.png", size=16)
    done = run_here("compare", ours, theirs, "--truth", originals, "-o", tmp_path / "p.html")
    assert done.code == 0
    assert "one_x4.png has no score: the original has 16 x 16 pixels" in done.err
    assert done.out.count("(mean of 1 of 3)") == 2
    assert "without a partner" in done.err
    assert "lonely.png" in done.err
    facts = _facts(tmp_path / "p.html")
    assert (facts["lonely"], facts["unmeasured"]) == (["ours/lonely.png"], ["two"])
    assert len(facts["items"]) == 3


def test_a_broken_file_is_named_and_the_others_are_shown(
    run_here: Command, folders: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    ours, theirs, _ = folders
    (ours / "one_x4.png").write_bytes(b"\x89PNG\r\n\x1a\n cut short")
    done = run_here("compare", ours, theirs, "-o", tmp_path / "p.html")
    assert done.code == 1
    assert "one_x4.png" in done.err
    assert "1 of 3 could not be shown: one" in done.err
    assert len(_facts(tmp_path / "p.html")["items"]) == 2


def test_where_nothing_can_be_shown_there_is_no_page(run_here: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture")
    done = run_here("compare", tmp_path / "bad.png", _picture(tmp_path / "good.png"), "-o", tmp_path / "p.html")
    assert done.code == 1
    assert re.fullmatch(r"upscale: cannot read .*bad\.png.*\n", done.err)
    assert not (tmp_path / "p.html").exists()


def test_wrong_words_are_code_2(run_here: Command, folders: tuple[Path, Path, Path], tmp_path: Path) -> None:
    ours, theirs, originals = folders
    picture, other = ours / "one_x4.png", tmp_path / "other" / "four.png"
    _picture(other)
    for words in (
        (picture,),
        (picture, tmp_path / "none.png"),
        (picture, theirs),
        (ours, other.parent),
        (ours, theirs, "--truth", originals / "one.png"),
        (ours, theirs, "--truth", other.parent),
        (picture, picture, "-o", tmp_path / "p.png"),
        (picture, picture, "--quality", "101"),
    ):
        done = run_here("compare", *words)
        assert done.code == 2, (words, done.err)
        assert "Traceback" not in done.err


def test_a_page_that_is_there_is_kept_replaced_or_refused(run_here: Command, tmp_path: Path) -> None:
    picture, page = _picture(tmp_path / "a.png"), tmp_path / "p.html"
    page.write_text("mine")
    kept = run_here("compare", picture, picture, "-o", page)
    assert (kept.code, page.read_text()) == (0, "mine")
    assert "-y" in kept.err
    silent = run_here("compare", picture, picture, "-o", page, "-q")
    assert (silent.code, silent.out, silent.err) == (0, "", "")
    assert run_here("compare", picture, picture, "-o", page, "--exists", "error").code == 1
    assert run_here("compare", picture, picture, "-o", page, "--exists", "rename").code == 0
    assert (tmp_path / "p_1.html").exists()
    assert page.read_text() == "mine"
    assert run_here("compare", picture, picture, "-o", page, "-y").code == 0
    assert page.read_text() != "mine"


def test_pictures_are_reduced_and_fewer_on_request(
    run_here: Command, folders: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    ours, theirs, originals = folders
    words = ("compare", ours, theirs, "--truth", originals, "--quality", "50", "-o", tmp_path / "p.html")
    done = run_here(*words, "--max-side", "20", "--pictures", "2")
    assert done.code == 0, done.err
    items = _facts(tmp_path / "p.html")["items"]
    assert len(items) == 2
    pane = items[0]["panes"][0]
    assert (pane["size"], pane["width"], pane["remark"]) == ("40 × 40", 20, "shown at 50 %")
    assert pane["score"] is not None  # of the picture as it is


def test_clips_become_moments(run_here: Command, tmp_path: Path) -> None:
    one, two = write_clip(tmp_path / "one.mp4"), write_clip(tmp_path / "two.mkv")
    done = run_here("compare", one, two, "--truth", one, "--frames", "3", "-o", tmp_path / "p.html")
    assert done.code == 0, done.err
    items = _facts(tmp_path / "p.html")["items"]
    assert [item["seconds"] for item in items] == [0.08, 0.24, 0.4]
    assert all(item["panes"][0]["score"] == "equal · 1.0000" for item in items)
    mixed = run_here("compare", one, _picture(tmp_path / "a.png"), "-o", tmp_path / "q.html")
    assert mixed.code == 2
    assert "clip" in mixed.err


def test_a_clip_that_ends_too_early_is_shown_in_part_and_told(run_here: Command, tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", Clip(options={"preset": "ultrafast", "g": "1"}, audio=False))
    # Its index stays, at the beginning, and promises 12 frames.
    with av.open(str(whole)) as source, av.open(str(tmp_path / "a.mp4"), "w", options={"movflags": "faststart"}) as to:
        stream = to.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                to.mux(packet)
    content = (tmp_path / "a.mp4").read_bytes()
    (tmp_path / "a.mp4").write_bytes(content[: len(content) * 2 // 3])
    done = run_here("compare", tmp_path / "a.mp4", tmp_path / "a.mp4", "-o", tmp_path / "p.html", "--json")
    assert done.code == 1
    assert re.search(r"a is shown only in part, \d of its moments: .*a\.mp4", done.err)
    assert "1 of 1 could be shown only in part: a" in done.err
    [event] = done.events()
    assert (event["failed"], event["partly"]) == ([], ["a"])
    assert _facts(tmp_path / "p.html")["partly"] == ["a"]


def test_a_picture_beside_itself_has_two_scores(run_here: Command, tmp_path: Path) -> None:
    one = _picture(tmp_path / "a.png")
    done = run_here("compare", one, one, "--truth", one, "-o", tmp_path / "p.html", "--json")
    assert done.code == 0, done.err
    assert list(done.events()[0]["scores"]) == ["a.png", "a.png (2)"]


def test_a_moving_gif_is_a_clip(run_here: Command, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (24, 24), (level, 0, 0)) for level in (0, 90, 180, 255)]
    for name in ("a.gif", "b.webp"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100, lossless=True)
    done = run_here("compare", tmp_path / "a.gif", tmp_path / "b.webp", "-o", tmp_path / "p.html")
    assert done.code == 0, done.err
    assert len(_facts(tmp_path / "p.html")["items"]) == 4


def test_hostile_names_stay_inside_the_data(run_here: Command, tmp_path: Path) -> None:
    name = "<!--<script>alert(1)@@data@@@@script@@.png"
    one, two = _picture(tmp_path / name), _picture(tmp_path / "two.png")
    done = run_here("compare", one, two, "-o", tmp_path / "p.html")
    assert done.code == 0, done.err
    scripts = _read(tmp_path / "p.html")
    assert set(scripts.found) == {"facts", "program", "picture-0-0", "picture-0-1"}
    assert json.loads(scripts.found["facts"])["columns"][0] == name


def test_a_page_that_would_be_too_large_is_refused(tmp_path: Path) -> None:
    from upscale.compare.comparison import contents, write_page
    from upscale.compare.items import Wish, items
    from upscale.compare.sources import columns
    from upscale.errors import UsageError

    for folder in ("a", "b"):
        for seed in range(4):
            _picture(tmp_path / folder / f"{seed}.png", seed, size=100)
    given = contents(columns([str(tmp_path / "a"), str(tmp_path / "b")]), None)
    with pytest.raises(UsageError, match=r"room for 3 .* --max-side .* --quality .* --pictures 3"):
        write_page(tmp_path / "p.html", given, items(given.matches, Wish()), 4, limit_bytes=300_000)
    assert not (tmp_path / "p.html").exists()
