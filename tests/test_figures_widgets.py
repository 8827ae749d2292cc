"""Widgets redraw, listen to clicks and strokes, and leave a still picture."""

import re

import pytest
import torch
from ipywidgets import Dropdown, FloatSlider, Text, ToggleButtons
from matplotlib.figure import Figure

from course_utils.figures import widgets

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Return the list of what is displayed."""
    outputs = []
    monkeypatch.setattr(
        widgets, "display", lambda bundle, **_: outputs.append(bundle)
    )
    return outputs


def recorder():
    """Return a `draw` and the list of the values it was called with."""
    calls = []

    def draw(**values):
        calls.append(values)
        return torch.full((1, 1, 8, 8), sum(values.values()) / 10)

    return draw, calls


def every(box, kind):
    """Return the widgets of a kind in a box, in order."""
    found = [box] if isinstance(box, kind) else []
    for child in getattr(box, "children", ()):
        found += every(child, kind)
    return found


def view(box):
    """Return what is shown at the end of a box, as HTML."""
    while hasattr(box, "children"):
        box = box.children[-1]
    return box.value


def test_explore_draws_once_in_the_middle(shown):
    draw, calls = recorder()
    box = widgets.explore(draw, a=(0, 4), b=(1.0, 2.0, 0.5))
    sliders = every(box, FloatSlider)
    assert calls == [{"a": 2, "b": 1.5}]
    assert [s.description for s in sliders] == ["a", "b"]
    assert [s.step for s in sliders] == [0.2, 0.5]
    assert not any(s.continuous_update for s in sliders)
    assert 'alt="One image. Mean brightness 0.35."' in view(box)
    assert shown[0][VIEW]["model_id"] == box.model_id


def test_without_a_kernel_the_first_state_is_a_picture(shown):
    widgets.explore(recorder()[0], a=(0, 4))
    widgets.explore(lambda a: f"<{a}>", a="hello")
    picture, text = shown
    assert picture["text/plain"] == "[Figure: One image. Mean brightness 0.2.]"
    assert picture["image/png"] in picture["text/html"]
    assert "&lt;hello&gt;" in text["text/html"] and "image/png" not in text


def test_explore_redraws_when_a_slider_moves():
    draw, calls = recorder()
    box = widgets.explore(draw, a=(0, 4))
    every(box, FloatSlider)[0].value = 4
    assert calls[-1] == {"a": 4} and len(calls) == 2
    assert "brightness 0.4." in view(box)


def test_explore_takes_and_shows_text_figures_and_several():
    def draw(say, beta):
        figure = Figure()
        figure.subplots().plot([0, beta])
        figure.set_label(f"A line up to {beta}")
        return figure, f"<{say}>"

    box = widgets.explore(draw, say="hello", beta=[1, 4])
    assert "&lt;hello&gt;" in view(box) and "A line up to 1" in view(box)
    every(box, Text)[0].value = "bye"
    every(box, widgets.ipywidgets.SelectionSlider)[0].value = 4
    assert "&lt;bye&gt;" in view(box) and "A line up to 4" in view(box)


def test_walk_decodes_one_code_at_a_time_and_keeps_no_gradient():
    weight, seen = torch.ones(3, requires_grad=True), []

    def decode(z):
        seen.append(z * weight)
        return torch.sigmoid(z.sum()).expand(1, 1, 8, 8)

    low, high = torch.tensor([-2.0, 0.0, 1.0]), (2, 1, 5)
    box = widgets.walk_latent_space(decode, low, high)
    every(box, FloatSlider)[2].value = 5
    assert [z.tolist() for z in seen] == [[[0, 0.5, 3]], [[0, 0.5, 5]]]
    assert not seen[0].requires_grad
    with pytest.raises(ValueError):
        widgets.walk_latent_space(decode, (0, 0), (1,))


@pytest.fixture
def clicked():
    """Return a map from -1 to 1 and the codes that were decoded."""
    seen = []

    def decode(z):
        seen.append(z[0].tolist())
        return torch.rand(1, 1, 8, 8)

    z = torch.tensor([[-1.0, -1], [1, 1], [-1, 1], [1, -1]])
    return widgets.click_map(z, range(4), decode, "abcd"), seen


def test_a_click_where_the_dot_is_decodes_the_same_code(clicked, shown):
    box, seen = clicked
    assert seen == [[0, 0]] and "z = (0, 0)" in view(box)
    assert "One map of 4 codes. first code -1 to 1" in shown[0]["text/plain"]
    [field] = every(box, Text)
    for code in ([0.5, -0.25], [-1, 1]):
        for slider, value in zip(every(box, FloatSlider), code, strict=True):
            slider.value = value
        pad = every(box, widgets.ipywidgets.HTML)[1].value
        dot = re.search(r"left:([\d.]+)%;top:([\d.]+)%", pad).groups()
        before = len(seen)
        field.value = " ".join(str(float(share) / 100) for share in dot)
        assert len(seen) == before + 1, "drawn once"
        assert seen[-1] == pytest.approx(code, abs=0.01)
        assert field.value == "", "ready for the same click again"


def test_a_click_beside_the_map_stays_on_it(clicked):
    box, _ = clicked
    every(box, Text)[0].value = "-0.5 2"
    sliders = every(box, FloatSlider)
    assert [s.value for s in sliders] == [s.min for s in sliders]


def test_strokes_draw_and_erase():
    seen = []
    box = widgets.draw_image(lambda x: seen.append(x) or f"{x.sum():.0f}")
    choice, tool = every(box, Dropdown)[0], every(box, ToggleButtons)[0]
    [field] = every(box, Text)
    choice.value = "nothing"
    assert seen[-1].shape == (1, 1, 28, 28) and seen[-1].sum() == 0
    field.value = "0.25 0.5 0.75 0.5"  # x, y: level, through the middle
    drawn = seen[-1][0, 0]
    assert drawn[14, 7:21].min() == 1 and drawn[:11].sum() == 0
    assert drawn[14, :5].sum() == 0
    assert view(box) == f"<pre>{drawn.sum():.0f}</pre>"
    tool.value = "erase"
    field.value = "0.25 0.5 0.75 0.5"
    assert seen[-1].sum() < drawn.sum() / 4
    choice.value = "disk"
    assert seen[-1].sum() > 50


def test_an_answer_cannot_change_the_sheet():
    box = widgets.draw_image(lambda x: x.zero_(), {"a": torch.ones(1, 28, 28)})
    sheet = every(box, widgets.ipywidgets.HTML)[0].value
    assert "Mean brightness 1." in sheet


def test_frames_are_quick():
    import time

    box = widgets.explore(lambda a: torch.rand(10, 1, 28, 28), a=(0, 1))
    start = time.process_time()
    every(box, FloatSlider)[0].value = 1
    assert time.process_time() - start < 0.15
