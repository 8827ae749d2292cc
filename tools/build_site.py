"""Build the website from the stored notebooks, with warnings as errors.

Usage: python tools/build_site.py [FOLDER]     (default: site/)

A lesson's page shows the learner's cells with the solved notebook's outputs:
stubs stay stubs, and their answers fold out below. Slides and one-page
summaries lie beside it, in slides/.
"""

import html
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import slides
from build_lessons import YOURS
from catalogue import PLACEHOLDER, ROOT, read_lessons, repository

INTRODUCTION = ("<!-- site: begin -->", "<!-- site: end -->")


def page(name):
    """Return a lesson as the website shows it."""
    learner, solved = (
        nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)
        for folder in ("notebooks", "solutions")
    )
    outputs = {c.id: c.get("outputs", []) for c in solved.cells}
    for cell in learner.cells:
        if cell.cell_type == "code" and YOURS not in cell.source:
            cell.outputs = [with_alt(o) for o in outputs[cell.id]]
    del learner.cells[1]  # the set-up for Colab
    return learner


def with_alt(output):
    """Return a figure as HTML, which carries its alt text."""
    picture = output.get("data", {}).get("image/png")
    if picture:
        alt = html.escape(output.metadata["image/png"]["alt"])
        source = f"data:image/png;base64,{picture.strip()}"
        output.data = {"text/html": f'<img alt="{alt}" src="{source}">'}
    return output


def gather(folder):
    """Put everything that sphinx reads into a folder."""
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    for path in folder.glob("*.md"):
        text = path.read_text("utf-8").replace(
            "](../notebooks/", "](notebooks/"
        )
        path.write_text(text.replace(PLACEHOLDER, repository()), "utf-8")
    (folder / "notebooks").mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = nbformat.writes(page(path.stem))
        (folder / "notebooks" / path.name).write_text(text, "utf-8")
    shutil.copytree(ROOT / ".github", folder / ".github")
    start, end = INTRODUCTION
    readme = (ROOT / "README.md").read_text("utf-8")
    welcome = readme.partition(start)[2].partition(end)[0]
    index = folder / "index.md"
    text = index.read_text("utf-8").replace("@INTRODUCTION@", welcome)
    index.write_text(text.replace(PLACEHOLDER, repository()), "utf-8")


def main():
    """Build the site and leave with sphinx's exit code."""
    from sphinx.cmd.build import main as sphinx

    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "site")
    os.environ["COURSE_REPOSITORY"] = repository()
    with tempfile.TemporaryDirectory() as folder:
        gather(Path(folder))
        options = ["-q", "-W", "--keep-going", "-d", f"{folder}/_doctrees"]
        code = sphinx([*options, folder, str(target)])
    slides.write(target / "slides", read_lessons())
    shutil.rmtree(target.parent / "jupyter_execute", ignore_errors=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
