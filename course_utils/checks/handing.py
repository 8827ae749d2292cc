"""What goes into an answer unchanged, and what comes out as the course's."""

import functools

import numpy as np
import torch


def changed(before, after):
    """Return the place of the first argument that was changed, or None."""
    pairs = enumerate(zip(before, after, strict=True))
    return next((i for i, (b, a) in pairs if not _alike(b, a)), None)


def _alike(before, after):
    if isinstance(before, torch.nn.Module):
        return _alike(before.state_dict(), after.state_dict())
    if type(before) is not type(after):
        return False
    if torch.is_tensor(before):
        shaped = before.shape == after.shape and before.dtype == after.dtype
        return shaped and torch.equal(before.nan_to_num(), after.nan_to_num())
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after)
    if isinstance(before, dict):
        return list(before) == list(after) and _alike(
            list(before.values()), list(after.values())
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_alike, before, after))
    if isinstance(before, str | int | float | set | None):
        return before == after
    return True


def form(value):
    """Name the form of an answer: what could break the lines after it."""
    if isinstance(value, tuple | list):
        forms = list(map(form, value))
        if len(forms) > 3 and len(set(forms)) == 1:
            forms[1:] = ["…"]
        return f"({', '.join(forms)})"
    if torch.is_tensor(value):
        return f"a {str(value.dtype).removeprefix('torch.')} tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    return "a number" if isinstance(value, int | float) else "another kind"


def handed_on(function, like):
    """Return a function that answers in the form of `like`.

    It computes on the CPU; its answer lies where the first tensor came from.
    """

    @functools.wraps(function)
    def handed(*arguments, **options):
        given = [*arguments, *options.values()]
        first = next(filter(torch.is_tensor, given), None)
        options = {name: _on_cpu(value) for name, value in options.items()}
        answer = function(*map(_on_cpu, arguments), **options)
        return _in_form(answer, like, first)

    return handed


def _on_cpu(value):
    return value.cpu() if torch.is_tensor(value) else value


def _in_form(answer, like, first):
    if isinstance(like, tuple):
        pairs = zip(answer, like, strict=True)
        return tuple(_in_form(a, part, first) for a, part in pairs)
    if isinstance(like, list) and not any(map(torch.is_tensor, like)):
        values = sorted(answer) if isinstance(answer, set) else answer
        return [v.item() if hasattr(v, "item") else v for v in values]
    if torch.is_tensor(like):
        real = first is not None and first.is_floating_point()
        dtype = (
            first.dtype if real and like.is_floating_point() else like.dtype
        )
        device = None if first is None else first.device
        return torch.as_tensor(answer).to(device, dtype)
    return answer.item() if hasattr(answer, "item") else answer


def listed(answer):
    """Return a list, set or range of numbers as a tensor, if it is one."""
    if isinstance(answer, set | range):
        answer = sorted(answer)
    try:
        return torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        return answer
