"""The house: who may import whom, and how long things may be."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "course_utils"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAY_IMPORT = {
    "__init__": {"restart"},
    "data": {"files"},
    "kdd": {"files", "traffic"},
    "text": {"files", "grammar"},
    "charts": {"plotting"},
    "widgets": {"plotting"},
    "checks": {"checks", "losses", "models", "text_models"},
}


def imports(path):
    """Yield (module, whether a star is imported) for each import."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or "", any(n.name == "*" for n in node.names)
        elif isinstance(node, ast.Import):
            yield from ((name.name, False) for name in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_import_directions(path):
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for module, star in imports(path):
        assert not star, f"{path} imports a star from {module}"
        if module.startswith("course_utils"):
            sibling = module.split(".")[1]
            assert sibling in MAY_IMPORT.get(part, set()), (path, module)


def test_init_does_one_cheap_thing():
    text = (PACKAGE / "__init__.py").read_text("utf-8")
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.stem)
def test_slow_packages_are_not_imported_on_the_way(path):
    top_level = ast.parse(path.read_text("utf-8")).body
    for node in top_level:
        if isinstance(node, ast.Import | ast.ImportFrom):
            text = ast.unparse(node)
            assert not re.search("torchvision|sklearn|skimage|scipy", text)


def test_files_and_functions_are_short():
    for path in MODULES:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 320, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                doc = ast.get_docstring(node) or ""
                first = node.body[1 if doc and len(node.body) > 1 else 0]
                length = node.end_lineno - first.lineno + 1
                assert length <= 35, (path, node.name, length)


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
