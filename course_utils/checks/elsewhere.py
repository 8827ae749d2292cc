"""Would this answer run on a GPU? Found out without one.

The arguments are taken to lie on a GPU. Tensors that an attempt makes without
saying where (`torch.randn(mu.shape)`) are marked as made on the CPU, with the
line that made them; mixing the two is refused, as a GPU would. What loses its
mark is taken to be right: this never raises a false alarm.
"""

import sys

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from course_utils.checks.judging import own_line

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
MARK = "_made_on_the_cpu_in"
A_CALL = "a call"  # when the line is not known
TO_NUMPY = (torch.Tensor.numpy, torch.Tensor.__array__)
MOVES = (torch.Tensor.to, torch.Tensor.type_as, torch.Tensor.cpu)
MAY_MIX = (*MOVES, torch.Tensor.__setitem__, torch.Tensor.copy_)


class MadeOnCPU(RuntimeError):
    """The attempt mixes tensors of two devices; `line` made the wrong one."""

    def __init__(self, line):
        super().__init__("Expected all tensors to be on the same device")
        self.line = line


class NeedsNumPy(RuntimeError):
    """The attempt hands a tensor on the GPU to NumPy."""


class OnGPU(TorchFunctionMode):
    """Let torch act as if the arguments lay on a GPU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        leaves = tree_leaves((args, kwargs))
        tensors = [a for a in leaves if torch.is_tensor(a)]
        marks = [m for m in map(mark, tensors) if m]
        if func == torch.Tensor.device.__get__:
            return CPU if marks else GPU
        if func in TO_NUMPY and not marks:
            raise NeedsNumPy
        moved = func == torch.Tensor.cuda or any(map(_is_gpu, leaves))
        if not moved:
            _refuse_a_mixture(func, tensors)
        if func == torch.Tensor.cuda:
            return args[0].clone()
        answer = func(*tree_map(_here, args), **tree_map(_here, kwargs))
        if func in MOVES:  # a new tensor, with a mark of its own
            answer = answer.clone()
        made = len(marks) == len(tensors) or func == torch.Tensor.cpu
        if made and not moved:
            line = marks[0] if marks else own_line(_frames()) or A_CALL
            for part in filter(torch.is_tensor, tree_leaves(answer)):
                setattr(part, MARK, line)
        return answer


def mark(value):
    """Return the line that made a tensor on the CPU, or None."""
    return getattr(value, MARK, None) if torch.is_tensor(value) else None


def _refuse_a_mixture(func, tensors):
    made = [a for a in tensors if mark(a) and a.ndim]
    if not made or all(map(mark, tensors)) or func in MAY_MIX:
        return
    indexed = func == torch.Tensor.__getitem__ and not mark(tensors[0])
    if not indexed:
        raise MadeOnCPU(mark(made[0]))


def _is_gpu(value):
    named = isinstance(value, str) and value.startswith("cuda")
    return named or (isinstance(value, torch.device) and value == GPU)


def _here(value):
    return CPU if _is_gpu(value) else value


def _frames():
    """Yield the frames of this thread, the outermost first."""
    frames, frame = [], sys._getframe(2)
    while frame:
        frames.append(frame)
        frame = frame.f_back
    return reversed(frames)
