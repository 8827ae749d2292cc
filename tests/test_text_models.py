"""Sentence autoencoders: shapes, padding, and that they learn."""

import pytest
import torch

from course_utils.models.sentences import (
    END,
    PAD,
    START,
    LSTMAutoencoder,
    LSTMDecoder,
    ParallelDecoder,
    TextVAE,
    TransformerAutoencoder,
    last_state,
    masked_mean,
    remembering_lstm,
    sentence_loss,
)
from course_utils.training import fit


def loss(model, x):
    return sentence_loss(model.logits(model.encode(x), x), x)


BOTH = pytest.mark.parametrize(
    "make", [LSTMAutoencoder, TransformerAutoencoder]
)


def some_sentences(count, words=4, size=9, length=8):
    x = torch.full((count, length), PAD)
    x[:, 0] = START
    for row in x:
        n = int(torch.randint(1, words + 1, ()))
        row[1 : n + 1] = torch.randint(4, size, (n,))
        row[n + 1] = END
    return x


@BOTH
def test_shapes(make):
    torch.manual_seed(0)
    model, x = make(9, 8, latent_dim=5, width=16), some_sentences(3)
    z = model.encode(x)
    assert z.shape == (3, 5)
    assert model.logits(z, x).shape == (3, 7, 9)
    written = model.decode(z)
    assert written.shape == x.shape and (written[:, 0] == START).all()
    assert loss(model, x).shape == (3,)


@BOTH
def test_padding_does_not_change_a_code(make):
    torch.manual_seed(0)
    model, x = make(9, 8, latent_dim=5, width=16).eval(), some_sentences(3)
    before = model.encode(x)
    with torch.no_grad():
        model.words.weight[PAD] += 10
    assert model.encode(x).allclose(before, atol=1e-5)


@BOTH
def test_a_sentence_is_learnt_by_heart(make):
    torch.manual_seed(0)
    x = some_sentences(6).repeat(20, 1)
    model = make(9, 8, latent_dim=16, width=32)
    fit(model, x, loss, epochs=25, batch_size=20, lr=1e-2,
        progress=False, device="cpu")  # fmt: skip
    written = model.decode(model.encode(x[:6]))
    assert (written == x[:6])[x[:6] != PAD].float().mean() > 0.9


def test_loss_counts_words_and_end_alone():
    x = torch.tensor([[1, 4, 2, 0, 0], [1, 5, 4, 6, 2]])
    nats = torch.tensor(9.0).log()
    assert sentence_loss(torch.zeros(2, 4, 9), x).allclose(
        nats * torch.tensor([2.0, 4.0])
    )


def test_mean_leaves_padding_out():
    x = torch.tensor([[1, 2, 0], [1, 4, 2]])
    h = torch.tensor([[[1.0], [3.0], [50.0]], [[1.0], [2.0], [3.0]]])
    assert masked_mean(h, x).flatten().tolist() == [2.0, 2.0]


def test_a_text_vae_reads_and_writes():
    torch.manual_seed(0)
    vae, x = TextVAE(9, latent_dim=3), some_sentences(5)
    mu, log_var = vae.encode(x)
    assert mu.shape == log_var.shape == (5, 3)
    more_padding = torch.cat([x, torch.full((5, 2), PAD)], dim=1)
    assert torch.allclose(vae.encode(more_padding)[0], mu, atol=1e-6)
    scores, _ = vae.step(mu, x[:, :-1])
    assert scores.shape == (5, 7, 9)
    written = vae.write(mu, lambda scores: scores.argmax(dim=1), length=6)
    assert written.shape == (5, 6) and (written[:, 0] == START).all()
    assert not torch.isin(written[:, 1:], torch.tensor([PAD, START, 3])).any()
    assert vae.write(mu[:0], lambda s: s.argmax(dim=1)).shape == (0, 12)


@pytest.mark.parametrize(
    ("z", "choose", "told"),
    [
        (torch.zeros(3), None, "codes must be"),
        (torch.zeros(2, 4), None, "codes must be"),
        (torch.zeros(2, 3), lambda s: s.argmax(), "choose must return"),
        (torch.zeros(2, 3), lambda s: s[:, 0], "choose must return"),
    ],
)
def test_a_text_vae_says_what_does_not_fit(z, choose, told):
    with pytest.raises(ValueError, match=told):
        TextVAE(9, latent_dim=3).write(z, choose)


def test_decoders_shapes():
    torch.manual_seed(0)
    z, told = torch.randn(3, 5), torch.randn(3, 7, 16)
    assert ParallelDecoder(8, 5, 16)(z).shape == (3, 7, 16)
    assert LSTMDecoder(8, 5, 16, hidden=6)(z, told)[0].shape == (3, 7, 16)


def test_an_lstm_decoder_goes_on_from_its_state():
    torch.manual_seed(0)
    decoder, z = LSTMDecoder(8, 5, 16), torch.randn(3, 5)
    told = torch.randn(3, 4, 16)
    at_once, _ = decoder(z, told)
    state, steps = None, []
    for word in told.split(1, dim=1):
        h, state = decoder(z, word, state)
        steps.append(h)
    assert torch.cat(steps, dim=1).allclose(at_once, atol=1e-5)


def test_an_lstm_decoder_knows_the_place_and_does_not_see_ahead():
    torch.manual_seed(0)
    decoder, z = LSTMDecoder(8, 5, 16), torch.randn(3, 5)
    told = torch.zeros(3, 7, 16)
    h, _ = decoder(z, told)
    assert (h[:, 0] - h[:, 1]).abs().max() > 0.1
    told[:, 4] = 1
    changed = (decoder(z, told)[0] - h).abs().amax(dim=(0, 2)) > 1e-5
    assert changed.tolist() == [False] * 4 + [True] * 3


def test_forget_gates_begin_open():
    lstm = remembering_lstm(4, 6)
    bias = lstm.bias_ih_l0.detach().view(4, 6).mean(dim=1)
    assert bias.argmax() == 1 and bias[1] > 0.5


def test_the_last_state_is_the_one_after_the_end():
    states = torch.arange(8.0).view(2, 4, 1)
    x = torch.tensor([[1, 4, 2, 0], [1, 4, 5, 2]])
    assert last_state(states, x).flatten().tolist() == [2, 7]
