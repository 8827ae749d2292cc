"""Filling in hidden pixels without a network, and how well it is done."""

import pytest
import torch
from torch import nn

from course_utils.measures.filling import (
    encoding_operations,
    encoding_seconds,
    filled_in,
    filling_error,
    shared_masks,
)
from course_utils.models.masked_images import MaskedAutoencoder, hide_patches
from course_utils.rivals.conditional import (
    best_filler,
    conditional_mean,
    gaussian_filler,
    mean_filler,
    neighbour_filler,
    without_network,
)


def normal(count, patches=6, pixels=2, noise=0.05, seed=0):
    """Patches (B, N, P) of a normal distribution with three causes."""
    g = torch.Generator().manual_seed(5)
    ways = torch.randn(3, patches * pixels, generator=g)
    g = torch.Generator().manual_seed(seed)
    x = 2 + torch.randn(count, 3, generator=g) @ ways
    x = x + noise * torch.randn(x.shape, generator=g)
    return x.view(count, patches, pixels)


def test_two_pixels_by_hand():
    covariance = torch.tensor([[2.0, 1], [1, 3]])
    hidden = torch.tensor([False, True])
    x, mean = torch.tensor([[5.0, 0]]), torch.tensor([1.0, 10])
    found = conditional_mean(x, hidden, mean, covariance, 0)
    assert found.tolist() == [[10 + 4 * 1 / 2]]
    found = conditional_mean(x, hidden, mean, covariance, 2)
    assert found.tolist() == [[10 + 4 * 1 / 4]]


def test_the_conditional_mean_is_that_of_least_squares():
    x = normal(400, noise=0.5).flatten(1).double()
    hidden = torch.arange(12) % 3 == 0
    found = conditional_mean(x, hidden, x.mean(dim=0), x.T.cov(), 0)
    ones = torch.ones(len(x), 1, dtype=x.dtype)
    seen = torch.cat([x[:, ~hidden], ones], dim=1)
    fitted = seen @ torch.linalg.lstsq(seen, x[:, hidden]).solution
    assert torch.allclose(found, fitted, atol=1e-8)


def test_the_gaussian_knows_what_normal_patches_hide():
    train, new = normal(3000), normal(200, seed=1)
    hidden = hide_patches(200, 6, 3)
    line = filling_error(gaussian_filler(train, 1e-3), new, hidden)
    average = filling_error(mean_filler(train), new, hidden)
    near = filling_error(neighbour_filler(train, 5), new, hidden)
    assert line < 0.02 < near < average
    assert abs(average / new.var().item() - 1) < 0.3


def test_a_filler_looks_at_seen_patches_only():
    train, new = normal(300), normal(20, seed=1)
    hidden = hide_patches(20, 6, 3)
    other = torch.where(hidden[:, :, None], torch.rand(20, 6, 2), new)
    for fill in (gaussian_filler(train), neighbour_filler(train, 3)):
        filled = filled_in(fill, new, hidden)
        assert torch.allclose(filled_in(fill, other, hidden), filled)
        assert filled.dtype == new.dtype and filled[~hidden].equal(
            new[~hidden]
        )
        one = filled_in(fill, new[4:5], hidden[4:5])
        assert torch.allclose(one, filled[4:5], atol=1e-4)


def test_the_gaussian_takes_a_function_of_the_learner():
    def zero(x, hidden, mean, covariance, ridge):
        assert ridge == 0.5 and mean.shape == (12,)
        return torch.zeros(len(x), int(hidden.sum()))

    hidden = hide_patches(7, 6, 2)
    fill = gaussian_filler(normal(50), 0.5, fill=zero)
    filled = filled_in(fill, normal(7), hidden)
    assert (filled[hidden] == 0).all()


def test_the_nearest_neighbour_of_a_known_image_is_itself():
    train = normal(50)
    hidden = hide_patches(50, 6, 3)
    filled = filled_in(neighbour_filler(train, 1), train, hidden)
    assert filled.equal(train)


@pytest.mark.parametrize("k", [0, 51])
def test_as_many_neighbours_as_there_are_images(k):
    with pytest.raises(ValueError, match=f"1 to 50; got {k}"):
        neighbour_filler(normal(50), k)


def test_the_best_ridge_is_chosen():
    train, valid = normal(40, noise=1), normal(100, noise=1, seed=1)
    hidden = hide_patches(100, 6, 3)
    ridges = (1e-6, 1e-2, 1, 1e4)
    fill, best = best_filler(
        lambda ridge: gaussian_filler(train, ridge), ridges, valid, hidden
    )
    errors = {
        ridge: filling_error(gaussian_filler(train, ridge), valid, hidden)
        for ridge in ridges
    }
    assert best == min(errors, key=errors.get) and best < 1e4
    assert filling_error(fill, valid, hidden) == min(errors.values())
    with pytest.raises(ValueError, match="at least one value"):
        best_filler(gaussian_filler, [], valid, hidden)


def test_three_ways_without_a_network():
    calls = []

    def by_line(*case):
        calls.append(case[-1])
        return conditional_mean(*case)

    train, valid = normal(500), normal(60, seed=1)
    hidden = hide_patches(60, 6, 3)
    ways = without_network(train, valid, hidden, by_line)
    assert list(ways) == ["mean image", "line", "neighbours"]
    assert len(set(calls)) > 1  # ridges were tried
    errors = {n: filling_error(f, valid, hidden) for n, f in ways.items()}
    assert errors["line"] < errors["neighbours"] < errors["mean image"]


def test_masks_are_few_and_touch_no_draw():
    torch.manual_seed(0)
    after = torch.rand(3)
    torch.manual_seed(0)
    masks = shared_masks(50, 9, 3, kinds=4)
    assert torch.rand(3).equal(after)
    assert masks.shape == (50, 9) and (masks.sum(dim=1) == 6).all()
    assert len(masks.unique(dim=0)) == 4 and masks[0].equal(masks[4])
    assert masks.equal(shared_masks(50, 9, 3, kinds=4))
    assert not masks.equal(shared_masks(50, 9, 3, kinds=4, seed=1))


def test_what_is_no_filling_is_refused():
    hidden = hide_patches(5, 6, 3)
    with pytest.raises(ValueError, match=r"\(5, 6, 2\); got \(5, 6\)"):
        filled_in(lambda patches, hidden: patches[:, :, 0], normal(5), hidden)


def test_the_error_is_that_of_hidden_pixels():
    hidden = hide_patches(5, 6, 3)

    def off(patches, hidden):
        return patches + torch.where(hidden, 2, 50)[:, :, None]

    assert filling_error(off, normal(5), hidden) == pytest.approx(4, rel=1e-5)


def test_a_network_fills_without_gradient():
    class Grey(nn.Module):
        def __init__(self):
            super().__init__()
            self.grey = nn.Parameter(torch.tensor(0.5))

        def forward(self, patches, hidden):
            return self.grey.expand_as(patches)

    hidden = hide_patches(5, 6, 3)
    filled = filled_in(Grey(), normal(5), hidden)
    assert not filled.requires_grad and (filled[hidden] == 0.5).all()


def test_fewer_patches_take_less_time():
    model = MaskedAutoencoder((8, 8), 4, width=64)
    patches = torch.rand(64, 64, 4)
    few, all_ = (encoding_seconds(model, patches, n) for n in (4, 64))
    assert 0 < few < all_


def test_operations_are_those_of_what_is_seen():
    model = MaskedAutoencoder((4, 4), 49)
    one, many = torch.rand(1, 16, 49), torch.rand(7, 16, 49)
    few, all_ = (encoding_operations(model, many, n) for n in (4, 16))
    assert 3 < all_ / few < 6
    assert encoding_operations(model, one, 4) == few
