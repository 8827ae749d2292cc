"""The lessons as lessons: drift, stored outputs, pace and accessibility."""

import importlib.util
import re
import statistics
import textwrap
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location(
    "build_lessons", ROOT / "tools" / "build_lessons.py"
)
build_lessons = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(build_lessons)

SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]*_*.py"))
every_lesson = pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
FIGURE = re.compile(r"\b(show_(?!scorecard)\w+|walk_latent_space|explore)\(")
WORDS_TO_AVOID = re.compile(r"\b(simply|obviously|of course, just)\b", re.I)


def read(folder, source):
    return nbformat.read(ROOT / folder / f"{source.stem}.ipynb", as_version=4)


def code(notebook):
    return [c for c in notebook.cells if c.cell_type == "code"]


def test_there_are_lessons():
    assert SOURCES


@every_lesson
def test_notebooks_are_what_their_source_says(source):
    assert build_lessons.drift(source) == []


@every_lesson
def test_rebuild_gives_the_same_bytes(source):
    repository = build_lessons.stamped(read("notebooks", source))
    notebook = build_lessons.read_source(source, repository)
    texts = {build_lessons.to_text(build_lessons.student(notebook))}
    texts.add((ROOT / "notebooks" / f"{source.stem}.ipynb").read_text("utf-8"))
    assert len(texts) == 1


def test_drift_is_found_whatever_repository_is_stamped(tmp_path, monkeypatch):
    source = SOURCES[0]
    for folder in ("notebooks", "solutions"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(build_lessons, "ROOT", tmp_path)
    copy = tmp_path / "solutions" / source.name
    copy.write_text(source.read_text("utf-8"), "utf-8")
    for repository in ("someone/fork", build_lessons.PLACEHOLDER):
        build_lessons.build(copy, repository, run=False)
        assert build_lessons.drift(copy) == []
    copy.write_text(copy.read_text("utf-8").replace("**", "", 2), "utf-8")
    assert len(build_lessons.drift(copy)) == 2


@pytest.mark.parametrize(
    ("variable", "remote", "expected"),
    [
        ("a/b", "", "a/b"),
        ("", "git@github.com:c/d.git\n", "c/d"),
        ("", "https://github.com/e/f\n", "e/f"),
        ("", "https://example.org/g/h.git\n", build_lessons.PLACEHOLDER),
    ],
)
def test_repository_is_found(variable, remote, expected, monkeypatch):
    class Answer:
        stdout = remote

    monkeypatch.setenv("GITHUB_REPOSITORY", variable)
    monkeypatch.setattr(
        build_lessons.subprocess, "run", lambda *a, **k: Answer
    )
    assert build_lessons.find_repository() == expected


@every_lesson
def test_student_notebook_with_answers_is_the_solved_one(source):
    """What a learner can paste in is what the solved notebook holds."""
    notebook = build_lessons.read_source(source, "a/b")
    student = build_lessons.student(notebook)
    solved = {c.id: c.source for c in build_lessons.solved(notebook).cells}
    stubs = [c for c in code(student) if solved[c.id] != c.source]
    assert stubs and not any("### " in c.source for c in code(student))
    for cell in stubs:
        answers = folded_answers(student.cells, cell)
        pasted = [paste(answer, cell.source) for answer in answers]
        assert solved[cell.id] in pasted, f"no answer to {cell.source}"
        assert "checks." in cell.source


def folded_answers(cells, exercise):
    """Return the answers that fold out before the next exercise's code."""
    answers = []
    for cell in cells[cells.index(exercise) + 1 :]:
        if build_lessons.STUB in cell.source and cell.cell_type == "code":
            break
        answers += re.findall(
            r"<summary>Answer</summary>\n+```python\n(.*?)\n```",
            cell.source, re.S,
        )  # fmt: skip
    return answers


def paste(answer, source):
    """Put an answer where the stub stands, as deep as the stub."""
    line = next(
        line for line in source.splitlines() if build_lessons.STUB in line
    )
    depth = line[: len(line) - len(line.lstrip())]
    return source.replace(line, textwrap.indent(answer, depth))


@every_lesson
def test_solved_notebook_has_its_outputs(source):
    for cell in code(read("solutions", source))[1:]:  # the first: Colab
        assert cell.execution_count, f"not executed: {cell.source[:60]}"
        kinds = {output.output_type for output in cell.outputs}
        assert "error" not in kinds, cell.source[:60]
        if re.search(r"\b(print|quiz)\(|\bshow_\w+\(|= checks\.", cell.source):
            assert cell.outputs or "def " in cell.source, cell.source[:60]
        if "nbval-check-output" in build_lessons.tags(cell):
            text = "".join(o.get("text", "") for o in cell.outputs)
            assert "✓" in text and "✗" not in text, text
        for output in cell.outputs:
            assert output.get("name") != "stderr", output.text[:200]


@every_lesson
def test_stored_lesson_is_small_and_without_widgets(source):
    path = ROOT / "solutions" / f"{source.stem}.ipynb"
    assert path.stat().st_size < 700_000
    assert "application/vnd.jupyter.widget" not in path.read_text("utf-8")
    for cell in code(read("notebooks", source)):
        assert not cell.outputs and cell.execution_count is None


@every_lesson
def test_every_figure_has_alt_text_and_a_sentence_after_it(source):
    cells = read("solutions", source).cells
    for cell, after in zip(cells, cells[1:], strict=False):
        if cell.cell_type != "code":
            continue
        figures = [o for o in cell.outputs if "image/png" in o.get("data", {})]
        for figure in figures:
            assert len(figure.metadata["image/png"]["alt"]) >= 15
        if figures or FIGURE.search(cell.source.split("def ")[0]):
            assert after.cell_type == "markdown", cell.source[:80]


@every_lesson
def test_lines_and_cells_fit_the_page(source):
    for cell in code(read("solutions", source)):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 25, cell.source
        assert max(map(len, lines)) <= 79, cell.source


@every_lesson
def test_headings_are_in_order_and_the_parts_are_there(source):
    text = "\n".join(
        c.source
        for c in read("notebooks", source).cells
        if c.cell_type == "markdown"
    )
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    levels = [len(m) for m in re.findall(r"^(#+) ", text, re.M)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False))
    for part in ("You will be able to", "Predict", "References", "Exercise 1"):
        assert part in text, part
    assert not re.search("@[A-Z0-9]+@", text), "an unfilled figure"
    assert not WORDS_TO_AVOID.search(text), WORDS_TO_AVOID.search(text)
    assert text.count("<details>") == text.count("</details>")


@every_lesson
def test_last_code_cell_shows_the_scorecard(source):
    last = code(read("solutions", source))[-1]
    assert "show_scorecard(scorecard, measured)" in last.source
    assert "lower\n" not in last.outputs[0].text
    assert "higher\n" not in last.outputs[0].text


def test_report_the_pace_of_the_lessons(capsys):
    """Print the table of aims; a number off its aim is no failure."""
    rows = [
        "lesson                cells code median p90 max words longest c>c"
    ]
    for source in SOURCES:
        rows.append(pace(source.stem, read("notebooks", source).cells))
    with capsys.disabled():
        print("\n" + "\n".join(rows))


def pace(name, cells):
    lines = sorted(
        sum(bool(line.strip()) for line in c.source.splitlines())
        for c in cells
        if c.cell_type == "code"
    )
    words = [len(c.source.split()) for c in cells if c.cell_type == "markdown"]
    pairs = zip(cells, cells[1:], strict=False)
    after = sum(a.cell_type == b.cell_type == "code" for a, b in pairs)
    return (
        f"{name[:21]:21} {len(cells):5} {len(lines):4} "
        f"{statistics.median(lines):6.0f} {lines[int(0.9 * len(lines))]:3} "
        f"{lines[-1]:3} {sum(words):5} {max(words):7} "
        f"{after / len(lines):4.0%}"
    )
