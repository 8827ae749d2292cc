"""What the learner did: exercises, guesses, answers to questions.

It is kept in progress.json in the working folder (or where COURSE_PROGRESS
says). A file that cannot be read or written never stops a lesson.
"""

import json
import os
import tempfile
import tomllib
from pathlib import Path

KINDS = {
    "exercises": "exercises",
    "guess": "guesses",
    "quiz": "quiz",
    "memory": "from memory",
}
PACKAGE = Path(__file__).resolve().parent.parent
# At the top of a checkout, inside the package once installed.
CATALOGUE = (PACKAGE.parent / "lessons.toml", PACKAGE / "lessons.toml")
_state = {"lesson": None, "notes": {}, "told": False}


def is_strict():
    """Say whether claims raise: the tests of solved lessons set it."""
    return os.environ.get("COURSE_STRICT") == "1"


def is_smoke():
    """Say whether lessons only have to run, with hardly trained models."""
    return os.environ.get("COURSE_SMOKE") == "1"


def start(lesson):
    """Name the lesson, such as "02", for which results are recorded."""
    _state.update(lesson=lesson, notes={})


def current_lesson():
    """Return the number of the lesson that was started, or None."""
    return _state["lesson"]


def note(kind, name, outcome, lesson=None):
    """Record one result of the learner's.

    kind: "exercises", "guess", "quiz" or "memory". name: of the exercise,
    or the question. outcome: whether the learner's own was right; for an
    exercise "solved" if the lesson goes on with the learner's answer,
    anything else ("not yet", "course") if with the course's. Raises
    ValueError for another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")
    right = outcome == "solved" if isinstance(outcome, str) else bool(outcome)
    lesson = lesson or _state["lesson"]
    if lesson is None:
        return
    notes = _state["notes"].setdefault(lesson, {})
    notes.setdefault(kind, {})[name] = right
    if not (is_strict() or is_smoke()):
        _keep(lesson, kind, name, right)


def results(lesson=None):
    """Return {kind: {name: outcome}} of a lesson, of earlier days too."""
    lesson = lesson or _state["lesson"]
    kept = {} if is_strict() or is_smoke() else _read().get(lesson, {})
    now = _state["notes"].get(lesson, {})
    return {k: kept.get(k, {}) | now.get(k, {}) for k in KINDS}


def show_progress():
    """Show a table of what was done in each lesson so far."""
    import pandas
    from IPython.display import display

    kept, titles = _read(), _titles()
    rows = {}
    for number in sorted(titles | kept):
        done = kept.get(number, {})
        row = {shown: score(done.get(k, {})) for k, shown in KINDS.items()}
        rows[f"{number} {titles.get(number, '')}".strip()] = row
    display(pandas.DataFrame.from_dict(rows, orient="index"))
    if not kept:
        print(f"Nothing is recorded yet; it will be in {_place().name}.")


def score(outcomes):
    """Return "2 of 3" for {name: outcome}, or a dash."""
    right = sum(outcomes.values())
    return f"{right} of {len(outcomes)}" if outcomes else "–"


def _place():
    return Path(os.environ.get("COURSE_PROGRESS") or "progress.json")


def _read():
    """Return {lesson: {kind: {name: outcome}}}; empty if there is none.

    A damaged file is laid aside, so that nobody's work is overwritten.
    """
    place = _place()
    try:
        kept = json.loads(place.read_text("utf-8"))
        for kinds in kept.values():
            for outcomes in kinds.values():
                sum(outcomes.values())
        return kept
    except FileNotFoundError:
        return {}
    except OSError as error:
        _tell(error)
    except (ValueError, TypeError, AttributeError):
        aside = place.with_name(f"{place.stem}-damaged.json")
        try:
            os.replace(place, aside)
            print(f"{place} is damaged. It is now {aside.name}.")
        except OSError as error:
            _tell(error)
    return {}


def _keep(lesson, kind, name, outcome):
    """Write one result, whole or not at all."""
    kept = _read()
    outcomes = kept.setdefault(lesson, {}).setdefault(kind, {})
    # An exercise once solved stays solved in a fresh copy of the notebook.
    solved_before = kind == "exercises" and outcomes.get(name, False)
    outcomes[name] = outcome or solved_before
    text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
    place = _place()
    try:
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            new = Path(folder) / place.name
            new.write_text(text, encoding="utf-8", newline="\n")
            os.replace(new, place)
    except OSError as error:
        _tell(error)


def _tell(error):
    """Say once that progress cannot be kept."""
    if not _state["told"]:
        print(f"Your progress cannot be kept ({error}). The lesson goes on.")
    _state["told"] = True


def _titles():
    """Return {number: title} of the course's lessons."""
    place = next((p for p in CATALOGUE if p.exists()), None)
    if place is None:
        return {}
    lessons = tomllib.loads(place.read_text("utf-8"))["lesson"]
    return {lesson["number"]: lesson["title"] for lesson in lessons}
