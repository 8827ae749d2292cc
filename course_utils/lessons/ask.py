"""Questions with a button for each answer, and how they look on paper.

A reader without a kernel (GitHub, the website, print) sees the questions as
HTML with folded answers. Buttons follow Tab, Enter and Space; what was taken
carries a mark in its text, never colour alone.
"""

import html
import re
import sys

import ipywidgets
from IPython.display import display

VIEW = "application/vnd.jupyter.widget-view+json"
WRAP = """<style>.course-answer.jupyter-button {height: auto; width: auto;
min-height: 2.2em; max-width: 100%; white-space: normal; text-align: left;
line-height: 1.3; padding: 4px 10px;}</style>"""


def ask(question, answers, respond, marks=None, side_by_side=False):
    """Return a box with the question and a button for each answer.

    respond: called with the place of the answer that was pressed; returns
    ({place: mark}, feedback), and the marks stand before their answers.
    marks: those to begin with. side_by_side: answers in a row, else a column.
    """
    label = ipywidgets.HTML(WRAP + to_html(question))
    feedback = ipywidgets.HTML()
    buttons = [ipywidgets.Button(tooltip=str(answer)) for answer in answers]

    def show(marks, text=""):
        for place, (button, answer) in enumerate(
            zip(buttons, answers, strict=True)
        ):
            mark = marks.get(place, "")
            button.description = f"{mark} {plain(answer)}".strip()
        feedback.value = f'<div role="status">{to_html(text)}</div>'

    for place, button in enumerate(buttons):
        button.add_class("course-answer")
        button.on_click(lambda _, place=place: show(*respond(place)))
    show(marks or {})
    row = ipywidgets.HBox if side_by_side else ipywidgets.VBox
    choices = row(buttons, layout={"flex_flow": "row wrap"})
    if not side_by_side:
        choices.layout.flex_flow = "column"
    return ipywidgets.VBox([label, choices, feedback])


def show(box, on_paper, text):
    """Display a box of widgets, or the HTML where there are no widgets."""
    data = {"text/plain": text, "text/html": on_paper}
    if "google.colab" in sys.modules:  # it may prefer HTML to widgets
        del data["text/html"]
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    display(data | {VIEW: view}, raw=True)


def questions_on_paper(questions):
    """Return quiz questions as HTML, each with its answer folded below."""
    items = []
    for q in questions:
        choices = "".join(
            f"<li>{to_html(a['answer'])}</li>" for a in q["answers"]
        )
        right = "".join(
            f"<p><b>{to_html(a['answer'])}</b> {to_html(a['feedback'])}</p>"
            for a in q["answers"]
            if a["correct"]
        )
        items.append(
            f"<li>{to_html(q['question'])}<ul>{choices}</ul>"
            f"<details><summary>Answer</summary>{right}</details></li>"
        )
    return f"<ol>{''.join(items)}</ol>"


def choices_on_paper(question, choices):
    """Return a question and its choices as HTML."""
    items = "".join(f"<li>{to_html(choice)}</li>" for choice in choices)
    return f"<p><b>Your guess?</b> {to_html(question)}</p><ul>{items}</ul>"


def to_html(text):
    """Return text as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(text)))


def plain(text):
    """Return text without backticks, for a button."""
    return str(text).replace("`", "")
