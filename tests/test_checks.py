"""Every check: right answers pass, wrong ones are told their slip."""

import importlib
from pathlib import Path

import pytest

from course_utils import checks

FILES = sorted(Path(__file__).parent.glob("answers_*.py"))
ANSWERS = {}
for file in FILES:
    ANSWERS |= importlib.import_module(file.stem).ANSWERS

RIGHT = [(n, f) for n, (right, _) in ANSWERS.items() for f in right]
WRONG = [(n, w, f) for n, (_, bad) in ANSWERS.items() for w, f in bad.items()]


def verdict(name, attempt, capsys):
    """Return the function a check hands back and what it printed."""
    given_back = getattr(checks, name)(attempt)
    return given_back, capsys.readouterr().out


def test_every_check_has_answers():
    exercises = set(dir(checks)) - {"show_scorecard"}
    assert exercises == set(ANSWERS)
    for right, wrong in ANSWERS.values():
        assert len(right) >= 3 and len(wrong) >= 5


@pytest.mark.parametrize(("name", "attempt"), RIGHT)
def test_right_answers_are_accepted(name, attempt, capsys):
    given_back, printed = verdict(name, attempt, capsys)
    assert "correct" in printed, printed
    if "slow" not in printed:
        assert getattr(given_back, "__wrapped__", given_back) is attempt


@pytest.mark.parametrize(("name", "words", "attempt"), WRONG)
def test_slips_are_named(name, words, attempt, capsys):
    given_back, printed = verdict(name, attempt, capsys)
    assert "not yet" in printed and words in printed, printed
    assert given_back is not attempt


@pytest.mark.parametrize("name", ANSWERS)
def test_reference_steps_in_and_is_right(name, capsys):
    def untouched(*arguments, **options):
        raise NotImplementedError("your code here")

    reference, printed = verdict(name, untouched, capsys)
    assert "not attempted" in printed
    again, printed = verdict(name, reference, capsys)
    assert "the course's own" in printed and again is reference
    _, printed = verdict(name, lambda *a, **k: reference(*a, **k), capsys)
    assert "correct" in printed, printed


GENERIC = ("largest error", "It raised", "should have shape")


def test_report_how_many_slips_are_named(capsys):
    """Print the table; four of five messages must say what the slip is."""
    rows = ["check                 right accepted   wrong refused   named"]
    for name, (right, wrong) in ANSWERS.items():
        accepted = sum("correct" in verdict(name, f, capsys)[1] for f in right)
        texts = [verdict(name, f, capsys)[1] for f in wrong.values()]
        refused = sum("not yet" in text for text in texts)
        named = sum(not any(g in text for g in GENERIC) for text in texts)
        rows.append(
            f"{name[:21]:21} {accepted:8} of {len(right):2} "
            f"{refused:9} of {len(wrong):2} {named / len(wrong):9.0%}"
        )
        assert accepted == len(right) and refused == len(wrong), rows[-1]
        assert named >= 0.8 * len(wrong), (rows[-1], texts)
    with capsys.disabled():
        print("\n" + "\n".join(rows))
