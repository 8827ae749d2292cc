"""The judge never raises, says one thing, and names slips; the scorecard."""

import signal
import sys

import pytest
import torch

from course_utils.checks import judging, legacy, show_scorecard

CASES = [(torch.arange(12.0).reshape(3, 4),), (torch.ones(2, 4),)]
SLIPS = {
    "You summed over the batch.": lambda x: x.sum(0),
    "You took the mean.": lambda x: x.mean(1),
}


def reference(x):
    return x.sum(1)


def judge(attempt, capsys):
    """Return what is given back and the lines printed."""
    compare = legacy.same_as(reference, CASES, SLIPS)
    given_back = judging.judge("total", attempt, reference, compare)
    return given_back, capsys.readouterr().out.splitlines()


def verdict(attempt, capsys):
    """Expect the reference and one short line; return the line."""
    given_back, lines = judge(attempt, capsys)
    assert given_back is reference and len(lines) == 1
    assert lines[0].startswith("✗ total: not yet. ") and len(lines[0]) < 500
    return lines[0]


def raising(error):
    def attempt(x):
        raise error

    return attempt


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError


class Odd(BaseException):
    pass


ERRORS = {
    "ValueError": ValueError("no such column"),
    "KeyError": KeyError("x"),
    "SystemExit": SystemExit(1),
    "AssertionError": AssertionError(),
    "MemoryError": MemoryError("y" * 1_000_000),
    "RuntimeError": RuntimeError("first\n" * 1000),
    "Unprintable": Unprintable(),
    "Odd": Odd(),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_attempt_that_raises(name, capsys):
    printed = verdict(raising(ERRORS[name]), capsys)
    assert f"raised {name} in `raise error`" in printed


def test_the_line_of_the_error_is_named(capsys):
    printed = verdict(lambda x: x.sum(7), capsys)
    assert "IndexError in `" in printed and "x.sum(7)" in printed


def test_sys_exit(capsys):
    assert "SystemExit" in verdict(lambda x: sys.exit(), capsys)


def test_endless_recursion(capsys):
    def attempt(x):
        return attempt(x)

    assert "RecursionError" in verdict(attempt, capsys)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_endless_loop(capsys, monkeypatch, handler):
    """Also in a background job, whose interrupts are ignored."""
    monkeypatch.setattr(judging, "SECONDS", 0.2)
    before = signal.signal(signal.SIGINT, handler)

    def attempt(x):
        while True:
            pass

    try:
        assert "had not finished after 0.2 s" in verdict(attempt, capsys)
        assert signal.getsignal(signal.SIGINT) == handler
    finally:
        signal.signal(signal.SIGINT, before)


WRONG = {
    "must return a tensor; got a list of 3.": lambda x: [
        float(row.sum()) for row in x
    ],
    "Is there a `return`?": lambda x: None,
    "should have shape (3,); got (1, 3).": lambda x: x.sum(1)[None],
    "should have shape (3,); got ().": lambda x: 3,
    "holds NaN or infinity": lambda x: x.sum(1) / 0,
    "must return numbers; got a str.": lambda x: "six",
    "must return numbers; got a dict.": lambda x: {},
    "must return numbers; got a function.": lambda x: reference,
    "largest error is 100": lambda x: x.sum(1) + 100,
    "expected 6, got 7": lambda x: x.sum(1) + torch.tensor([1.0, 0, 0]),
}


@pytest.mark.parametrize("words", WRONG)
def test_wrong_answers(words, capsys):
    assert words in verdict(WRONG[words], capsys)


@pytest.mark.parametrize("attempt", [3, "x"])
def test_what_is_no_function(attempt, capsys):
    assert "TypeError" in verdict(attempt, capsys)


@pytest.mark.parametrize("words", SLIPS)
def test_slips_are_named(words, capsys):
    def attempt(x):
        return SLIPS[words](x)

    assert verdict(attempt, capsys) == f"✗ total: not yet. {words}"


def test_an_input_changed_in_place(capsys):
    def attempt(x):
        total = x.sum(1)
        x *= 2
        return total

    assert "right, but it changes its input" in verdict(attempt, capsys)
    assert CASES[1][0].equal(torch.ones(2, 4))


RIGHT = {
    "written differently": lambda x: torch.einsum("ij->i", x),
    "an array": lambda x: x.numpy().sum(1),
    "double precision": lambda x: x.double().sum(1),
    "with gradient": lambda x: x.clone().requires_grad_().sum(1),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_answers(name, capsys):
    given_back, lines = judge(RIGHT[name], capsys)
    assert given_back is RIGHT[name]
    assert lines == ["✓ total: correct."]


def test_not_attempted(capsys):
    given_back, lines = judge(
        raising(NotImplementedError("your code here")), capsys
    )
    assert given_back is reference
    assert lines == ["… total: not attempted yet. The course's own steps in."]


def test_the_courses_own_is_not_judged(capsys):
    given_back, [line] = judge(reference, capsys)
    assert given_back is reference and "Run the cell above again" in line


def test_what_it_prints_is_shown_short(capsys):
    def attempt(x):
        print("shape", tuple(x.shape))
        print("x" * 1_000_000)
        return x.sum(1)

    given_back, lines = judge(attempt, capsys)
    assert given_back is attempt
    assert "your function printed: shape (3, 4)" in lines
    assert sum(map(len, lines)) < 2 * judging.MOST_PRINTED


def test_random_numbers_are_seeded_alike_and_left_alone(capsys):
    compare = legacy.same_as(torch.rand_like, CASES)
    torch.manual_seed(3)
    state = torch.get_rng_state()

    def attempt(x):
        return torch.rand(x.shape)

    assert judging.judge("noise", attempt, torch.rand_like, compare) is attempt
    assert torch.get_rng_state().equal(state)


def test_answers_of_several_values(capsys):
    def both(x):
        return x.sum(), x.mean()

    compare = legacy.same_as(both, CASES)
    assert not compare(lambda x: [x.sum(), x.mean()])
    assert "2 values; got a Tensor of shape" in compare(lambda x: x.sum())
    assert "2 values; got a tuple of 3" in compare(lambda x: (x, x, x))
    assert "largest error" in compare(lambda x: (x.sum(), x.max()))


def test_a_call_may_compare_something_else():
    compare = legacy.same_as(torch.abs, CASES, call=lambda f, x: f(x).mean())
    assert not compare(lambda x: x.abs().flip(0))


def test_an_empty_answer():
    compare = legacy.same_as(reference, [(torch.ones(0, 4),)])
    assert not compare(lambda x: x.sum(1))


# The scorecard


def test_scorecard_is_a_table(capsys):
    show_scorecard(
        {"test error": 0.0123, "loss": 5.0, "gain": -9},
        {"test error": (0.012, 0.013), "loss": (1, 2), "gain": (0, 1)},
    )
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["result", "yours", "we", "measured"]
    assert "0.0123" in rows[0] and "0.012 to 0.013  ✓ as exp" in rows[0]
    assert rows[1].endswith("higher") and rows[2].endswith("lower")


def test_near_the_range_is_as_right(capsys):
    show_scorecard({"a": 2.2}, {"a": (1, 2)})
    assert "✓" in capsys.readouterr().out


def test_a_result_that_is_no_number(capsys):
    show_scorecard({"a": float("nan")}, {"a": (1, 2)})
    head, row = capsys.readouterr().out.splitlines()
    assert "not a number" in row and head.index("y") == row.index("nan") - 2


@pytest.mark.parametrize(
    ("results", "measured"),
    [({"a": 1}, {}), ({}, {"a": (1, 2)}), ({"b": 1}, {"a": (1, 2)})],
)
def test_scorecard_with_other_names(results, measured):
    with pytest.raises(ValueError, match="only one has .*[ab]"):
        show_scorecard(results, measured)
