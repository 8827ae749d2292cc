"""The project's template runs as it is, on drawn leaves and on a table."""

from pathlib import Path

import nbformat
import pandas
import pytest
import torch

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(monkeypatch):
    """Return a function that runs the template, and what it leaves."""
    monkeypatch.setenv("COURSE_SMOKE", "1")  # one epoch

    def run(path=None):
        template = ROOT / "docs" / "project_template.ipynb"
        found = {}
        for cell in nbformat.read(template, as_version=4).cells:
            assert not cell.get("outputs")
            if cell.cell_type == "code":
                source = cell.source.replace("= None", f"= {path!r}", 1)
                exec(source, found)
            if path and "network" in found:  # the learner builds another
                found["network"] = found["baseline"]
        return found

    return run


def check_worst(found):
    """Network and baseline have ten failures each, the worst first."""
    places = {found["data"].paths[i]: n for n, i in enumerate(found["rows"])}
    assert list(found["worst"]) == ["network", "baseline"]
    for name, paths in found["worst"].items():
        errors = found["errors"][name][[places[path] for path in paths]]
        assert errors.tolist() == found["errors"][name].topk(10)[0].tolist()


def test_the_template_runs(run):
    found = run()
    check_worst(found)
    assert found["results"].shape == (3, 2)
    assert not found["results"].isna().any(axis=None)
    sides = [set(rows.tolist()) for rows in found["split"](0)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 200


def test_a_table_is_scaled_by_its_training_rows(run, tmp_path):
    table = pandas.DataFrame(torch.randn(100, 12).numpy())
    table[3] = 5.0
    table.add_prefix("c").to_csv(tmp_path / "table.csv", index=False)
    found = run(str(tmp_path / "table.csv"))
    check_worst(found)
    train = found["x"][found["train"]]
    assert train.mean(dim=0).abs().max() < 1e-5
    assert (train.std(dim=0) - 1).abs().sort()[0][:-1].max() < 1e-5
    table[0] *= 1000
    table.add_prefix("c").to_csv(tmp_path / "table.csv", index=False)
    again = run(str(tmp_path / "table.csv"))["results"]
    pandas.testing.assert_frame_equal(again, found["results"], rtol=1e-3)


def test_the_project_is_on_the_website():
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    for path in (ROOT / "docs").glob("project*"):
        assert f"\n{path.stem}\n" in index, path
