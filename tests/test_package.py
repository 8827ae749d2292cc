"""The house: who may import whom, and what may not be imported."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
MODULES = sorted(PACKAGE.rglob("*.py"))
# Each may import what stands above it, and its own folder.
LEVELS = (
    {"datasets", "models"},
    {"adam", "checkpoints"},
    {"training"},
    {"measures"},
    {"rivals", "figures"},
    {"lessons"},
    {"checks"},
)
SLOW = "torchvision|sklearn|skimage|scipy|pandas"


def imports(path):
    """Yield (module, whether a star is imported) for each import."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", any(n.name == "*" for n in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name, False) for name in node.names)


def level(part):
    """Return how far down a part of the package stands."""
    return next(n for n, names in enumerate(LEVELS) if part in names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_imports_go_downwards(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for module, star in imports(path):
        assert not star, f"{path} imports a star from {module}"
        if module.startswith("course_utils"):
            other = module.split(".")[1]
            assert other == part or level(other) < level(part), (path, module)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_slow_packages_are_not_imported_on_the_way(path):
    slow = SLOW if "figures" in path.parts else f"{SLOW}|matplotlib"
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = re.search(rf"\b({slow})\b", ast.unparse(node))
            assert not found, (path, found)


def test_importing_draws_no_random_numbers():
    script = (
        "import torch; torch.manual_seed(0); expected = torch.rand(3);"
        "torch.manual_seed(0); import course_utils.checks,"
        "course_utils.lessons, course_utils.models, course_utils.training;"
        "assert torch.rand(3).equal(expected)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_environment_and_pyproject_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = project["project"]["dependencies"]
    wanted += project["dependency-groups"]["lab"]
    conda = (ROOT / "environment.yml").read_text("utf-8")
    names = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
    for dependency in wanted:
        name, bound = dependency.split(">=")
        assert f"- {names.get(name, name)}>={bound}" in conda, dependency
    assert "==" not in "".join(wanted) and "<" not in "".join(wanted)


def test_nothing_of_this_machine_is_in_the_tree():
    host = "|".join(["p" + r"ypi\.org", "python" + "hosted", "/ho" + "me/"])
    for folder in ("course_utils", "solutions", "notebooks", "tools"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".ipynb", ".json"):
                found = re.search(host, path.read_text("utf-8"))
                assert not found, (path, found)


def test_each_fault_in_the_table_is_tried():
    """The tests that CONTRIBUTING.md names are there."""
    said = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`(\w+)::(\w+)`", said.partition("Faults, and")[2])
    assert len(named) > 30
    for file, test in named:
        source = (ROOT / f"tests/test_{file}.py").read_text("utf-8")
        assert f"def test_{test}(" in source, (file, test)
