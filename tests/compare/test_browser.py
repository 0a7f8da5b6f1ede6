"""Pages as people use them, in Chromium."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from browser import Browser
from PIL import Image
from typer.testing import CliRunner

from upscale.cli.app import app

Compare = Callable[..., Path]
SEEN = "[...document.querySelectorAll('#stage .pane:not([hidden])')]"
TRANSFORMS = "[...document.querySelectorAll('#stage .view > *')].map(shown => shown.style.transform)"
ZOOM = "document.getElementById('zoom').textContent"
CUT = "Number(document.getElementById('divider').getAttribute('aria-valuenow'))"
WORDS = "document.getElementById('words').textContent"
CANVAS = "document.querySelector('#stage canvas')"
SUM_OF_CANVAS = (
    f"{CANVAS}.getContext('2d').getImageData(0, 0, {CANVAS}.width, {CANVAS}.height).data"
    ".reduce((sum, value, at) => at % 4 === 3 ? sum : sum + value, 0)"
)
OVERFLOW_PX = "document.documentElement.scrollWidth - innerWidth"


def _picture(path: Path, seed: int, height: int = 60, width: int = 80) -> Path:
    path.parent.mkdir(exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def run(*words: str | Path) -> Path:
        page = tmp_path / "page.html"
        result = CliRunner().invoke(app, ["compare", *map(str, words), "-o", str(page), "-y"])
        assert result.exit_code == 0, result.output
        return page

    return run


@pytest.fixture
def two(tmp_path: Path, compare: Compare) -> Path:
    """A page of a small picture and one four times as large."""
    return compare(_picture(tmp_path / "lr.png", 1, 150, 200), _picture(tmp_path / "sr.png", 2, 600, 800))


@pytest.fixture
def folders(tmp_path: Path, compare: Compare) -> Path:
    """A page of two folders with five pictures each, and their originals."""
    for index in range(5):
        _picture(tmp_path / "ours" / f"{index}_x4.png", index)
        _picture(tmp_path / "theirs" / f"{index}.png", index + 50)
        _picture(tmp_path / "hr" / f"{index}.png", index + 100)
    return compare(tmp_path / "ours", tmp_path / "theirs", "--truth", tmp_path / "hr")


def test_a_page_loads_without_errors_and_without_a_network(browser: Browser, two: Path) -> None:
    browser.open(two)
    browser.until("[...document.images].every(image => image.complete && image.naturalWidth)")
    assert browser.complaints() == []
    assert {url.partition(":")[0] for url in browser.requests()} <= {"file", "data", "blob"}
    assert browser.ask("performance.getEntriesByType('resource').filter(e => e.name.startsWith('http'))") == []


def test_both_pictures_have_one_scale(browser: Browser, two: Path) -> None:
    browser.open(two)
    boxes = browser.ask("[...document.querySelectorAll('#stage img')].map(i => i.getBoundingClientRect().toJSON())")
    assert boxes[0] == boxes[1]
    assert browser.ask("[...document.querySelectorAll('#stage img')].map(i => i.naturalWidth)") == [200, 800]


def test_the_divider_moves_by_keys_and_by_drag(browser: Browser, two: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.open(two)
    divider = browser.driver.find_element(By.ID, "divider")
    divider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert browser.ask(CUT) == 48
    divider.send_keys(Keys.HOME)
    assert browser.ask(CUT) == 0
    divider.send_keys(Keys.END)
    assert browser.ask(CUT) == 100
    ActionChains(browser.driver, duration=20).drag_and_drop_by_offset(divider, -300, 0).perform()
    assert browser.ask(CUT) == 75
    assert browser.ask(f"getComputedStyle({SEEN}[1].querySelector('.view')).clipPath") == "inset(0px 0px 0px 75%)"


def test_zoom_and_pan_stay_in_step(browser: Browser, two: Path) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    browser.open(two)
    stage = browser.driver.find_element(By.ID, "stage")
    seen = []
    for act in (
        lambda: browser.press("v"),
        lambda: browser.press("1"),
        lambda: browser.press("4"),
        lambda: browser.press(Keys.ARROW_RIGHT, Keys.ARROW_DOWN),
        lambda: browser.press("+"),
        lambda: ActionChains(browser.driver, duration=20).drag_and_drop_by_offset(stage, 60, 35).perform(),
        lambda: browser.driver.execute_cdp_cmd(
            "Input.dispatchMouseEvent", {"type": "mouseWheel", "x": 200, "y": 300, "deltaX": 0, "deltaY": -200}
        ),
        lambda: browser.press("0"),
    ):
        act()
        one, two_ = browser.ask(TRANSFORMS)
        assert one == two_
        seen.append((one, browser.ask(ZOOM)))
    assert [zoom for _, zoom in seen[1:5]] == ["100 %", "400 %", "400 %", "500 %"]
    assert len({transform for transform, _ in seen[1:7]}) == 6
    assert seen[0] == seen[7]


def test_the_point_under_the_wheel_stays_and_100_percent_is_exact(browser: Browser, two: Path) -> None:
    browser.open(two)
    browser.press("2")
    # Where the picture's top left corner is, in pixels of the screen and in its own, seen from (300, 250).
    at = "(() => { const b = document.querySelector('#stage img').getBoundingClientRect();"
    at += " return [(300 - b.left) * 800 / b.width, (250 - b.top) * 600 / b.height] })()"
    before = browser.ask(at)
    wheel = {"type": "mouseWheel", "x": 300, "y": 250, "deltaX": 0, "deltaY": -150}
    browser.driver.execute_cdp_cmd("Input.dispatchMouseEvent", wheel)
    browser.until(f"{ZOOM} !== '200 %'")
    assert browser.ask(at) == pytest.approx(before, abs=0.5)
    browser.press("1")
    box = browser.ask("document.querySelector('#stage img').getBoundingClientRect().toJSON()")
    assert (box["width"], box["height"]) == (800, 600)
    assert (box["left"] % 1, box["top"] % 1) == (0, 0)
    assert browser.ask("getComputedStyle(document.querySelector('#stage img')).imageRendering") == "pixelated"
    browser.press("x")
    assert browser.ask("getComputedStyle(document.querySelector('#stage img')).imageRendering") == "auto"


def test_the_difference_of_equal_pictures_is_black(browser: Browser, tmp_path: Path, compare: Compare) -> None:
    one = _picture(tmp_path / "one.png", 5)
    browser.open(compare(one, one))
    browser.press("d")
    browser.until(f"{CANVAS} !== null")
    assert browser.ask(SUM_OF_CANVAS) == 0
    assert browser.ask(WORDS) == "No pixel differs"


def test_the_difference_is_exact_and_amplified(browser: Browser, tmp_path: Path, compare: Compare) -> None:
    flat = np.full((40, 50, 3), 100, np.uint8)
    Image.fromarray(flat).save(tmp_path / "one.png")
    flat[10:20, 10:20] = (103, 100, 98)
    Image.fromarray(flat).save(tmp_path / "two.png")
    browser.open(compare(tmp_path / "one.png", tmp_path / "two.png"))
    browser.press("d")
    browser.until(f"{CANVAS} !== null")
    pixel = f"[...{CANVAS}.getContext('2d').getImageData(15, 15, 1, 1).data]"
    assert browser.ask(pixel) == [24, 0, 16, 255]  # 3 and 2, amplified by 8
    assert browser.ask(SUM_OF_CANVAS) == 100 * 40
    assert browser.ask(WORDS) == "5 % of the pixels differ, by 0.08 levels of 255 on average, 3 at most"


def test_blinking_shows_one_at_a_time_and_stops_by_hand(browser: Browser, two: Path) -> None:
    browser.open(two)
    browser.press("b", " ")
    shown = f"{SEEN}.map(pane => pane.querySelector('b').textContent)"
    first = browser.ask(shown)
    browser.press(" ")
    assert sorted([*first, *browser.ask(shown)]) == ["lr.png", "sr.png"]


def test_a_gallery_opens_an_item_and_leads_back(browser: Browser, folders: Path) -> None:
    browser.open(folders)
    cards = "document.querySelectorAll('#cards a')"
    assert browser.ask(f"{cards}.length") == 5
    assert browser.ask("document.querySelectorAll('#stage img').length") == 0  # nothing large is decoded yet
    browser.ask(f"{cards}[2].click()")
    browser.until(f"{SEEN}.length === 2")
    assert browser.ask("document.getElementById('title').textContent") == "2"
    browser.press(".")
    browser.until("document.getElementById('title').textContent === '3'")
    browser.driver.back()
    browser.until("document.getElementById('title').textContent === '2'")
    browser.ask("document.getElementById('back').click()")
    browser.until("!document.getElementById('gallery').hidden")
    assert browser.ask("document.querySelectorAll('#stage img').length") == 0
    assert browser.complaints() == []


def test_any_two_of_three_can_be_chosen(browser: Browser, folders: Path) -> None:
    browser.open(folders, at="#1")
    browser.until(f"{SEEN}.length === 2")
    browser.ask(
        "(() => { const right = document.getElementById('right'); right.value = '2';"
        " right.dispatchEvent(new Event('change')) })()"
    )
    names = f"{SEEN}.map(pane => pane.querySelector('b').textContent)"
    assert browser.ask(names) == ["ours", "original"]
    browser.press("w")
    assert browser.ask("[...document.querySelectorAll('.pane.right b')].map(b => b.textContent)") == ["ours"]
    browser.press("v")
    assert browser.ask(names) == ["ours", "theirs", "original"]


def test_an_item_without_an_original_keeps_the_wish_for_it(browser: Browser, tmp_path: Path, compare: Compare) -> None:
    for index in range(2):
        for seed, folder in enumerate(("a", "b", "c", "hr")):
            if (index, folder) != (1, "hr"):
                _picture(tmp_path / folder / f"{index}.png", 10 * index + seed)
    page = compare(*(tmp_path / folder for folder in ("a", "b", "c")), "--truth", tmp_path / "hr")
    browser.open(page, at="#1")
    browser.until(f"{SEEN}.length === 2")
    chosen = "['left', 'right'].map(id => document.getElementById(id).selectedOptions[0].text)"
    change = (
        "(() => {{ const choice = document.getElementById('{}'); choice.value = '{}';"
        " choice.dispatchEvent(new Event('change')) }})()"
    )
    browser.ask(change.format("left", 3))
    browser.ask(change.format("right", 2))
    assert browser.ask(chosen) == ["original", "c"]
    browser.press(".")
    browser.until("document.getElementById('title').textContent === '1'")
    assert browser.ask(chosen) == ["a", "c"]
    assert browser.ask("[...document.getElementById('left').options].map(o => o.disabled)") == [False] * 3 + [True]
    browser.press("d")
    browser.until(f"{WORDS} !== ''")
    assert browser.ask(WORDS) != "No pixel differs"
    browser.ask(change.format("right", 1))
    browser.press(",")
    browser.until("document.getElementById('title').textContent === '0'")
    assert browser.ask(chosen) == ["original", "b"]
    assert browser.complaints() == []


def test_two_different_panes_are_shown_whichever_was_wanted(browser: Browser, two: Path) -> None:
    browser.open(two)
    wanted = [[2, 1], [1, 2], [2, 0], [0, 2], [0, 1]]
    assert browser.ask(f"{wanted}.map(pair => shownPair(pair, 2))") == [[0, 1], [1, 0], [1, 0], [0, 1], [0, 1]]


def test_hostile_names_are_only_text(browser: Browser, tmp_path: Path, compare: Compare) -> None:
    name = "<script>alert(1)<!--<img src=x onerror=alert(2)>.png"
    page = compare(_picture(tmp_path / "a" / name, 1).parent, _picture(tmp_path / "b" / name, 2).parent)
    single = compare(tmp_path / "a" / name, tmp_path / "b" / name)
    for path, at in ((page, ""), (page, "#1"), (single, "")):
        browser.open(path, at=at)
        assert name.removesuffix(".png") in browser.ask("document.body.innerText + document.title")
        assert browser.ask("document.querySelectorAll('[onerror]').length") == 0
        assert browser.complaints() == []


def test_a_phone_has_no_overflow_and_pinches(browser: Browser, folders: Path) -> None:
    browser.open(folders, 390, 844, phone=True)
    assert browser.ask(OVERFLOW_PX) <= 0
    browser.open(folders, 390, 844, phone=True, at="#2")
    assert browser.ask(OVERFLOW_PX) <= 0
    before = browser.ask(ZOOM)
    browser.hold("touchStart", (150, 450), (250, 450))
    for spread in (20, 40, 50):
        browser.hold("touchMove", (150 - spread, 450), (250 + spread, 450))
    browser.hold("touchEnd")
    zoom, was = (int(words.removesuffix(" %")) for words in (browser.ask(ZOOM), before))
    assert zoom == pytest.approx(2 * was, rel=0.02)
    assert len(set(browser.ask(TRANSFORMS))) == 1


def test_a_finger_moves_the_divider(browser: Browser, two: Path) -> None:
    browser.open(two, 390, 844, phone=True)
    browser.hold("touchStart", (195, 500))
    browser.hold("touchMove", (250, 500))
    browser.hold("touchMove", (312, 500))
    browser.hold("touchEnd")
    assert browser.ask(CUT) == 80


def test_help_opens_and_closes(browser: Browser, two: Path) -> None:
    browser.open(two)
    browser.press("?")
    assert browser.ask("document.getElementById('help').open")
    browser.ask("document.querySelector('#help button').click()")
    assert not browser.ask("document.getElementById('help').open")
    unnamed = "[...document.querySelectorAll('button, select, [role=slider]')].filter(one => !(one.textContent.trim()"
    unnamed += " || one.ariaLabel || one.labels?.length)).length"
    assert browser.ask(unnamed) == 0


def test_a_double_click_goes_to_100_percent_and_back(browser: Browser, tmp_path: Path, compare: Compare) -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    Image.new("RGB", (2000, 1500), (90, 60, 30)).save(tmp_path / "large.png")
    browser.open(compare(tmp_path / "large.png", tmp_path / "large.png"))
    fit = browser.ask(ZOOM)
    stage = browser.driver.find_element(By.ID, "stage")
    for expected in ("100 %", fit):
        ActionChains(browser.driver, duration=10).move_to_element_with_offset(stage, 200, 50).double_click().perform()
        assert browser.ask(ZOOM) == expected
