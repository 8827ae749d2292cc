"""What learners have handed in: read, and compared with the course's cells.

tools/grade.py runs and grades it. Nothing of it is run here.
"""

import ast
import collections
import copy
import itertools
import json
import re

import nbformat
from catalogue import ROOT

YOURS = "your code here"
LARGEST = 50 * 2**20  # bytes of a notebook
LONGEST = 100_000  # characters of a cell or its output that are looked at
LOOK = re.compile(
    r"COURSE_\w+|progress\.json|lessons\.progress|\bnote\(|\bCHECKS\b|"
    r"checks\.\w+\b(?! *\()|sys\.modules|\bsetattr\(|__\w+__|subprocess|"
    r"\bos\.\w+|\brmtree\b|\bctypes\b|\bexec\(|\beval\(|(?m:^ *[!%].*)"
)


def find(folder):
    """Return {learner: paths of notebooks} of a folder of submissions."""
    found = {}
    for place in sorted(folder.iterdir()):
        if place.is_dir() and not place.name.startswith("."):
            paths = sorted(place.rglob("*.ipynb"))
            found[place.name] = [
                p for p in paths if "checkpoint" not in p.name
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
        return {
            kind: {str(name): right is True for name, right in one.items()}
            for kind, one in json.loads(read_text(path))[number].items()
        }
    except Exception:  # whatever a strange file brings about
        return {}


def said(cell):
    """Return what a cell has printed, or the beginning of very much."""
    texts = (str(o.get("text", "")) for o in cell.get("outputs", []))
    return "".join(texts)[:LONGEST]


def the_course(folder="notebooks"):
    """Return {number: code cells} of the course's notebooks."""
    paths = sorted((ROOT / folder).glob("[0-9][0-9]_*.ipynb"))
    return {path.name[:2]: read(path) for path in paths}


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


def marks(cell):
    """Return what a cell is known by, the surest first."""
    checked = re.findall(r"= *checks\.(\w+)\(", cell.source)
    return [cell.id, squeezed(cell.source), *checked[-1:]]


def lesson_of(cells, course):
    """Return the lesson that shares most cells with a notebook, or None."""
    theirs = {mark for cell in cells for mark in marks(cell)}
    shared = {
        number: sum(not theirs.isdisjoint(marks(cell)) for cell in ours)
        for number, ours in course.items()
    }
    best = max(shared, key=shared.get)
    return best if shared[best] > 1 else None


def lesson_of_most(places, course):
    """Return the lesson to which most notebooks belong, or None."""
    votes = collections.Counter()
    for path in itertools.chain(*places):
        try:
            votes[lesson_of(read(path), course)] += 1
        except (ValueError, OSError):
            continue
    del votes[None]
    return max(votes, key=votes.get, default=None)


def put_in(ours, theirs):
    """Return (notebook to run, {id of ours: cell of theirs}, remarks).

    The learner's answers replace the stubs, and an added cell follows the one
    it followed. Every other cell is the course's, whatever became of it.
    """
    places = {mark: cell.id for cell in ours for mark in marks(cell)}
    mine, added, last = {}, collections.defaultdict(list), ours[0].id
    for cell in theirs:
        known = [places[mark] for mark in marks(cell) if mark in places]
        if known and known[0] not in mine:
            mine[known[0]], last = cell, known[0]
        elif cell.source.strip():
            added[last].append(cell.source)
    cells, own, changed = [], sum(added.values(), []), 0
    for cell in copy.deepcopy(ours):
        written = mine.get(cell.id, cell).source
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


def alike(rows):
    """Name in each row those whose own answers are all the same."""
    for row in rows:
        own, row["same_as"] = row["own"], ""
        same = [
            r["student_id"] for r in rows if r["own"] == own and r is not row
        ]
        if own and same:
            count = f" ({len(own)} of {row['max_score']} exercises)"
            row["same_as"] = ", ".join(same) + count
