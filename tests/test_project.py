"""The project's template runs as it is, on the drawn leaves."""

from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent


def test_the_template_runs(monkeypatch):
    monkeypatch.setenv("COURSE_SMOKE", "1")  # one epoch
    path = ROOT / "docs" / "project_template.ipynb"
    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        if cell.cell_type == "code":
            exec(cell.source, found)
    assert found["results"].shape == (3, 2)
    assert not found["results"].isna().any(axis=None)
    sides = [set(rows.tolist()) for rows in found["split"](0)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 200


def test_the_project_is_on_the_website():
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("project*"):
        assert f"\n{path.stem}\n" in index, path
