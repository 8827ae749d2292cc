"""Made worlds: shapes lie where their causes say."""

import math

import pytest
import torch

from course_utils.datasets import shapes


def centre(image):
    """Return the centre of mass (x, y) of an image (H, W)."""
    pixel = torch.arange(image.shape[-1]).float()
    across, down = image.sum(0), image.sum(1)
    total = image.sum()
    return [(across @ pixel / total).item(), (down @ pixel / total).item()]


def test_a_seed_gives_one_world():
    one, same, other = (shapes.made_world(9, seed=s) for s in (1, 1, 2))
    assert one.images.equal(same.images) and one.causes.equal(same.causes)
    assert not one.causes.equal(other.causes)


def test_causes_lie_in_their_ranges():
    world = shapes.made_world(500, tuple(shapes.CAUSES))
    assert world.names == ("x", "y", "size", "angle", "kind")
    assert world.images.shape == (500, 1, 28, 28)
    assert 0 <= world.images.min() and world.images.max() <= 1
    for name, column in zip(world.names, world.causes.T, strict=True):
        low, high = shapes.CAUSES[name]
        assert low <= column.min() < column.max() <= high
    assert set(world.causes[:, -1].tolist()) == {0, 1, 2}


def test_world_draws_what_its_causes_say():
    world = shapes.made_world(4, ("x", "size"))
    x, size = world.causes.T
    assert world.images.equal(shapes.draw_shapes(x, 13.5, size))


@pytest.mark.parametrize("causes", [("x", "colour"), (), ("x", "x")])
def test_unknown_causes(causes):
    with pytest.raises(ValueError, match="causes must be some of x, y"):
        shapes.made_world(3, causes)


@pytest.mark.parametrize("n", [0, "5", 2.5])
def test_a_world_of_nothing(n):
    with pytest.raises(ValueError, match=f"n={n!r}"):
        shapes.made_world(n)
    with pytest.raises(ValueError, match="at least one image"):
        shapes.tagged_world(n)
    with pytest.raises(ValueError, match="at least one image"):
        shapes.line_world(n)


def test_a_line_lies_where_its_causes_say():
    world = shapes.line_world(50, seed=3)
    assert world.images.shape == (50, 1, 28, 28)
    assert world.names == ("angle", "distance")
    assert world.images.equal(shapes.line_world(50, seed=3).images)
    angle, distance = world.causes.T[:, :, None]
    assert 0 <= angle.min() and angle.max() <= math.pi
    assert distance.abs().max() <= 28 / 3
    along = torch.tensor([-8.0, 0, 8])
    x = 13.5 + distance * angle.cos() - along * angle.sin()
    y = 13.5 + distance * angle.sin() + along * angle.cos()
    inside = (x.round() - 13.5).abs().max(y.round().sub(13.5).abs()) < 14
    rows = torch.arange(50)[:, None].expand(-1, 3)[inside]
    at = y.round().long()[inside], x.round().long()[inside]
    assert (world.images[rows, 0, *at] > 0.7).all()


def test_shapes_of_no_numbers():
    with pytest.raises(ValueError, match="x must be a number or a tensor"):
        shapes.draw_shapes("a", 14)
    with pytest.raises(ValueError, match=r"got \[3, 2, 1, 1, 1\] of x, y"):
        shapes.draw_shapes(torch.zeros(3), torch.zeros(2))


@pytest.mark.parametrize("kind", range(len(shapes.KINDS)))
@pytest.mark.parametrize(("x", "y"), [(13.5, 13.5), (10.0, 16.25)])
def test_a_shape_lies_where_it_is_put(kind, x, y):
    image = shapes.draw_shapes(x, y, size=3.0, angle=0.7, kind=kind)[0, 0]
    assert centre(image) == pytest.approx([x, y], abs=0.05)


def test_kinds_look_different():
    disk, square, bar = shapes.draw_shapes(14, 14, kind=torch.arange(3))[:, 0]
    assert disk[14, 14] > 0.8 and bar[14, 14] > 0.8
    assert square[11, 11] > 0.5 > disk[11, 11]
    assert bar[14, 19] > 0.5 > disk[14, 19]


def test_angle_turns_a_bar():
    flat, upright = shapes.draw_shapes(
        14, 14, angle=torch.tensor([0, math.pi / 2]), kind=2
    )[:, 0]
    assert flat[14, 10] > 0.8 > 0.1 > flat[10, 14]
    assert upright.allclose(flat.T, atol=1e-4)


def test_size_grows_a_disk():
    small, large = shapes.draw_shapes(14, 14, torch.tensor([3.0, 6.0]))
    assert large.sum() > 3 * small.sum()
