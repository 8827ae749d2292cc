"""The website builds without a warning, holds what it should, and moves.

Its first two lessons are built with the frames of their widgets, from hardly
trained models. The pages are opened as files, in Chromium.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import test_browser

from course_utils.figures.frames import BYTES, FRAMES, MIME

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
browser, needs_browser = test_browser.browser, test_browser.pytestmark
DARK_PHONE = {
    "viewport": {"width": 360, "height": 700},
    "color_scheme": "dark",
}

sys.path.insert(0, str(ROOT / "tools"))
import build_site  # noqa: E402


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the website, with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_site.py", folder,
         "--live", *(name[:2] for name in LESSONS[:2])],
        capture_output=True, text=True, cwd=ROOT,
        env=os.environ | {"COURSE_SMOKE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder


def test_welcome_page(site):
    text = (site / "index.html").read_text("utf-8")
    assert "pass a little through its middle" in text
    for name in LESSONS:
        assert f"notebooks/{name}.html" in text
    assert (site / "search.html").exists()
    assert (site / "slides" / "index.html").exists()
    assert not (site.parent / "jupyter_execute").exists()
    assert len(re.findall('class="bd-search', text)) == 1, "search boxes"


def test_a_published_page_keeps_no_placeholder(tmp_path, monkeypatch):
    """Addresses in other spellings (%2F) would stay behind."""
    monkeypatch.setattr(build_site, "repository", lambda: "someone/fork")
    build_site.gather(tmp_path, [])
    for path in tmp_path.glob("*.md"):
        assert not re.search("OWNER|REPOSITORY", path.read_text("utf-8")), path
    link = (tmp_path / "teachers.md").read_text("utf-8")
    assert "git-pull?repo=https://github.com/someone/fork&branch=main" in link


@pytest.mark.parametrize("name", LESSONS)
def test_page_of_a_lesson(site, name):
    text = (site / "notebooks" / f"{name}.html").read_text("utf-8")
    assert "your code here" in text
    assert re.search(r"<details>\s*<summary>\s*Answer", text)
    figures = re.findall(r'<img alt="([^"]*)" src="data:image/png', text)
    assert figures and all(len(alt) >= 15 for alt in figures)
    assert "colab-badge" not in text  # a broken image without a network
    assert 'start("' not in text, "the set-up is no part of a page"


def test_widgets_hold_the_frames_of_their_settings(site):
    found = {name: widgets(site, name) for name in LESSONS[:2]}
    [epochs] = found[LESSONS[0]]
    assert epochs["controls"][0]["values"] == [str(i) for i in range(9)]
    assert len(set(epochs["frames"])) == 9
    [walk] = found[LESSONS[1]]
    across, down = (len(c["values"]) for c in walk["controls"])
    assert len(walk["frames"]) == across * down <= FRAMES
    assert sum(map(len, walk["frames"])) <= BYTES
    assert [len(places) for places in walk["map"]] == [across, down]


def test_stored_notebooks_hold_no_frames():
    for path in (ROOT / "solutions").glob("*.ipynb"):
        assert MIME not in path.read_text("utf-8"), path.name


def widgets(site, name):
    """Return what a page's widgets hold."""
    text = (site / "notebooks" / f"{name}.html").read_text("utf-8")
    scripts = r'<script type="application/json">(\{"controls.*?)</script>'
    return [json.loads(found) for found in re.findall(scripts, text)]


@pytest.mark.parametrize("name", LESSONS)
def test_what_came_out_is_folded_and_belongs_to_a_guess(site, name):
    text = (site / "notebooks" / f"{name}.html").read_text("utf-8")
    asked = re.findall(r'class="course-guess" data-guess="(\d+)"', text)
    folded = re.findall(r'class="course-out" data-guess="(\d+)"', text)
    assert asked == folded == [str(i + 1) for i in range(len(asked))]
    assert "no guess was made" not in text


def test_formulas_and_search_need_no_network(site):
    pages = [p.read_text("utf-8") for p in site.rglob("*.html")]
    assert any("<math" in page for page in pages)
    for page in pages:
        for tag in re.findall(r"<(?:script|link|img)[^>]*>", page):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), tag
    assert len(list(site.rglob("searchindex.js"))) == 1
    assert (site / "searchindex.js").stat().st_size < 400_000, "frames in it?"


@pytest.fixture
def open_page(site, browser):
    """Open a page as a file; nothing may fail and nothing be fetched."""
    wrong, pages = [], []

    def open_one(name, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on(
            "console", lambda m: m.type == "error" and wrong.append(m.text)
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: requested(request.url))
        page.goto((site / name).as_uri())
        return page

    def said(message):
        if message.type == "error":
            wrong.append(message.text)

    def requested(url):
        if not url.startswith(("file:", "data:", "blob:")):
            wrong.append(url)

    yield open_one
    for page in pages:
        page.close()
    assert not wrong


@needs_browser
@pytest.mark.parametrize("name", LESSONS[:2])
def test_sliders_follow_the_keyboard_without_a_kernel(open_page, name):
    page = open_page(f"notebooks/{name}.html")
    sliders = page.locator(".course-live input[type=range]")
    assert sliders.count() == 1 + LESSONS.index(name)
    for i in range(sliders.count()):
        slider, view = sliders.nth(i), page.locator(".course-view")
        before = view.inner_html(), slider.get_attribute("aria-valuetext")
        slider.focus()
        for key in ("ArrowRight", "ArrowRight", "End"):
            page.keyboard.press(key)
        after = view.inner_html(), slider.get_attribute("aria-valuetext")
        assert before[0] != after[0] and before[1] != after[1]
        alt = page.locator(".course-view img").get_attribute("alt")
        assert len(alt) >= 15


@needs_browser
def test_a_click_on_the_map_moves_both_sliders(open_page):
    for options in ({}, DARK_PHONE):
        page = open_page(f"notebooks/{LESSONS[1]}.html", **options)
        area = page.locator(".course-map")
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        where = {"x": 0.3 * box["width"], "y": 0.3 * box["height"]}
        area.click(position=where)
        dot = page.locator(".course-dot").bounding_box()
        assert abs(dot["x"] + 9 - box["x"] - where["x"]) < 0.05 * box["width"]
        assert abs(dot["y"] + 9 - box["y"] - where["y"]) < 0.05 * box["width"]
        [walk] = page.evaluate(
            "[...document.querySelectorAll('.course-live')].map(box =>"
            " [...box.querySelectorAll('input')].map(i => Number(i.value)))"
        )
        assert all(0 < place < 19 for place in walk)


@needs_browser
def test_an_answer_stays_folded_until_a_guess(open_page):
    page = open_page(f"notebooks/{LESSONS[0]}.html")
    answers = page.locator('details[data-guess="1"]')
    assert answers.count() == 2  # the explanation, and what came out
    for i in (0, 1):
        answers.nth(i).locator("summary").focus()
        page.keyboard.press("Enter")
        assert answers.nth(i).get_attribute("open") is None
    buttons = page.locator('.course-guess[data-guess="1"] button')
    assert buttons.first.evaluate("b => b === document.activeElement")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert buttons.nth(1).get_attribute("aria-pressed") == "true"
    page.keyboard.press("Shift+Tab")  # another choice, before it is out
    page.keyboard.press(" ")
    answers.nth(1).locator("summary").focus()
    page.keyboard.press("Enter")
    assert answers.nth(1).get_attribute("open") is not None
    guess, out = buttons.nth(0).inner_text(), answers.nth(1).inner_text()
    hit = f"What came out: {guess}" in out
    assert f"Your guess: {guess} {'✓' if hit else '✗'}" in out
    buttons.nth(1).click()
    assert buttons.nth(1).get_attribute("aria-pressed") == "false", "too late"


@needs_browser
@pytest.mark.parametrize("name", LESSONS)
def test_no_page_is_wider_than_a_phone(open_page, name):
    page = open_page(f"notebooks/{name}.html", **DARK_PHONE)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= DARK_PHONE["viewport"]["width"]


@needs_browser
def test_quiz_and_search_in_the_dark(open_page):
    page = open_page(f"notebooks/{LESSONS[1]}.html", **DARK_PHONE)
    button = page.locator(".course-quiz button").first
    ink, ground = button.evaluate(
        "b => [getComputedStyle(b).color, getComputedStyle(b).backgroundColor]"
    )
    assert brightness(ink) - brightness(ground) > 120, "light on dark"
    button.press("Enter")
    assert button.inner_text()[0] in "✓✗"
    page.screenshot(path=test_browser.PICTURES / "site_dark_phone.png")
    page = open_page("search.html")
    page.locator("input[type=search]:visible").first.fill("encoder")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()


LOOKED_AT = (
    "index.html",
    "glossary.html",
    "teachers.html",
    "slides/index.html",
    "notebooks/01_hidden_causes.html",
    "notebooks/08_variational_autoencoder.html",
)


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing_serious(site, browser, name, scheme):
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")
    page.goto((site / name).as_uri())
    found = test_browser.serious(page)
    page.close()
    assert not found


def brightness(color):
    """Return the mean of "rgb(r, g, b)"."""
    parts = re.findall(r"[\d.]+", color)[:3]
    return sum(map(float, parts)) / 3


def test_a_full_disk_is_told(monkeypatch, tmp_path):
    (tmp_path / "page.html").write_text("x" * 1000)
    usage = shutil.disk_usage(tmp_path)._replace(free=10)
    monkeypatch.setattr(build_site.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit, match="No space for the website"):
        build_site.check_space(tmp_path, tmp_path / "site")
