"""A notebook with the folders course_utils and data uploaded beside it.

That is the way into Colab without a published copy: no pyproject.toml, and
packages that Colab lacks are not there.
"""

import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOT_IN_COLAB = ("safetensors", "pooch", "jupytext")
BLOCK = f"""
import sys

for name in {NOT_IN_COLAB}:
    sys.modules[name] = None  # importing it raises ImportError
"""


def test_first_lesson_runs_beside_uploaded_folders(tmp_path, monkeypatch):
    for folder in ("course_utils", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "sitecustomize.py").write_text(BLOCK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "block"))
    monkeypatch.delenv("COURSE_DATA", raising=False)
    path = ROOT / "notebooks" / "00_start_here.ipynb"
    notebook = nbformat.read(path, as_version=4)
    look = (
        "from course_utils import checkpoints\n"
        "from course_utils.datasets import SHIPPED, data_folder\n"
        "print(SHIPPED, data_folder())"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(look))
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, resources=resources).execute()
    shipped, folder = notebook.cells[-1].outputs[0].text.split()
    assert Path(shipped) == tmp_path / "data" / "fashion_mnist_small.npz"
    assert Path(folder) == tmp_path / "data"
