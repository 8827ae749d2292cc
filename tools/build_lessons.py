"""Write both notebooks of every lesson from its one source, solutions/NN.py.

Usage: python tools/build_lessons.py [--check | --execute [--data]] [NN ...]

Without an option the notebooks are written, the tables of lessons in
README.md and docs/teachers.md, the glossary and the plans for sessions; stored
outputs of a solved notebook stay while its code is unchanged, with today's
quiz in them. --execute runs the solved lessons and stores what they show: with
an empty data folder and no network, so that no row or sentence of other
people's data can be stored, unless --data is given.
--check writes nothing and fails on drift.
"""

import argparse
import ast
import base64
import copy
import hashlib
import io
import os
import re
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import jupytext
import nbformat
import teaching
from catalogue import (
    PLACEHOLDER,
    ROOT,
    course_map,
    head,
    pages,
    project,
    read_lessons,
    repository,
)
from nbclient import NotebookClient

from course_utils.lessons.quizzes import on_paper, read_questions

SECONDS_PER_CELL = 900
YOURS = "your code here"
STUB = f'raise NotImplementedError("{YOURS}")'
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n(.*?)### END SOLUTION$", re.S | re.M
)
MARKERS = re.compile(  # ruff puts blank lines between a function and an end
    r"^[ \t]*### BEGIN SOLUTION\n?|(?<=\n)\n*[ \t]*### END SOLUTION\n?", re.M
)
WIDGET = "application/vnd.jupyter.widget-view+json"
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}
HIDDEN = "hide-input"  # what the website goes by
SETUP = """\
# @title Set-up: run this cell first
import importlib.util
import sys

if "google.colab" in sys.modules:  # anywhere else this does nothing
    if importlib.util.find_spec("course_utils") is None:
        {fetch}
    elif importlib.util.find_spec("safetensors") is None:
        %pip install -q safetensors
    importlib.invalidate_caches()
    if importlib.util.find_spec("course_utils") is None:
        raise SystemExit(
            "The course's helpers are not here. Run this cell again, or "
            "upload the folders course_utils and data from a copy of the "
            "course (the folder symbol on the left)."
        )

from course_utils.lessons import start

start("{number}")"""
FETCH = '%pip install -q "git+https://github.com/{}@v{}"'
NOT_PUBLISHED = 'print("This copy has not been published yet.")'
ANSWER = """\
<details><summary>Answer</summary>

```python
{}
```

</details>"""
SEEN = """\
<details><summary>What we see</summary>

{}

</details>"""


def read_source(lesson, lessons):
    """Read a lesson's source as a notebook with steady ids and metadata."""
    notebook = jupytext.read(lesson.source)
    notebook.cells[1:1] = [nbformat.v4.new_code_cell(setup(lesson))]
    fill_in(notebook.cells, lesson, lessons)
    fold(notebook.cells[1])
    for cell in notebook.cells:
        if "claims" in tags(cell):
            cell.source = f"# @title What came out\n{cell.source}"
            fold(cell)
    seen = {}
    for cell in notebook.cells:
        count = seen[cell.source] = seen.get(cell.source, 0) + 1
        digest = hashlib.sha256(f"{count} {cell.source}".encode())
        cell.id = digest.hexdigest()[:8]
    notebook.metadata = nbformat.from_dict({
        "accelerator": "GPU",
        "colab": {"provenance": [], "toc_visible": True},
        "kernelspec": {
            "display_name": "Python 3", "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    })  # fmt: skip
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def setup(lesson):
    """Return the first code cell: it fetches the helpers where needed."""
    fetch = FETCH.format(repository(), project()["version"])
    published = repository() != PLACEHOLDER
    return SETUP.format(
        fetch=fetch if published else NOT_PUBLISHED, number=lesson.number
    )


def fold(cell):
    """Fold a code cell in JupyterLab, in Colab and on the website."""
    cell.metadata.update(copy.deepcopy(FOLDED))
    cell.metadata["tags"] = [*tags(cell), HIDDEN]


def fill_in(cells, lesson, lessons):
    """Replace {head}, {map} and, below each exercise, {answer}."""
    texts = {
        "{head}": head(lesson, lessons),
        "{map}": course_map(lessons),
        "{answer}": "",
    }
    for cell in cells:
        parts = [textwrap.dedent(m[2]) for m in SOLUTION.finditer(cell.source)]
        if parts:
            texts["{answer}"] = ANSWER.format("\n".join(parts).strip())
        elif cell.cell_type == "markdown":
            for name, text in texts.items():
                cell.source = cell.source.replace(name, text)


def student(notebook):
    """Return the notebook with stubs for answers, explanations folded."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [
        cell for cell in notebook.cells if "solution" not in tags(cell)
    ]
    for cell in notebook.cells:
        cell.source = SOLUTION.sub(stub, cell.source)
        if "explain" in tags(cell):
            cell.source = SEEN.format(cell.source)
        folded = HIDDEN in tags(cell)
        cell.metadata.pop("tags", None)
        if folded:
            cell.metadata["tags"] = [HIDDEN]
    return notebook


def stub(match):
    """Return what stands in a learner's notebook for an answer.

    In a function it raises; at the top level the name that the answer
    defines last is there, and holds nothing yet.
    """
    if match[1]:
        return match[1] + STUB
    names = []
    for node in ast.parse(match[2]).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            walked = (n for goal in goals(node) for n in ast.walk(goal))
            stored = (n for n in walked if isinstance(n, ast.Name))
            names += [n.id for n in stored if isinstance(n.ctx, ast.Store)]
    if not names:
        raise SystemExit(f"this answer defines no name:\n{match[2]}")
    return f"{names[-1]} = ...  # {YOURS}"


def goals(node):
    """Return what an assignment assigns to, without its value."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def solved(notebook):
    """Return the notebook with its answers and without the markers."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = MARKERS.sub("", cell.source).rstrip()
    return notebook


def tags(cell):
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def execute(notebook, data=False, **environment):
    """Run a notebook, with claims that raise, and keep what it shows.

    data: whether it may use the data folder and the network. environment:
    more variables for its kernel.
    """
    places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    with tempfile.TemporaryDirectory() as empty:
        variables = os.environ | {
            "COURSE_STRICT": "1",
            "COURSE_FRAMES": "0",
            "COURSE_PROGRESS": os.path.join(empty, "progress.json"),
        }
        variables |= environment
        if not data:
            places.insert(0, str(ROOT / "tests" / "no_network"))
            variables["COURSE_DATA"] = empty
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, places))
        client = NotebookClient(
            notebook, timeout=SECONDS_PER_CELL, record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(ROOT / "solutions")}},
        )  # fmt: skip
        client.execute(env=variables)
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in code(notebook):
        cell.outputs = [o for o in map(still, cell.outputs) if o]
    return notebook


def still(output):
    """Return an output as a reader without a kernel needs it, or None."""
    if "data" in output:
        is_widget = output.data.pop(WIDGET, None)
        if is_widget and set(output.data) <= {"text/plain"}:
            return None
        if svg := output.data.pop("image/svg+xml", None):
            # JupyterLab draws no SVG of a notebook that it does not trust.
            output.data["image/png"] = painted(svg)
            alt = output.data["text/plain"]
            output.metadata["image/png"] = {"width": 720, "alt": alt}
        if "image/png" in output.data:  # GitHub would choose the HTML
            output.data.pop("text/html", None)
    return output


def painted(svg):
    """Return a diagram as a PNG of 1,440 pixels and few colours, in base64."""
    import resvg_py
    from matplotlib import get_data_path
    from PIL import Image

    font = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    png = resvg_py.svg_to_bytes(
        svg, width=1440, background="white", font_files=[str(font)]
    )
    image = Image.open(io.BytesIO(bytes(png))).convert("RGB")
    small = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(small, format="png")
    return base64.b64encode(small.getvalue()).decode()


def keep_outputs(notebook, path):
    """Copy stored outputs if the stored notebook has the same code."""
    if not path.exists():
        return
    old, new = code(nbformat.read(path, as_version=4)), code(notebook)
    if [cell.source for cell in old[1:]] == [cell.source for cell in new[1:]]:
        for cell, stored in zip(new, old, strict=True):
            cell.outputs = stored.outputs
            cell.execution_count = stored.execution_count


def renew_questions(notebook, number):
    """Put today's quiz into stored outputs; say if an older one was there."""
    older = False
    for kind, call in (("memory", "from_memory()"), ("quiz", "quiz()")):
        page = on_paper(read_questions(kind, number))
        new = dict(zip(("text/html", "text/plain"), page, strict=True))
        for cell in code(notebook):
            for output in cell.outputs if call in cell.source else ():
                data = output.get("data", {})
                if data.get("text/html", "").startswith("<ol>"):
                    older |= any(data[key] != new[key] for key in new)
                    data.update(new)
    return older


def code(notebook):
    """Return a notebook's code cells; the first is the set-up."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def without_outputs(notebook):
    """Return a copy of a notebook that holds no outputs."""
    notebook = copy.deepcopy(notebook)
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    return notebook


def to_text(notebook):
    """Return the content of a notebook file."""
    return nbformat.writes(notebook) + "\n"


def write(path, text):
    """Write a file with the same bytes on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def places(lesson):
    """Return the paths of the learner's and of the solved notebook."""
    return [
        ROOT / folder / f"{lesson.stem}.ipynb"
        for folder in ("notebooks", "solutions")
    ]


def build(lesson, lessons, run=False, data=False):
    """Write both notebooks of one lesson."""
    notebook = read_source(lesson, lessons)
    for_learners, for_readers = places(lesson)
    write(for_learners, to_text(student(notebook)))
    answer = solved(notebook)
    if run:
        execute(answer, data)
    else:
        keep_outputs(answer, for_readers)
        renew_questions(answer, lesson.number)
    write(for_readers, to_text(answer))


def drift(lesson, lessons):
    """Return the notebooks of a lesson that its source does not explain."""
    notebook, bad = read_source(lesson, lessons), []
    versions = student(notebook), solved(notebook)
    for path, expected in zip(places(lesson), versions, strict=True):
        if path.exists():
            stored, older = path.read_text("utf-8"), False
            if path.parent.name == "solutions":
                stored = nbformat.reads(stored, as_version=4)
                older = renew_questions(stored, lesson.number)
                stored = to_text(without_outputs(stored))
            if stored == to_text(expected) and not older:
                continue
        bad.append(path)
    return bad


def made(lessons):
    """Yield (path, its text as of today) for every page with a made part."""
    yield from pages(lessons)
    yield from teaching.pages(lessons)


def all_drift(lessons, chosen):
    """Return every generated file that is not what it should be."""
    bad = [path for lesson in chosen for path in drift(lesson, lessons)]
    bad += [p for p, text in made(lessons) if p.read_text("utf-8") != text]
    names = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    orphans = names - {lesson.stem for lesson in lessons}
    return bad + [ROOT / "notebooks" / f"{name}.ipynb" for name in orphans]


def main():
    """Read the command line and build, run or check the lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("numbers", nargs="*", help="such as 01; default: all")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--execute", action="store_true")
    parser.add_argument("--data", action="store_true")
    options = parser.parse_args()
    lessons = read_lessons()
    chosen = [
        lesson
        for lesson in lessons
        if not options.numbers or lesson.number in options.numbers
    ]
    if options.check:
        bad = [str(p.relative_to(ROOT)) for p in all_drift(lessons, chosen)]
        sys.exit(
            f"Not what their source says: {', '.join(bad)}. "
            "Run: uv run python tools/build_lessons.py" if bad else 0
        )  # fmt: skip
    for lesson in chosen:
        begun = time.time()
        build(lesson, lessons, options.execute, options.data)
        print(f"{lesson.stem:34} {time.time() - begun:6.1f} s", flush=True)
    for path, text in made(lessons):
        write(path, text)


if __name__ == "__main__":
    main()
