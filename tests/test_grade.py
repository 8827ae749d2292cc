"""Grading, with small notebooks of a small course that needs no torch."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import grade  # noqa: E402
import handed_in  # noqa: E402
import locked_in  # noqa: E402

THE_COURSE = handed_in.the_course
SETUP = 'from course_utils.lessons import start\n\nstart("02")'
CHECKS = """\
from types import SimpleNamespace

from course_utils.lessons import claim, note, reveal
from course_utils.lessons import guesses


def check(name, wanted):
    def judge(answer):
        try:
            right = answer(3) == wanted
        except Exception:
            right = False
        print("✓" if right else "✗", name + ": judged.")
        note("exercises", name, right)

    return judge


checks = SimpleNamespace(double=check("double", 6), half=check("half", 1.5))
guesses._open["How many?"] = ["one", "two"]
guesses._taken["How many?"] = None"""
STUB = '''\
def {0}(x):
    """It returns {0} of x."""
    raise NotImplementedError("your code here")


{0} = checks.{0}({0})'''
CLAIMS = """reveal("two")
claim("two is two", 2, 1, 3)
claim("two is three", 2, 3, 3)"""
DOUBLE, HALF = STUB.format("double"), STUB.format("half")
COURSE = [SETUP, CHECKS, DOUBLE, HALF, CLAIMS]
RAISE = 'raise NotImplementedError("your code here")'


def notebook(*sources, **changed):
    """Return the course's notebook; changed: {cell1: its new source}."""
    book = nbformat.v4.new_notebook()
    for i, source in enumerate(sources or COURSE):
        source = changed.get(f"cell{i}", source)
        cell = nbformat.v4.new_code_cell(source)
        cell.id = f"cell{i}"
        book.cells.append(cell)
    return book


def answered(double="return 2 * x", half="return x / 2"):
    return notebook(
        cell2=DOUBLE.replace(RAISE, double), cell3=HALF.replace(RAISE, half)
    )


def added(*sources, book=None):
    """Return a notebook with cells of the learner's after the second."""
    book = book or answered()
    cells = map(nbformat.v4.new_code_cell, sources)
    book.cells[2:2] = cells
    return book


def clicked():
    book = answered()
    told = "What came out: one. Your guess: one ✓\n"
    book.cells[4].outputs = [nbformat.v4.new_output("stream", text=told)]
    return book


FORGED = """\
import json, os
place = os.environ["COURSE_PROGRESS"]
json.dump({"02": {"exercises": {"half": True}}}, open(place, "w"))"""
# In one piece, which nothing interrupts half-way.
EATING = """\
import time
held = b"x" * 2_000_000_000
time.sleep(600)"""
STUBBORN = """\
import time
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass"""
OTHER = ["a = 1", 'start("03")', "b = 2", "c = 3"]


def put(folder, submissions):
    for name, content in submissions.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            place.write_text(content, "utf-8")
        else:
            nbformat.write(content, place)


def cells_of(*sources):
    book = notebook(*sources)
    for cell in book.cells:
        cell.id = f"other{cell.id}"
    return book.cells


@pytest.fixture(scope="module")
def small_course():
    with pytest.MonkeyPatch.context() as patch:
        books = {"02": notebook().cells, "03": cells_of(*OTHER)}
        model = {"02": answered("return x + x", "return x * 0.5").cells}
        patch.setattr(
            handed_in,
            "the_course",
            lambda f="notebooks": model if f == "solutions" else books,
        )
        yield


@pytest.fixture(scope="module")
def rows(small_course, tmp_path_factory):
    """Grade a class once; return {learner: row}."""
    place = tmp_path_factory.mktemp("class")
    folder, outside = place / "submissions", place / "precious.txt"
    outside.write_text("here")
    delete = f"""\
import pathlib, shutil
shutil.rmtree(".")
shutil.rmtree({str(folder)!r}, ignore_errors=True)
pathlib.Path({str(outside)!r}).unlink()"""
    if locked_in.lock(place, place)[0] != "bwrap":  # nothing else protects
        delete = "import shutil\nshutil.rmtree('.')"
    kept = json.dumps({"02": {"quiz": {"a": True, "b": False, "c": True}}})
    other = notebook()
    other.cells = cells_of(*OTHER)
    wider = answered("y = x + 1  # mine\n    return 2 * (y - 1)")
    twin = answered("why = x + 1\n\n    return 2 * (why - 1)")
    put(folder, {
        "untouched.ipynb": notebook(),
        "pasted.ipynb": answered("return x + x", "return x * 0.5"),
        "wrong.ipynb": added("1 / 0", book=answered("return x")),
        "empty.ipynb": "",
        "nothing.ipynb": nbformat.v4.new_notebook(),
        "broken.ipynb": '{"cells": [',
        "strange.ipynb": '{"cells": [3], "nbformat": 4}',
        "=endless.ipynb": added("while True: pass", book=wider),
        "eating.ipynb": added(EATING),
        "exits.ipynb": added("import os\nos._exit(3)"),
        "deleting/work.ipynb": added(delete, book=twin),
        "deleting/notes.txt": "mine",
        "deleting/course_utils/__init__.py": "1 / 0",
        "nobook/notes.txt": "I forgot it.",
        "other.ipynb": other,
        "forged.ipynb": added(FORGED, book=answered(half="return 0")),
        "posing.ipynb": notebook(
            cell1='print("✓ double: correct.\\n✓ half: correct.")'
        ),
        "solved/ps1/book.ipynb": clicked(),
        "solved/ps1/progress.json": kept,
    })  # fmt: skip
    (folder / "linked.ipynb").symlink_to(folder / "pasted.ipynb")
    before = sorted(folder.rglob("*"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locked_in, "CELL_PART", 18)  # ten seconds
        table = grade.grade(folder, jobs=2, minutes=3, gigabytes=1)
    assert sorted(folder.rglob("*")) == before
    assert outside.read_text() == "here"
    return {row["student_id"]: row for row in table.to_dict("records")}


def test_who_solved_what(rows):
    assert rows["solved"]["solved"] == "double, half"
    assert rows["solved"]["ended"] == "finished"
    assert rows["untouched"]["score"] == 0
    assert rows["untouched"]["max_score"] == 2
    assert rows["wrong"]["solved"] == "half"
    assert rows["pasted"]["score"] == rows["pasted"]["pasted"] == 2
    assert rows["solved"]["pasted"] == 0


def test_claims_are_those_of_the_run(rows):
    assert rows["solved"]["claims_held"] == 1
    assert rows["solved"]["claims"] == 2


def test_clicks_are_those_handed_in_and_judged_by_the_run(rows):
    row = rows["solved"]
    assert (row["quiz_right"], row["quiz_answered"]) == (2, 3)
    assert row["guesses_made"] == 1
    assert row["guesses_right"] == 0  # it said ✓, but "two" came out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty", "empty"),
        ("nothing", "no code"),
        ("broken", "no notebook"),
        ("strange", "no notebook"),
        ("nobook", "no notebook"),
        ("linked", "no file"),
        ("other", "lesson 03"),
    ],
)
def test_what_cannot_be_run_is_told(name, words, rows):
    assert rows[name]["ended"].startswith("not run: ")
    assert words in rows[name]["ended"] and rows[name]["score"] == 0


def test_an_error_stops_only_its_cell(rows):
    assert rows["wrong"]["first_error"].startswith("ZeroDivisionError")
    assert rows["wrong"]["errors"] == 1 and rows["wrong"]["score"] == 1


def test_an_endless_cell_is_interrupted(rows):
    assert rows["'=endless"]["first_error"].startswith("KeyboardInterrupt")
    assert rows["'=endless"]["score"] == 2


def test_memory_is_limited(rows):
    assert rows["eating"]["ended"] == "stopped: more than 1 GB of memory"
    assert 1 <= rows["eating"]["peak_gb"] < 2.5


def test_a_dead_kernel(rows):
    assert rows["exits"]["ended"].startswith("broke off: ")
    assert "Kernel died" in rows["exits"]["ended"]


def test_deleting_harms_the_copy_only(rows):
    assert rows["deleting"]["score"] == 2  # and no file is missing: `rows`


def test_a_result_that_only_one_place_shows_does_not_count(rows):
    assert rows["forged"]["solved"] == "double"
    assert rows["forged"]["doubtful"] == "half"
    assert "COURSE_PROGRESS" in rows["forged"]["look_at"]
    assert rows["posing"]["score"] == 0  # the course's own cell was run
    assert rows["posing"]["cells_changed"] == 1


def test_copies_are_named(rows):
    """A formula of a spreadsheet is no longer one."""
    assert rows["'=endless"]["same_as"] == "deleting (2 of 2 exercises)"
    assert rows["deleting"]["same_as"].startswith("'=endless")
    assert rows["pasted"]["same_as"] == rows["untouched"]["same_as"] == ""


def test_time_is_limited(small_course, tmp_path):
    put(tmp_path, {"a.ipynb": added(STUBBORN)})
    row = grade.grade(tmp_path, minutes=0.15).iloc[0]
    assert row["ended"] == "stopped after 0.15 minutes"


def test_no_network(small_course, tmp_path, monkeypatch):
    """Where no lock is found, Python itself refuses."""
    ask = "import socket\nsocket.create_connection(('192.0.2.1', 80), 5)"
    put(tmp_path, {"a.ipynb": added(ask)})
    monkeypatch.setattr(locked_in.shutil, "which", lambda name: None)
    assert locked_in.lock(tmp_path, tmp_path) == ("", [])
    row = grade.grade(tmp_path).iloc[0]
    assert "switched off" in row["first_error"] and row["score"] == 2


@pytest.mark.parametrize("name", ["bwrap", "unshare"])
def test_a_lock_keeps_every_program_from_the_network(name, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        found = shutil.which
        patch.setattr(
            locked_in.shutil, "which", lambda n: found(n) if n == name else ""
        )
        lock, begin = locked_in.lock(tmp_path, tmp_path)
    if lock != name:
        pytest.skip(f"{name} does not work here")
    show = [*begin, "cat", "/proc/net/route"]
    routes = subprocess.run(show, capture_output=True, text=True)
    assert len(routes.stdout.splitlines()) <= 1, routes  # the head alone
    write = [*begin, "touch", str(ROOT / "tests" / "written")]
    refused = subprocess.run(write, capture_output=True).returncode
    (ROOT / "tests" / "written").unlink(missing_ok=True)
    assert bool(refused) == (name == "bwrap")


def test_no_secret_reaches_a_run(monkeypatch, tmp_path):
    monkeypatch.setenv("API_TOKEN", "secret")
    monkeypatch.setenv("COURSE_DATA", "~/data")
    variables = locked_in.environment(tmp_path)
    assert "secret" not in variables.values()
    assert variables["COURSE_DATA"] == str(Path.home().resolve() / "data")


def test_code_that_is_handed_in_is_not_copied(tmp_path):
    put(tmp_path / "in", {"torch.py": "", "a/b.csv": "1", ".ipython/x": ""})
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "in" / "pipe")
    locked_in.copy_data(tmp_path / "in", tmp_path / "out")
    names = {p.name for p in (tmp_path / "out").rglob("*")}
    assert names == {"a", "b.csv"}


def test_every_exercise_of_the_course_is_found():
    course, solved = THE_COURSE(), THE_COURSE("solutions")
    for number, cells in course.items():
        assert handed_in.exercises(cells), number
        assert handed_in.lesson_of(solved[number], course) == number
        book, mine, remarks = handed_in.put_in(cells, cells)
        assert [c.source for c in book.cells] == [c.source for c in cells]
        assert remarks["cells_missing"] == remarks["cells_added"] == 0
        _, pasted = handed_in.own_answers(
            cells, {c.id: c for c in solved[number]}, solved[number]
        )
        assert pasted == sum(map(bool, map(handed_in.exercise, cells)))


def test_cells_are_found_without_their_ids():
    ours, theirs = notebook().cells, answered().cells
    for i, cell in enumerate(theirs):
        cell.id = f"new{i}"
    book, mine, remarks = handed_in.put_in(ours, [theirs[3], *theirs])
    assert "x / 2" in book.cells[3].source
    assert remarks["cells_missing"] == 0 and remarks["cells_added"] == 1


@pytest.mark.parametrize(
    "a, b, same",
    [
        ("def f(x):\n    return 2 * x", "def g(y): return (2 * y)", True),
        ("a = 1  # one", '"""One."""\na = 1', False),
        ("a = b.c", "a = b.d", False),
        ("%time a", "%time  a", True),
    ],
)
def test_plain(a, b, same):
    assert (handed_in.plain(a) == handed_in.plain(b)) == same


def test_the_command_writes_both_tables(
    small_course, tmp_path, monkeypatch, capsys
):
    put(tmp_path / "in", {"a.ipynb": answered()})
    out = str(tmp_path / "out")
    monkeypatch.setattr(
        sys, "argv", ["grade.py", str(tmp_path / "in"), "--out", out]
    )
    grade.main()
    text = Path(f"{out}.csv").read_text("utf-8")
    assert text.startswith("assignment,student_id,score,max_score")
    page = Path(f"{out}.html").read_text("utf-8")
    assert any(words in page for words in locked_in.LOCKS.values())
    assert "a: 2 solved, finished" in capsys.readouterr().out
