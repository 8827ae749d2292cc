"""Judge a learner's function by what it does, never by how it is written."""

import _thread
import contextlib
import copy
import io
import signal
import threading
import traceback

import torch

SECONDS = 10
MOST_PRINTED = 300
STUB = "your code here"  # what an untouched exercise raises


def judge(name, attempt, reference, find_problem):
    """Print one of three answers and return the function to go on with.

    name: what the learner calls it. find_problem: called with the attempt,
    returns what is wrong as a sentence, or nothing. Whatever the attempt does
    (raises, loops, prints without end), this function prints an answer and
    returns. The random numbers go on as if it had not been called.
    """
    if attempt is reference:
        print(f"… {name}: this is the course's own. Run the cell above again.")
        return reference
    with torch.random.fork_rng(devices=[]):
        find_problem(reference)  # slow imports, before the clock runs
    try:
        printed, problem = _guarded(find_problem, attempt)
    except NotImplementedError:
        print(f"… {name}: not attempted yet. The course's own steps in.")
        return reference
    if printed:
        print(f"your function printed: {printed}")
    if not problem:
        print(f"✓ {name}: correct.")
        return attempt
    print(f"✗ {name}: not yet. {problem}")
    return reference


def same_as(reference, cases, slips=None, call=None, tolerance=1e-4):
    """Return a `find_problem` that compares with a reference on cases.

    cases: tuples of arguments. slips: {message: wrong function}; an attempt
    that answers like a wrong function is told its message. call: turns
    (function, *arguments) into what is compared: a number, a tensor, or a
    tuple of them.
    """
    call = call or (lambda function, *arguments: function(*arguments))

    def answer(function, case):
        torch.manual_seed(0)
        return call(function, *case)

    def agree(answers, others):
        pairs = zip(answers, others, strict=True)
        return all(difference(a, b, tolerance) is None for a, b in pairs)

    def find_problem(attempt):
        mine = copy.deepcopy(cases)
        got = [answer(attempt, case) for case in mine]
        expected = [answer(reference, case) for case in copy.deepcopy(cases)]
        if agree(got, expected):
            changed = any(map(_differs, mine, cases))
            return "The answer is right, but it changes its input." * changed
        for message, wrong in (slips or {}).items():
            if agree(got, [answer(wrong, c) for c in copy.deepcopy(cases)]):
                return message
        problems = map(difference, got, expected, [tolerance] * len(cases))
        return next(problem for problem in problems if problem)

    return find_problem


def in_turn(*problems):
    """Return a `find_problem` that asks several, and gives the first."""

    def find_problem(attempt):
        answers = (find(attempt) for find in problems)
        return next((problem for problem in answers if problem), None)

    return find_problem


def difference(got, expected, tolerance=1e-4):
    """Say in a sentence how `got` differs from `expected`, or None."""
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return f"It must return {len(expected)} values; got {_short(got)}."
        pairs = zip(got, expected, strict=True)
        problems = (difference(g, e, tolerance) for g, e in pairs)
        return next((p for p in problems if p), None)
    if got is None:
        return "It returned None. Is there a `return`?"
    if torch.is_tensor(expected) and isinstance(got, list | tuple):
        return (
            f"It must return a tensor; got {_short(got)}. torch.tensor makes "
            "one of numbers, torch.stack one of tensors."
        )
    try:
        got = torch.as_tensor(got).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        return f"It must return numbers; got {_short(got)}."
    return _tensor_difference(got, torch.as_tensor(expected), tolerance)


def _tensor_difference(got, expected, tolerance):
    if got.shape != expected.shape:
        return (
            f"Its answer should have shape {tuple(expected.shape)}; "
            f"got {tuple(got.shape)}."
        )
    got, expected = got.double(), expected.detach().cpu().double()
    if not got.isfinite().all():
        return "Its answer holds NaN or infinity."
    if not got.numel():
        return None
    error = (got - expected).abs().max().item()
    if error <= tolerance * (1 + expected.abs().max().item()):
        return None
    worst = (got - expected).abs().argmax()
    return (
        f"The largest error is {error:.3g}: expected "
        f"{expected.flatten()[worst]:.4g}, got {got.flatten()[worst]:.4g}."
    )


def _differs(after, before):
    """Say whether any tensor among the arguments was changed."""
    return any(
        torch.is_tensor(b) and (a.shape != b.shape or not a.equal(b))
        for a, b in zip(after, before, strict=True)
    )


def _short(value):
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"a {type(value).__name__} of shape {tuple(shape)}"
    return f"a {type(value).__name__}"


class _Printed(io.StringIO):
    """Keep the first part of what is printed, drop the rest."""

    def write(self, text):
        room = MOST_PRINTED - self.tell()
        super().write(text[: max(room, 0)])
        return len(text)


def _guarded(find_problem, attempt):
    """Return (what it printed, its problem), however badly it behaves."""
    with contextlib.redirect_stdout(_Printed()) as printed:
        try:
            with _time_limit(), torch.random.fork_rng(devices=[]):
                problem = find_problem(attempt)
        except NotImplementedError as error:
            if STUB in str(error):
                raise
            problem = _explain(error)
        except KeyboardInterrupt:
            problem = f"It had not finished after {SECONDS} s: a loop?"
        except BaseException as error:
            problem = _explain(error)
    return printed.getvalue().strip(), problem


def _explain(error):
    last = traceback.extract_tb(error.__traceback__)[-1]
    lines = traceback.format_exception_only(error)  # str(error) may raise
    text = lines[-1].partition(": ")[2].split("\n")[0][:MOST_PRINTED]
    where = f" in `{last.line}`" if last.line else ""
    return f"It raised {type(error).__name__}{where}: {text}"


@contextlib.contextmanager
def _time_limit():
    """Interrupt the main thread after `SECONDS`, on every system alike."""
    before = None
    if threading.current_thread() is threading.main_thread():
        # A job in the background of a script ignores interrupts otherwise.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(SECONDS, _thread.interrupt_main)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if before is not None:
            signal.signal(signal.SIGINT, before)
