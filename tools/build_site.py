"""Build the website from the stored notebooks, with warnings as errors.

Usage: python tools/build_site.py [FOLDER] [--live [NN ...]]

The folder is site/ if none is given. A lesson's page shows the learner's
cells with the solved notebook's outputs: stubs stay stubs, and their answers
fold out below. Slides and one-page summaries lie beside it, in slides/.
--live executes the lessons that have widgets (or those named) once more, so
that sliders and maps move on the page, too; tools/live.py says how.
"""

import argparse
import html
import os
import shutil
import sys
import tempfile
from pathlib import Path

import live
import nbformat
import slides
from build_lessons import YOURS
from catalogue import PLACEHOLDER, ROOT, read_lessons, repository

INTRODUCTION = ("<!-- site: begin -->", "<!-- site: end -->")


def page(name, moves=False):
    """Return a lesson as the website shows it; moves: with widgets' frames."""
    learner, solved = (
        nbformat.read(ROOT / folder / f"{name}.ipynb", as_version=4)
        for folder in ("notebooks", "solutions")
    )
    if moves:
        live.execute_widgets(solved, name)
    outputs = {c.id: c.get("outputs", []) for c in solved.cells}
    for cell in learner.cells:
        if cell.cell_type == "code" and YOURS not in cell.source:
            cell.outputs = [live.revive(with_alt(o)) for o in outputs[cell.id]]
    del learner.cells[1]  # the set-up for Colab
    live.mark(learner.cells)
    return learner


def with_alt(output):
    """Return a figure as HTML, which carries its alt text."""
    picture = output.get("data", {}).get("image/png")
    if picture:
        alt = html.escape(output.metadata["image/png"]["alt"])
        source = f"data:image/png;base64,{picture.strip()}"
        output.data["text/html"] = f'<img alt="{alt}" src="{source}">'
        del output.data["image/png"]
    return output


def gather(folder, lively):
    """Put everything that sphinx reads into a folder.

    lively: names of the lessons whose widgets move.
    """
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    for path in folder.glob("*.md"):
        text = path.read_text("utf-8").replace(
            "](../notebooks/", "](notebooks/"
        )
        path.write_text(text.replace(PLACEHOLDER, repository()), "utf-8")
    (folder / "notebooks").mkdir()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        text = nbformat.writes(page(path.stem, path.stem in lively))
        (folder / "notebooks" / path.name).write_text(text, "utf-8")
    shutil.copytree(ROOT / ".github", folder / ".github")
    start, end = INTRODUCTION
    readme = (ROOT / "README.md").read_text("utf-8")
    welcome = readme.partition(start)[2].partition(end)[0]
    index = folder / "index.md"
    text = index.read_text("utf-8").replace("@INTRODUCTION@", welcome)
    index.write_text(text.replace(PLACEHOLDER, repository()), "utf-8")


def chosen(numbers):
    """Return the names of the lessons of --live [NN ...]; None: of none."""
    if numbers is None:
        return []
    names = {lesson.number: lesson.stem for lesson in read_lessons()}
    if strangers := set(numbers) - set(names):
        sys.exit(f"no such lesson: {', '.join(sorted(strangers))}")
    return [names[number] for number in numbers or names]


def check_space(folder, target):
    """Leave with a message if a folder's site does not fit on the disk."""
    target.mkdir(parents=True, exist_ok=True)
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    free = shutil.disk_usage(target).free
    if free < 2 * size:
        sys.exit(
            f"No space for the website in {target}: it takes up to "
            f"{2 * size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free."
        )


def build(target, lively):
    """Build the site into a folder and return sphinx's exit code."""
    from sphinx.cmd.build import main as sphinx

    os.environ["COURSE_REPOSITORY"] = repository()
    with tempfile.TemporaryDirectory() as folder:
        gather(Path(folder), lively)
        check_space(Path(folder), target)
        options = ["-q", "-W", "--keep-going", "-d", f"{folder}/_doctrees"]
        code = sphinx([*options, folder, str(target)])
    slides.write(target / "slides", read_lessons())
    shutil.rmtree(target.parent / "jupyter_execute", ignore_errors=True)
    return code


def main():
    """Read the command line, build the site, leave with sphinx's code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "site")
    parser.add_argument("--live", nargs="*", metavar="NN")
    options = parser.parse_args()
    try:
        code = build(options.folder, chosen(options.live))
    except OSError as error:
        sys.exit(f"The website could not be written: {error}")
    sys.exit(code)


if __name__ == "__main__":
    main()
