"""A check is data: the course's own function, its cases and its slips.

    @check(
        cases=lambda: [(randn(5, 2), randn(5, 2)), (randn(3, 7), randn(3, 7))],
        oracle=kl_by_torch_distributions,  # the function itself if left out
        learns=("mu", "log_var"),  # a gradient must get through
        slips=reductions(kl_terms, "latents", "image")
        | mutants(kl_with, {"The factor 1/2 is missing.": {"half": 1}})
        | {"You forgot mu.": lambda mu, log_var: kl(0 * mu, log_var)},
    )
    def kl(mu, log_var):
        '''KL[N(mu, exp(log_var)) || N(0, I)]: (B, Z), (B, Z) -> (B,).'''
        return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(dim=1)

It registers itself: `checks.kl(attempt)` says *not attempted*, *not yet* (with
the likely slip) or *correct*, and returns the function to go on with. Choose
sizes that differ (a batch of 5, 2 latents), so that no slip hides.

An answer that draws random numbers is not compared itself, but what is seen
of it: `see=lambda z, mu, log_var: {"The mean of z should be mu.": number}`.
A check of what comes out, for a transfer task: `outcome`.
"""

import copy
import functools
import inspect
import itertools
import random
import re
import traceback
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils._pytree import tree_leaves

from course_utils.checks.comparing import (
    difference,
    relation,
    same,
)
from course_utils.checks.elsewhere import NeedsNumPy, OnGPU, mark
from course_utils.checks.handing import changed, form, handed_on
from course_utils.checks.judging import (
    SLOW,
    Right,
    Watched,
    decide,
    explain,
    is_untouched,
    judge,
    not_attempted,
    tell,
)
from course_utils.checks.probes import Probes

CHECKS = {}  # name: check, filled as the lessons' files are imported
LONG = 60  # seconds for judging an outcome: a model is asked about data
SIZES = (
    "It is right for the first case tried; the next has other sizes and "
    "other numbers. Is a size written out, or a limit? "
)
# what slips and attempts may raise in the same words
CLASHES = "size|shape|unpack|out of range|has no attribute"
ONE = "With a batch of one: "


def check(cases=list, **options):
    """Register the course's function as an exercise's check.

    cases: returns tuples of arguments; drawn anew for every judgement.
    oracle: another function that gives the right answers. learns: names of
    the arguments (tensors or models) that a gradient must reach. slips:
    {message: wrong function}. see: turns (answer, *arguments) into
    {sentence: number}. call: turns (function, *case) into what is compared,
    for functions that change or return a model; nothing is probed then.
    view: turns an answer into what is compared. find: called with the
    attempt before all cases, returns a sentence or None. why: the same with
    (answer, *case), for the first wrong answer that no slip fits.
    skip: probes to leave out, of "one", "far", "defaults" and "device".
    """

    def register(function):
        CHECKS[function.__name__] = Check(function, cases, **options)
        return function

    return register


def outcome(name, find_problem, course=None):
    """Register the check of a transfer task by what came out.

    find_problem: called with what the learner made, returns a sentence, None,
    or `Right`. course: a function of no arguments that makes the course's own.
    """

    def judge_outcome(thing):
        if thing is None or thing is ...:
            verdict = not_attempted(None)
        else:
            watched = Watched(lambda thing: thing, LONG)
            verdict = decide(
                lambda _: find_problem(thing), watched, thing, None
            )
        if not course:
            steps_in, text = thing, verdict.text.split(" The course's")[0]
        elif verdict.sign != "✓":
            steps_in, text = course(), verdict.text
        else:
            steps_in, text = verdict.goes_on, verdict.text
        return tell(name, verdict._replace(text=text, goes_on=steps_in))

    judge_outcome.is_outcome = True
    CHECKS[name] = judge_outcome


def mutants(template, changes):
    """Return slips {message: template with these keywords changed}."""
    return {
        message: functools.partial(template, **knobs)
        for message, knobs in changes.items()
    }


def reductions(terms, over, each, wanted="sum"):
    """Return the slips of reducing terms (B, …) to one number a row.

    over: what is summed, such as "latents". each: what a row is, such as
    "image". wanted: "sum" or "mean" over all but the first axis.
    """
    other, done = {
        "sum": ("mean", "averaged"),
        "mean": ("sum", "summed"),
    }[wanted]
    do = {"sum": "sum", "mean": "take the mean"}[wanted]

    def rows(*case, how=wanted):
        return getattr(terms(*case).flatten(1), how)(1)

    return {
        f"You {done} over the {over}; {do} over them.": (
            lambda *case: rows(*case, how=other)
        ),
        f"One number for each of the {over} came back; {do} over them, for "
        f"each {each}.": terms,
        f"That runs over the batch; {do} over the {over} of each {each}.": (
            lambda *case: getattr(terms(*case).flatten(1), wanted)(0)
        ),
        f"Only the last of the {over} was kept: {do} over all.": (
            lambda *case: terms(*case).flatten(1)[:, -1]
        ),
        f"One number for the whole batch came back, a mean; one for each "
        f"{each} is wanted.": lambda *case: rows(*case).mean(),
        f"One summed number for the whole batch came back; one for each "
        f"{each} is wanted.": lambda *case: rows(*case).sum(),
        "The sign is wrong.": lambda *case: -rows(*case),
    }


@dataclass
class Check(Probes):
    """A check; call it with an attempt."""

    function: object
    cases: object
    oracle: object = None
    learns: tuple = ()
    slips: dict = None
    see: object = None
    call: object = None
    view: object = None
    why: object = None
    find: object = None
    tolerance: float = None
    skip: tuple = ()

    def __post_init__(self):
        self.__doc__ = self.function.__doc__
        self.names = list(inspect.signature(self.function).parameters)
        self.oracle = self.oracle or self.function
        self.tolerance = self.tolerance or (0.05 if self.see else 1e-4)

    def __call__(self, attempt):
        """Print one of three answers; return the function to go on with."""
        name = self.function.__name__
        return judge(name, attempt, self.function, self.find_problem)

    def find_problem(self, attempt):
        """Return what is wrong with an attempt, None, or `Right`."""
        try:
            return self._first_problem(attempt)
        except Exception as error:
            if is_untouched(error) or not (
                slip := self._slip_raising(attempt)
            ):
                raise
            return slip

    def _first_problem(self, attempt):
        if self.find and (problem := self.find(attempt)):
            return problem
        if not (cases := self.fresh_cases()):
            return None
        expected = [self.answer(self.oracle, case) for case in cases]
        given = copy.deepcopy(cases)
        got = self._answers(attempt, given, expected)
        if isinstance(got, str):
            return got
        problem = self._difference(got, expected, cases)
        if problem:
            return problem
        for before, after in zip(cases, given, strict=True):
            if (place := changed(before, after)) is not None:
                return self._in_place(place, before[place])
        for probe in self.probes():
            if attempt.spent > SLOW:
                break
            if problem := probe(attempt, cases[0]):
                return problem
        return self._form_problem(attempt, cases[0])

    def fresh_cases(self):
        """Return the cases, drawn with a seed of their own."""
        seed_all(0)
        return copy.deepcopy([tuple(case) for case in self.cases()])

    def answer(self, function, case):
        """Return a function's answer; its own draws start from one seed."""
        seed_all(1)
        if self.call:
            return self.call(function, *case)
        answer = function(*case)
        return self.view(answer) if self.view else answer

    def _answers(self, attempt, cases, expected):
        """Return the answers, or a sentence if a later case breaks it."""
        got = []
        for case in cases:
            try:
                got.append(self.answer(attempt, case))
            except Exception as error:
                if is_untouched(error):
                    raise
                if not self._agree(got, expected):
                    if got and (slip := self._slip(got, cases[: len(got)])):
                        return slip
                    raise
                return (ONE if _is_one(case) else SIZES) + explain(error)
        return got

    def _agree(self, got, expected):
        """Say whether some answers were given, all of them right."""
        pairs = zip(got, expected, strict=False)
        return bool(got) and all(same(g, e, self.tolerance) for g, e in pairs)

    def _difference(self, got, expected, cases):
        """Say how answers differ: in form, by a slip, by a relation."""
        if self.see:
            return self._seen_difference(got, expected, cases)
        pairs = list(zip(got, expected, strict=True))
        problems = [difference(*pair, self.tolerance) for pair in pairs]
        first = next(filter(None, problems), None)
        if first is None:
            return None
        if slip := self._slip(got, cases):
            return slip
        if self.why and (told := self._why(got, problems, cases)):
            return told
        if first.startswith("It "):  # another kind of thing
            return first
        found = self._swapped(got, cases)
        found = found or relation(got, expected, cases, self.tolerance)
        if found or not self._agree(got[:1], expected):
            return found or first
        place = next(i for i, problem in enumerate(problems) if problem)
        return (ONE if _is_one(cases[place]) else SIZES) + first

    def _slip(self, got, cases, see=lambda answer, case: answer):
        """Return the message of the slip that gives the same answers."""
        for message, wrong in (self.slips or {}).items():
            try:
                answers = [
                    see(self.answer(wrong, case), case)
                    for case in copy.deepcopy(cases)
                ]
            except Exception:
                continue  # a slip may raise where an attempt does not
            if all(map(same, got, answers, [self.tolerance] * len(got))):
                return message
        return None

    def _slip_raising(self, attempt):
        """Return the message of the slip that raises just the same."""
        case = next(iter(self.fresh_cases()), ())
        raised = self._raised(attempt, case)
        for message, wrong in (self.slips or {}).items():
            if raised and self._raised(wrong, case) == raised:
                return message
        return None

    def _raised(self, function, case):
        """Return what is said of things that do not fit, or None."""
        try:
            self.answer(function, copy.deepcopy(case))
        except Exception as error:
            text = "".join(traceback.format_exception_only(error))
            return text if re.search(CLASHES, text) else None
        return None

    def _why(self, got, problems, cases):
        """Say what is wrong with the first wrong answer, or nothing."""
        wrong = next(i for i, problem in enumerate(problems) if problem)
        return self.why(got[wrong], *copy.deepcopy(cases[wrong]))

    def _swapped(self, got, cases):
        """Name two arguments whose order was changed."""
        places = range(0 if self.call else len(cases[0]))
        for i, j in itertools.combinations(places, 2):
            if type(cases[0][i]) is not type(cases[0][j]):
                continue
            order = list(places)
            order[i], order[j] = j, i
            swap = [tuple(case[p] for p in order) for case in cases]
            try:
                answers = [
                    self.answer(self.oracle, case)
                    for case in copy.deepcopy(swap)
                ]
            except Exception:
                continue
            if all(map(same, got, answers, [self.tolerance] * len(got))):
                a, b = self.names[i], self.names[j]
                return f"`{a}` and `{b}` have changed places."
        return None

    def _seen_difference(self, got, expected, cases):
        for g, e in zip(got, expected, strict=True):
            problem = difference(g, e, float("inf"))
            if problem:
                return problem
        sights = list(map(self._see, got, cases))
        right = map(self._see, expected, cases)
        if not all(map(same, sights, right, [self.tolerance] * len(got))):
            if slip := self._slip(sights, cases, self._see):
                return slip
        for g, e, case in zip(got, expected, cases, strict=True):
            seen, right = self.see(g, *case), self.see(e, *case)
            for sentence in right:
                mine, theirs = seen[sentence], right[sentence]
                if not same(mine, theirs, self.tolerance):
                    return f"{sentence} It is {float(mine):.3g}; " + (
                        f"the course's own gives {float(theirs):.3g}."
                    )
        return None

    def _see(self, answer, case):
        """Return what is seen of an answer, as numbers in a row."""
        return [float(value) for value in self.see(answer, *case).values()]

    def _in_place(self, place, value):
        name = self.names[place] if not self.call else "its input"
        copied = f" (`{name}.clone()`)" if torch.is_tensor(value) else ""
        return (
            f"The answer is right, but it changes `{name}` in place: work on "
            f"a copy{copied}."
        )

    def _form_problem(self, attempt, case):
        """Hand on a right answer in the course's form, if it has another."""
        if self.call or attempt.spent > SLOW:
            return None
        like = self.function(*copy.deepcopy(case))
        got = attempt(*copy.deepcopy(case))
        function = handed_on(attempt.function, like)
        if form(got) != form(like):
            note = f"It returns {form(got)}, handed on as {form(like)}."
            return Right(function, note)
        try:
            with OnGPU():
                there = attempt(*copy.deepcopy(case))
        except NeedsNumPy:
            return Right(function, "")
        except Exception:
            return None
        is_here = any(map(mark, tree_leaves(there)))
        return Right(function, "") if is_here else None


def _is_one(case):
    """Say whether a case is a batch of one."""
    sized = (len(a) for a in case if torch.is_tensor(a) and a.ndim)
    return next(sized, 0) == 1


def seed_all(seed):
    """Seed torch, NumPy and Python."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
