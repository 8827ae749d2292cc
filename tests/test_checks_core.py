"""The judge never raises, says one thing, and names slips."""

import _thread
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from course_utils import checks
from course_utils.checks import core, handing, judging
from course_utils.lessons import progress

CASES = [(torch.arange(12.0).reshape(3, 4),), (torch.ones(2, 4),)]
SLIPS = {
    "You summed over the batch.": lambda x: x.sum(0),
    "You took the mean.": lambda x: x.mean(1),
}


def reference(x):
    return x.sum(1)


def judge(attempt, capsys):
    """Return what is given back and the lines printed."""
    compare = core.Check(reference, lambda: CASES, slips=SLIPS).find_problem
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
    "shape (1, 3) instead of (3,).": lambda x: x.sum(1)[None],
    "should have shape (3,); got ().": lambda x: 3,
    "NaN or infinity": lambda x: x.sum(1) / (x[:, 1] - 5),
    "must return numbers; got a str.": lambda x: "six",
    "must return numbers; got a dict.": lambda x: {},
    "must return numbers; got a function.": lambda x: reference,
    "off by the same +100": lambda x: x.sum(1) + 100,
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

    assert "right, but it changes `x` in place" in verdict(attempt, capsys)
    assert CASES[1][0].equal(torch.ones(2, 4))


RIGHT = {
    "written differently": lambda x: torch.einsum("ij->i", x),
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
    def noise(x):
        return torch.rand_like(x)

    def attempt(x):
        return torch.rand(x.shape, device=x.device)

    torch.manual_seed(3)
    state = torch.get_rng_state()
    check = core.Check(noise, lambda: CASES)
    assert check(attempt) is attempt
    assert torch.get_rng_state().equal(state)


def test_answers_of_several_values(capsys):
    def both(x):
        return x.sum(), x.mean()

    check = core.Check(both, lambda: CASES)

    def told(attempt):
        check(attempt)
        return capsys.readouterr().out

    assert "correct" in told(lambda x: [x.sum(), x.mean()])
    assert "2 values; got a Tensor of shape" in told(lambda x: x.sum())
    assert "2 values; got a tuple of 3" in told(lambda x: (x, x, x))
    assert "not yet" in told(lambda x: (x.sum(), x.max()))


# What the core adds to every check


def hold(function, cases, **options):
    """Return a check that is not registered."""
    return core.Check(function, cases, **options)


def said(check, attempt, capsys):
    """Return what is given back and all that is printed."""
    given_back = check(attempt)
    return given_back, capsys.readouterr().out


def rows(x):
    """Sum the numbers of each row."""
    return x.sum(1)


def draw_cases():
    return [(torch.randn(3, 4),), (torch.randn(5, 2),)]


ROWS = hold(rows, draw_cases, learns=("x",))


def on_the_cpu(x):
    return x.sum(1) + torch.zeros(len(x))


def in_the_list(x):
    return torch.stack([row.sum() for row in x])


PROBED = {
    "With a batch of one: ": lambda x: x.sum(1).squeeze(),
    "times as large: ": lambda x: x.clamp(-50, 50).sum(1),
    "no gradient gets through": lambda x: x.detach().sum(1),
    "in place": lambda x: x.add_(1).sum(1) - x.shape[1],
    "on the CPU only: `return x.sum(1) + torch.zeros": on_the_cpu,
    "It is right for the first case": lambda x: x.reshape(-1, 4).sum(1),
    "Only the last row is wrong": lambda x: torch.cat(
        [x.sum(1)[:-1], x.sum(1)[-1:] * 2 + 1]
    ),
}


@pytest.mark.parametrize("words", PROBED)
def test_probes(words, capsys):
    given_back, printed = said(ROWS, PROBED[words], capsys)
    assert given_back is rows and words in printed, printed


def softmax_by_hand(x):
    return (x.exp() / x.exp().sum(1, keepdim=True)).log()


def test_values_far_out(capsys):
    check = hold(lambda x: x.log_softmax(1), draw_cases)
    _, printed = said(check, softmax_by_hand, capsys)
    assert "NaN" in printed and "log_softmax" in printed
    _, printed = said(check, lambda x: x - x.logsumexp(1)[:, None], capsys)
    assert "correct" in printed


def scaled(x, times=2.0):
    return times * x


@pytest.mark.parametrize(
    "attempt", [lambda x, times: times * x, lambda x, times=3.0: times * x]
)
def test_defaults(attempt, capsys):
    check = hold(scaled, lambda: [(torch.randn(3, 2), 5.0)])
    _, printed = said(check, attempt, capsys)
    assert "the default should hold (times=2.0)" in printed


def spoil(words, more):
    count = len(words) + len(more["deep"])
    words.insert(0, "x")
    return count


def spoil_deep(words, more):
    more["deep"].append(1)
    return len(words) + len(more["deep"]) - 1


KEPT = (["a", "b"], {"deep": [1, 2]})


@pytest.mark.parametrize(
    ("attempt", "name"), [(spoil, "words"), (spoil_deep, "more")]
)
def test_one_attempt_never_spoils_the_next(attempt, name, capsys):
    check = hold(
        lambda words, more: len(words) + len(more["deep"]), lambda: [KEPT]
    )
    _, printed = said(check, attempt, capsys)
    assert f"changes `{name}` in place" in printed
    _, printed = said(check, lambda w, m: len(w) + len(m["deep"]), capsys)
    assert "correct" in printed and KEPT == (["a", "b"], {"deep": [1, 2]})


FORMS = {
    "an array": lambda x: x.numpy().sum(1),
    "double precision": lambda x: x.double().sum(1),
    "made on the CPU": lambda x: torch.tensor([float(r.sum()) for r in x]),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form_of_an_answer_is_the_courses(name, capsys):
    given_back, printed = said(hold(rows, draw_cases), FORMS[name], capsys)
    assert "correct" in printed
    answer = given_back(torch.ones(2, 3))
    assert torch.is_tensor(answer) and answer.dtype == torch.float32
    assert answer.tolist() == [3, 3]


def test_a_number_for_a_tensor_and_a_tensor_for_a_number(capsys):
    check = hold(lambda x: x.sum(), draw_cases)
    given_back, _ = said(check, lambda x: float(x.sum()), capsys)
    assert given_back(torch.ones(3)).item() == 3
    check = hold(lambda x: float(x.sum()), draw_cases)
    given_back, _ = said(check, lambda x: x.sum(), capsys)
    assert isinstance(given_back(torch.ones(3)), float)
    assert handing.handed_on(torch.arange, [7, 8])(3) == [0, 1, 2]


FITS_A_GPU = {
    "randn_like": lambda x: torch.zeros_like(x).sum(1) + x.sum(1),
    "device=": lambda x: torch.zeros(3, device=x.device).sum() + x.sum(1),
    "to": lambda x: x.sum(1) + torch.zeros(len(x)).to(x.device),
    "type_as": lambda x: x.sum(1) + torch.zeros(len(x)).type_as(x),
    "new": lambda x: x.new_zeros(len(x)) + x.sum(1),
    "a number": lambda x: x.sum(1) * torch.tensor(1.0),
    "an index": lambda x: x[torch.arange(len(x))].sum(1),
    "filled": lambda x: torch.stack([row.sum() for row in x]),
    "a model": lambda x: torch.nn.functional.linear(x, torch.ones_like(x))[
        :, 0
    ],
}


@pytest.mark.parametrize("name", FITS_A_GPU)
def test_no_false_alarm_about_a_gpu(name, capsys):
    given_back, printed = said(ROWS, FITS_A_GPU[name], capsys)
    assert given_back is FITS_A_GPU[name], printed


def test_a_course_that_needs_the_cpu_asks_no_more(capsys):
    check = hold(on_the_cpu, draw_cases)
    _, printed = said(check, lambda x: x.sum(1) + torch.zeros(1), capsys)
    assert "correct" in printed


def test_importing_and_checking_draw_no_random_numbers():
    code = (
        "import torch, numpy, random; torch.manual_seed(1);"
        "a = torch.get_rng_state(), random.getstate();"
        "b = numpy.random.get_state()[1].copy();"
        "from course_utils import checks; dir(checks);"
        "checks.brightness(lambda x: torch.rand(3) + numpy.random.rand());"
        "assert a[0].equal(torch.get_rng_state());"
        "assert a[1] == random.getstate();"
        "assert (b == numpy.random.get_state()[1]).all()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_slow_right_answer_is_right(capsys, monkeypatch):
    monkeypatch.setattr(judging, "SLOW", 0.1)

    def slow(x):
        busy = time.thread_time() + 0.06
        while time.thread_time() < busy:
            pass
        return x.sum(1)

    given_back, printed = said(ROWS, slow, capsys)
    assert "✓ rows: correct, but slow" in printed and given_back is rows


def test_a_machine_that_is_held_up_makes_no_answer_slow(capsys, monkeypatch):
    monkeypatch.setattr(judging, "SLOW", 0.1)
    held = iter([0.3])  # seconds, at the first call only

    def once(x):
        busy = time.thread_time() + next(held, 0)
        while time.thread_time() < busy:
            pass
        return x.sum(1)

    given_back, printed = said(ROWS, once, capsys)
    assert "slow" not in printed and given_back is once


def swallowing(x):
    while True:
        try:
            while True:
                try:
                    int("x")
                except:  # noqa: E722
                    pass
        except:  # noqa: E722
            pass


def growing(x):
    for row in (found := [x]):
        found.append(row)
        found += found[:1000]


def test_loops_that_swallow_and_lists_that_grow(capsys, monkeypatch):
    monkeypatch.setattr(judging, "SECONDS", 0.3)
    threads = threading.active_count()
    assert "a loop?" in said(ROWS, swallowing, capsys)[1]
    monkeypatch.setattr(judging, "SECONDS", 60)
    monkeypatch.setattr(judging, "MEMORY", 2**27)
    assert "more memory" in said(ROWS, growing, capsys)[1]
    patience = time.monotonic() + 30  # a busy machine ends them late
    while threading.active_count() > threads and time.monotonic() < patience:
        time.sleep(0.1)
    assert threading.active_count() == threads


@pytest.fixture
def interrupts():
    """Let interrupts arrive; a job in a script's background ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_learners_own_stop(capsys, interrupts):
    def stopped(x):
        _thread.interrupt_main()
        time.sleep(0.3)
        return x.sum(1)

    given_back, printed = said(ROWS, stopped, capsys)
    assert given_back is rows and "you stopped it" in printed


def deep_inside(x):
    return torch.nn.functional.cross_entropy(x, x.long()[:, :2])


def test_the_learners_own_line_is_quoted(capsys):
    _, printed = said(ROWS, deep_inside, capsys)
    assert "in `return torch.nn.functional.cross_entropy(" in printed


RELATED = {
    "half": lambda x: x.sum(1) / 2,
    "sign is wrong": lambda x: -x.sum(1),
    "right answer times 3": lambda x: 3 * x.sum(1),
    "too small by the count of numbers in a row": lambda x: x.mean(1),
    "too large by the size of the batch": lambda x: x.sum(1) * len(x),
    "too small by the size of the batch": lambda x: x.sum(1) / len(x),
    "off by the same +1": lambda x: x.sum(1) + 1,
    "reversed along dim=0": lambda x: x.sum(1).flip(0),
    "shifted by one": lambda x: x.sum(1).roll(1),
    "another order": lambda x: x.sum(1).sort().values,
    "one dimension too many": lambda x: x.sum(1, keepdim=True),
    "the sum of the right answer": lambda x: x.sum(),
    "the mean of the right answer": lambda x: x.sum(1).mean(),
    "step is missing: take the sum over dim=1": lambda x: x * 1,
    "square of the right": lambda x: x.sum(1) ** 2,
    "rounded": lambda x: x.sum(1).round(),
    "Every row": lambda x: x.sum(1)[:1].expand(len(x)) + 0,
    "Only the first row": lambda x: torch.cat([x[:1, 0] * 9, x.sum(1)[1:]]),
}


@pytest.mark.parametrize("words", RELATED)
def test_relations(words, capsys):
    _, printed = said(ROWS, RELATED[words], capsys)
    assert words in printed and "largest error" not in printed, printed


def test_more_relations(capsys):
    cases = lambda: [(torch.randn(4, 3), torch.randn(4, 3))]  # noqa: E731
    check = hold(lambda a, b: a - 2 * b, cases)
    _, printed = said(check, lambda a, b: b - 2 * a, capsys)
    assert "`a` and `b` have changed places" in printed
    check = hold(lambda a, b: (a * b).mT, cases)
    _, printed = said(check, lambda a, b: a * b, capsys)
    assert "transposed" in printed
    check = hold(lambda a, b: (a, b.sum(1)), cases)
    _, printed = said(check, lambda a, b: (a, -b.sum(1)), capsys)
    assert "Value 2 of the 2: The sign is wrong" in printed
    check = hold(lambda a, b: a + b, cases)
    _, printed = said(check, lambda a, b: (a + b).flatten(), capsys)
    assert "right, but not the shape: (12,) instead of (4, 3)" in printed


def test_a_slip_is_named_though_a_later_case_breaks_it(capsys):
    slips = {"The negative.": lambda x: -x.sum(1)}
    check = hold(rows, draw_cases, slips=slips)
    _, printed = said(check, lambda x: -x[:, [0, 1, 2, 3]].sum(1), capsys)
    assert "The negative." in printed


def noise(x):
    return x + torch.randn_like(x)


SEEN = hold(
    noise,
    lambda: [(torch.randn(2000, 2),)],
    see=lambda y, x: {
        "The noise should be centred on 0.": (y - x).mean(),
        "The noise should have standard deviation 1.": (y - x).std(),
    },
    slips={"That is half the noise.": lambda x: x + torch.randn_like(x) / 2},
)


def seeded(x):
    torch.manual_seed(3)
    return noise(x)


DRAWN = {
    "correct": lambda x: torch.normal(x, 1.0),
    "half the noise": lambda x: torch.normal(x, 0.5),
    "should be centred on 0. It is 0.5": lambda x: noise(x) + 0.5,
    "Two calls give the same answer": seeded,
    "should have shape": lambda x: noise(x)[:, 0],
}


@pytest.mark.parametrize("words", DRAWN)
def test_answers_that_are_drawn(words, capsys):
    assert words in said(SEEN, DRAWN[words], capsys)[1]


def test_the_outcome_of_a_transfer_task(capsys):
    core.outcome(
        "small", lambda x: None if x < 3 else f"{x} is not below 3.", lambda: 1
    )
    small = core.CHECKS.pop("small")
    assert small(2) == 2 and "✓ small: correct." in capsys.readouterr().out
    assert small(5) == 1 and "5 is not below 3" in capsys.readouterr().out
    assert small(...) == 1 and "not attempted" in capsys.readouterr().out
    assert small("x") == 1 and "TypeError" in capsys.readouterr().out
    core.outcome("free", lambda x: "no.")
    free = core.CHECKS.pop("free")
    assert free(4) == 4 and "✗ free: not yet. no." in capsys.readouterr().out


def test_what_was_solved_is_recorded(capsys, monkeypatch):
    noted = []
    monkeypatch.setattr(progress, "note", lambda *what: noted.append(what))
    for attempt in (lambda x: x.sum(1), lambda x: x.sum(0), None):
        ROWS(attempt)
    assert noted == [
        ("exercises", "rows", done) for done in (True, False, False)
    ]


def test_mutants_and_reductions():
    slips = core.reductions(lambda x: x, "pixels", "image", wanted="mean")
    slips |= core.mutants(scaled, {"Three, not two.": {"times": 3}})
    x = torch.ones(2, 3)
    assert slips["Three, not two."](x).equal(3 * x)
    assert slips["The sign is wrong."](x).equal(-torch.ones(2))
    assert any("summed over the pixels" in message for message in slips)


def test_an_unknown_check():
    with pytest.raises(AttributeError, match="no check named 'nothing'"):
        checks.nothing  # noqa: B018


TWO_DEVICES = RuntimeError(
    "Expected all tensors to be on the same device, but found at least two "
    "devices, cuda:0 and cpu!"
)
EXPLAINED = [  # an attempt, and a part of the hint that it gets
    (lambda x: x @ x, "do not fit in a product"),
    (lambda x: x[torch.arange(3), torch.arange(2)], "x[rows][:, columns]"),
    (lambda x: x.sort()[:, 0], "several values in one"),
    (lambda x: x[x[0] > 1], "A mask fits the first axes"),
    (lambda x: x + x.sum(1), "keepdim=True"),
    (lambda x: torch.linalg.solve(x, x), "the square matrix first"),
    (lambda x: x.topk(9), "topk looks along the last axis"),
    (lambda x: float(x), "a mean or a sum"),
    (lambda x: x.sum(1).item().mean(), "a mean or a sum"),
    (lambda x: x.requires_grad_().add_(1), "`y = y + 1` for"),
    (lambda x: [a for a, _ in x], "more or fewer names"),
    (lambda x: torch.distributions.Normal(x, -1 - x), "standard deviation is"),
    (lambda x: torch.multinomial(-1 - x, 1), "a softmax makes them"),
    (lambda x: x(1), "is the name of a method missing"),
    (lambda x: x.view(7), "A size is written out"),
    (lambda x: reference.mean(), "are its brackets missing"),
    (lambda x: x.sum.mean(), "are its brackets missing"),
    (lambda x: x.sums(1), "Is the name spelt rightly"),
    (lambda x: x.requires_grad_().mul(2).backward(), "backward needs one"),
    (lambda x: torch.nn.Sequential([]), "takes layers one after the other"),
    (lambda x: torch.nn.Unflatten(1, 2, 2), "This layer takes fewer"),
    (lambda x: x.unflatten(0, (1, 4)), "Axis 0 is the batch"),
    (lambda x: (x > 1).mean(), ".float() makes numbers of them"),
    (lambda x: x.sum().backward(), "cut off by"),
    (lambda x: x.sum(1).sum(1), "already sum"),
    (lambda x: x[:, 9], "the size minus 1"),
    (lambda x: torch.einsum("abc->a", x), "stands for one axis"),
    (raising(TWO_DEVICES), "puts it where x is"),
    (lambda x: x @ x.double().T, "Two kinds of numbers"),
    (lambda x: x + None, "is a `return` missing"),
    (lambda x: F.relu(x), "import torch.nn.functional"),  # noqa: F821
    (lambda x: np.sum(x), "has to be imported first"),  # noqa: F821
    (lambda x, y: x, "is the line with `def`"),
    (lambda x: torch.exp(2.0), "This is no tensor"),
    (lambda x: min([]), "say what to return then"),
]


@pytest.mark.parametrize(("attempt", "says"), EXPLAINED)
def test_what_torch_says_is_explained(attempt, says, capsys):
    line = verdict(attempt, capsys)
    assert says in line and line.count("It raised") == 1


def test_each_hint_is_tried():
    for hint in judging.HINTS.values():
        assert any(says in hint for _, says in EXPLAINED), hint


def test_letters_go_on_as_the_lesson_spells_them():
    right = {"A": "order", "B": "mean", "C": "data", "D": "right"}
    spelt = {f" {k.lower()}": v.upper() for k, v in right.items()}
    assert checks.clinic_verdict(spelt) == right
