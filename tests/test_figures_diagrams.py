"""Diagrams: told in words, free of fixed ink, links and repeated ids."""

import re
import xml.etree.ElementTree as ET

import pytest

from course_utils.figures import diagram, diagrams

SVG = "{http://www.w3.org/2000/svg}"
NAMES = diagrams.names()
CLASSES = set(re.findall(r"\.([a-z]+)\b", diagrams.LOOK))
every_diagram = pytest.mark.parametrize("name", NAMES)


def root(name):
    return ET.fromstring((diagrams.FOLDER / f"{name}.svg").read_text("utf-8"))


def test_the_schema_has_the_parts_that_lessons_highlight():
    parts = [group.get("id") for group in root("schema").iter(f"{SVG}g")]
    assert parts == ["x", "damage", "encoder", "z", "mu_sigma", "decoder",
                     "x_hat", "loss"]  # fmt: skip


@every_diagram
def test_file_is_told_and_takes_the_ink_of_the_page(name):
    svg = root(name)
    title, words = svg[:2]
    assert (title.tag, words.tag) == (f"{SVG}title", f"{SVG}desc")
    assert len(title.text) > 10 and len(words.text.split()) > 15
    allowed = {"svg", "title", "desc", "g", "rect", "circle", "path", "text"}
    for part in svg.iter():
        assert part.tag.removeprefix(SVG) in allowed
        # No colour, font, link or script: these come from classes alone.
        assert set(part.attrib) <= {
            "class", "cx", "cy", "d", "height", "id", "r", "rx", "transform",
            "viewBox", "width", "x", "y",
        }  # fmt: skip
        assert set(part.get("class", "").split()) <= CLASSES


@every_diagram
def test_text_lies_within_the_sheet_and_can_be_read(name):
    svg = root(name)
    _, _, width, height = map(float, svg.get("viewBox").split())
    assert width <= 720
    for text in svg.iter(f"{SVG}text"):
        kind = text.get("class", "").split()
        size = 14 if "small" in kind else 20 if "large" in kind else 16
        x, y = float(text.get("x")), float(text.get("y"))
        long = 0.5 * size * len(text.text)
        left = (
            x if "left" in kind else x - long / (1 if "right" in kind else 2)
        )
        assert left > -4 and left + long < width + 4, text.text
        assert size < y < height, text.text


@every_diagram
def test_output_for_every_kind_of_notebook(name):
    output = diagrams.drawn(name)
    title = root(name)[0].text
    assert output["text/plain"].startswith(f"[Diagram: {title}. ")
    for mime in ("text/html", "image/svg+xml"):
        svg = ET.fromstring(output[mime])
        assert svg.get("role") == "img"
        assert svg.get("aria-label").startswith(title)
        assert " id=" not in output[mime]
    assert "white" not in output["text/html"]


def test_highlighted_parts_are_strong_and_told():
    output = diagrams.drawn("schema", ("encoder", "z"))
    svg = ET.fromstring(output["text/html"])
    states = [group.get("class") for group in svg.iter(f"{SVG}g")]
    assert states == ["off", "off", "on", "on", *["off"] * 4]
    assert "Coloured here: encoder, z." in output["text/plain"]


def test_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no diagram 'x'; there are .*schema"):
        diagram("x")
    with pytest.raises(ValueError, match=r"no part \['eye'\]; it has .*'z'"):
        diagram("schema", "eye")
