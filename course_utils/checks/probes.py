"""What is tried with every answer that is right on its cases.

A batch of one, numbers far out, the defaults of the signature, new draws, the
way back of a gradient, a GPU: what beginners' right answers trip over later.
"""

import copy
import inspect

import torch
from torch.utils._pytree import tree_leaves

from course_utils.checks.comparing import NAN, as_numbers, difference, same
from course_utils.checks.elsewhere import MadeOnCPU, OnGPU
from course_utils.checks.judging import explain

STABLE = (
    " Somewhere exp overflows or log gets 0: torch has stable forms, such as "
    "log_softmax, logsumexp, softplus and the losses with logits."
)
NO_GRADIENT = (
    "The numbers are right, but no gradient gets through, so nothing could "
    "be learnt: no .detach(), .data, .item(), NumPy or torch.no_grad()."
)


class Probes:
    """The probes of a check: each returns a sentence or None."""

    def probes(self):
        """Yield what the core adds to every check."""
        probes = {
            "one": self._one_row,
            "far": self._far_out,
            "defaults": self._defaults,
            "again": self._again,
            "learns": self._gradient,
            "device": self._device,
        }
        if self.call:
            probes = {"learns": self._gradient}
        for name, probe in probes.items():
            if name not in self.skip:
                yield probe

    def _also(self, attempt, case, words, hint=""):
        """Return the problem with one more case, if the course knows it."""
        try:
            right = self.answer(self.oracle, copy.deepcopy(case))
            own = self.answer(self.function, copy.deepcopy(case))
            sure = all(
                as_numbers(p).isfinite().all() for p in tree_leaves(own)
            )
        except Exception:
            return None
        if not sure or not (self.see or same(own, right, self.tolerance)):
            return None
        try:
            got = self.answer(attempt, copy.deepcopy(case))
        except Exception as error:
            return words + explain(error)
        loose = float("inf") if self.see else self.tolerance
        problem = difference(got, right, loose)
        return problem and words + problem + hint * (problem == NAN)

    def _one_row(self, attempt, case):
        sized = [a for a in case if torch.is_tensor(a) and a.ndim]
        if not sized or len(sized[0]) < 2:
            return None
        count = len(sized[0])
        small = tuple(
            a[:1] if _has_rows(a) and len(a) == count else a for a in case
        )
        problem = self._also(attempt, small, "With a batch of one: ")
        shape = problem and "should have shape" in problem
        return f"{problem} Did a `squeeze` drop it?" if shape else problem

    def _far_out(self, attempt, case):
        if not any(map(_is_real, case)) or self.see:
            return None
        for times in (1024, 64, 8):
            far = tuple(a * times if _is_real(a) else a for a in case)
            try:
                right = self.answer(self.function, copy.deepcopy(far))
                parts = map(as_numbers, tree_leaves(right))
                if not all(part.isfinite().all() for part in parts):
                    continue
            except Exception:
                continue
            words = f"With numbers {times} times as large: "
            return self._also(attempt, far, words, STABLE)
        return None

    def _defaults(self, attempt, case):
        optional = [
            p
            for p in inspect.signature(self.function).parameters.values()
            if p.default is not p.empty
        ]
        needed = len(self.names) - len(optional)
        if not optional or len(case) < needed:
            return None
        kept = ", ".join(f"{p.name}={p.default!r}" for p in optional)
        words = f"Called without it, the default should hold ({kept}): "
        return self._also(attempt, case[:needed], words)

    def _again(self, attempt, case):
        """See whether an answer that is drawn is drawn anew."""
        if not self.see:
            return None
        pairs = []
        for function in (attempt, self.function):
            self.answer(function, copy.deepcopy(case))
            pairs.append([function(*copy.deepcopy(case)) for _ in range(2)])
        if same(*pairs[0]) and not same(*pairs[1]):
            return (
                "Two calls give the same answer: draw new numbers at each "
                "call, and set no seed inside."
            )
        return None

    def _gradient(self, attempt, case):
        """Compare what reaches each argument with the course's gradients."""
        if not self.learns:
            return None
        try:
            found = self._gradients(attempt, case)
        except (RuntimeError, TypeError) as error:
            if "requires grad" not in str(error):
                raise
            found = None
        if found is None:
            return NO_GRADIENT
        for name, right in self._gradients(self.function, case).items():
            for got, wanted in zip(found[name], right, strict=True):
                if wanted is None:
                    continue
                if got is None or (wanted.any() and not got.any()):
                    return f"The gradient is cut: it does not reach {name}."
                if not got.isfinite().all():
                    return "The numbers are right, but the gradient holds NaN."
                if not self.see and not same(got, wanted, 1e-3):
                    return (
                        f"The numbers are right, but the gradient of {name} "
                        "is not: a part of the formula was cut off."
                    )
        return None

    def _gradients(self, function, case):
        """Return {name: gradients} of an answer, None if it has none."""
        case, leaves = list(copy.deepcopy(case)), {}
        for name in self.learns:
            place = self.names.index(name)
            if isinstance(case[place], torch.nn.Module):
                leaves[name] = list(case[place].parameters())
            else:
                leaf = case[place].requires_grad_()
                leaves[name] = [leaf]
                case[place] = leaf * 1  # a copy may be written to
        parts = [
            (
                part * torch.linspace(1, 2, part.numel()).reshape(part.shape)
            ).sum()
            for part in tree_leaves(self.answer(function, case))
            if torch.is_tensor(part) and part.requires_grad
        ]
        if not parts:
            return None
        every = [leaf for some in leaves.values() for leaf in some]
        found = iter(torch.autograd.grad(sum(parts), every, allow_unused=True))
        return {n: [next(found) for _ in some] for n, some in leaves.items()}

    def _device(self, attempt, case):
        line = self._made_on_cpu(attempt, case)
        if not line or self._made_on_cpu(self.function, case):
            return None
        tensors = zip(self.names, case, strict=False)
        name = next((n for n, a in tensors if torch.is_tensor(a)), "x")
        return (
            f"It is right, but on the CPU only: `{line}` makes a tensor "
            f"there, which does not mix with one on a GPU. Make it where "
            f"{name} is: `device={name}.device`, or a function such as "
            "torch.zeros_like."
        )

    def _made_on_cpu(self, function, case):
        case = copy.deepcopy(case)
        try:
            with OnGPU():
                self.answer(function, case)
        except MadeOnCPU as error:
            return error.line
        except Exception:
            return None
        return None


def _has_rows(value):
    return (torch.is_tensor(value) and value.ndim) or isinstance(value, list)


def _is_real(value):
    """Say whether it is a tensor of numbers that may have any size.

    What lies in [0, 1] may be pixels or probabilities.
    """
    return (
        torch.is_tensor(value)
        and value.is_floating_point()
        and value.numel()
        and bool((value < 0).any())
    )
