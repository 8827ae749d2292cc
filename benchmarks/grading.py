"""Grade a class of thirty: what counts, what is named, how long it takes.

Thirty submissions of lesson 02, each exercise untouched, pasted, solved in
another way or wrong, and six that misbehave. Prints every score that is not
as it should be. Usage: uv run python benchmarks/grading.py [--part 0:30]
[--jobs 1]
"""

import argparse
import itertools
import random
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from grade import grade  # noqa: E402
from handed_in import exercise  # noqa: E402

STUB = '    raise NotImplementedError("your code here")'
# Each exercise: right in another way, then a slip.
ENCODER = (
    """\
    layers = [nn.Flatten(), nn.Linear(28 * 28, hidden_dim)]
    layers += [nn.SiLU(), nn.Linear(hidden_dim, latent_dim)]
    return nn.Sequential(*layers)""",
    """\
    layers = [nn.Flatten(), nn.Linear(28 * 28, hidden_dim)]
    return nn.Sequential(*layers, nn.Linear(hidden_dim, latent_dim))""",
)
STEP = (
    """\
    optimizer.zero_grad()
    mean_loss = reconstruction_loss(model(x), x).mean()
    mean_loss.backward()
    optimizer.step()
    return mean_loss.item()""",
    """\
    mean_loss = reconstruction_loss(model(x), x).mean()
    mean_loss.backward()
    optimizer.step()
    return mean_loss.item()""",
)
EXTRA = {
    "eats": "held = []\nwhile True:\n    held.append(b'x' * 10**8)",
    "raises": "1 / 0",
    "deletes": "import shutil\nshutil.rmtree('.')",
    "connects": "import socket\nsocket.create_connection(('192.0.2.1', 80))",
    "pretends": "print('✓ make_encoder: correct.')",
    "endless": "while True:\n    pass",
}


def submission(encoder, step, digits, extra=None):
    """Return a notebook; each answer is "", "pasted", "own" or "slip"."""
    name = "02_build_an_autoencoder.ipynb"
    book = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    solved = nbformat.read(ROOT / "solutions" / name, as_version=4)
    pasted = {cell.id: cell.source for cell in solved.cells}
    chosen = {"make_encoder": encoder, "train_step": step}
    for cell in book.cells:
        check = exercise(cell) if cell.cell_type == "code" else None
        answer = chosen.get(check, digits) if check else ""
        if answer == "pasted":
            cell.source = pasted[cell.id]
        elif answer:
            written = ENCODER if check == "make_encoder" else STEP
            text = written[answer == "slip"]
            cell.source = cell.source.replace(STUB, text)
    if extra:
        book.cells.insert(2, nbformat.v4.new_code_cell(extra))
    return book


def make_class():
    """Return {name: (notebook, the score that is right)}, in mixed order."""
    answers = ("own", "pasted", "slip", "")
    every = list(itertools.product(answers, answers, ("pasted", "")))
    made = {}
    for parts in random.Random(0).sample(every, 24):
        name = "-".join(part or "none" for part in parts)
        right = sum(part in ("own", "pasted") for part in parts)
        made[name] = submission(*parts), right
    for name, extra in EXTRA.items():
        parts = ("" if name == "pretends" else "own"), "own", ""
        right = {"pretends": 1, "eats": 0}.get(name, 2)
        made[name] = submission(*parts, extra), right
    return made


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--part", default="0:30", help="which of the 30")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    part = slice(*map(int, options.part.split(":")))
    made = dict(list(make_class().items())[part])
    with tempfile.TemporaryDirectory() as folder:
        for name, (book, _) in made.items():
            nbformat.write(book, Path(folder, f"{name}.ipynb"))
        begun = time.monotonic()
        table = grade(folder, "02", options.jobs)
        spent = time.monotonic() - begun
    shown = ["student_id", "score", "pasted", "claims_held", "claims"]
    shown += [
        "minutes",
        "cpu_minutes",
        "peak_gb",
        "errors",
        "ended",
        "same_as",
    ]
    print(table[shown].to_string(index=False))
    for row in table.to_dict("records"):
        if row["score"] != made[row["student_id"]][1]:
            print("NOT AS IT SHOULD BE:", row)
    print(f"{len(made)} submissions in {spent:.0f} s")


if __name__ == "__main__":
    main()
