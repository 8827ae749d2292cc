"""Widgets redraw, listen to clicks and strokes, and leave a still picture."""

import base64
import io
import re

import pytest
import torch
from ipywidgets import Dropdown, FloatSlider, Text, ToggleButtons
from matplotlib.figure import Figure
from PIL import Image

from course_utils.figures import frames, widgets

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


def test_a_control_starts_where_it_is_told(lively, shown):
    rates = [0.001, 0.01, 0.1]
    box = widgets.explore(
        lambda rate, a: f"{rate} {a}", {"rate": 0.01}, rate=rates, a=(0, 4)
    )
    assert view(box) == "<pre>0.01 2.0</pre>"
    assert [c["start"] for c in kept(shown)["controls"]] == [1, 10]
    with pytest.raises(ValueError, match="start has 'b'"):
        widgets.explore(str, {"b": 1}, a=(0, 4))


def test_all_pictures_of_the_first_state_are_kept(shown):
    tall, wide = torch.zeros(1, 1, 8, 8), torch.ones(3, 1, 8, 8)
    widgets.explore(lambda a: (tall, "between", wide), a=(0, 1))
    [still] = shown
    sizes = [
        Image.open(io.BytesIO(png)).size
        for png in (
            widgets.tiles_png(tall)[0],
            widgets.tiles_png(wide)[0],
            base64.b64decode(still["image/png"]),
        )
    ]
    (narrow, first), (width, second), both = sizes
    assert narrow < width and both == (width, first + second)
    assert still["text/plain"] == (
        "[Figure: One image. Mean brightness 0. Three images. Mean "
        "brightness 1. between]"
    )


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
    assert "One map of 4 codes. first number -1 to 1" in shown[0]["text/plain"]
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


@pytest.fixture
def lively(monkeypatch):
    """Have widgets keep the frames of their settings."""
    monkeypatch.setenv("COURSE_FRAMES", "1")


def kept(shown):
    """Return the frames of the widget displayed last."""
    return shown[-1][frames.MIME]


def test_without_the_switch_no_frames_are_kept(shown):
    draw, calls = recorder()
    widgets.explore(draw, a=(0, 4))
    assert frames.MIME not in shown[0] and len(calls) == 1


def test_each_setting_has_its_frame_the_last_control_fastest(shown, lively):
    widgets.explore(lambda a, b: f"{a} {b}", a=["x", "y"], b=(0, 2, 1))
    found = kept(shown)
    assert found["controls"] == [
        {"name": "a", "values": ["x", "y"], "start": 0},
        {"name": "b", "values": ["0", "1", "2"], "start": 1},
    ]
    said = [f"<pre>{a} {float(b)}</pre>" for a in "xy" for b in range(3)]
    assert found["frames"] == said


def test_many_settings_become_a_grid_with_ends_and_start(shown, lively):
    names = [f"name {i}" for i in range(10)]
    box = widgets.explore(
        lambda **values: str(values), who=names, a=(-2.0, 2.0), b=(0, 1)
    )
    who, a, b = kept(shown)["controls"]
    assert who["values"] == names, "names are kept whole"
    for control, ends in ((a, ["-2", "2"]), (b, ["0", "1"])):
        values = control["values"]
        assert [values[0], values[-1]] == ends
        numbers = list(map(float, values))
        assert numbers == sorted(set(numbers))
    sliders = every(box, FloatSlider)
    assert [s.value for s in sliders] == [
        float(c["values"][c["start"]]) for c in (a, b)
    ]
    count = 10 * len(a["values"]) * len(b["values"])
    assert frames.FRAMES / 2 < count == len(kept(shown)["frames"])
    assert count <= frames.FRAMES


def test_frames_take_no_more_bytes_than_there_are(shown, lively, monkeypatch):
    monkeypatch.setattr(frames, "BYTES", 1000)
    widgets.explore(lambda a: "x" * (60 + 10 * a), a=list(range(20)))
    assert 2 <= len(kept(shown)["frames"]) < 10
    assert sum(map(len, kept(shown)["frames"])) <= 1000
    widgets.explore(lambda a: "x" * 600, a=[1, 2])
    assert kept(shown)["why"].startswith("No space for frames: one takes 611")


def test_what_has_no_settings_says_so(shown, lively):
    widgets.explore(lambda text: text, text="hello")
    assert "a running lesson" in kept(shown)["why"]
    widgets.draw_image(lambda x: "seen")
    assert "a running lesson" in kept(shown)["why"]


def test_a_map_says_where_its_dot_lies(shown, lively):
    z = torch.tensor([[-1.0, -1], [1, 1], [-1, 1], [1, -1]])
    widgets.click_map(z, range(4), lambda z: z.sum().expand(1, 1, 8, 8))
    found = kept(shown)
    across, down = found["map"]
    assert len(across) * len(down) == len(found["frames"])
    assert across == sorted(across) and down == sorted(down, reverse=True)
    assert all(0 < share < 1 for share in (*across, *down))


def test_frames_leave_the_random_numbers_of_a_lesson(lively):
    torch.manual_seed(0)
    widgets.explore(lambda a: f"{torch.rand(1)}", a="text")
    expected = torch.rand(1)
    torch.manual_seed(0)
    widgets.explore(lambda a: f"{torch.rand(1)}", a=[1, 2, 3])
    assert torch.rand(1) == expected
