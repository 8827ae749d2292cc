"""Copying over a distance: attention learns it, bad input is told."""

import pytest
import torch
from torch import nn

from course_utils.measures import signs_copied, step_milliseconds


def test_attention_copies_and_an_untrained_one_guesses():
    assert signs_copied("attention", 3, 2000) > 0.9
    assert signs_copied("LSTM", 12, 32) < 0.3
    assert signs_copied("LSTM", 3, 64) == signs_copied("LSTM", 3, 64)


def test_a_step_takes_time():
    layer = nn.Linear(8, 8)
    took = step_milliseconds(layer, 5, width=8, batch=2)
    assert isinstance(took, float) and 0 < took < 10_000
    assert torch.is_tensor(layer.weight.grad)


def test_clear_errors():
    with pytest.raises(ValueError, match="at least 1"):
        signs_copied("LSTM", 0)
    with pytest.raises(ValueError, match="kind"):
        signs_copied("GRU", 4)
