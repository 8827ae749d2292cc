"""JupyterLab in a real browser, as a learner uses it.

Needs Chromium; skipped where there is none, except in CI. Each run leaves
pictures of every lesson in the folder .screenshots. What takes as long as
all lessons together runs when it is asked for:
uv run pytest -m browser_all
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / ".screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
MINUTES = 60_000
STUB = 'raise NotImplementedError("your code here")'
FIRST_OPEN_CELL = 3  # of lesson 00: head, set-up (folded), text, code
LESSONS = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))

LINUX = sys.platform == "linux"  # elsewhere CI may go without a browser

pytestmark = pytest.mark.skipif(
    not CHROMIUM and not (LINUX and os.environ.get("CI")),
    reason="Chromium is not here",
)

READY = """() => {  // asked again and again: its promises may be dropped
    const panel = window.jupyterapp.shell.currentWidget;
    return panel.context.isReady && panel.sessionContext.isReady;
}"""
RUN_ALL = """() =>
    window.jupyterapp.commands.execute('notebook:run-all-cells')"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .map(cell => ({
        source: cell.model.sharedModel.source,
        is_code: cell.model.type === 'code',
        count: cell.model.executionCount,
        outputs: cell.model.outputs?.toJSON() ?? [],
    }))"""
IS_OPEN = """name => {
    const panel = window.jupyterapp?.shell.currentWidget;
    return panel?.context?.path?.endsWith(name) && panel.context.isReady
        && panel.content.widgets.length > 5;
}"""
SCROLL_TO = """index => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    return notebook.scrollToItem(index, 'start');
}"""
ANSWERED = """([index, words]) => JSON.stringify(
    window.jupyterapp.shell.currentWidget.content.widgets[index]
    .model.outputs.toJSON()).includes(words)"""
CELL = ".jp-Notebook > .jp-WindowedPanel-outer .jp-Cell"
SHUT_DOWN = """() =>
    window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"""
HAS_WIDGET = re.compile(r"^(?:\w+ = )?explore\(", re.M)
SLIDER, TEXT = ".noUi-handle", "input[type=text]"
VIEW = ".widget-html-content"  # the last of a cell's is drawn
SHOWN = """view => view.src ?? view.innerHTML"""
CHANGED = """([view, before]) => (view.src ?? view.innerHTML) !== before"""
FITS = """cell => [...cell.querySelectorAll('.widget-vbox > *')].every(part =>
    part.getBoundingClientRect().right <=
    part.parentElement.getBoundingClientRect().right + 1)"""
SCROLL_DOWN = """() => {
    const panel = document.querySelector('.jp-WindowedPanel-outer');
    const before = panel.scrollTop;
    panel.scrollBy(0, panel.clientHeight - 100);
    return panel.scrollTop <= before;
}"""
SETTINGS = {
    "notebook-extension/tracker.jupyterlab-settings": (
        '{"windowingMode": "none", "autosaveInterval": 0,'
        ' "codeCellConfig": {"autoClosingBrackets": false}}'
    ),
    "apputils-extension/notification.jupyterlab-settings": (
        '{"fetchNews": "false", "checkForUpdates": false}'
    ),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Start JupyterLab in a folder whose name has spaces and accents."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "my course é ü"
    for folder in ("notebooks", "solutions"):
        (root / folder).mkdir(parents=True)
        for path in (ROOT / folder).glob("*.ipynb"):
            shutil.copy(path, root / folder)
    for name, text in SETTINGS.items():
        place = home / "settings" / "@jupyterlab" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            f"--ServerApp.root_dir={root}", f"--ServerApp.port={port}",
            "--IdentityProvider.token=", "--ServerApp.password=",
            f"--LabApp.workspaces_dir={home / 'workspaces'}",
            f"--LabApp.user_settings_dir={home / 'settings'}",
            "--LabApp.expose_app_in_browser=True",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    wait_for(address + "/api")
    yield address
    server.terminate()
    server.wait(30)


def wait_for(address, seconds=120):
    """Wait until a server answers."""
    for _ in range(seconds):
        try:
            return urllib.request.urlopen(address, timeout=5).read()
        except OSError:
            time.sleep(1)
    raise TimeoutError(address)


@pytest.fixture(scope="module")
def browser():
    """Start Chromium without a screen."""
    assert CHROMIUM, "in CI there must be a Chromium"
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-sync",
                "--disable-component-update",
            ],
        )  # fmt: skip
        yield chromium
        chromium.close()


@pytest.fixture
def open_notebook(lab, browser):
    """Return a function that opens a notebook in a workspace of its own."""
    pages = []

    def open_one(path):
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        pages.append(page)
        page.set_default_timeout(2 * MINUTES)
        workspace = re.sub(r"\W", "", path)
        page.goto(f"{lab}/lab/workspaces/{workspace}/tree/{path}")
        page.wait_for_function(IS_OPEN, arg=Path(path).name)
        return page

    yield open_one
    for page in pages:
        page.close()


def run_all(page):
    """Run every cell, wait for the end, and return the cells."""
    page.wait_for_function(READY)
    page.evaluate(RUN_ALL)
    cells = page.evaluate(CELLS)
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", (cell["source"], output)
        assert cell["count"] or not cell["is_code"], cell["source"]
    return cells


# ipywidgets gives the handle of a slider no name that axe would find.
OURS = {
    "include": [[".jp-OutputArea-output"], [".jp-RenderedHTMLCommon"]],
    "exclude": [[".noUi-handle"]],
}


def serious(page, where=None):
    """Return what axe-core finds serious, in all of a page or in parts."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=where).response["violations"]
    return [
        f"{fault['help']}: {node['target']} {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def write(page, index, source):
    """Replace a cell's text by keyboard and run it."""
    page.evaluate(SCROLL_TO, index)
    page.locator(CELL).nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")


def test_first_lesson_from_top_to_bottom(open_notebook):
    page = open_notebook("notebooks/00_start_here.ipynb")
    sources = [cell["source"] for cell in run_all(page)]
    place = max(i for i, s in enumerate(sources) if STUB in s)
    wrong = sources[place].replace(STUB, "return images.mean()")
    write(page, place, wrong)
    page.wait_for_function(ANSWERED, arg=[place, "not yet"])
    page.screenshot(path=PICTURES / "00_wrong_answer.png")
    right = sources[place].replace(STUB, "return images.mean(dim=(1, 2, 3))")
    write(page, place, right)
    page.wait_for_function(ANSWERED, arg=[place, "correct"])
    page.screenshot(path=PICTURES / "00_right_answer.png")


def test_slider_and_quiz_by_keyboard(open_notebook):
    page = open_notebook(f"notebooks/{LESSONS[1]}.ipynb")
    run_all(page)
    assert not serious(page, OURS)
    slider = page.locator(".widget-slider .noUi-handle").first
    slider.scroll_into_view_if_needed()
    picture = page.locator(".widget-html-content img")
    before = picture.first.get_attribute("src")
    slider.focus()
    page.screenshot(path=PICTURES / "01_slider_before.png")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.widget-html-content img').src"
        " !== before",
        arg=before,
    )
    page.screenshot(path=PICTURES / "01_slider_after.png")
    choice = page.locator(".course-answer").last
    choice.scroll_into_view_if_needed()
    choice.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.course-answer')]"
        ".some(button => /^[✓✗]/.test(button.textContent))"
    )
    page.screenshot(path=PICTURES / "01_quiz.png")
    alt_texts = page.eval_on_selector_all(
        ".jp-RenderedHTML img", "images => images.map(image => image.alt)"
    )
    assert alt_texts and all(len(alt) >= 15 for alt in alt_texts)


WIDE = """\
from matplotlib.figure import Figure
from course_utils.figures import explore
box = explore(lambda price: Figure(), price=[1000, 2000])"""


def test_a_wide_figure_leaves_the_controls_whole(open_notebook):
    page = open_notebook("notebooks/00_start_here.ipynb")
    page.wait_for_function(READY)
    write(page, FIRST_OPEN_CELL, WIDE)
    cell = page.locator(CELL).nth(FIRST_OPEN_CELL)
    cell.locator(".widget-html-content img").wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=PICTURES / "00_wide_figure.png")
    assert page.evaluate(FITS, cell.element_handle()), "cut off"


LISTENING = """\
import torch
from course_utils.figures import click_map, draw_image
codes = 2 * torch.rand(50, 2) - 1
gray = lambda z: z.sigmoid().mean().expand(1, 1, 28, 28)
box = click_map(codes, codes[:, 0], gray)
box = draw_image(lambda x: f"{x.sum():.3f}")"""
LAST_TEXTS = """cell => [...cell.querySelectorAll('pre')]
    .map(text => text.innerText).join(' | ')"""
SAYS_OTHER = f"([cell, before]) => ({LAST_TEXTS})(cell) !== before"


def test_pictures_listen_to_the_mouse(open_notebook):
    page = open_notebook("notebooks/00_start_here.ipynb")
    page.wait_for_function(READY)
    write(page, 3, LISTENING)
    cell = page.locator(CELL).nth(3)
    for part in ("div[class^=course-map]", "canvas"):
        drag_over(page, cell, cell.locator(part))
    page.screenshot(path=PICTURES / "00_listens.png")


def drag_over(page, cell, picture):
    """Draw a short stroke on a picture; what the cell says must change."""
    picture.wait_for()
    picture.scroll_into_view_if_needed()
    before, place = cell.evaluate(LAST_TEXTS), picture.bounding_box()
    page.mouse.move(place["x"] + 90, place["y"] + 30)
    page.mouse.down()
    page.mouse.move(place["x"] + 92, place["y"] + 60)
    page.mouse.up()
    page.wait_for_function(SAYS_OTHER, arg=[cell.element_handle(), before])


@pytest.mark.browser_all
@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_runs_and_its_widgets_move(open_notebook, name):
    page = open_notebook(f"notebooks/{name}.ipynb")
    cells = run_all(page)
    for place, cell in enumerate(cells):
        if cell["is_code"] and HAS_WIDGET.search(cell["source"]):
            page.evaluate(SCROLL_TO, place)
            move_each_control(page, place)
            page.screenshot(path=PICTURES / f"{name}_moved_{place}.png")
    page.evaluate(SHUT_DOWN)


def move_each_control(page, place):
    """Use a cell's sliders and text boxes; each must change what is shown."""
    cell = page.locator(CELL).nth(place)
    view = cell.locator(VIEW).last
    view.wait_for()
    controls = cell.locator(f"{SLIDER}, {TEXT}")
    assert controls.count() > 0
    for number in range(controls.count()):
        assert page.evaluate(FITS, cell.element_handle()), "cut off"
        control = controls.nth(number)
        control.scroll_into_view_if_needed()
        before = view.evaluate(SHOWN)
        control.focus()
        if control.evaluate("control => control.tagName") == "INPUT":
            page.keyboard.press("Control+a")
            page.keyboard.insert_text("the red dog sees a woman")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("ArrowRight")
        page.wait_for_function(CHANGED, arg=[view.element_handle(), before])


@pytest.mark.parametrize("name", LESSONS)
def test_solved_lessons_can_be_read(open_notebook, name):
    page = open_notebook(f"solutions/{name}.ipynb")
    page.set_viewport_size({"width": 1200, "height": 2000})
    page.locator(".jp-OutputArea img").first.wait_for(state="attached")
    for number in range(30):
        page.screenshot(path=PICTURES / f"{name}_{number:02}.png")
        if page.evaluate(SCROLL_DOWN):
            break
        page.wait_for_timeout(250)
    broken = page.eval_on_selector_all(
        ".jp-Notebook img", "all => all.filter(i => !i.naturalWidth).length"
    )
    assert broken == 0


def test_slides_move_by_keys_and_print_one_a_page(browser, tmp_path):
    slides = [sys.executable, ROOT / "tools" / "slides.py", tmp_path]
    subprocess.run([*slides, "--lessons", "01"], check=True, cwd=ROOT)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "01_slides.html").as_uri())
    number = page.locator("section").count()
    assert page.locator("section:visible").count() == 1
    for key, shown in (("ArrowRight", "s2"), ("ArrowLeft", "s1"),
                       ("ArrowLeft", "s1"), (" ", "s2")):  # fmt: skip
        page.keyboard.press(key)
        assert page.locator("section:visible").get_attribute("id") == shown
    assert page.url.endswith("#s2") and len(asked) == 1
    pages = {"01_slides.html": number, "01_page.html": 1}
    for name, expected in pages.items():
        page.goto((tmp_path / name).as_uri())
        printed = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == expected
    page.close()
