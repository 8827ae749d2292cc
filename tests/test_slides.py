"""Slides and one-page summaries: whole, told from the source, alone."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import catalogue  # noqa: E402
import slides  # noqa: E402

LESSONS = {n.number: n for n in catalogue.read_lessons()}
two_lessons = pytest.mark.parametrize("number", ["01", "08"])


def body(page):
    """Parse what is between <main> and the script; it must be well formed."""
    inside = page.partition("<main>")[2].partition("</main>")[0]
    return ET.fromstring(f"<main>{inside.partition('<footer>')[0]}</main>")


def text(part):
    return re.sub(r"\s+", " ", " ".join(part.itertext())).strip()


@two_lessons
def test_slides_hold_diagrams_a_prediction_and_the_summary(number):
    lesson = LESSONS[number]
    source = lesson.source.read_text("utf-8")
    parts = body(slides.slides(lesson)).findall("section")
    diagrams = re.findall(r'^diagram\("(\w+)"', source, re.M)
    assert len(parts) == 1 + len(diagrams) + 2
    assert text(parts[0]) == f"{lesson.full_title} {lesson.question}"
    for part in parts[1:-2]:
        (drawing,) = part.iter("{http://www.w3.org/2000/svg}svg")
        assert drawing.get("role") == "img" and drawing.get("aria-label")
    choices = [text(item) for item in parts[-2].iter("li")]
    assert 2 <= len(choices) <= 5 and text(parts[-2]).count("?") >= 2
    points = [text(item) for item in parts[-1].iter("li")]
    assert len(points) >= 3
    plain = re.sub(r"\s*\n# +", " ", source).replace("**", "")
    assert all(
        re.sub(r" ([.,])", r"\1", point) in plain for point in points
    ), points


@two_lessons
def test_nothing_is_asked_for_from_outside_and_nothing_given_away(number):
    for make in (slides.slides, slides.one_page):
        page = make(LESSONS[number])
        assert not re.search(r"\b(src|href|url)\b\s*[=(]|@import", page)
        assert set(re.findall(r"https?://[^\"' ]+", page)) <= {
            "http://www.w3.org/2000/svg"
        }
        assert "reveal" not in page and "What we see" not in page


@two_lessons
def test_the_page_names_the_goal_and_the_new_words(number):
    page = text(body(slides.one_page(LESSONS[number])))
    assert "You are able to: " in page and "Summary" in page
    words = page.partition("New words ")[2].split(" · ")
    assert len(words) >= 3
    assert ("latent space" in words) == (number == "01")


@pytest.mark.parametrize("number", LESSONS)
def test_every_lesson_has_what_slides_need(number):
    told = slides.outline(LESSONS[number])
    assert told["diagrams"] and told["goal"] and told["summary"]
    heading, question, choices = told["prediction"]
    assert heading and question and len(choices) >= 2


def test_names_that_stand_for_choices_are_found():
    source = 'a = "one", "two"\nguess("Q?", *a)\nguess(f"{x}?", "b")'
    found = list(slides.calls(source, {}))
    assert found[0] == ("guess", ["Q?", "one", "two"], {})
    assert found[1][1][0] is None


def test_an_index_leads_to_all_files(tmp_path):
    slides.write(tmp_path, [LESSONS["00"]])
    index = (tmp_path / "index.html").read_text("utf-8")
    names = set(re.findall('href="([^"]+)"', index))
    assert names == {"00_slides.html", "00_page.html"}
    assert all((tmp_path / name).stat().st_size > 2000 for name in names)
