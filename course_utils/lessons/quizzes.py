"""Questions about earlier lessons at the start, and the quiz at the end."""

import json
from pathlib import Path

import ipywidgets

from course_utils.lessons import progress
from course_utils.lessons.ask import ask, plain, questions_on_paper, show

QUIZZES = Path(__file__).parent / "quizzes"


def from_memory(lesson=None):
    """Ask two or three questions about earlier lessons."""
    _ask_all("memory", lesson)


def quiz(lesson=None):
    """Ask the questions at the end of a lesson, such as "02".

    Without a number it is the lesson that `start` named.
    """
    _ask_all("quiz", lesson)


def read_questions(kind, lesson):
    """Return the questions of a lesson: kind is "memory" or "quiz".

    Each is {"question": text, "answers": [{"answer", "correct",
    "feedback"}, ...]}. A file that holds a bare list has no memory part.
    """
    path = QUIZZES / f"{lesson}.json"
    if not path.exists():
        raise FileNotFoundError(f"lesson {lesson!r} has no quiz at {path}")
    content = json.loads(path.read_text(encoding="utf-8"))
    parts = {"quiz": content} if isinstance(content, list) else content
    return parts.get(kind, [])


def _ask_all(kind, lesson):
    lesson = lesson or progress.current_lesson()
    if lesson is None:
        print("Run the first code cell of the lesson, then this one.")
        return
    questions = read_questions(kind, lesson)
    boxes = [_one(kind, q, lesson) for q in questions]
    show(ipywidgets.VBox(boxes), *on_paper(questions))


def on_paper(questions):
    """Return what stands for a quiz without a kernel, as HTML and as text."""
    text = "\n".join(
        f"{i}. {plain(q['question'])}" for i, q in enumerate(questions, 1)
    )
    return questions_on_paper(questions), text


def _one(kind, question, lesson):
    """Return a question's box; the first answer pressed is recorded."""
    pressed = {}

    def respond(place):
        answer = question["answers"][place]
        if not pressed:
            right = answer["correct"]
            progress.note(kind, question["question"], right, lesson)
        pressed[place] = "✓" if answer["correct"] else "✗"
        return pressed, answer["feedback"]

    texts = [answer["answer"] for answer in question["answers"]]
    return ask(question["question"], texts, respond)
