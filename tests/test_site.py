"""The website builds without a warning, and holds what it should."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the website, with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "build_site.py", folder],
        capture_output=True, text=True, cwd=ROOT,
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


@pytest.mark.parametrize("name", LESSONS)
def test_page_of_a_lesson(site, name):
    text = (site / "notebooks" / f"{name}.html").read_text("utf-8")
    assert "your code here" in text
    assert re.search(r"<details>\s*<summary>\s*Answer", text)
    figures = re.findall(r'<img alt="([^"]*)" src="data:image/png', text)
    assert figures and all(len(alt) >= 15 for alt in figures)
    assert "colab-badge" not in text  # a broken image without a network
    assert 'start("' not in text, "the set-up is no part of a page"
