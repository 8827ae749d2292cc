"""Guesses before a result, and claims put to the test after it."""

import math

from course_utils.lessons.ask import ask, choices_on_paper, plain, show
from course_utils.lessons.progress import is_smoke, is_strict, note

_taken = {}  # question: the choice taken, as text, or None
_open = {}  # question: its choices, in the order in which they were asked
_out = set()  # questions whose answer was shown


def guess(question, *choices):
    """Ask what will come out, before it does; `reveal` gives the answer.

    choices: two or more, as texts or numbers. The one taken last counts, as
    long as the answer is not out. A cell that is run again keeps the choice.
    """
    choices = [str(choice) for choice in choices]
    if len(set(choices)) < 2 or len(set(choices)) < len(choices):
        raise ValueError(
            f"a guess needs two or more different choices; got {choices}"
        )
    _open.pop(question, None)  # asked again, it is the latest
    _open[question] = choices
    if _taken.get(question) not in choices:
        _taken[question] = None

    def respond(place):
        if question in _out:
            return marks(), "The answer is out already."
        _taken[question] = choices[place]
        return marks(), f"Your guess: {choices[place]}"

    def marks():
        return {i: "●" for i, c in enumerate(choices) if c == _taken[question]}

    box = ask(question, choices, respond, marks(), side_by_side=True)
    text = f"Your guess? {plain(question)} {' · '.join(map(plain, choices))}"
    show(box, choices_on_paper(question, choices), text)


def reveal(answer):
    """Say what came out, beside the latest guess that has this choice.

    answer: one of the choices of `guess`, computed from the run.
    """
    answer = str(answer)
    question = next((q for q in reversed(_open) if answer in _open[q]), None)
    if question is None:
        if is_strict():
            raise ValueError(
                f"{answer!r} is no choice of a guess that was asked; the "
                f"latest has {list(_open.values())[-1:]}"
            )
        print(f"What came out: {answer}")
        return
    taken = _taken[question]
    _out.add(question)
    if taken is None:
        print(f"What came out: {answer} (no guess was made)")
        return
    hit = taken == answer
    print(
        f"What came out: {answer}. Your guess: {taken} {'✓' if hit else '✗'}"
    )
    note("guess", question, hit)


def claim(sentence, value, low=None, high=None):
    """Put a sentence about the results to the test of this run.

    value: whether it is true, or a number that must lie between low and
    high (one of them may be left out; both ends belong to it). Prints the
    answer. Raises AssertionError only where COURSE_STRICT=1; says nothing
    where COURSE_SMOKE=1, since hardly trained models prove nothing.
    """
    if is_smoke():
        return
    if low is None and high is None:
        holds, shown = bool(value), ""
    else:
        value = float(value)
        low = -math.inf if low is None else low
        high = math.inf if high is None else high
        holds, shown = low <= value <= high, f" ({_short(value)})"
    if holds:
        print(f"✓ {sentence}{shown}")
    elif is_strict():
        wanted = f": wanted {low:g} to {high:g}" if shown else ""
        raise AssertionError(f"not in this run: {sentence}{shown}{wanted}")
    else:
        print(f"✗ not in this run: {sentence}{shown}")


def _short(value):
    """Return a number with as many digits as a reader needs."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"
