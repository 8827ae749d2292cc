"""Attention and the blank filler: shapes, padding, states, clear errors."""

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from course_utils.models.attention import (
    PAD,
    UNKNOWN,
    BlankFiller,
    Block,
    Copier,
    attention_weights,
    blank_loss,
    blank_out,
    masked_attention,
)

X = torch.tensor([[1, 5, 6, 2, 0, 0], [1, 7, 4, 8, 5, 2]])


def test_attention_is_torch_s():
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 6, 8)
    keep = X != PAD
    expected = scaled_dot_product_attention(q, k, v, keep[:, None, :])
    assert masked_attention(q, k, v, keep).allclose(expected, atol=1e-6)
    weights = attention_weights(q, k, keep)
    assert weights.sum(dim=2).allclose(torch.ones(2, 6))
    assert (weights[0, :, 4:] == 0).all()


def test_padding_changes_nothing():
    torch.manual_seed(0)
    model = BlankFiller(9, 8, width=16).eval()
    longer = torch.nn.functional.pad(X, (0, 2))
    assert model(longer)[:, :6].allclose(model(X), atol=1e-5)
    assert model.sentence(longer).allclose(model.sentence(X), atol=1e-5)


@pytest.mark.parametrize("depth", [0, 1, 2, None])
def test_states_in_the_middle_lead_to_the_scores(depth):
    torch.manual_seed(0)
    model = BlankFiller(9, 6, width=16)
    h = model.states(X, depth)
    assert h.shape == (2, 6, 16)
    assert model.finish(h, X, depth).allclose(model(X), atol=1e-6)
    assert model.weights(X).shape == (2, 2, 4, 6, 6)


def test_blanks_stand_for_words_only():
    torch.manual_seed(0)
    blanked, hidden = blank_out(X, 1)
    assert hidden.equal(X > UNKNOWN)
    assert blanked[hidden].eq(UNKNOWN).all()
    assert blanked[~hidden].equal(X[~hidden])


def test_the_loss_learns():
    torch.manual_seed(0)
    model = BlankFiller(9, 6, width=16)
    losses = blank_loss(model, X, share=1)
    assert losses.shape == (2,)
    losses.sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.mark.parametrize("kind", ["LSTM", "attention"])
def test_copier_scores_each_sign(kind):
    assert Copier(kind, 5)(torch.randint(8, (3, 5))).shape == (3, 5, 8)


def test_clear_errors():
    with pytest.raises(ValueError, match="do not split"):
        Block(10, heads=4)
    with pytest.raises(ValueError, match="share"):
        blank_out(X, 0)
    with pytest.raises(ValueError, match="LSTM"):
        Copier("GRU", 4)
