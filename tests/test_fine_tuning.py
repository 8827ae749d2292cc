"""Fine-tuning: it learns, leaves the model alone, chooses by validation."""

import copy

import pytest
import torch
from torch import nn

from course_utils.measures import (
    few_labels_contest,
    fine_tune,
    fine_tuned,
)


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


def test_a_technique_of_a_contest_learns_and_leaves_the_model():
    torch.manual_seed(0)
    model, (x, y), (new, y_new) = Doubled(), pair(300), pair(200)
    before = copy.deepcopy(model.state_dict())
    technique = fine_tuned(model, "encode", x, new, {20: 5, 200: 9}, lr=1e-2)
    rows = torch.arange(200)
    guesses = technique(rows, y[rows], 0)
    assert guesses.shape == (200,)
    assert (guesses == y_new).float().mean() > 0.9
    assert technique(rows, y[rows], 0).equal(guesses)
    after = model.state_dict()
    assert all(before[name].equal(after[name]) for name in before)
    rules = {"counts": [20, 200], "draws": 2, "progress": False}
    results = few_labels_contest({"tuned": technique}, y, y_new, **rules)
    assert len(results) == 4


def test_clear_errors():
    good, (x, y) = pair(20), pair(20)
    with pytest.raises(ValueError, match="valid needs a label"):
        fine_tune(Doubled(), "encode", good, (x, y[:3]), good, (1e-3,))
    with pytest.raises(ValueError, match="at least one"):
        fine_tune(Doubled(), "encode", good, good, good, ())
