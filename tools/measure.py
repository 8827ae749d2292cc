"""Measure a lesson with seeds 0, 1 and 2, for lessons/measured/NN.json.

Usage: python tools/measure.py NN [NN ...] [--full] [--real] [--seeds 0 1 2]

Runs the solved lesson with `SEED = 0` replaced by each seed (with --full,
`FULL = False` by True, with --real `REAL = False`), and stores what its
`scorecard` was given. Claims that fail are printed, since a claim must hold
with every seed. The data folder and the network are used as they are.
"""

import argparse
import json
import re

import nbformat
from build_lessons import code, execute, read_source, solved
from catalogue import ROOT, read_lessons

MEASURED = ROOT / "course_utils" / "lessons" / "measured"
ASK = """\
import json
from course_utils.lessons.scorecards import latest
print(json.dumps(latest))"""


def measure(notebook, seed, switches):
    """Return ({result: number}, failed claims) of a lesson with a seed.

    switches: names such as "FULL", which are turned from False to True.
    """
    full = "FULL" in switches
    for cell in code(notebook):
        cell.source = re.sub(
            r"^SEED = 0$", f"SEED = {seed}", cell.source, flags=re.M
        )
        for name in switches:
            cell.source = re.sub(
                rf"^{name} = False\b",
                f"{name} = True",
                cell.source,
                flags=re.M,
            )
    notebook.cells.append(nbformat.v4.new_code_cell(ASK))
    execute(notebook, data=True, COURSE_STRICT="0")
    outputs = [o.get("text", "") for c in code(notebook) for o in c.outputs]
    if full and any("is not here" in text for text in outputs):
        raise SystemExit("the full set is not here: nothing was measured")
    failed = re.findall("^✗ not in this run: .*", "\n".join(outputs), re.M)
    results = json.loads(outputs[-1])
    if not results:
        raise SystemExit("this lesson calls no `scorecard({...})`")
    return results, failed


def store(number, data, runs):
    """Write {result: [a number for each run]} of one lesson."""
    place, known = MEASURED / f"{number}.json", {}
    if place.exists():
        known = json.loads(place.read_text("utf-8"))
    known[data] = {
        name: [float(f"{run[name]:.4g}") for run in runs] for name in runs[0]
    }
    text = json.dumps(known, indent=1, sort_keys=True) + "\n"
    place.write_text(text, encoding="utf-8", newline="\n")


def main():
    """Read the command line, run the lessons and store their results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("numbers", nargs="+")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    lessons = read_lessons()
    named = {"FULL": options.full, "REAL": options.real}
    switches = [name for name, wanted in named.items() if wanted]
    for lesson in lessons:
        if lesson.number not in options.numbers:
            continue
        runs = []
        for seed in options.seeds:
            notebook = solved(read_source(lesson, lessons))
            results, failed = measure(notebook, seed, switches)
            runs.append(results)
            print(lesson.stem, "seed", seed, results, *failed, sep="\n  ")
        data = "full" if options.full else "small"
        data = "real" if runs[0].get("real_data") else data
        store(lesson.number, data, runs)


if __name__ == "__main__":
    main()
