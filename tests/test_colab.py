"""A rehearsal of Colab: its Python, its packages, a stand-in google.colab.

Takes as long as all lessons together, so it runs when it is asked for:
uv run pytest -m colab
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import build_lessons  # noqa: E402
import catalogue  # noqa: E402

COLAB = Path(__file__).parent / "colab"
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PYTHON = "3.13"
REPOSITORY = "someone/fork"

pytestmark = pytest.mark.colab


def call(*command, **options):
    done = subprocess.run(
        [str(part) for part in command], text=True, capture_output=True,
        **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def find_python():
    """Return Colab's Python: uv's, or one that pyenv has."""
    own = Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/python{PYTHON}")
    return next(own, PYTHON)


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """Return (its python, its environment variables, an empty folder)."""
    home = tmp_path_factory.mktemp("colab")
    python = home / "env" / "bin" / "python"
    call("uv", "venv", "--seed", "--python", find_python(), home / "env")
    wanted = COLAB / "installed.txt"
    call("uv", "pip", "install", "--python", python, "-r", wanted)
    kernel = home / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    start = [
        str(python),
        "-m",
        "ipykernel_launcher",
        "-f",
        "{connection_file}",
    ]
    spec = {"argv": start, "display_name": "Colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    published = home / "published"
    clone = published / f"{REPOSITORY}.git"
    call("git", "clone", "--quiet", ROOT, clone)
    call("git", "tag", f"v{catalogue.project()['version']}", cwd=clone)
    variables = os.environ | {
        "JUPYTER_PATH": str(home / "jupyter"),
        "PYTHONPATH": str(COLAB / "stand_in"),
        "COURSE_DATA": str(home / "data"),
        # What is asked of GitHub comes from the clone.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{published}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }
    return python, variables, home


@pytest.fixture(autouse=True)
def in_colab(colab, monkeypatch):
    for name, value in colab[1].items():
        monkeypatch.setenv(name, value)


def packages(python):
    rows = json.loads(call(python, "-m", "pip", "list", "--format=json"))
    return {row["name"].lower(): row["version"] for row in rows}


def setup_cell(name=REPOSITORY):
    """Return lesson 00's set-up as it is once the course is published."""
    published = {"urls": {"Repository": f"https://github.com/{name}"}}
    with pytest.MonkeyPatch.context() as patch:
        for module in (catalogue, build_lessons):
            project = catalogue.project() | published
            patch.setattr(module, "project", lambda project=project: project)
        source = build_lessons.setup(catalogue.read_lessons()[0])
    return nbformat.v4.new_code_cell(source)


def run(notebook, folder):
    NotebookClient(
        notebook, kernel_name="colab", timeout=1800,
        resources={"metadata": {"path": str(folder)}},
    ).execute()  # fmt: skip
    return notebook


def test_python_is_colabs(colab):
    assert PYTHON in call(colab[0], "--version")


def test_unreachable_repository_is_explained(colab):
    cell = setup_cell("someone/elsewhere")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    with pytest.raises(Exception, match="upload the folders"):
        run(notebook, colab[2])


def test_set_up_changes_nothing_that_is_there(colab):
    before = packages(colab[0])
    cell = setup_cell()
    again = nbformat.v4.new_code_cell(cell.source)
    use = nbformat.v4.new_code_cell("import course_utils.checks")
    run(nbformat.v4.new_notebook(cells=[cell, again, use]), colab[2])
    after = packages(colab[0])
    assert before == {name: after.get(name) for name in before}
    assert set(after) - set(before) <= {"autoencoder-course"}


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_lesson_runs(colab, path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.metadata.accelerator == "GPU"
    notebook.cells[1].source = setup_cell().source
    run(notebook, colab[2])
