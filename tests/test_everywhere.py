"""Nothing that works on one system only; what Binder and Colab need."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "solutions").glob("*.py"))
PACKAGE = sorted((ROOT / "course_utils").rglob("*.py"))
every_file = pytest.mark.parametrize(
    "path", LESSONS + PACKAGE, ids=lambda p: p.stem
)
ONE_SYSTEM_ONLY = {
    r"num_workers|multiprocessing|os\.fork\b": "worker processes",
    r"^[!]|^%%?(?:bash|sh|system)|os\.system|subprocess": "a shell",
    r"[\"']/(?:tmp|home|content|usr/local|root)\b": "a path of one machine",
    r"[\"']\w+\\\\\w+": "a path of Windows",
    r"signal\.(?:SIGALRM|alarm)|import (?:fcntl|resource|pwd)": "Unix alone",
    r"torchtext|gensim": "a package that breaks in Colab",
}


@every_file
@pytest.mark.parametrize("pattern", ONE_SYSTEM_ONLY)
def test_nothing_ties_to_one_system(path, pattern):
    found = re.search(pattern, path.read_text("utf-8"), re.M)
    assert not found, f"{ONE_SYSTEM_ONLY[pattern]}: {found}"


@every_file
def test_text_files_name_their_encoding(path):
    """Windows reads and writes another one unless it is told."""
    for node in ast.walk(ast.parse(source_of(path))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "open" or name.endswith(("read_text", "write_text")):
                text = ast.unparse(node)
                assert re.search("encoding|utf-8|'[rwa]b'", text), text


def source_of(path):
    """Return a file without the lines that only notebooks understand."""
    return re.sub(r"^%.*$", "", path.read_text("utf-8"), flags=re.M)


def test_a_gpu_changes_the_speed_and_nothing_else():
    """Data, sizes and epochs follow the switch FULL alone."""
    for path in LESSONS:
        text = path.read_text("utf-8")
        found = re.search(r"device\.type ==|cuda\.is_|len\(.*> 10_000", text)
        assert not found, (path.name, found)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_colab_is_asked_for_a_gpu(path):
    place = ROOT / "notebooks" / f"{path.stem}.ipynb"
    notebook = nbformat.read(place, as_version=4)
    assert notebook.metadata.accelerator == "GPU"
    assert "google.colab" in notebook.cells[1].source


def test_binder_finds_an_environment_that_it_can_build():
    """repo2docker reads environment.yml and looks for no other file."""
    text = (ROOT / "environment.yml").read_text("utf-8")
    for other in ("requirements.txt", "setup.py", "Pipfile", "binder"):
        assert not (ROOT / other).exists()
    assert re.search(r"^name: [\w-]+$", text, re.M)
    assert re.search(r"^channels:\n  - conda-forge$", text, re.M)
    packages = re.findall(r"^  - ([\w-]+)(.*)$", text, re.M)
    names = [name for name, _ in packages]
    for wrong in ("torch", "matplotlib", "scikit_learn", "skimage", "PIL"):
        assert wrong not in names  # their names on conda-forge differ
    for name, bound in packages:
        assert name in ("pip", "conda-forge") or re.fullmatch(
            r">=[\d.]+|:", bound
        ), (name, bound)
    by_pip = text.partition("- pip:")[2].split()
    assert by_pip == ["-", "-e", "."]


def test_workflow_runs_on_all_systems():
    text = (ROOT / ".github/workflows/test.yml").read_text("utf-8")
    for system in ("ubuntu", "windows", "macos"):
        assert f"{system}-latest" in text
