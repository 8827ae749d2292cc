"""The baselines of sentence codes: counts, pairs, scrambling, packing."""

import math

import pytest
import torch

from course_utils.measures import (
    WordPairs,
    code_use,
    known_runs,
    packed_bits,
    scramble,
    swap_costs,
    word_counts,
)
from course_utils.models import kl_divergence, unit_kl
from course_utils.models.sentences import TextVAE

# start, words, end, padding; words are 4, 5, 6
X = torch.tensor([[1, 4, 5, 4, 6, 2, 0], [1, 6, 2, 0, 0, 0, 0]])


def test_words_are_counted_without_special_tokens():
    assert word_counts(X, 8).tolist() == [[2, 1, 1, 0], [0, 0, 1, 0]]


def test_scrambling_moves_words_only():
    x = X.repeat(20, 1)
    mixed = scramble(x)
    assert mixed.sort(dim=1).values.equal(x.sort(dim=1).values)
    assert ((mixed == 0) == (x == 0)).all() and (mixed[:, 0] == 1).all()
    assert not mixed.equal(x) and mixed[1::2].equal(x[1::2])
    assert scramble(x).equal(mixed) and not scramble(x, 1).equal(mixed)
    assert x.equal(X.repeat(20, 1))


def test_known_runs():
    assert known_runs(X, X).tolist() == [1, 1]
    assert known_runs(X, X, 3).tolist() == [1, 1]
    # 1-4 and 4-5 are known, 5-5 and 5-2 are not; after the end is nothing
    x = torch.tensor([[1, 4, 5, 5, 2, 9, 9]])
    assert known_runs(x, X).tolist() == [0.5]
    assert known_runs(x, X, 3).tolist() == [pytest.approx(1 / 3)]


@pytest.mark.parametrize("length", [1, 8])
def test_a_run_must_fit(length):
    with pytest.raises(ValueError, match="length must be from 2 to the 7"):
        known_runs(X, X, length)


def test_pairs_are_a_language_model():
    pairs = WordPairs(X, 8)
    sums = pairs.follows.sum(dim=1)
    assert torch.allclose(sums, torch.ones(8))
    likely = pairs.follows[1, 4] * pairs.follows[4, 2]
    bits = pairs.bits(torch.tensor([[1, 4, 2, 0]]))
    assert bits.item() == pytest.approx(-math.log2(likely))
    assert (WordPairs(X, 8, 0.01).bits(X) < pairs.bits(X)).all()


def test_drawn_sentences_hold_no_special_token():
    torch.manual_seed(0)
    drawn = WordPairs(X, 8).draw(50, length=9)
    assert drawn.shape == (50, 9) and (drawn[:, 0] == 1).all()
    assert not torch.isin(drawn[:, 1:], torch.tensor([0, 1, 3])).any()


def test_packing_knows_the_training_sentences():
    train = [["a", "dog", "runs"], ["a", "cat", "sleeps"]] * 50
    bits = packed_bits(train, train[:20])
    assert bits["plain text"] > 8 * 9
    assert bits["gzip"] < bits["plain text"] / 5
    assert set(bits) == {"plain text", "gzip", "xz"}
    with pytest.raises(ValueError, match="no sentence"):
        packed_bits([], train)


def test_a_swap_costs_what_the_code_says():
    z = torch.tensor([[0.0], [1.0], [2.0]])
    assert swap_costs(lambda z, x: (z - x)[:, 0] ** 2, z, z) == 2
    assert swap_costs(lambda z, x: x[:, 0], z, z) == 0
    with pytest.raises(ValueError, match="one code for each"):
        swap_costs(lambda z, x: x, z, z[:2])


def test_code_use_of_a_deaf_decoder():
    torch.manual_seed(0)
    vae = TextVAE(8, latent_dim=3)
    used = code_use(vae, X)
    assert used == code_use(vae, X) != code_use(vae, X, seed=1)
    mu, log_var = vae.encode(X)
    kl = kl_divergence(mu, log_var).mean().item()
    assert used["KL"] == pytest.approx(kl, abs=1e-6)
    assert used["KL"] / 3 <= used["largest unit"] <= used["KL"]
    vae.decoder.weight_ih_l0.data[:, -3:] = 0
    used = code_use(vae, X)
    assert used["another's code costs"] == pytest.approx(0, abs=1e-5)
    assert used["−ELBO"] > used["KL"]


def test_unit_kl_adds_up():
    mu, log_var = torch.randn(4, 3), torch.randn(4, 3)
    total = kl_divergence(mu, log_var)
    assert torch.allclose(unit_kl(mu, log_var).sum(dim=1), total)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: word_counts(x, 8),
        scramble,
        lambda x: known_runs(x, X),
        lambda x: WordPairs(x, 8),
        lambda x: code_use(TextVAE(8), x),
    ],
)
@pytest.mark.parametrize("x", [X.float(), X[0], [[1, 4, 2]]])
def test_sentences_are_tables_of_whole_numbers(call, x):
    with pytest.raises(ValueError, match="whole numbers"):
        call(x)


def test_words_must_be_in_the_vocabulary():
    with pytest.raises(ValueError, match="word 6 is not in a vocabulary of 5"):
        word_counts(X, 5)
    with pytest.raises(ValueError, match="not in a vocabulary"):
        WordPairs(X, 8).bits(X + 5)
    with pytest.raises(ValueError, match="smoothing must be above 0"):
        WordPairs(X, 8, smoothing=0)
    with pytest.raises(ValueError, match="numbers from 0; got -9"):
        WordPairs(X - 9, 8)


def test_nothing_to_look_at_is_said():
    for x, train in ((X[:0], X), (X, X[:0])):
        with pytest.raises(ValueError, match="no sentence to look at"):
            known_runs(x, train)
    with pytest.raises(ValueError, match="got -1, 12"):
        WordPairs(X, 8).draw(-1)
    with pytest.raises(ValueError, match="not one text"):
        packed_bits("a dog", [["a", "dog"]])
