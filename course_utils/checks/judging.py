"""Run an attempt guarded, and give one of three answers.

Not attempted, not yet, correct: whatever an attempt does (raises, loops,
fills the memory, prints without end), `judge` prints an answer and returns a
function to go on with. The work runs in a thread of its own, so that it can
be stopped on every system. The random numbers go on as if nothing had run.
"""

import contextlib
import ctypes
import functools
import io
import linecache
import random
import re
import sys
import sysconfig
import threading
import time
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

SECONDS = 5  # for one call of the learner's function
SLOW = 2  # seconds that are many for all calls together
TIMES_SLOWER = 100  # than the course's function
OWN = {}  # the course's functions: seconds that judging each of them took
MEMORY = 2**30  # bytes that an attempt may take
MOST_PRINTED = 300
STUB = "your code here"  # what an untouched exercise raises
HINTS = {  # what torch says, as a pattern: what it means for a beginner
    "same dtype|expected scalar type|target dtype to be Long": (
        "Two kinds of numbers meet: networks want .float(), class labels "
        ".long()."
    ),
    "mat1 and mat2|inconsistent tensor size|size mismatch, got": (
        "The two shapes do not fit in a product. Print both: is one of them "
        "not flattened, or the wrong way round?"
    ),
    "indexing tensors could not be broadcast": (
        "x[rows, columns] pairs them one by one; all of these rows and "
        "columns are x[rows][:, columns]."
    ),
    "indices must be .* not tuple|'tuple' object has no attribute": (
        "That is several values in one, no tensor: take one of them, `[0]`, "
        "or unpack them: `a, b = ...`."
    ),
    "shape of the mask": (
        "A mask fits the first axes of what stands before its brackets. Print "
        "both shapes: is an axis missing in one, or a colon too many?"
    ),
    "tensor a .* must match|Sizes of tensors must match|broadcast": (
        "The two shapes do not fit together. Print both: did a sum take the "
        "wrong dimension, does it need keepdim=True, or does one lack an axis "
        "of size 1, such as `mask[:, :, None]`?"
    ),
    "must be batches of square matrices": (
        "solve(A, B) takes the square matrix first."
    ),
    "selected index k out of range": (
        "topk looks along the last axis, which has fewer than k entries: "
        "print the shape. Are two arguments the wrong way round?"
    ),
    "converted to (a )?(Python )?scalar": (
        "One number is wanted here, and this has several. `.item()`, "
        "`float()` and `math.exp` take one, `torch.exp` takes all. Or is a "
        "mean or a sum missing?"
    ),
    "in-place operation": (
        "An argument would be changed in place: write `y = y + 1` for "
        "`y += 1`."
    ),
    "values to unpack": (
        "On the left stand more or fewer names than parts came back. Print "
        "what comes back, or its shape."
    ),
    "to satisfy the constraint": (
        "A standard deviation is above 0 and a probability between 0 and 1: "
        "`.exp()` or `.sigmoid()` makes such a number of any."
    ),
    "probability tensor contains": (
        "Probabilities are at least 0 and finite: a softmax makes them of "
        "scores."
    ),
    "is not callable": (
        "The brackets make a call, and what stands before them is no "
        "function: is the name of a method missing, or an operator?"
    ),
    "is invalid for input of size": (
        "A size is written out, or belongs to another axis: take it from the "
        "tensor, by `x.shape`, `len(x)` or `.flatten(1)`."
    ),
    "(function|method)' object has no attribute": (
        "This is a function that was never called: are its brackets missing?"
    ),
    "'Tensor' object has no attribute": (
        "Is the name spelt rightly? Or does a tensor stand where a model or "
        "a distribution is wanted?"
    ),
    "only for scalar outputs": (
        "backward needs one number: the mean over the batch is missing."
    ),
    "is not a Module subclass": (
        "nn.Sequential takes layers one after the other, such as nn.SiLU(): "
        "no list, no class, no function."
    ),
    r"__init__\(\) takes .* positional": (
        "This layer takes fewer arguments: does a shape need brackets of its "
        "own, such as (1, 28, 28)?"
    ),
    "multiply up to the size of dim 0": "Axis 0 is the batch: leave it.",
    "could not infer output dtype|got: Bool": (
        "True and False have no mean: .float() makes numbers of them."
    ),
    "does not require grad": (
        "No gradient gets here: was something cut off by .detach(), .item(), "
        ".data or torch.no_grad()?"
    ),
    "Dimension out of range": (
        "Print the shape: it has fewer axes. Is one counted wrongly, or did "
        "an earlier line already sum over it?"
    ),
    "is out of bounds": (
        "Places are counted from 0: the last one is the size minus 1."
    ),
    "number of subscripts in the equation": (
        "In einsum one letter stands for one axis; `...` stands for the rest."
    ),
    "arg is an empty sequence|argument is empty": (
        "Nothing is left to choose from: say what to return then, such as "
        "`default=None`."
    ),
    "same device|at least two devices": (
        "A tensor was made on the CPU: torch.zeros_like(x), or "
        "device=x.device, puts it where x is."
    ),
    "'NoneType'": "Something is None here: is a `return` missing?",
    "name 'F' is not": "import torch.nn.functional as F",
    "name '(nn|np|math)' is not": "It has to be imported first.",
    "positional argument": (
        "The number of arguments does not fit: is the line with `def` as it "
        "was?"
    ),
    "must be Tensor, not|has no attribute '(backward|detach|mean|sum|exp)'": (
        "This is no tensor: a list, a float, or a NumPy array?"
    ),
}
FOREIGN = (
    *sysconfig.get_paths().values(),
    str(Path(torch.__file__).parent),
    str(Path(__file__).parent.parent),
    "<frozen",
)


class Right(NamedTuple):
    """A right answer that is handed on in another form; the note says why."""

    function: object
    note: str


class Verdict(NamedTuple):
    """What is printed, and what goes on. Recorded as solved: ✓."""

    sign: str
    text: str
    goes_on: object


class Watched:
    """A function that notes when it was called and its CPU seconds."""

    def __init__(self, function, seconds=None):
        self.function, self.seconds = function, seconds or SECONDS
        self.since = self.spent = 0
        with contextlib.suppress(AttributeError, TypeError):
            functools.update_wrapper(self, function, updated=())

    def __call__(self, *arguments, **options):
        """Call it, and start the clock again."""
        self.since, start = time.monotonic(), time.thread_time()
        try:
            return self.function(*arguments, **options)
        finally:  # other programs' work does not make an answer slow
            self.spent += time.thread_time() - start


def judge(name, attempt, course, find_problem):
    """Print one of three answers and return the function to go on with.

    name: what the learner calls it. find_problem: called with the attempt,
    returns what is wrong as a sentence, or nothing, or `Right`.
    """
    if attempt is course:
        print(f"… {name}: this is the course's own. Run the cell above again.")
        return course
    if course not in OWN:  # slow imports, before the clock runs
        with same_random_numbers():
            find_problem(usual := Watched(course))
        OWN[course] = usual.spent
    if attempt is None or attempt is ...:
        return tell(name, not_attempted(course))
    watched = Watched(attempt)
    verdict = decide(find_problem, watched, attempt, course)
    much = min(SLOW, max(SLOW / 10, TIMES_SLOWER * OWN[course]))
    if verdict.sign == "✓" and watched.spent > much:
        watched = Watched(attempt)  # was only the machine held up?
        with contextlib.redirect_stdout(io.StringIO()):
            decide(find_problem, watched, attempt, course)
        if watched.spent > much:
            slow = "correct, but slow. The course's own goes on, to save time."
            verdict = Verdict("✓", slow, course)
    return tell(name, verdict)


def decide(find_problem, watched, attempt, course):
    """Return the verdict on an attempt, however badly it behaves."""
    with contextlib.redirect_stdout(_Printed()) as printed:
        with same_random_numbers():
            found = _in_a_thread(lambda: find_problem(watched), watched)
    if printed.getvalue().strip():
        print(f"your function printed: {printed.getvalue().strip()}")
    if isinstance(found, Verdict):
        return found._replace(goes_on=course)
    if isinstance(found, Right):
        return Verdict("✓", f"correct. {found.note}".strip(), found.function)
    if not found:
        return Verdict("✓", "correct.", attempt)
    return Verdict("✗", f"not yet. {found}", course)


def not_attempted(course, why="not attempted yet."):
    """Return the verdict on an exercise that was left as it was."""
    return Verdict("…", f"{why} The course's own steps in.", course)


def tell(name, verdict):
    """Print and record a verdict; return what to go on with."""
    print(f"{verdict.sign} {name}: {verdict.text}")
    with contextlib.suppress(ImportError):
        from course_utils.lessons import progress

        progress.note("exercises", name, verdict.sign == "✓")
    return verdict.goes_on


@contextlib.contextmanager
def same_random_numbers():
    """Leave the random numbers of torch, NumPy and Python as they were."""
    states = random.getstate(), np.random.get_state()
    devices = [0] if torch.cuda.is_initialized() else []
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])


def explain(error):
    """Say what was raised, and in which of the learner's lines."""
    lines = traceback.format_exception_only(error)  # str(error) may raise
    text = lines[-1].partition(": ")[2].split("\n")[0][:MOST_PRINTED].strip()
    line = own_line(f for f, _ in traceback.walk_tb(error.__traceback__))
    where = f" in `{line}`" if line else ""
    told = f"It raised {type(error).__name__}{where}: {text}"
    for pattern, hint in HINTS.items():
        if re.search(pattern, text, re.I):
            return f"{told.removesuffix('.')}. {hint}"
    return told


def own_line(frames):
    """Return the last line among the frames that the learner wrote."""
    own = ""
    for frame in frames:
        file = frame.f_code.co_filename
        if not file.startswith(FOREIGN):
            own = linecache.getline(file, frame.f_lineno).strip() or own
    return own


def is_untouched(error):
    """Say whether it is what an exercise raises before it is attempted."""
    return isinstance(error, NotImplementedError) and STUB in str(error)


class _Stopped(BaseException):
    """Raised in an attempt's thread to end it, as often as it is caught."""

    def __init__(self):
        if hasattr(sys, "monitoring"):
            return  # it raises at every line, and keeps on
        frame = sys._getframe()
        while frame:
            frame.f_trace, frame = _raise_again, frame.f_back
        sys.settrace(_raise_again)


class _Printed(io.StringIO):
    """Keep the first part of what is printed, drop the rest."""

    def write(self, text):
        room = MOST_PRINTED - self.tell()
        super().write(text[: max(room, 0)])
        return len(text)


def _in_a_thread(work, watched):
    """Return what the work found; stop it when it goes on for ever."""
    found, caught, ended = [], threading.Event(), threading.Event()

    def run():
        with contextlib.suppress(_Stopped):
            try:
                found.append(work())
            except BaseException as error:
                caught.set()
                late = isinstance(error, _Stopped)
                found.append(None if late else _told(error))
            ended.set()

    thread = threading.Thread(target=run, daemon=True)
    memory, watched.since = _memory(), time.monotonic()
    try:
        thread.start()
        while not ended.wait(0.02):
            if time.monotonic() - watched.since > watched.seconds:
                _stop(thread, caught)
                late = f"It had not finished after {watched.seconds} s"
                return f"{late}: a loop?"
            if _memory() - memory > MEMORY:
                _stop(thread, caught)
                return (
                    "It takes more and more memory: a list that grows while "
                    "it is looped over?"
                )
    except KeyboardInterrupt:
        _stop(thread, caught)
        return not_attempted(None, "you stopped it.")
    return found[0]


def _told(error):
    """Return what to say about an attempt that raised."""
    return not_attempted(None) if is_untouched(error) else explain(error)


def _stop(thread, caught):
    """Raise in the thread until it ends, also when it catches all errors."""

    def insist():
        with _raising_at_every_line(thread.ident):
            while thread.is_alive() and not caught.wait(0.02):
                _raise_in(thread.ident)

    threading.Thread(target=insist, daemon=True).start()
    caught.wait(1)


def _raise_in(ident):
    """Let a thread raise `_Stopped` at its next jump or call."""
    call = ctypes.pythonapi.PyThreadState_SetAsyncExc
    call(ctypes.c_ulong(ident), ctypes.py_object(_Stopped))


@contextlib.contextmanager
def _raising_at_every_line(ident):
    """Raise `_Stopped` wherever a thread runs what the learner wrote.

    Python 3.11 has no `sys.monitoring`: there `_Stopped` sees to it.
    """
    monitoring = getattr(sys, "monitoring", None)
    free = monitoring and [i for i in (4, 3) if not monitoring.get_tool(i)]
    if not free:
        yield
        return

    def raise_again(code, *_):
        if code.co_filename.startswith(FOREIGN):
            return monitoring.DISABLE
        if threading.get_ident() == ident:
            raise _Stopped
        return None

    tool, lines = free[0], monitoring.events.LINE
    monitoring.use_tool_id(tool, "the course's judge")
    monitoring.register_callback(tool, lines, raise_again)
    monitoring.set_events(tool, lines)
    try:
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


def _raise_again(frame, event, argument):
    """Trace an attempt that caught `_Stopped`: raise it at every line."""
    if not frame.f_code.co_filename.startswith(FOREIGN):
        _raise_in(threading.get_ident())
    return _raise_again


def _memory():
    """Return the bytes that this process takes; 0 if nobody can tell."""
    try:
        import psutil  # comes with Jupyter
    except ImportError:
        return 0
    return psutil.Process().memory_info().rss
