"""The masked autoencoder and its parts."""

import pytest
import torch

from course_utils.models.masked_images import (
    MaskedAutoencoder,
    grid_positions,
    hidden_mse,
    hide_patches,
    see_patches,
    to_images,
    to_patches,
)


def test_patches_are_counted_row_by_row():
    image = torch.arange(24.0).view(1, 1, 4, 6)
    patches = to_patches(image, 2)
    assert patches.shape == (1, 6, 4)
    assert patches[0, 0].tolist() == [0, 1, 6, 7]
    assert patches[0, 1].tolist() == [2, 3, 8, 9]
    assert patches[0, 3].tolist() == [12, 13, 18, 19]


@pytest.mark.parametrize(
    ("h", "w", "size"), [(8, 8, 4), (6, 12, 3), (4, 2, 1)]
)
def test_patches_make_the_image_again(h, w, size):
    images = torch.rand(3, 1, h, w)
    assert to_images(to_patches(images, size), h).equal(images)


def test_patches_of_colour_hold_all_channels():
    images = torch.rand(2, 3, 4, 8)
    patches = to_patches(images, 4)
    assert patches.shape == (2, 2, 48)
    assert patches[:, 1].equal(images[:, :, :, 4:].flatten(1))


@pytest.mark.parametrize(
    ("shape", "size"),
    [((2, 1, 6, 8), 4), ((2, 1, 8, 6), 4), ((2, 8, 8), 4), ((2, 1, 8, 8), 0)],
)
def test_sizes_that_do_not_divide_are_refused(shape, size):
    with pytest.raises(ValueError, match=f"patches of {size}"):
        to_patches(torch.zeros(shape), size)


@pytest.mark.parametrize(
    ("shape", "height"), [((2, 4, 15), 8), ((2, 4, 16), 6), ((2, 5, 16), 8)]
)
def test_patches_that_make_no_image_are_refused(shape, height):
    with pytest.raises(ValueError, match=f"no images {height} high"):
        to_images(torch.zeros(shape), height)


def test_each_image_hides_its_own_and_equally_many():
    hidden = hide_patches(2000, 9, 3)
    assert hidden.dtype == torch.bool and hidden.shape == (2000, 9)
    assert (hidden.sum(dim=1) == 6).all()
    assert len(hidden.unique(dim=0)) == 84  # all choices of 3 of 9
    assert (hidden.double().mean(dim=0) - 2 / 3).abs().max() < 0.05


@pytest.mark.parametrize("visible", [0, 9, -1])
def test_what_cannot_be_hidden_is_refused(visible):
    with pytest.raises(ValueError, match=f"1 to 8; got {visible}"):
        hide_patches(5, 9, visible)


def test_the_error_is_that_of_the_hidden_patches():
    patches = torch.rand(2, 3, 4)
    hidden = torch.tensor([[True, False, True], [False, True, False]])
    wrong = patches.clone()
    wrong[0, 0] += 1
    wrong[0, 1] += 9  # seen, so it does not count
    wrong[1, 1, 0] += 2
    losses = hidden_mse(wrong, patches, hidden)
    assert torch.allclose(losses, torch.tensor([0.5, 1.0]))


def test_positions_are_those_of_the_patches():
    states = torch.zeros(2, 4, 1)
    positions = torch.arange(4.0)[:, None]
    hidden = torch.tensor([[1, 0, 1, 0], [0, 1, 1, 0]]) > 0
    seen = see_patches(states, positions, hidden)
    assert seen[:, :, 0].tolist() == [[1, 3], [0, 3]]


def test_places_of_a_grid_differ_and_neighbours_are_alike():
    places = grid_positions(3, 5, 16)
    assert places.shape == (15, 16)
    apart = torch.cdist(places, places)
    assert (apart + torch.eye(15)).min() > 0.1
    # down and right are told by numbers of their own, row by row
    assert places[0, :8].equal(places[4, :8])
    assert places[0, 8:].equal(places[5, 8:])
    assert apart[0, 1] < apart[0, 4] and apart[0, 5] < apart[0, 10]


@pytest.mark.parametrize("width", [6, 0])
def test_a_width_of_no_four_parts_is_refused(width):
    with pytest.raises(ValueError, match=f"multiple of 4; got {width}"):
        grid_positions(2, 2, width)


def small():
    torch.manual_seed(0)
    return MaskedAutoencoder((3, 3), 4, width=16, layers=2)


def test_the_encoder_gets_what_is_seen_and_nothing_else():
    model, patches = small(), torch.rand(5, 9, 4)
    hidden = hide_patches(5, 9, 3)
    states = model.encode(patches, hidden)
    assert states.shape == (5, 3, 16)
    other = torch.where(hidden[:, :, None], torch.rand(5, 9, 4), patches)
    assert model.encode(other, hidden).equal(states)
    assert torch.allclose(model(other, hidden), model(patches, hidden))


def test_it_fills_in_all_patches_at_their_places():
    model, patches = small(), torch.rand(5, 9, 4)
    hidden = hide_patches(5, 9, 3)
    filled = model(patches, hidden)
    assert filled.shape == patches.shape
    one = model(patches[2:3], hidden[2:3])
    assert torch.allclose(one, filled[2:3], atol=1e-5)
    # what is seen elsewhere changes what is filled in
    moved = model(patches.roll(1, 1), hidden.roll(1, 1))
    assert not torch.allclose(moved.roll(-1, 1), filled, atol=1e-3)


def test_every_weight_learns():
    model, patches = small(), torch.rand(5, 9, 4)
    hidden = hide_patches(5, 9, 3)
    hidden_mse(model(patches, hidden), patches, hidden).mean().backward()
    assert all(p.grad.any() for p in model.parameters())


def test_features_are_one_vector_an_image():
    features = small().features(torch.rand(5, 9, 4))
    assert features.shape == (5, 16)


def test_another_way_of_seeing_is_used():
    def blind(states, positions, hidden):
        return 0 * see_patches(states, positions, hidden)

    model = MaskedAutoencoder((3, 3), 4, width=16, see=blind)
    hidden = hide_patches(3, 9, 3)
    states = model.encode(torch.rand(3, 9, 4), hidden)
    assert torch.allclose(states[0], states[1])
