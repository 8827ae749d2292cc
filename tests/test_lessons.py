"""The lessons as lessons: the rules of the form, and what is stored.

The table in CONTRIBUTING.md says which test holds which rule.
"""

import ast
import gzip
import os
import re
import sys
import textwrap
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_lessons  # noqa: E402
import catalogue  # noqa: E402
import pace  # noqa: E402

LESSONS = catalogue.read_lessons()
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda n: n.stem)
WORDS_TO_AVOID = re.compile(r"\b(simply|obviously|of course, just)\b", re.I)
DATA = os.environ.get("COURSE_DATA") or ROOT.parent / "shared" / "data"
CAPTIONS = Path(DATA) / "multi30k"
ROW = re.compile(r"\d,(?:tcp|udp|icmp),\w+,(?:SF|S\d|REJ|RST\w+),\d")


def read(folder, lesson):
    path = ROOT / folder / f"{lesson.stem}.ipynb"
    return nbformat.read(path, as_version=4)


def code(lesson, folder="solutions"):
    """Return a lesson's code cells without the set-up."""
    return build_lessons.code(read(folder, lesson))[1:]


def text(lesson, folder="notebooks"):
    """Return a lesson's text without the code in it."""
    cells = read(folder, lesson).cells
    parts = [c.source for c in cells if c.cell_type == "markdown"]
    return re.sub(r"```.*?```", "", "\n".join(parts), flags=re.S)


def calls(cell):
    """Return the names of all functions that a code cell calls."""
    nodes = ast.walk(ast.parse(cell.source))
    called = [n.func for n in nodes if isinstance(n, ast.Call)]
    return {getattr(f, "id", getattr(f, "attr", "")) for f in called}


# What is generated


@every_lesson
def test_notebooks_are_what_their_source_says(lesson):
    assert build_lessons.drift(lesson, LESSONS) == []


def test_tables_are_what_the_list_says_and_nothing_is_left_over():
    assert build_lessons.all_drift(LESSONS, []) == []
    for path, new in catalogue.pages(LESSONS):
        assert all(lesson.full_title in new for lesson in LESSONS), path


def test_every_entry_is_whole():
    assert LESSONS
    for lesson in LESSONS:
        numbers = {other.number for other in LESSONS}
        assert set(lesson.builds_on) < numbers, lesson
        assert all(n < lesson.number for n in lesson.builds_on), lesson
        assert lesson.minutes > 0 and lesson.question.endswith("?"), lesson


def test_drift_is_found(tmp_path, monkeypatch):
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(build_lessons, "ROOT", tmp_path)
    for name in ("lessons.toml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    lesson = LESSONS[0]
    source = (ROOT / "solutions" / f"{lesson.stem}.py").read_text("utf-8")
    lesson.source.write_text(source, "utf-8")
    build_lessons.build(lesson, LESSONS)
    assert build_lessons.drift(lesson, LESSONS) == []
    for path in build_lessons.places(lesson):
        assert b"\r" not in path.read_bytes()
    published = {"Repository": "https://github.com/someone/fork"}
    project = catalogue.project() | {"urls": published, "version": "1.2.3"}
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "project", lambda: project)
        patch.setattr(build_lessons, "project", lambda: project)
        assert len(build_lessons.drift(lesson, LESSONS)) == 2
        build_lessons.build(lesson, LESSONS)
        stored = build_lessons.places(lesson)[0].read_text("utf-8")
        assert "git+https://github.com/someone/fork@v1.2.3" in stored
        assert "github/someone/fork/blob/main/notebooks" in stored
        assert catalogue.PLACEHOLDER not in stored
    build_lessons.build(lesson, LESSONS)
    lesson.source.write_text(source.replace("**", "", 2), "utf-8")
    assert len(build_lessons.drift(lesson, LESSONS)) == 2


def test_the_form_of_a_small_lesson(tmp_path, monkeypatch):
    """Folds, stubs and answers, seen at once on a source of six cells."""
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    (tmp_path / "solutions").mkdir()
    for name in ("lessons.toml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    lesson = LESSONS[0]
    lesson.source.write_text(SMALL, "utf-8")
    notebook = build_lessons.read_source(lesson, LESSONS)
    student = build_lessons.student(notebook).cells
    solved = build_lessons.solved(notebook).cells
    assert student[0].source.startswith("# 00 · Start here\n\n**Is every")
    assert 'start("00")' in student[1].source
    assert student[2].source.splitlines()[-1] == (
        'total = ...  # your code here'
    )  # fmt: skip
    assert solved[2].source.endswith("total += a")
    assert "a = 1\ntotal = 2\ntotal += a" in student[3].source
    assert student[4].source.startswith("<details><summary>What we see")
    assert solved[4].source == "It is three."
    for cell in (student[1], student[5], solved[1], solved[5]):
        assert cell.source.startswith("# @title")
        assert cell.metadata.jupyter.source_hidden
        assert cell.metadata.cellView == "form"
        assert "hide-input" in cell.metadata.tags
    assert len(student) == 6 and len(solved) == 7


SMALL = """\
# %% [markdown]
# {head}

# %%
### BEGIN SOLUTION
a = 1
total = 2
total += a
### END SOLUTION

# %% [markdown]
# {answer}

# %% [markdown] tags=["explain"]
# It is three.

# %% tags=["claims"]
reveal(3)

# %% tags=["solution"]
print(total)
"""


@every_lesson
def test_learners_notebook_with_answers_is_the_solved_one(lesson):
    """What a learner can paste in is what the solved notebook holds."""
    notebook = build_lessons.read_source(lesson, LESSONS)
    student = build_lessons.student(notebook)
    solved = {c.id: c.source for c in build_lessons.solved(notebook).cells}
    cells = build_lessons.code(student)
    stubs = [c for c in cells if solved[c.id] != c.source]
    assert stubs and not any("### " in c.source for c in cells)
    for cell in stubs:
        answers = folded_answers(student.cells, cell)
        pasted = [paste(answer, cell.source) for answer in answers]
        assert solved[cell.id] in pasted, f"no answer to {cell.source}"
        assert "checks." in cell.source


def folded_answers(cells, exercise):
    """Return the answers that fold out before the next exercise's code."""
    answers = []
    for cell in cells[cells.index(exercise) + 1 :]:
        if cell.cell_type == "code" and build_lessons.YOURS in cell.source:
            break
        answers += re.findall(
            r"<summary>Answer</summary>\n+```python\n(.*?)\n```",
            cell.source, re.S,
        )  # fmt: skip
    return answers


def paste(answer, source):
    """Put an answer where the stub stands, as deep as the stub."""
    lines = source.splitlines()
    line = next(line for line in lines if build_lessons.YOURS in line)
    depth = line[: len(line) - len(line.lstrip())]
    return source.replace(line, textwrap.indent(answer, depth))


# What is stored


@every_lesson
def test_solved_notebook_has_its_outputs(lesson):
    for cell in code(lesson):
        assert cell.execution_count, f"not executed: {cell.source[:60]}"
        kinds = {output.output_type for output in cell.outputs}
        assert "error" not in kinds, cell.source[:60]
        shows = {"print", "quiz", "guess", "reveal", "scorecard"} | {
            name for name in calls(cell) if name.startswith("show_")
        }
        if shows & calls(cell) and "def " not in cell.source:
            assert cell.outputs, cell.source[:60]
        said = "".join(o.get("text", "") for o in cell.outputs)
        assert "not in this run" not in said, said
        if "nbval-check-output" in build_lessons.tags(cell):
            assert "✓" in said and "✗" not in said, said
        for output in cell.outputs:
            assert output.get("name") != "stderr", output.text[:200]


@every_lesson
def test_stored_lesson_is_small_and_without_widgets(lesson):
    path = ROOT / "solutions" / f"{lesson.stem}.ipynb"
    assert path.stat().st_size < 700_000
    assert "application/vnd.jupyter.widget" not in path.read_text("utf-8")
    for cell in code(lesson, "notebooks"):
        assert not cell.outputs and cell.execution_count is None


@every_lesson
def test_every_figure_has_an_alt_text(lesson):
    for cell in code(lesson):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert len(output.metadata["image/png"]["alt"]) >= 15


@every_lesson
def test_measured_results_are_as_expected(lesson):
    said = "".join(
        o.get("text", "")
        for cell in code(lesson)
        if "scorecard" in calls(cell)
        for o in cell.outputs
    )
    assert "as expected" in said
    assert "lower\n" not in said and "higher\n" not in said


@pytest.fixture(scope="module")
def captions():
    """Return the real captions of six words and more, as joined words."""
    if not CAPTIONS.exists():
        pytest.skip("the real captions are not here")
    found = set()
    for path in CAPTIONS.glob("*.gz"):
        for line in gzip.open(path, "rt", encoding="utf-8"):
            words = re.findall(r"[a-z0-9]+", line.lower())
            if len(words) >= 6:
                found.add(" ".join(words))
    assert len(found) > 10_000
    return found


def without_images(cell):
    """Return what a cell says and shows, without its pictures."""
    outputs = nbformat.from_dict(cell).get("outputs", [])
    shown = [
        value
        for output in outputs
        for kind, value in output.get("data", {}).items()
        if not kind.startswith("image/")
    ]
    metadata = [str(output.get("metadata", "")) for output in outputs]
    streams = [output.get("text", "") for output in outputs]
    return " ".join([cell.source, *map(str, shown), *metadata, *streams])


def real_ones(said, captions):
    """Return the real captions that a text holds."""
    said = re.findall(r"[a-z0-9]+", said.lower())
    pieces = (
        " ".join(said[start : start + length])
        for length in range(6, 45)
        for start in range(len(said) - length + 1)
    )
    return {piece for piece in pieces if piece in captions}


@every_lesson
def test_no_caption_of_other_people_is_stored(lesson, captions):
    for cell in read("solutions", lesson).cells:
        assert not real_ones(without_images(cell), captions), cell.source


def test_a_stored_caption_would_be_found(captions):
    caption = max(captions, key=len)
    cell = nbformat.v4.new_code_cell("captions()")
    output = nbformat.v4.new_output("stream", text=f"1 <b>{caption}</b>, 2")
    cell.outputs = [output]
    assert real_ones(without_images(cell), captions) == {caption}


@every_lesson
def test_no_row_of_other_peoples_traffic_is_stored(lesson):
    assert ROW.search("0,tcp,http,SF,181,5450,0")
    for cell in read("solutions", lesson).cells:
        assert not ROW.search(without_images(cell)), cell.source


# The form


@every_lesson
def test_lines_fit_the_page(lesson):
    for cell in code(lesson):
        assert max(map(len, cell.source.splitlines())) <= 79, cell.source


@every_lesson
def test_headings_are_in_order_and_the_parts_are_there(lesson):
    said = text(lesson)
    levels = [len(m) for m in re.findall(r"^(#+) ", said, re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    for part in ("You will be able to", "References", "Exercise 1"):
        assert part in said, part
    assert not re.search("@[A-Z0-9]+@", said), "an unfilled figure"
    assert not WORDS_TO_AVOID.search(said), WORDS_TO_AVOID.search(said)
    assert said.count("<details>") == said.count("</details>")


@every_lesson
def test_aims(lesson):
    figures = pace.pace(read("notebooks", lesson))
    assert pace.misses(lesson.number, figures) == []


@every_lesson
def test_machinery_is_out_of_sight(lesson):
    source = lesson.source.read_text("utf-8")
    for word in (r"^\s*assert ", "# fmt: skip", "# noqa"):
        assert not re.search(word, source, re.M), word
    names = [
        name.asname or name.name
        for cell in code(lesson)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    ]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"imported twice: {twice}"


@every_lesson
def test_answers_come_after_their_guesses_in_folded_cells(lesson):
    """Each guess has one reveal; nothing is said before the cell has run."""
    waiting = 0
    for cell in code(lesson):
        folded = "claims" in build_lessons.tags(cell)
        assert bool({"reveal", "claim"} & calls(cell)) == folded, cell.source
        waiting += len(re.findall(r"^guess\(", cell.source, re.M))
        waiting -= len(re.findall(r"^reveal\(", cell.source, re.M))
        assert waiting in (0, 1), cell.source
    assert waiting == 0, "a guess without an answer"


@every_lesson
def test_the_end_of_a_lesson(lesson):
    """Quiz and scorecard, references, and only then what may be left out."""
    core, _, further = lesson.source.read_text("utf-8").partition(
        "\n# ## Going further"
    )
    order = [core.rfind(part) for part in ("\nquiz()", "\nscorecard(")]
    assert -1 < order[0] < order[1], order
    assert "References" in core + further
    assert "scorecard(" not in further and "quiz()" not in further
    assert lesson.number == "00" or "\nfrom_memory()" in core
    assert bool(further) == bool(lesson.further), "lessons.toml, further"
