"""Sparse dictionaries, the features they find, states that are spliced in."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from course_utils.datasets.captions import Vocabulary, captions
from course_utils.datasets.mixtures import mixtures
from course_utils.measures import features
from course_utils.measures.features import (
    best_f1,
    copy_report,
    features_found,
    mean_states,
    name_contest,
    planted_facts,
    probe_values,
    sentence_values,
    superposition,
    top_sentences,
    train_dictionary,
)
from course_utils.measures.splicing import (
    chances_at,
    hide_first,
    loss_recovered,
    splice_contest,
    spliced_loss,
    word_means,
)
from course_utils.models.attention import BlankFiller, blank_out
from course_utils.models.dictionary import (
    SparseAutoencoder,
    dictionary_loss,
    sparse_code,
)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def some_sentences(count=6, length=7, size=20):
    x = torch.randint(4, size, (count, length))
    x[:, 0] = 1
    x[: count // 2, -2:] = 0
    return x


def same(h):
    return h


# the autoencoder


def test_a_code_has_k_active_latents_and_may_have_fewer():
    h, encoder, bias = torch.randn(9, 4), torch.randn(12, 4), torch.randn(4)
    z = sparse_code(h, encoder, bias, 3)
    whole = ((h - bias) @ encoder.T).relu()
    assert z.shape == (9, 12) and ((z > 0).sum(dim=1) <= 3).all()
    kept = whole.sort(dim=1, descending=True).values[:, :3].sum(dim=1)
    torch.testing.assert_close(z.sum(dim=1), kept)
    assert not sparse_code(bias[None], encoder, bias, 3).any()


def test_a_copy_is_a_sum_of_directions():
    model = SparseAutoencoder(5, 8, k=2)
    h = torch.randn(3, 4, 5)
    z = model.encode(h)
    assert z.shape == (3, 4, 8) and model(h).shape == h.shape
    directions = model.directions()
    torch.testing.assert_close(directions.norm(dim=1), torch.ones(8))
    on = z[1, 2].nonzero().flatten().tolist()
    copy = model.bias + sum(z[1, 2, i] * directions[i] for i in on)
    torch.testing.assert_close(model(h)[1, 2], copy)
    torch.testing.assert_close(model.decode(z), model(h))


def test_a_longer_decoder_changes_nothing():
    model, h = SparseAutoencoder(5, 8, k=2), torch.randn(6, 5)
    before = model(h)
    model.decoder.data *= 7
    torch.testing.assert_close(model(h), before)


def test_the_loss_is_the_error_and_the_price_of_each_state():
    model, h = SparseAutoencoder(5, 8, l1=0.1), torch.randn(6, 5)
    assert model.k == 8
    loss = dictionary_loss(model, h)
    error = (model(h) - h).square().sum(dim=1)
    torch.testing.assert_close(loss, error + 0.1 * model.encode(h).sum(dim=1))
    loss.sum().backward()
    assert all(p.grad.any() for p in model.parameters())


def test_another_code_is_used():
    def none(h, encoder, bias, k):
        return torch.zeros(len(h), len(encoder))

    model = SparseAutoencoder(5, 8, k=2, code=none)
    model.bias.data += 3
    assert torch.equal(model(torch.randn(2, 5)), torch.full((2, 5), 3.0))


@pytest.mark.parametrize("k", [0, 9, -1])
def test_a_k_that_cannot_be_is_refused(k):
    with pytest.raises(ValueError, match=f"in 1 to 8; got {k}"):
        SparseAutoencoder(5, 8, k=k)


# features


def test_mixtures_are_sums_of_a_few_features():
    made = mixtures(50, features=9, width=6, active=2)
    torch.testing.assert_close(made.h, made.amounts @ made.features)
    assert ((made.amounts > 0).sum(dim=1) == 2).all()
    used = made.amounts[made.amounts > 0]
    assert used.min() >= 0.5 and used.max() <= 1.5
    torch.testing.assert_close(made.features.norm(dim=1), torch.ones(9))
    more = mixtures(80, features=9, width=6, active=2)
    assert torch.equal(more.features, made.features)
    other = mixtures(50, features=9, width=6, active=2, seed=1)
    assert not torch.equal(other.features, made.features)


@pytest.mark.parametrize(
    "sizes", [(0,), (5, 4, 2, 5), (5, 4, 2, 0), (5, 4, 0, 2)]
)
def test_mixtures_of_nothing_are_refused(sizes):
    with pytest.raises(ValueError, match="must be at least 1"):
        mixtures(*sizes)


def test_rare_features_share_two_numbers_and_common_ones_do_not(monkeypatch):
    monkeypatch.setattr(features, "TOY_STEPS", 800)
    always, rare = superposition([1.0, 0.05], starts=2)
    assert always.shape == (5, 2)
    lengths = always.norm(dim=1)
    assert (lengths[:2] > 0.8).all() and (lengths[2:] < 0.6).all()
    assert (rare.norm(dim=1) > 0.7).all()
    again = superposition([1.0, 0.05], starts=2)
    assert torch.equal(again[0], always)


@pytest.mark.parametrize("chances", [[0.0], [0.5, 1.1], 0.5, [[0.5]]])
def test_chances_are_a_list_of_shares(chances):
    with pytest.raises(ValueError, match="chances must be a list"):
        superposition(chances)


def test_features_are_found_either_way_and_at_any_length():
    truth = torch.eye(4)
    found = torch.tensor(
        [[-3.0, 0, 0, 0], [0, 0.1, 0.01, 0], [0, 0, 1, 1], [0, 0, 0, 0]]
    )
    assert features_found(found, 5 * truth) == 0.5
    assert features_found(found, truth, least=0.7) == 1
    assert features_found(truth, truth) == 1
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(4, 4\)"):
        features_found(torch.zeros(4, 3), truth)


def test_a_dictionary_finds_planted_features():
    h, truth, _ = mixtures(2000, features=12, width=10, active=1)
    model = train_dictionary(h, 24, k=1)
    assert features_found(model.directions(), truth) > 0.8
    assert not any(p.requires_grad for p in model.parameters())
    assert ((model(h) - h).square().sum() / h.square().sum()) < 0.15


def test_facts_are_those_that_the_grammar_planted():
    sentences = captions(real=False, quiet=True)
    facts = planted_facts(sentences.test, sentences.test_facts)
    assert all(fact.dtype == torch.bool for fact in facts.values())
    for name, fact in facts.items():
        assert 0 < fact.float().mean() < 0.5, name
    banks = facts["bank: a river"], facts["bank: money"]
    assert not (banks[0] & banks[1]).any()
    for words, many in zip(sentences.test, facts["many"], strict=True):
        assert many == (words[0] in ("two", "three", "several"))
        assert not many or "a" not in words[:2]


def test_the_largest_value_of_a_sentence_leaves_padding_out():
    x = some_sentences()
    values = sentence_values(lambda x: -x[..., None].float(), x)
    expected = [-min(row[row != 0].tolist()) for row in x]
    assert values.flatten().tolist() == expected


def test_the_best_column_and_edge_are_chosen_on_the_first_sentences():
    fact, new = torch.rand(400) < 0.3, torch.rand(300) < 0.3
    values, new_values = torch.rand(400, 3), torch.rand(300, 3)
    values[:, 1] = 0.1 + fact + 0.05 * torch.rand(400)
    new_values[:, 1] = 0.1 + new + 0.05 * torch.rand(300)
    new_values[:, 2] = new  # not known to be good
    scores = best_f1(values, {"a": fact}, new_values, {"a": new})
    assert set(scores) == {"a"} and scores["a"] > 0.95
    values[:, 1] = torch.rand(400)
    scores = best_f1(values, {"a": fact}, new_values, {"a": new})
    assert scores["a"] < 0.7


def test_a_report_tells_copies_that_are_too_short():
    model, h = SparseAutoencoder(4, 4), torch.randn(300, 4).abs()
    model.encoder.data = model.decoder.data = torch.eye(4)
    report = copy_report(model, h)
    assert report["error"] < 1e-6 and report["active"] == 4
    assert report["best factor"] == pytest.approx(1)
    model.encoder.data = 0.8 * torch.eye(4)
    report = copy_report(model, h)
    assert report["error"] == pytest.approx(0.04)
    assert report["best factor"] == pytest.approx(1.25)


def test_the_mean_state_of_a_sentence_leaves_padding_out():
    x = some_sentences()
    means = mean_states(lambda x: x[..., None].float(), x)
    expected = [row[row != 0].float().mean().item() for row in x]
    assert means.flatten().tolist() == pytest.approx(expected)


def test_each_reader_answers_each_question():
    x = some_sentences(120)
    word = torch.nn.Embedding(20, 10).requires_grad_(False)
    facts = {"five": (x == 5).any(dim=1), "six": (x == 6).any(dim=1)}
    book = SparseAutoencoder(10, 40, k=1)
    found = name_contest(word, book, (x, facts), (x, facts), 20)
    assert list(found) == [
        "a latent", "a neuron", "a PCA direction", "a random one",
        "a word", "the probe",
    ]  # fmt: skip
    assert all(set(scores) == set(facts) for scores in found.values())
    assert set(found["a word"].values()) == {1.0}
    assert min(found["the probe"].values()) > 0.7
    again = name_contest(word, book, (x, facts), (x, facts), 20)
    assert again == found


def test_a_probe_finds_a_direction_that_was_labelled():
    values, new = torch.randn(500, 6) + 2, torch.randn(300, 6) + 2
    along = torch.randn(2, 6)
    facts, held = (
        {
            name: (rows - 2) @ row > 0.5
            for name, row in zip("ab", along, strict=True)
        }
        for rows in (values, new)
    )
    seen, unseen = probe_values(values, facts, new)
    assert seen.shape == (500, 2) and unseen.shape == (300, 2)
    scores = best_f1(seen, facts, unseen, held)
    assert min(scores.values()) > 0.9


def test_sentences_are_shown_where_a_latent_is_largest():
    vocabulary = Vocabulary([["a", "dog", "runs"]] * 2)
    a, dog, runs = (vocabulary.index[w] for w in ("a", "dog", "runs"))
    x = torch.tensor([[1, a, dog, 2], [1, dog, 2, 0], [1, a, runs, 2]])
    values = torch.tensor(
        [[0.0, 0, 3, 0], [0, 2, 0, 9], [0, 0, 1, 0]]  # 9: padding
    )
    shown = top_sentences(values, x, vocabulary)
    assert shown == ["a [dog]", "a [runs]"]
    assert len(top_sentences(values, x, vocabulary, 1)) == 1
    assert top_sentences(0 * values, x, vocabulary) == []


# states spliced in


def test_the_mean_state_of_a_word():
    x, h = torch.tensor([2, 0, 2]), torch.tensor([[1.0], [5.0], [3.0]])
    means = word_means(x, h, 4).flatten().tolist()
    assert means == [5, 3, 2, 3]
    with pytest.raises(ValueError, match="words 0 to 1 is wanted"):
        word_means(x, h, 2)
    with pytest.raises(ValueError, match=r"got \(2,\) and \(3, 1\)"):
        word_means(x[:2], h, 4)


@pytest.fixture
def filler():
    return BlankFiller(20, length=7, width=8, heads=2).eval()


def test_the_loss_with_nothing_changed_is_the_fillers_own(filler):
    x = some_sentences()
    blanked, hidden = blank_out(x, 0.4)
    own = cross_entropy(filler(blanked)[hidden], x[hidden]).item()
    for depth in 0, 1, 2:
        spliced = spliced_loss(filler, blanked, x, same, depth)
        assert spliced == pytest.approx(own, abs=1e-5)
    zeros = spliced_loss(filler, blanked, x, torch.zeros_like)
    assert zeros != pytest.approx(own, abs=1e-3)


def test_what_cannot_be_spliced_is_refused(filler):
    x = some_sentences()
    with pytest.raises(ValueError, match="no word is hidden"):
        spliced_loss(filler, x, x, same)
    blanked, _ = blank_out(x, 0.4)
    with pytest.raises(ValueError, match=r"return states \(6, 7, 8\)"):
        spliced_loss(filler, blanked, x, lambda h: h[:, :2])


class Repeats:
    """A filler for sentences of one word again and again: it says the word."""

    def states(self, x, depth):
        return 5 * torch.eye(20)[x.amax(dim=1)][:, None].expand(-1, 7, -1)

    def finish(self, h, x, depth):
        return h


def test_copies_are_judged_by_variance_and_by_loss():
    x = torch.arange(4, 20)[:, None].expand(-1, 7).clone()
    blanked, filler = x.clone(), Repeats()
    blanked[:, 2] = 3
    mean = filler.states(blanked, 1).mean(dim=(0, 1))
    copies = {
        "same": same,
        "mean": lambda h: mean.expand_as(h),
        "half": lambda h: (h + mean) / 2,
    }
    found = splice_contest(filler, blanked, x, copies, mean)
    for name, share in {"same": 1, "mean": 0, "half": 0.75}.items():
        assert found[name]["variance explained"] == pytest.approx(
            share, abs=1e-4
        )
    recovered = [found[name]["loss recovered"] for name in copies]
    assert recovered == pytest.approx([1, 0, 0.65], abs=0.1)


def test_how_much_of_a_loss_comes_back():
    assert loss_recovered(1.0, 1.0, 3.0) == 1
    assert loss_recovered(1.0, 3.0, 3.0) == 0
    assert loss_recovered(1.0, 1.5, 3.0) == 0.75
    assert loss_recovered(1.0, 4.0, 3.0) < 0
    with pytest.raises(ValueError, match="must exceed the clean one"):
        loss_recovered(2.0, 2.0, 2.0)


def test_the_first_of_the_words_is_hidden():
    x = torch.tensor([[1, 5, 6, 5, 2], [1, 7, 8, 2, 0], [1, 8, 6, 2, 0]])
    hidden, places, words = hide_first(x, [5, 6])
    assert hidden.tolist() == [[1, 3, 6, 5, 2], [1, 8, 3, 2, 0]]
    assert places.tolist() == [1, 2] and words.tolist() == [5, 6]
    assert x[0, 1] == 5


def test_chances_at_a_blank_are_those_of_the_filler(filler):
    x, places, _ = hide_first(some_sentences(), range(4, 20))
    chances = chances_at(filler, x, places, same)
    rows = torch.arange(len(x))
    expected = filler(x)[rows, places].softmax(dim=1)
    torch.testing.assert_close(chances, expected)
    pushed = chances_at(filler, x, places, lambda h: h.cumsum(dim=2))
    assert not torch.allclose(pushed, expected, atol=1e-3)


def test_vocabulary_of_the_lesson_knows_all_held_out_words():
    sentences = captions(real=False, quiet=True)
    vocabulary = Vocabulary(sentences.train, min_count=2)
    known = vocabulary.encode(sentences.test, 12) != 3
    assert known.all()
