"""A kernel that was restarted: an unknown name says what to run first."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.manager import start_new_kernel

from course_utils.restart import advise_after_restart

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ADVICE = "Run All Above"

# Sections whose first code cell imports nothing from the package: it needs
# nothing of it, or is a scorecard that fills its page.
WITHOUT = {
    ("01", "Five facts, put to the test"),
    ("03", "Summary"),
    ("05", "Summary"),
    ("05b", "Summary"),
    ("08", "Bits: an autoencoder against gzip"),
    ("09", "Axis 2 · Context: which bank, which orange?"),
    ("09", "Where an autoencoder is still right"),
    ("09", "Summary"),
}


def sections(path):
    """Yield (lesson, heading, first code cell below it) of a notebook."""
    heading = None
    for cell in nbformat.read(path, as_version=4).cells[2:]:
        if cell.cell_type == "markdown":
            text = re.sub(r"```.*?```", "", cell.source, flags=re.S)
            headings = re.findall(r"^## (.*)$", text, re.M)
            heading = headings[-1] if headings else heading
        elif heading:
            yield path.stem.split("_")[0], heading, cell.source
            heading = None


def imports_the_package_first(source):
    """Say whether a cell imports from course_utils before all else."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == "course_utils":
                return True
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            return False
    return False


def test_a_section_can_be_entered_after_a_restart():
    """Its first cell imports the package, and so brings the advice."""
    found = [row for path in LESSONS for row in sections(path)]
    without = {
        (lesson, heading)
        for lesson, heading, source in found
        if not imports_the_package_first(source)
    }
    assert without <= WITHOUT, without - WITHOUT
    assert len(found) > 90 and len(without) < len(found) / 10


@pytest.fixture(scope="module")
def kernel():
    """Start one kernel for all tests: (its manager, a client)."""
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, source):
    """Run a cell; return its output texts and its error's name, in order."""
    seen = []

    def keep(message):
        content = message["content"]
        if message["msg_type"] in ("stream", "error"):
            seen.append(content.get("text") or content["ename"])

    client.execute_interactive(source, timeout=60, output_hook=keep)
    return seen


def restart(manager, client):
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=60)


@pytest.mark.parametrize(
    ("lesson", "heading", "name"),
    [
        ("02", "Choices that matter", "Autoencoder"),
        ("04", "Contractive codes", "variants"),
        ("07", "The published protocol", "published"),
    ],
)
def test_first_cell_of_a_section_after_a_restart(
    kernel, lesson, heading, name
):
    manager, client = kernel
    path = next(p for p in LESSONS if p.stem.startswith(f"{lesson}_"))
    cell = {title: cell for _, title, cell in sections(path)}[heading]
    restart(manager, client)
    if name in cell.partition("(")[0]:  # it defines what the next one uses
        assert run(client, cell) == []
        cell = f"{name}(0)"
    error, advice = run(client, cell)
    assert error == "NameError"
    assert advice.count(ADVICE) == 1


def test_other_cells_stay_as_they_are(kernel):
    manager, client = kernel
    restart(manager, client)
    assert run(client, "missing") == ["NameError"]
    assert run(client, "import course_utils, course_utils.losses") == []
    assert ADVICE in "".join(run(client, "missing"))
    assert run(client, "1 / 0") == ["ZeroDivisionError"]
    assert run(client, "raise NameError('of another kind')") == ["NameError"]
    assert run(client, "print('well')") == ["well\n"]
    late = "try:\n    missing\nexcept NameError:\n    print('caught')"
    assert run(client, late) == ["caught\n"]


def test_it_is_registered_once(monkeypatch):
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    before = len(shell.events.callbacks["post_run_cell"])
    for _ in range(3):
        advise_after_restart()
    assert len(shell.events.callbacks["post_run_cell"]) == before + 1


def test_outside_ipython_nothing_is_imported_for_it():
    look = "import course_utils, sys; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0 and done.stderr == ""
    assert "'IPython'" not in done.stdout and "'torch'" not in done.stdout
