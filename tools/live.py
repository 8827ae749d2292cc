"""What makes the website's pages answer without a kernel.

A lesson with widgets is executed once more, and each widget leaves the frames
of its settings (course_utils/figures/frames.py). Guesses, what came out and
questions are marked in the page. docs/static/live.js brings them to life.
"""

import html
import json
import re

import nbformat
from build_lessons import code, execute

from course_utils.figures.frames import MIME

WIDGET = re.compile(
    r"^(\w+ = )?(explore|click_map|click_tiles|draw_image)"
    r"\(",
    re.M,
)
CAME_OUT = re.compile("^What came out: (.*)$", re.M)
SEEN = "<details><summary>What we see"


def execute_widgets(notebook, name):
    """Run a solved lesson again if it has widgets, and keep their frames."""
    if not any(WIDGET.search(cell.source) for cell in code(notebook)):
        return
    execute(notebook, COURSE_FRAMES="1")
    for cell in code(notebook):
        for output in cell.outputs:
            if found := output.get("data", {}).get(MIME):
                size = len(json.dumps(found)) / 1e6
                count = len(found.get("frames", []))
                print(f"{name}: {count} frames, {size:.1f} MB", flush=True)
                if "why" in found:
                    print(f"  {found['why']}", flush=True)


def revive(output):
    """Return an output as HTML that holds its widget's frames, if it has any.

    The picture that is there already stays for pages without scripts.
    """
    found = output.get("data", {}).pop(MIME, None)
    if not found:
        return output
    if "frames" in found:
        text = json.dumps(found, ensure_ascii=False).replace("</", r"<\/")
        below = f'<script type="application/json">{text}</script>'
    else:
        below = f'<p class="course-why">{html.escape(found["why"])}</p>'
    still = f'<div class="course-still">{output.data["text/html"]}</div>'
    wrap(output, 'class="course-live"', still + below)
    return output


def mark(cells):
    """Tell a page's guesses, their folded answers and its questions apart.

    What is folded between a guess and what came out belongs to the guess.
    """
    asked, out = 0, 0
    for cell in cells:
        if cell.cell_type == "markdown" and asked > out:
            seen = SEEN.replace(">", f' data-guess="{asked}">', 1)
            cell.source = cell.source.replace(SEEN, seen)
        for output in cell.get("outputs", []):
            said = output.get("data", {}).get("text/html", "")
            if said.startswith("<p><b>Your guess?</b>"):
                asked += 1
                wrap(output, f'class="course-guess" data-guess="{asked}"')
            elif said.startswith("<ol>") and "<summary>Answer" in said:
                wrap(output, 'class="course-quiz"')
        for place, output in enumerate(cell.get("outputs", [])):
            if CAME_OUT.search(output.get("text", "")):
                cell.outputs[place] = fold(output, asked)
                out = asked


def fold(output, number):
    """Return what `reveal` and `claim` printed, folded."""
    text = output.text.replace(" (no guess was made)", "")
    answer = html.escape(CAME_OUT.search(text)[1].replace("`", ""))
    content = (
        f'<details class="course-out" data-guess="{number}" '
        f'data-answer="{answer}"><summary>What came out</summary>'
        f'<p class="course-yours"></p><pre>{html.escape(text)}</pre></details>'
    )
    return nbformat.v4.new_output("display_data", {"text/html": content})


def wrap(output, attributes, inside=None):
    """Put an output's HTML into a division with these attributes."""
    inside = inside or output.data["text/html"]
    output.data["text/html"] = f"<div {attributes}>{inside}</div>"
