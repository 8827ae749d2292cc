"""Things to move and to click, each usable with the keyboard alone.

Every one comes after a static figure, for readers without a running kernel.
"""

import html
import json
import random
from pathlib import Path

import ipywidgets
import torch
from IPython.display import display

from course_utils.plotting import images_figure, to_png

QUIZZES = Path(__file__).parent / "quizzes"


def explore(draw, *, alt, **ranges):
    """Show one slider per keyword and the picture that `draw` makes.

    draw: called with a value for each keyword, returns images (N, 1, H, W).
    ranges: keyword=(low, high) or (low, high, step). The picture follows
    when a slider is let go or an arrow key is pressed. Returns the box.
    """
    sliders = {name: _slider(name, *r) for name, r in ranges.items()}
    picture = ipywidgets.Image(format="png", layout={"width": "220px"})
    caption = ipywidgets.HTML(f"<small>{html.escape(alt)}</small>")

    def redraw(_=None):
        values = {name: slider.value for name, slider in sliders.items()}
        picture.value = to_png(images_figure([draw(**values)]))

    for slider in sliders.values():
        slider.observe(redraw, names="value")
    redraw()
    controls = ipywidgets.VBox([*sliders.values(), caption])
    box = ipywidgets.HBox([controls, picture])
    display(box)
    return box


def walk_latent_space(decode, low, high, *, alt):
    """Show one slider per latent axis; the picture is decoded live.

    decode: codes (1, latent_dim) -> images (1, 1, H, W). low, high: the
    ends of each axis (latent_dim,). Returns the box.
    """
    ends = zip(_numbers(low), _numbers(high), strict=True)
    ranges = {f"z{i + 1}": pair for i, pair in enumerate(ends)}

    def draw(**z):
        with torch.no_grad():
            return decode(torch.tensor([list(z.values())]))

    return explore(draw, alt=alt, **ranges)


def quiz(lesson: str):
    """Ask the self-check questions of a lesson, such as "01"."""
    from jupyterquiz import display_quiz

    path = QUIZZES / f"{lesson}.json"
    if not path.exists():
        raise FileNotFoundError(f"lesson {lesson!r} has no quiz at {path}")
    questions = json.loads(path.read_text(encoding="utf-8"))
    state = random.getstate()
    random.seed(lesson)  # the page element's name, the same at every run
    display_quiz(questions, border_radius=4)
    random.setstate(state)


def _slider(name, low, high, step=None):
    return ipywidgets.FloatSlider(
        value=(low + high) / 2, min=low, max=high,
        step=step or (high - low) / 20, description=name,
        continuous_update=False,
    )  # fmt: skip


def _numbers(values):
    return torch.as_tensor(values).flatten().tolist()
