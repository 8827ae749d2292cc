"""Does an answer lead back to what it was computed from?"""

import torch

NO_GRADIENT = (
    "The numbers are right, but the answer carries no gradient, so nothing "
    "could be trained with it: no .item(), .detach(), .data, NumPy, math or "
    "torch.no_grad()."
)


def gradient_as(reference, case, names):
    """Return a `find_problem` that compares gradients with a reference.

    names: one for each argument of the case; those named "" are constants.
    """

    def gradients(function):
        given = [
            part.clone().requires_grad_() if name else part
            for name, part in zip(names, case, strict=True)
        ]
        answer = function(*given)
        if not torch.is_tensor(answer) or not answer.requires_grad:
            return None
        inputs = [p for p, name in zip(given, names, strict=True) if name]
        return torch.autograd.grad(answer.sum(), inputs, allow_unused=True)

    def find_problem(function):
        try:
            found = gradients(function)
        except RuntimeError as error:  # NumPy refuses what requires a gradient
            if "requires grad" not in str(error):
                raise
            found = None
        if found is None:
            return NO_GRADIENT
        named = [name for name in names if name]
        for name, got, right in zip(
            named, found, gradients(reference), strict=True
        ):
            if got is None or not got.any():
                return f"The gradient is cut: it does not reach {name}."
            if (got - right).abs().max() > 1e-3 * (1 + right.abs().max()):
                return (
                    "The numbers are right, but the gradient of "
                    f"{name} is not: a part of the formula was detached."
                )
        return None

    return find_problem
