"""Widgets: sliders redraw when let go; every quiz can be answered."""

import json

import pytest
import torch
from matplotlib.figure import Figure

from course_utils.figures import widgets

ALT = "A disk that grows & moves when x > 0"
QUIZZES = sorted(widgets.QUIZZES.glob("*.json"))


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Return the list of what is displayed."""
    outputs = []
    monkeypatch.setattr(widgets, "display", outputs.append)
    return outputs


def recorder():
    """Return a `draw` and the list of the values it was called with."""
    calls = []

    def draw(**values):
        calls.append(values)
        return torch.full((1, 1, 8, 8), sum(values.values()) / 10)

    return draw, calls


def parts(box):
    controls, picture = box.children
    *sliders, caption = controls.children
    return sliders, caption, picture


def test_explore_draws_once_in_the_middle(shown):
    draw, calls = recorder()
    box = widgets.explore(draw, alt=ALT, a=(0, 4), b=(1.0, 2.0, 0.5))
    sliders, _, picture = parts(box)
    assert shown == [box] and calls == [{"a": 2, "b": 1.5}]
    assert bytes(picture.value[:4]) == b"\x89PNG"
    assert [s.description for s in sliders] == ["a", "b"]
    assert [s.step for s in sliders] == [0.2, 0.5]


def test_explore_redraws_when_a_slider_moves():
    draw, calls = recorder()
    sliders, _, picture = parts(widgets.explore(draw, alt=ALT, a=(0, 4)))
    before = picture.value
    sliders[0].value = 4
    assert calls[-1] == {"a": 4} and len(calls) == 2
    assert picture.value != before


def test_explore_shows_text_and_takes_text():
    box = widgets.explore(lambda say: f"<{say}>", alt=ALT, say="hello")
    (field,), _, view = parts(box)
    assert field.value == "hello" and "&lt;hello&gt;" in view.value
    field.value = "bye"
    assert "&lt;bye&gt;" in view.value


def test_explore_shows_figures_for_choices():
    def draw(beta):
        figure = Figure()
        figure.subplots().plot([0, beta])
        return figure

    box = widgets.explore(draw, alt=ALT, beta=[1, 4, 16])
    (slider,), _, view = parts(box)
    before = view.value
    assert slider.options == (1, 4, 16)
    slider.value = 16
    assert view.value[:4] == b"\x89PNG" and view.value != before


def test_sliders_wait_until_they_are_let_go():
    draw, _ = recorder()
    sliders, *_ = parts(widgets.explore(draw, alt=ALT, a=(0, 4), b=(0, 1)))
    assert not any(slider.continuous_update for slider in sliders)


def test_caption_is_escaped():
    _, caption, _ = parts(widgets.explore(recorder()[0], alt=ALT, a=(0, 4)))
    assert "grows &amp; moves when x &gt; 0" in caption.value


def test_walk_decodes_one_code_at_a_time():
    seen = []

    def decode(z):
        seen.append(z)
        return torch.sigmoid(z.sum()).expand(1, 1, 8, 8)

    low, high = torch.tensor([-2.0, 0.0, 1.0]), (2, 1, 5)
    box = widgets.walk_latent_space(decode, low, high, alt=ALT)
    sliders, _, picture = parts(box)
    before = picture.value
    sliders[2].value = 5
    assert [z.tolist() for z in seen] == [[[0, 0.5, 3]], [[0, 0.5, 5]]]
    assert picture.value != before


def test_walk_keeps_no_gradient():
    weight, seen = torch.ones(2, requires_grad=True), []

    def decode(z):
        seen.append(z * weight)
        return torch.rand(1, 1, 8, 8)

    widgets.walk_latent_space(decode, (0, 0), (1, 1), alt=ALT)
    assert not seen[0].requires_grad


def test_walk_needs_as_many_lows_as_highs():
    with pytest.raises(ValueError):
        widgets.walk_latent_space(torch.rand, (0, 0), (1,), alt=ALT)


@pytest.fixture
def asked(monkeypatch):
    """Return the list of the questions that are asked."""
    import jupyterquiz

    questions = []
    monkeypatch.setattr(
        jupyterquiz, "display_quiz", lambda q, **options: questions.extend(q)
    )
    return questions


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_quiz_finds_its_file(path, asked):
    widgets.quiz(path.stem)
    assert asked == json.loads(path.read_text(encoding="utf-8"))


def test_quiz_leaves_random_numbers_alone(asked):
    import random

    state = random.getstate()
    widgets.quiz("00")
    assert random.getstate() == state


def test_unknown_quiz():
    with pytest.raises(FileNotFoundError, match="'77' has no quiz"):
        widgets.quiz("77")


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_questions_can_be_answered(path):
    questions = json.loads(path.read_text(encoding="utf-8"))
    assert 3 <= len(questions) <= 5
    assert len({q["question"] for q in questions}) == len(questions)
    for question in questions:
        answers = question["answers"]
        assert question["type"] == "multiple_choice"
        assert [a["correct"] for a in answers].count(True) == 1
        assert len({a["answer"] for a in answers}) == len(answers) >= 3
        assert all(len(a["feedback"]) > 10 for a in answers)
