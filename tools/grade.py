"""Run a class's notebooks of one lesson and make a table of what they hold.

Usage: python tools/grade.py submissions/ [--lesson 02] [--out grades]
           [--minutes 20] [--gigabytes 4] [--jobs 1]

submissions/ holds ANNA.ipynb, or a folder ANNA with the notebook and perhaps
its progress.json (nbgrader's submitted/ANNA/ASSIGNMENT/ will do). Written are
grades.csv and grades.html; docs/teachers.md says what the columns mean, what
is guaranteed and what is not. What runs is the course's own notebook with the
learner's answers and added cells put in (`put_in`), each submission in a
process of its own (locked_in.py).
"""

import argparse
import ast
import collections
import contextlib
import copy
import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nbformat
import pandas
from catalogue import ROOT
from locked_in import LOCKS, lock, run

from course_utils.lessons.quizzes import read_questions

YOURS = "your code here"
LARGEST = 50 * 2**20  # bytes of a notebook
LONGEST = 100_000  # characters of a cell or its output that are looked at
LOOK = re.compile(
    r"COURSE_\w+|progress\.json|lessons\.progress|\bnote\(|\bCHECKS\b|"
    r"checks\.\w+\b(?! *\()|sys\.modules|\bsetattr\(|__\w+__|subprocess|"
    r"\bos\.\w+|\brmtree\b|\bctypes\b|\bexec\(|\beval\(|(?m:^ *[!%].*)"
)
SCORE = re.compile(r"^quiz +(\d{1,3}) of (\d{1,3}) right", re.M)
GUESSED = re.compile(r"^What came out: (.*)\. Your guess: (.*) [✓✗]$", re.M)
CAME_OUT = re.compile(
    r"^What came out: (.*?)(?: \(no guess was made\))?$", re.M
)


# Reading


def find(folder):
    """Return {learner: paths of notebooks} of a folder of submissions."""
    found = {}
    for place in sorted(folder.iterdir()):
        if place.is_dir() and not place.name.startswith("."):
            inside = sorted(place.rglob("*.ipynb"))
            found[place.name] = [
                p for p in inside if "checkpoint" not in p.name
            ]
        elif place.suffix == ".ipynb":
            found[place.stem] = [place]
    return found


def read(path):
    """Return a notebook's code cells; ValueError says why it is none."""
    text = read_text(path)
    if not text.strip():
        raise ValueError("the file is empty")
    try:
        notebook = nbformat.reads(text, as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell in cells:
            cell.id = str(cell.get("id"))
            cell.source + said(cell)
    except Exception as error:  # whatever a strange file brings about
        raise ValueError(f"no notebook ({type(error).__name__})") from error
    if not any(cell.source.strip() for cell in cells):
        raise ValueError("no code in it")
    return cells


def read_text(path):
    """Return the text of a plain file; ValueError if it is anything else."""
    if path.is_symlink() or not path.is_file():
        raise ValueError("no file")
    if path.stat().st_size > LARGEST:
        raise ValueError("the file is too large")
    return path.read_text("utf-8")


def read_progress(path, number):
    """Return {kind: {name: outcome}} of a lesson; empty if damaged."""
    try:
        kinds = json.loads(read_text(path))[number].items()
        return {
            kind: {str(name): right is True for name, right in one.items()}
            for kind, one in kinds
        }
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):
        return {}


def said(cell):
    """Return what a cell has printed, or the beginning of very much."""
    texts = (str(o.get("text", "")) for o in cell.get("outputs", []))
    return "".join(texts)[:LONGEST]


def the_course(folder="notebooks"):
    """Return {number: code cells} of the course's notebooks."""
    paths = sorted((ROOT / folder).glob("[0-9][0-9]_*.ipynb"))
    return {path.name[:2]: read(path) for path in paths}


def lesson_of(cells, course):
    """Return the lesson that shares most cells with a notebook, or None."""
    keys = {c.id for c in cells} | {squeezed(c.source) for c in cells}
    shared = {
        number: sum({c.id, squeezed(c.source)} & keys != set() for c in ours)
        for number, ours in course.items()
    }
    best = max(shared, key=shared.get)
    return best if shared[best] > 1 else None


# Comparing


def squeezed(source):
    """Return code without blanks."""
    return "".join(source.split())


def exercise(cell):
    """Return the name of the check if a cell of the course is an exercise."""
    name = re.search(r"checks\.(\w+)\(", cell.source)
    return name[1] if name and YOURS in cell.source else None


def exercises(cells):
    """Return the names of a lesson's exercises."""
    return {exercise(cell) for cell in cells} - {None}


def plain(source):
    """Return code without comments, layout, docstrings and chosen names."""
    try:
        tree = ast.parse(source[:LONGEST])
        names = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr):
                if isinstance(node.value, ast.Constant):
                    node.value.value = ""
            for field in ("id", "arg", "name"):
                if isinstance(name := getattr(node, field, None), str):
                    new = names.setdefault(name, str(len(names)))
                    setattr(node, field, new)
        return ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return squeezed(source)


def put_in(ours, theirs):
    """Return (notebook to run, {id of ours: cell of theirs}, remarks).

    The learner's answers replace the stubs, and an added cell follows the one
    it followed. Every other cell is the course's, whatever became of it.
    """
    ids = {cell.id for cell in ours}
    by_source = {squeezed(cell.source): cell.id for cell in ours}
    by_check = {exercise(cell): cell.id for cell in ours if exercise(cell)}
    mine, added, last = {}, collections.defaultdict(list), ours[0].id
    for cell in theirs:
        checked = re.findall(r"= *checks\.(\w+)\(", cell.source) or [None]
        place = cell.id if cell.id in ids else None
        place = place or by_source.get(squeezed(cell.source))
        place = place or by_check.get(checked[-1])
        if place and place not in mine:
            mine[place], last = cell, place
        elif cell.source.strip():
            added[last].append(cell.source)
    cells, own, changed = [], sum(added.values(), []), 0
    for cell in copy.deepcopy(ours):
        written = mine[cell.id].source if cell.id in mine else cell.source
        if exercise(cell):
            cell.source = written
            own.append(written)
        changed += squeezed(cell.source) != squeezed(written)
        cell.outputs, cell.execution_count = [], None
        cells.append(cell)
        cells += map(nbformat.v4.new_code_cell, added[cell.id])
    looks = {match[0] for source in own for match in LOOK.finditer(source)}
    return nbformat.v4.new_notebook(cells=cells), mine, {
        "cells_changed": changed,
        "cells_missing": len(ours) - len(mine),
        "cells_added": sum(map(len, added.values())),
        "look_at": ", ".join(sorted(looks))[:200],
    }  # fmt: skip


def own_answers(ours, mine, solved):
    """Return ({exercise: answer of the learner's own}, number of pasted)."""
    own, pasted = {}, 0
    model = {cell.id: plain(cell.source) for cell in solved}
    for cell in filter(exercise, ours):
        answer = plain(mine.get(cell.id, cell).source)
        if answer == model.get(cell.id):
            pasted += 1
        elif answer != plain(cell.source):
            own[cell.id] = answer
    return own, pasted


# Grading


def results(ran, done, ours, mine, handed_in, number):
    """Return the columns of results.

    ran: the cells as run. done: the progress that the run wrote. handed_in:
    the learner's own, in which the clicks are: a run has none.
    """
    output = {cell.id: said(cell) for cell in ran}
    names = exercises(ours)
    ticks = set(re.findall(r"^✓ (\w+):", "\n".join(output.values()), re.M))
    recorded = {n for n, own in done.get("exercises", {}).items() if own}
    solved = sorted(names & ticks & recorded)
    claims = "\n".join(
        output.get(c.id, "") for c in ours if "claim(" in c.source
    )
    held = len(re.findall("^✓ ", claims, re.M))
    missed = re.findall("^✗ not in this run: ", claims, re.M)
    guesses = []
    for cell in ours:
        now = CAME_OUT.findall(output.get(cell.id, ""))
        told = GUESSED.findall(said(mine[cell.id])) if cell.id in mine else []
        for i, (came_out, guess) in enumerate(told):
            guesses.append(guess == (now[i] if i < len(now) else came_out))
    guesses = guesses or list(handed_in.get("guess", {}).values())
    clicks = list(handed_in.get("quiz", {}).values())
    quiz = sum(clicks), len(clicks)
    shown = "\n".join(map(said, mine.values()))
    if not clicks and (found := SCORE.findall(shown)):
        quiz = tuple(map(int, found[-1]))
    errors = [
        f"{o.get('ename')}: {o.get('evalue')}"
        for cell in ran
        for o in cell.get("outputs", [])
        if o.get("output_type") == "error"
    ]
    return {
        "score": len(solved),
        "solved": ", ".join(solved),
        "doubtful": ", ".join(sorted(names & (ticks ^ recorded))),
        "guesses_made": len(guesses),
        "guesses_right": sum(guesses),
        "quiz_right": quiz[0],
        "quiz_answered": quiz[1],
        "quiz_questions": len(read_questions("quiz", number)),
        "claims_held": held,
        "claims": held + len(missed),
        "errors": len(errors),
        "first_error": errors[0][:100] if errors else "",
    }


def grade_one(paths, number, course, solved, folder, **limits):
    """Return the row of one submission, whatever it holds; never raises."""
    problem = "no notebook in it"
    for path in paths:
        try:
            theirs = read(path)
            other = lesson_of(theirs, course)
            if other != number:
                raise ValueError(f"this is lesson {other or 'unknown'}")
            ours = course[number]
            notebook, mine, remarks = put_in(ours, theirs)
            own, pasted = own_answers(ours, mine, solved.get(number, []))
            files = path.parent if path.parent != folder else None

            def outcome(place):
                done = read_progress(place / "progress.json", number)
                with contextlib.suppress(ValueError):
                    return read(place / "run.ipynb"), done
                return [], done

            (ran, done), facts = run(
                notebook, files, folder, read=outcome, **limits
            )
            beside = path.with_name("progress.json")
            before = read_progress(beside, number) if files else {}
            row = results(ran, done, ours, mine, before, number)
            row |= facts | remarks | {"pasted": pasted}
            return row | {"own": own, "notebook": path.name}
        except Exception as error:  # one file stops nobody else's row
            problem = str(error) or type(error).__name__
    return {"ended": f"not run: {problem}", "own": {}}


def alike(rows):
    """Name in each row those whose own answers are all the same."""
    for row in rows:
        own = row["own"]
        others = [
            other["student_id"]
            for other in rows
            if other is not row and own and other["own"] == own
        ]
        count = f" ({len(own)} of {row['max_score']} exercises)"
        row["same_as"] = ", ".join(others) + count * bool(others)


def harmless(value):
    """Return a text that no spreadsheet takes for a formula."""
    starts = isinstance(value, str) and value[:1] in tuple("=+-@\t\r")
    return f"'{value}" if starts else value


def grade(folder, number=None, jobs=1, minutes=20, gigabytes=4):
    """Return a DataFrame with a row for each submission in a folder.

    number: the lesson, such as "02"; else the one that most have handed in.
    jobs: how many run at the same time. minutes, gigabytes: limits of each.
    """
    folder = Path(folder).resolve()
    if ROOT.is_relative_to(folder):
        raise SystemExit("the submissions need a folder of their own")
    learners, course = find(folder), the_course()
    if not number:
        votes = collections.Counter()
        for path in itertools.chain(*learners.values()):
            with contextlib.suppress(ValueError, OSError):
                votes[lesson_of(read(path), course)] += 1
        del votes[None]
        number = max(votes, key=votes.get, default=None)
    if number not in course:
        raise SystemExit(f"no notebook of a lesson in {folder}")
    grade_this = partial(
        grade_one, number=number, course=course, folder=folder,
        solved=the_course("solutions"), minutes=minutes, gigabytes=gigabytes,
    )  # fmt: skip
    most, rows = len(exercises(course[number])), []
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(grade_this, learners.values())
        for name, row in zip(learners, done, strict=True):
            first = {"assignment": number, "student_id": name, "score": 0}
            first["max_score"] = most
            rows.append(first | row)
            print(f"{name}: {rows[-1]['score']} solved, {row['ended']}")
    alike(rows)
    table = pandas.DataFrame(rows).drop(columns="own").map(harmless)
    return table.convert_dtypes()


def main():
    """Read the command line, grade, write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--lesson", help="such as 02; default: what most are")
    parser.add_argument("--out", default="grades")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--jobs", type=int, default=1, help="at a time")
    options = parser.parse_args()
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is no folder")
    folder = options.submissions.resolve()
    protection = LOCKS[lock(folder, folder)[0]]
    print(protection)
    table = grade(
        folder, options.lesson, options.jobs, options.minutes,
        options.gigabytes,
    )  # fmt: skip
    table.to_csv(f"{options.out}.csv", index=False)
    page = f"<meta charset='utf-8'><title>Grades</title><p>{protection}</p>"
    page += table.to_html(index=False, na_rep="")
    Path(f"{options.out}.html").write_text(page, encoding="utf-8")
    print(table[["student_id", "score", "max_score", "ended"]].to_string())


if __name__ == "__main__":
    main()
