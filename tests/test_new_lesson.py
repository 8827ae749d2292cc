"""A new lesson is four files and an entry, and passes from the start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("course_utils", "data", "docs", "tests", "tools", "lessons.toml",
         "pyproject.toml", "README.md", "conftest.py")  # fmt: skip


@pytest.fixture
def course(tmp_path):
    """Return a copy of the course with lesson 00 alone, and how to run it."""
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    for folder in ("solutions", "notebooks"):
        (tmp_path / folder).mkdir()
        for path in (ROOT / folder).glob("00_*"):
            shutil.copy(path, tmp_path / folder)

    def run(*command):
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"PYTHONPATH": str(tmp_path)},
        )  # fmt: skip

    return tmp_path, run


def test_a_skeleton_passes(course):
    folder, run = course
    before = {p for p in folder.rglob("*") if p.suffix != ".pyc"}
    for command in (
        ["tools/new_lesson.py", "77", "a_new_lesson"],
        ["tools/measure.py", "77", "--seeds", "0"],
        ["tools/build_lessons.py", "--execute", "77"],
        ["tools/build_lessons.py"],
        ["tools/build_lessons.py", "--check"],
        ["-m", "pytest", "-q", "-n", "0", "tests/test_lessons.py"],
        ["-m", "pytest", "-q", "-n", "0", "-k", "77", "tests/test_checks.py"],
        ["-m", "ruff", "check", "--select", "E,F,I", "course_utils", "tests"],
    ):
        done = run(*command)
        assert done.returncode == 0, (
            command,
            done.stdout[-3000:],
            done.stderr,
        )
    new = {
        path.relative_to(folder).as_posix()
        for path in set(folder.rglob("*")) - before
        if path.is_file() and "cache" not in str(path)
    }
    assert new - {"course_utils/lessons/measured/77.json"} == {
        "solutions/77_a_new_lesson.py",
        "course_utils/checks/lesson_77.py",
        "tests/answers_77.py",
        "course_utils/lessons/quizzes/77.json",
        "solutions/77_a_new_lesson.ipynb",  # these two are generated
        "notebooks/77_a_new_lesson.ipynb",
    }
    again = run("tools/new_lesson.py", "77", "a_new_lesson")
    assert again.returncode and "is there already" in again.stderr
