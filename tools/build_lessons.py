"""Write both notebooks of every lesson from its one source, solutions/NN.py.

Usage: python tools/build_lessons.py [--check | --execute] [NN ...]

Without an option the notebooks are written; stored outputs of a solved
notebook stay as long as its code is unchanged. --execute runs the solved
lessons and stores what they show. --check writes nothing and fails on drift.
"""

import argparse
import copy
import hashlib
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "OWNER/REPOSITORY"
SECONDS_PER_CELL = 900
STUB = 'raise NotImplementedError("your code here")'
SOLUTION = re.compile(
    r"^([ \t]*)### BEGIN SOLUTION\n.*?### END SOLUTION$", re.S | re.M
)
MARKERS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION\n?", re.M)
COLAB_LINK = re.compile(
    r"(?<=https://colab\.research\.google\.com/github/)[\w.-]+/[\w.-]+"
)
BADGE = (
    "[![Open in Colab](https://colab.research.google.com/assets/"
    "colab-badge.svg)](https://colab.research.google.com/github/"
    "{repository}/blob/main/notebooks/{name}.ipynb)"
)
SETUP = """\
# In Colab: fetch the course's helpers. Anywhere else this does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules:
    if importlib.util.find_spec("course_utils") is None:
        {fetch}
    importlib.invalidate_caches()
    if importlib.util.find_spec("course_utils") is None:
        raise SystemExit(
            "The course's helpers are not here. Check that {repository} can "
            "be reached and run this cell again, or upload the folders "
            "course_utils and data from a copy of the course (the folder "
            "symbol on the left)."
        )"""
FOLD = """\
<details><summary>Answer</summary>

```python
{}
```

</details>"""
FETCH = "%pip install -q git+https://github.com/{repository}"
NOT_PUBLISHED = 'print("This copy has not been published yet.")'


def find_repository() -> str:
    """Return owner/name of where this copy is published."""
    if os.environ.get("GITHUB_REPOSITORY"):
        return os.environ["GITHUB_REPOSITORY"]
    git = subprocess.run(
        ["git", "remote", "get-url", "origin"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for url in (git.stdout, project["project"]["urls"]["Repository"]):
        match = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+)", url.strip())
        if match:
            return match[1].removesuffix(".git")
    return PLACEHOLDER


def read_source(path, repository):
    """Read a lesson's source as a notebook with steady ids and metadata."""
    notebook = jupytext.read(path)
    notebook.cells[1:1] = [nbformat.v4.new_code_cell(setup(repository))]
    fill_in_answers(notebook.cells)
    badge = BADGE.format(repository=repository, name=path.stem)
    notebook.cells[0].source += f"\n\n{badge}"
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


def fill_in_answers(cells):
    """Put each exercise's answer where {answer} stands in the text below."""
    answer = None
    for cell in cells:
        if cell.cell_type == "code":
            found = SOLUTION.search(cell.source)
            answer = MARKERS.sub("", found[0]) if found else answer
        elif "{answer}" in cell.source:
            code = textwrap.dedent(answer).strip()
            cell.source = cell.source.replace("{answer}", FOLD.format(code))


def setup(repository):
    """Return the first code cell, which matters only in Colab."""
    published = repository != PLACEHOLDER
    fetch = FETCH.format(repository=repository) if published else NOT_PUBLISHED
    place = f"github.com/{repository}" if published else "the repository"
    return SETUP.format(fetch=fetch, repository=place)


def student(notebook):
    """Return the notebook with stubs for answers and no `solution` cells."""
    notebook = copy.deepcopy(notebook)
    notebook.cells = [
        cell for cell in notebook.cells if "solution" not in tags(cell)
    ]
    for cell in notebook.cells:
        cell.source = SOLUTION.sub(rf"\1{STUB}", cell.source)
        cell.metadata.pop("tags", None)
    return notebook


def solved(notebook):
    """Return the notebook with its answers and without the markers."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = MARKERS.sub("", cell.source).rstrip()
    return notebook


def tags(cell):
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def execute(notebook, folder):
    """Run a notebook and keep its outputs, without widgets and timings."""
    client = NotebookClient(
        notebook, timeout=SECONDS_PER_CELL, record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    client.execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in code(notebook):
        cell.outputs = [o for o in map(still, cell.outputs) if o]


def still(output):
    """Return an output as a reader without a kernel needs it, or None."""
    if "data" in output:
        if "application/vnd.jupyter.widget-view+json" in output.data:
            return None
        if "image/png" in output.data:  # GitHub shows this one
            output.data.pop("text/html", None)
        if "application/javascript" in output.data:  # what others show
            output.data["text/plain"] = "Run this cell to answer the quiz."
    return output


def keep_outputs(notebook, path):
    """Copy stored outputs if the stored notebook has the same code."""
    if not path.exists():
        return
    old, new = code(nbformat.read(path, as_version=4)), code(notebook)
    if [cell.source for cell in old[1:]] == [cell.source for cell in new[1:]]:
        for cell, stored in zip(new, old, strict=True):
            cell.outputs = stored.outputs
            cell.execution_count = stored.execution_count


def code(notebook):
    """Return a notebook's code cells; the first is the one for Colab."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def sources(notebook):
    """Return what drift is judged by, whatever repository is stamped."""
    text = "\0".join(
        f"{cell.cell_type}{cell.id}{sorted(tags(cell))}{cell.source}"
        for cell in notebook.cells[2:]
    )
    title = COLAB_LINK.sub(PLACEHOLDER, notebook.cells[0].source)
    fetches = notebook.cells[1].source in (
        setup(PLACEHOLDER),
        setup(stamped(notebook)),
    )
    return title, fetches, text


def stamped(notebook):
    """Return the repository that a notebook's badge names."""
    match = COLAB_LINK.search(notebook.cells[0].source)
    return match[0] if match else PLACEHOLDER


def to_text(notebook):
    """Return the bytes of a notebook file, as text."""
    return nbformat.writes(notebook) + "\n"


def build(path, repository, run):
    """Write both notebooks of one lesson."""
    notebook = read_source(path, repository)
    (ROOT / "notebooks" / f"{path.stem}.ipynb").write_text(
        to_text(student(notebook)), "utf-8"
    )
    answer, place = solved(notebook), path.with_suffix(".ipynb")
    if run:
        execute(answer, path.parent)
    else:
        keep_outputs(answer, place)
    place.write_text(to_text(answer), "utf-8")


def drift(path):
    """Return the notebooks of a lesson that its source does not explain."""
    bad = []
    for folder, version in (("notebooks", student), ("solutions", solved)):
        place = ROOT / folder / f"{path.stem}.ipynb"
        if not place.exists():
            bad.append(place)
            continue
        stored = nbformat.read(place, as_version=4)
        expected = version(read_source(path, stamped(stored)))
        if sources(stored) != sources(expected):
            bad.append(place)
    return bad


def stamp_readme(repository):
    """Make the README's badges open this repository."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    readme.write_text(COLAB_LINK.sub(repository, text), "utf-8")


def main():
    """Read the command line and build, run or check the lessons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("lessons", nargs="*", help="such as 01; default: all")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--execute", action="store_true")
    options = parser.parse_args()
    paths = sorted((ROOT / "solutions").glob("[0-9][0-9]*_*.py"))
    if options.lessons:
        paths = [p for p in paths if p.stem.split("_")[0] in options.lessons]
    if options.check:
        bad = [str(p.relative_to(ROOT)) for path in paths for p in drift(path)]
        sys.exit(
            f"Not what their source says: {', '.join(bad)}. "
            "Run: uv run python tools/build_lessons.py" if bad else 0
        )  # fmt: skip
    repository = find_repository()
    for path in paths:
        print(path.stem, flush=True)
        build(path, repository, options.execute)
    stamp_readme(repository)


if __name__ == "__main__":
    main()
