"""What codes hold, and how far images are from the made world."""

import math

import pytest
import torch

from course_utils.datasets import draw_shapes, made_world, tagged_world
from course_utils.measures import (
    active_units,
    distance_to_world,
    factor_r2,
    group_silhouette,
    linear_probe,
    mutual_information,
    neighbour_accuracy,
    shape_of,
)


def test_causes_are_read_off_codes_that_hold_them():
    world, unseen = made_world(500), made_world(200, seed=1)
    bent = [w.causes.div(8).tan() for w in (world, unseen)]
    assert factor_r2(world.causes, world.causes, *[unseen.causes] * 2) > 0.98
    r2 = factor_r2(bent[0], world.causes[:, 0], bent[1], unseen.causes[:, 0])
    assert r2 > 0.9


def test_nothing_is_read_off_noise():
    noise, causes = torch.randn(300, 2), torch.rand(300, 2)
    assert factor_r2(noise, causes, torch.randn(200, 2), causes[:200]) < 0.1


def test_disks_are_near_the_world_and_other_images_are_not():
    assert distance_to_world(made_world(50, seed=3).images).max() < 0.27
    far = distance_to_world(
        torch.cat([torch.zeros(1, 1, 28, 28), draw_shapes(13, 13, kind=2)])
    )
    assert far.shape == (2,) and far.min() > 2
    for bad in ("image", torch.rand(3, 5), torch.rand(1, 28, 28)):
        with pytest.raises(ValueError, match="images must have shape"):
            distance_to_world(bad)
    with pytest.raises(ValueError, match="NaN"):
        distance_to_world(torch.full((2, 1, 28, 28), torch.nan))


def test_half_of_the_tagged_disks_carry_a_tag_that_no_disk_touches():
    world = tagged_world(400, seed=2)
    *_, tag = world.causes.T
    plain = made_world(400, seed=2)
    assert world.names == ("x", "y", "tag")
    assert tag.mean() == pytest.approx(0.5, abs=0.1)
    changed = (world.images - plain.images).flatten(1).amax(dim=1)
    assert (changed > 0.5).float().equal(tag)
    assert world.images.equal(tagged_world(400, seed=2).images)


def test_labels_are_read_off_codes_that_hold_them():
    labels = torch.arange(300) % 3
    z = torch.randn(300, 2) + 9 * torch.nn.functional.one_hot(labels)[:, :2]
    parts = z[:200], labels[:200], z[200:], labels[200:]
    assert neighbour_accuracy(*parts) > 0.95
    assert linear_probe(*parts) > 0.95
    shuffled = labels[:200][torch.randperm(200)]
    assert neighbour_accuracy(z[:200], shuffled, *parts[2:]) < 0.6


def test_a_probe_does_not_see_the_scale_of_a_code():
    z, labels = torch.randn(200, 3), torch.arange(200) % 2
    z[:, 2] += 3 * labels
    parts = z[:100], labels[:100], z[100:], labels[100:]
    scaled = z * torch.tensor([1.0, 1000.0, 0.001])
    parts_2 = scaled[:100], labels[:100], scaled[100:], labels[100:]
    assert linear_probe(*parts) == pytest.approx(linear_probe(*parts_2))
    both = [parts[2], -parts[2]]
    assert linear_probe(*parts[:2], both, parts[3]) == [
        linear_probe(*parts[:2], new, parts[3]) for new in both
    ]


def test_groups_that_are_there_score_higher():
    middles = 20 * torch.randn(4, 2)
    groups = middles[torch.arange(200) % 4] + torch.randn(200, 2)
    assert group_silhouette(groups, 4) > group_silhouette(
        torch.rand(200, 2), 4
    )


def test_shapes_are_read_off_their_images():
    world = made_world(120, ("x", "y", "size", "kind"), seed=4)
    kinds, sizes, distances = shape_of(world.images)
    assert kinds.equal(world.causes[:, 3].long())
    assert (sizes - world.causes[:, 2]).abs().max() < 0.2
    assert distances.max() < 1
    assert shape_of(torch.rand(60, 1, 28, 28))[2].min() > 10
    assert shape_of(torch.zeros(1, 1, 28, 28))[2].isfinite().all()


def test_shapes_are_read_off_images_only():
    for wrong in (torch.rand(28, 28), torch.rand(2, 3, 28, 28), [1]):
        with pytest.raises(ValueError, match="images must have shape"):
            shape_of(wrong)
    for wrong in (
        torch.rand(0, 1, 28, 28),
        torch.full((1, 1, 9, 9), math.nan),
    ):
        with pytest.raises(ValueError, match="are none, or hold NaN"):
            shape_of(wrong)


def test_active_units_do_not_depend_on_scale():
    z = torch.tensor([[3.0, 0.0, 1.0], [0.2, 0.0, -0.5], [0.0, 0.0, 0.01]])
    assert active_units(z) == pytest.approx(1)
    grown = z * torch.tensor([10.0, 1.0, 0.01])
    assert active_units(grown) == pytest.approx(1)
    assert active_units(z, share=0.6) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "z", [torch.ones(3), torch.ones(0, 2), torch.tensor([[torch.nan]])]
)
def test_active_units_need_a_table_of_numbers(z):
    with pytest.raises(ValueError, match="codes"):
        active_units(z)


def test_mutual_information_of_a_cause_with_itself_is_its_entropy():
    causes = torch.rand(2000, 2)
    table = mutual_information(causes, causes, bins=10)
    assert table.diag().sub(torch.tensor(10.0).log()).abs().max() < 1e-4
    assert table.fliplr().diag().max() < 0.06  # by chance 81 / 4000
    squeezed = mutual_information(causes.exp(), causes, bins=10)
    assert squeezed.allclose(table)  # only the order counts


def test_mutual_information_refuses_other_shapes():
    z = torch.rand(50, 2)
    for codes, causes in ((z[:, 0], z), (z, z[:40]), (z, z[:, 0])):
        with pytest.raises(ValueError, match="codes \\(N, Z\\)"):
            mutual_information(codes, causes)
    for bins in (1, 51):
        with pytest.raises(ValueError, match="bins must be"):
            mutual_information(z, z, bins=bins)
