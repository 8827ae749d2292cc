"""The self-check questions at the end of a lesson."""

import json
import random
from pathlib import Path

QUIZZES = Path(__file__).parent / "quizzes"


def quiz(lesson: str):
    """Ask the self-check questions of a lesson, such as "01"."""
    from jupyterquiz import display_quiz

    path = QUIZZES / f"{lesson}.json"
    if not path.exists():
        raise FileNotFoundError(f"lesson {lesson!r} has no quiz at {path}")
    questions = json.loads(path.read_text(encoding="utf-8"))
    state = random.getstate()
    random.seed(lesson)  # the page element's name, the same at every run
    display_quiz(questions, border_radius=4)
    random.setstate(state)
