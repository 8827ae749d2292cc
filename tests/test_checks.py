"""Every check: right answers pass, wrong ones are told their slip."""

import contextlib
import importlib
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from later import made

from course_utils import checks
from course_utils.checks.core import Check

FILES = sorted(Path(__file__).parent.glob("answers_*.py"))
ANSWERS = {}
for file in FILES:
    ANSWERS |= importlib.import_module(file.stem).ANSWERS

RIGHT = [(n, f) for n, (right, _) in ANSWERS.items() for f in right]
WRONG = [(n, w, f) for n, (_, bad) in ANSWERS.items() for w, f in bad.items()]
SLIPS = [
    (name, message)
    for name in ANSWERS
    if isinstance(getattr(checks, name), Check)
    for message in getattr(checks, name).slips or {}
]
OUTCOMES = [n for n in ANSWERS if hasattr(getattr(checks, n), "is_outcome")]
VERDICTS = {}  # (check, id of the attempt): (attempt, verdict)
GENERIC = ("largest error", "It raised", "should have shape")


def verdict(name, attempt):
    """Return what a check hands back and what it printed, judged once."""
    attempt = made(attempt)
    key = name, id(attempt)  # what outcomes judge cannot always be hashed
    if key not in VERDICTS:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            given_back = getattr(checks, name)(attempt)
        VERDICTS[key] = attempt, (given_back, printed.getvalue())
    return VERDICTS[key][1]


def test_every_check_has_answers():
    assert set(dir(checks)) == set(ANSWERS)
    for right, wrong in ANSWERS.values():
        assert len(right) >= 3 and len(wrong) >= 5


@pytest.mark.parametrize(("name", "attempt"), RIGHT)
def test_right_answers_are_accepted(name, attempt):
    attempt = made(attempt)
    given_back, printed = verdict(name, attempt)
    assert "✓" in printed, printed
    if isinstance(attempt, dict):  # letters go on as the lesson spells them
        keys = [
            {str(k).strip().upper() for k in d} for d in (given_back, attempt)
        ]
        assert keys[0] == keys[1]
    elif name == "pairs":  # goes on as a list of whole numbers
        assert given_back == [tuple(map(int, pair)) for pair in attempt]
        assert type(given_back[0][0]) is int
    elif "slow" not in printed:
        assert getattr(given_back, "__wrapped__", given_back) is attempt


@pytest.mark.parametrize(("name", "words", "attempt"), WRONG)
def test_slips_are_named(name, words, attempt):
    attempt = made(attempt)
    given_back, printed = verdict(name, attempt)
    assert "not yet" in printed and words in printed, printed
    assert given_back is not attempt or name in OUTCOMES


@pytest.mark.parametrize(("name", "message"), SLIPS)
def test_no_slip_hides_another(name, message):
    slip = getattr(checks, name).slips[message]
    _, printed = verdict(name, lambda *case: slip(*case))
    assert printed == f"✗ {name}: not yet. {message}\n"


@pytest.mark.parametrize("name", OUTCOMES)
def test_an_outcome_waits_for_an_attempt(name):
    for nothing in (None, ...):
        assert "not attempted" in verdict(name, nothing)[1]


@pytest.mark.parametrize("name", [n for n in ANSWERS if n not in OUTCOMES])
def test_the_course_steps_in_and_is_right(name):
    def untouched(*arguments, **options):
        raise NotImplementedError("your code here")

    course, printed = verdict(name, untouched)
    assert "not attempted" in printed
    again, printed = verdict(name, course)
    assert "the course's own" in printed and again is course
    _, printed = verdict(name, lambda *a, **k: course(*a, **k))
    assert "correct" in printed, printed


def test_four_of_five_slips_are_named(capsys):
    """Print the rates; `misled` are told other words than their slip's."""
    rows = ["check               right accepted  wrong refused  named  misled"]
    for name, (right, wrong) in ANSWERS.items():
        accepted = sum("✓" in verdict(name, f)[1] for f in right)
        told = {words: verdict(name, f)[1] for words, f in wrong.items()}
        refused = sum("not yet" in text for text in told.values())
        vague = [t for t in told.values() if any(g in t for g in GENERIC)]
        misled = sum(words not in text for words, text in told.items())
        named = 1 - len(vague) / len(wrong)
        rows.append(
            f"{name[:21]:21} {accepted:6} of {len(right):2} "
            f"{refused:8} of {len(wrong):2} {named:7.0%} {misled:7}"
        )
        assert named >= 0.8, (rows[-1], vague)
    with capsys.disabled():
        print("\n" + "\n".join(rows))


def test_no_two_lessons_have_a_check_of_one_name():
    names = [
        (name, path.stem[:2])
        for path in sorted(
            (Path(__file__).parents[1] / "solutions").glob("*.py")
        )
        for name in set(
            re.findall(r"checks\.(\w+)\(", path.read_text("utf-8"))
        )
    ]
    counts = Counter(name for name, _ in names)
    assert not [pair for pair in names if counts[pair[0]] > 1]
