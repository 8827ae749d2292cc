"""The upload way: course_utils and data lie beside a notebook, no more."""

import os
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
WHERE = "import course_utils; print(course_utils.__file__)"


def test_lesson_00_runs_beside_uploaded_folders(tmp_path, monkeypatch):
    for name in ("course_utils", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    missing = tmp_path / "missing"  # what Colab lacks
    missing.mkdir()
    (missing / "safetensors.py").write_text("raise ImportError('not here')")
    places = (ROOT / "tests" / "no_network", missing)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, places)))
    monkeypatch.setenv("COURSE_SMOKE", "1")
    monkeypatch.delenv("COURSE_DATA", raising=False)
    path = next((ROOT / "notebooks").glob("00_*.ipynb"))
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(WHERE))
    place = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, resources=place).execute()
    assert notebook.cells[-1].outputs[0].text.startswith(str(tmp_path))
