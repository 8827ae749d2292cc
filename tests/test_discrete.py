"""Discrete codes: quantisers, the VQ autoencoder, the prior, the figures."""

import math

import pytest
import torch

from course_utils.figures import click_tiles, tiles_figure, usage_figure
from course_utils.models import (
    CodePrior,
    FiniteQuantizer,
    Quantizer,
    commitment,
    nearest_code,
    prior_loss,
    straight_through,
    vq_autoencoder,
    vq_loss,
)


def test_the_nearest_code_is_that_of_the_distances():
    z, book = torch.randn(50, 3), torch.randn(9, 3)
    expected = torch.cdist(z, book).argmin(1)
    assert torch.equal(nearest_code(z, book), expected)
    with pytest.raises(ValueError, match=r"\(50, 3\) and \(9, 2\)"):
        nearest_code(z, book[:, :2])


def test_straight_through_and_commitment_move_z_only():
    z = torch.randn(4, 6, 3, requires_grad=True)
    z_q = torch.randn(4, 6, 3, requires_grad=True)
    out = straight_through(z, z_q)
    assert torch.allclose(out, z_q, atol=1e-6)
    (out.sum() + commitment(z, z_q).sum()).backward()
    assert z_q.grad is None
    assert torch.allclose(z.grad, 1 + 2 * (z - z_q).detach(), atol=1e-5)


def test_averages_find_the_planted_codes():
    torch.manual_seed(0)
    planted = 3 * torch.randn(6, 4)
    quantizer = Quantizer(40, 4, decay=0.8).train()
    for _ in range(200):
        at = torch.randint(6, (8, 49))
        z = planted[at] + 0.05 * torch.randn(8, 49, 4)
        quantizer(z.transpose(1, 2).reshape(8, 4, 7, 7))
    apart = torch.cdist(planted, quantizer.codebook).amin(1)
    assert (apart < 0.2).all()


def test_dead_codes_are_moved_where_vectors_are():
    def farthest(**options):
        quantizer = Quantizer(8, 2, decay=0.5, **options).train()
        with torch.no_grad():
            quantizer.codebook.copy_(100 + torch.randn(8, 2))
            quantizer.codebook[0] = 0
            quantizer.counts.fill_(49.0)
        for _ in range(30):
            quantizer(torch.randn(8, 2, 7, 7))
        return quantizer.codebook.abs().max()

    torch.manual_seed(0)
    assert farthest() < 10
    assert farthest(restart=0) > 50


@pytest.mark.parametrize("by", ["averages", "gradient"])
def test_a_codebook_begins_with_vectors_of_the_first_batch(by):
    quantizer = Quantizer(8, 2, by=by, decay=0.99, restart=0).train()
    z = 50 + torch.randn(4, 2, 7, 7)
    quantizer(z)
    begun = quantizer.codebook.detach().clone()
    assert (begun - 50).abs().max() < 6
    quantizer(z - 50)  # later ones do not begin anew
    assert quantizer.codebook.min() > 40


def test_nothing_is_learnt_in_eval_mode():
    quantizer = Quantizer(8, 2).eval()
    before = quantizer.codebook.clone()
    quantizer(torch.randn(4, 2, 7, 7))
    assert torch.equal(quantizer.codebook, before)


def test_a_codebook_learns_by_gradient():
    quantizer = Quantizer(8, 2, by="gradient")
    z = torch.randn(4, 2, 7, 7, requires_grad=True)
    quantizer(z).price.sum().backward()
    assert quantizer.codebook.grad.abs().sum() > 0
    assert z.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("quantizer", "dim"),
    [
        (Quantizer(16, 4), 4),
        (Quantizer(16, 4, by="gradient"), 4),
        (FiniteQuantizer((8, 4, 4)), 3),
    ],
)
def test_the_codes_are_all_that_the_decoder_needs(quantizer, dim):
    model = vq_autoencoder(quantizer, dim, channels=4)
    x = torch.rand(5, 1, 28, 28)
    loss = vq_loss(model, x)
    assert loss.shape == (5,)
    loss.sum().backward()
    assert model.encoder[0].weight.grad.abs().sum() > 0
    model.eval()
    codes = model.encode(x)
    assert codes.shape == (5, 7, 7)
    assert 0 <= codes.min() <= codes.max() < quantizer.size
    assert torch.allclose(model.decode(codes), model(x)[0], atol=1e-5)


def test_finite_codes_are_numbered_one_by_one():
    quantizer = FiniteQuantizer((3, 2))
    codes = torch.arange(6).view(1, 2, 3)
    vectors = quantizer.look_up(codes)
    assert vectors.flatten(2).squeeze(0).T.unique(dim=0).shape == (6, 2)
    level = (vectors + 1) / 2 * torch.tensor([2, 1]).view(1, 2, 1, 1)
    z = (level / torch.tensor([2, 1]).view(1, 2, 1, 1)).logit(1e-3)
    assert torch.equal(quantizer(z).codes, codes)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Quantizer(by="hand"), "averages"),
        (lambda: Quantizer(decay=1.0), "decay"),
        (lambda: Quantizer(0), "size"),
        (lambda: FiniteQuantizer((8, 1)), "levels"),
        (lambda: FiniteQuantizer((2.5, 4)), "levels"),
        (lambda: CodePrior(width=30), "heads"),
        (lambda: CodePrior(heads=0), "heads"),
        (lambda: CodePrior().sample([0, 1]), "whole numbers"),
        (
            lambda: CodePrior()(torch.zeros(1, 7, 7), torch.zeros(1).long()),
            "codes must be a tensor of whole",
        ),
        (
            lambda: CodePrior()(
                torch.zeros(1, 7, 7).long(), torch.tensor([10])
            ),
            "lie in 0 to 9",
        ),
        (lambda: Quantizer()(torch.zeros(2, 3, 7, 7)), r"\(B, 8, H, W\)"),
        (lambda: Quantizer()(torch.zeros(0, 8, 7, 7)), "at least one"),
        (lambda: FiniteQuantizer()(torch.zeros(3, 7, 7)), r"\(B, 3, H, W\)"),
        (
            lambda: straight_through(torch.zeros(2, 1), torch.zeros(2)),
            "one shape",
        ),
        (
            lambda: commitment(torch.zeros(2, 1, 3), torch.zeros(2, 5, 3)),
            "one shape",
        ),
        (lambda: usage_figure({"a": torch.zeros(0)}), "counts"),
        (
            lambda: tiles_figure(
                {"a": torch.zeros(1, 28, 28)}, {"a": -torch.ones(7, 7)}
            ),
            "0 or more",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_maps_that_do_not_fit_are_refused():
    model = vq_autoencoder(Quantizer(16, 4), 4, channels=4)
    with pytest.raises(ValueError, match="7, 7"):
        model.decode(torch.zeros(7, 7, dtype=torch.long))
    with pytest.raises(ValueError, match="0 to 15"):
        model.decode(torch.full((1, 7, 7), 16))
    with pytest.raises(TypeError, match="whole numbers"):
        model.decode(torch.zeros(1, 7, 7))
    prior = CodePrior(16, (3, 4), 5, width=16)
    y = torch.zeros(2, dtype=torch.long)
    with pytest.raises(ValueError, match="3, 4"):
        prior(torch.zeros(2, 4, 3, dtype=torch.long), y)
    with pytest.raises(ValueError, match="a class for each"):
        prior(torch.zeros(2, 3, 4, dtype=torch.long), y[:1])
    with pytest.raises(ValueError, match="0 to 15"):
        prior(torch.full((2, 3, 4), 16), y)
    with pytest.raises(ValueError, match="0 to 4"):
        prior.sample(y + 5)
    with pytest.raises(ValueError, match="temperature"):
        prior.sample(y, temperature=0)


def small_prior():
    torch.manual_seed(0)
    prior = CodePrior(16, (3, 4), 5, width=32).eval()
    return prior, torch.randint(16, (6, 3, 4)), torch.randint(5, (6,))


def test_no_place_sees_itself_or_later_ones():
    prior, codes, y = small_prior()
    before = prior(codes, y)
    codes[:, 1, 2] = (codes[:, 1, 2] + 1) % 16
    moved = (prior(codes, y) - before).abs().amax((0, 2))
    assert (moved[:7] == 0).all() and (moved[7:] > 1e-4).all()


def test_kept_keys_and_values_change_nothing_but_the_seconds():
    prior, codes, y = small_prior()
    scores, pasts = prior(codes, y), [[] for _ in prior.blocks]
    for t in range(12):
        one = prior._next(codes.flatten(1), t, y, pasts)
        assert torch.allclose(one, scores[:, t], atol=1e-4)
    maps = []
    for keep in (True, False):
        torch.manual_seed(1)
        maps.append(prior.sample(y, keep=keep))
    assert torch.equal(*maps) and maps[0].shape == (6, 3, 4)


def test_the_loss_is_in_nats_a_map():
    prior, codes, y = small_prior()
    with torch.no_grad():
        prior.guess.weight.zero_()
        prior.guess.bias.zero_()
    expected = torch.full((6,), 12 * math.log(16))
    assert torch.allclose(prior_loss(prior, codes, y), expected)


def test_figures_of_tiles_say_what_they_show():
    codes = torch.arange(49).view(7, 7)
    other = codes.clone()
    other[0, 0] = 9
    x = torch.rand(1, 28, 28)
    figure = tiles_figure({"a": x, "b": x}, {"a": codes, "b": other})
    assert "7 by 7 tiles" in figure.get_label()
    assert "1 changed" in figure.get_label()
    with pytest.raises(ValueError, match="not there"):
        tiles_figure({"a": x}, {"c": codes})
    with pytest.raises(ValueError, match="no image"):
        tiles_figure({})
    with pytest.raises(ValueError, match=r"\(R, C\)"):
        tiles_figure({"a": x}, {"a": codes.flatten()})


def test_bars_of_usage_say_how_many_are_used():
    figure = usage_figure({"mine": torch.tensor([0, 3, 1, 0])})
    assert "2 of 4 codes are used" in figure.get_label()
    assert "75 % of the tiles" in figure.get_label()
    with pytest.raises(ValueError, match="K,"):
        usage_figure({})


def test_a_tile_is_changed_by_the_slider():
    def decode(codes):
        bright = codes[:, None].float() / 8
        return bright.repeat_interleave(4, 2).repeat_interleave(4, 3)

    codes = torch.zeros(7, 7, dtype=torch.long)
    box = click_tiles(codes, decode, 8)
    row, column, code, view = box.children[1].children
    row.value, column.value = 2, 3
    code.value = 5
    assert "1 tiles changed, 16 pixels moved" in view.value
    row.value = 4
    assert code.value == 0
    row.value = 2
    assert code.value == 5 and not codes.any()
    with pytest.raises(ValueError, match="0 to 7"):
        click_tiles(codes + 8, decode, 8)


def test_tiles_keep_a_frame_for_each_tile_and_code(monkeypatch):
    from course_utils.figures import frames, widgets

    shown = []
    monkeypatch.setenv("COURSE_FRAMES", "1")
    monkeypatch.setattr(widgets, "display", lambda b, **_: shown.append(b))
    click_tiles(torch.zeros(2, 3), lambda c: c[:, None] / 4, 4)
    found = shown[0][frames.MIME]
    assert [len(c["values"]) for c in found["controls"]] == [2, 3, 4]
    assert "one tile: code 3 instead of 0" in found["frames"][-1]
