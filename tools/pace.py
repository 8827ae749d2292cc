"""Print how the lessons stand beside the aims: python tools/pace.py [NN ...].

Lines are those of code that are not empty, words those of the text without
folded answers, "apart" is how many cells an answer stands behind its guess.
The lengths of cells (median, ninety, longest) leave out what is folded.
"""

import re
import statistics
import sys
from dataclasses import asdict, dataclass

from build_lessons import HIDDEN, code, read_source, student, tags
from catalogue import read_lessons

CLOSING = re.compile("Summary|Quiz|Scorecard|References|Going further")
AIMS = {
    "cells": (1, 55),
    "words": (1, 1800),
    "sections": (3, 8),
    "lines": (1, 330),
    "median": (1, 6),
    "ninety": (1, 12),
    "longest": (1, 20),
    "guesses": (3, 6),
    "apart": (0, 6),
    "diagrams": (1, 99),
}
# Lesson 00 comes before there is much to guess.
OTHER_AIMS = {"00": {"guesses": (0, 6)}}


@dataclass
class Pace:
    """The figures of one lesson that AIMS speaks of."""

    cells: int
    words: int
    sections: int
    lines: int
    median: float
    ninety: int
    longest: int
    guesses: int
    apart: int
    diagrams: int


def pace(notebook):
    """Return the Pace of a learner's notebook; its set-up does not count."""
    cells = notebook.cells[:1] + notebook.cells[2:]
    texts = [c.source for c in cells if c.cell_type == "markdown"]
    codes = code(notebook)[1:]
    lengths = [len(squeezed(cell).source.split("\n")) for cell in codes]
    sizes = sorted(
        length
        for length, cell in zip(lengths, codes, strict=True)
        if HIDDEN not in tags(cell)
    )
    words = [len(without_answers(text).split()) for text in texts]
    headings = re.findall(r"^## (.*)", "\n".join(texts), re.M)
    calls = {
        name: [
            place
            for place, cell in enumerate(cells)
            if cell.cell_type == "code"
            for _ in re.findall(rf"^{name}\(", cell.source, re.M)
        ]
        for name in ("guess", "reveal", "diagram")
    }
    pairs = zip(calls["guess"], calls["reveal"], strict=False)
    return Pace(
        cells=len(cells),
        words=sum(words),
        sections=len([h for h in headings if not CLOSING.match(h)]),
        lines=sum(lengths),
        median=statistics.median(sizes),
        ninety=sizes[int(0.9 * (len(sizes) - 1))],
        longest=sizes[-1],
        guesses=len(calls["guess"]),
        apart=max((b - a for a, b in pairs), default=0),
        diagrams=len(calls["diagram"]),
    )


def squeezed(cell):
    """Return a cell without empty lines and without its form's title."""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if HIDDEN in tags(cell):
        lines = lines[1:]
    return type(cell)(source="\n".join(lines))


def without_answers(text):
    """Return text without HTML and without code that folds out."""
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.sub(r"<[^>]*>", "", text)


def misses(number, figures):
    """Return the aims that a lesson misses, as sentences."""
    aims = AIMS | OTHER_AIMS.get(number, {})
    return [
        f"{name} {value:g}, aim {aims[name][0]} to {aims[name][1]}"
        for name, value in asdict(figures).items()
        if not aims[name][0] <= value <= aims[name][1]
    ]


def main():
    """Print a row for each lesson."""
    print(f"{'lesson':34}" + "".join(f"{name:>9}" for name in AIMS))
    lessons = read_lessons()
    for lesson in lessons:
        if not sys.argv[1:] or lesson.number in sys.argv[1:]:
            figures = asdict(pace(student(read_source(lesson, lessons))))
            row = "".join(f"{value:9g}" for value in figures.values())
            print(f"{lesson.stem:34}{row}")


if __name__ == "__main__":
    main()
