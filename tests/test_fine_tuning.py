"""Fine-tuning: it learns, leaves the model alone, chooses by validation."""

import copy

import pytest
import torch
from torch import nn

from course_utils.measures import fine_tune


class Doubled(nn.Module):
    """A model whose method `encode` has weights."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def encode(self, x):
        return self.layer(x).tanh()


def pair(count):
    x = torch.randn(count, 3)
    return x, (x[:, 0] > x[:, 1]).long()


def test_a_copy_learns():
    torch.manual_seed(0)
    model = Doubled()
    before = copy.deepcopy(model.state_dict())
    found = fine_tune(
        model, "encode", pair(300), pair(100), pair(200), (1e-6, 1e-2)
    )
    assert found["lr"] == 1e-2 and found["accuracy"] > 0.9
    after = model.state_dict()
    assert all(before[name].equal(after[name]) for name in before)


def test_clear_errors():
    good, (x, y) = pair(20), pair(20)
    with pytest.raises(ValueError, match="valid needs a label"):
        fine_tune(Doubled(), "encode", good, (x, y[:3]), good, (1e-3,))
    with pytest.raises(ValueError, match="at least one"):
        fine_tune(Doubled(), "encode", good, good, good, ())
