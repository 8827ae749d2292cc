"""How pytest runs the notebooks (nbval gives each its own kernel).

The learners' notebooks run as on a train, and quickly: no network, an empty
data folder, one epoch (COURSE_SMOKE). The first lessons run each cell twice
in a row. The solved ones run for real, with claims that raise (COURSE_STRICT),
the network and the data folder as they are. Files are shared out among two
workers, so each of them computes with one thread.
"""

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
TEST_DATA = ROOT.parent / "shared" / "data"
EMPTY = tempfile.TemporaryDirectory(prefix="course_empty_data_")
TWICE = ("00_", "01_", "02_")
PATHS = os.pathsep.join(map(str, (ROOT / "tests" / "no_network", ROOT)))
# Two threads each would wait for each other. Kernels inherit it.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


NOT_PRINTED = (
    *("metadata", "output_type", "name", "execution_count", "traceback"),
    *("text/html", "text/plain", "image/png", "image/svg+xml"),
    "application/vnd.jupyter.widget-view+json",
)


def is_cell_of(item, folder):
    """Say whether a test is a cell of a notebook in this folder."""
    return hasattr(item, "cell") and item.path.parent == ROOT / folder


def pytest_collection_modifyitems(items):
    """Let each cell of the learners' first notebooks run twice.

    Cells tagged nbval-check-output are compared by what they print: figures
    are stored without the HTML that a running kernel adds.
    """
    for item in items:
        if hasattr(item, "cell"):
            item.parent.skip_compare = NOT_PRINTED
        if is_cell_of(item, "notebooks") and item.path.name.startswith(TWICE):
            item.runtest = twice(item.runtest)


def twice(run):
    """Return a function that calls `run` two times."""

    def run_twice():
        run()
        run()

    return run_twice


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Set what a notebook's kernel finds around it when it starts."""
    with pytest.MonkeyPatch.context() as patch:
        if is_cell_of(item, "notebooks"):
            patch.setenv("COURSE_DATA", EMPTY.name)
            patch.setenv("COURSE_SMOKE", "1")
            patch.setenv("PYTHONPATH", PATHS)
        elif is_cell_of(item, "solutions"):
            patch.setenv("COURSE_STRICT", "1")
            if TEST_DATA.exists():
                patch.setenv("COURSE_DATA", str(TEST_DATA))
        return (yield)
