"""The rulers: known answers, and clear errors."""

import math

import pytest
import torch

from course_utils.datasets import digits, fashion_mnist
from course_utils.measures import (
    accepted,
    anonymous,
    ball_radii,
    class_variety,
    detour,
    lettered,
    mse,
    recognised,
    sample_quality,
    share_in_holes,
    subspace_angle,
    train_judge,
)


def test_mse():
    assert mse(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])) == 2
    with pytest.raises(ValueError, match="one shape"):
        mse(torch.ones(2, 1), torch.ones(2))
    with pytest.raises(ValueError, match="nothing to compare"):
        mse(torch.ones(0, 3), torch.ones(0, 3))


def test_digits_are_always_split_alike():
    one, two = digits(), digits()
    assert one.train.shape == (1437, 1, 8, 8) and len(one.test) == 360
    assert one.test.equal(two.test) and one.train.max() == 1
    assert not {x.numpy().tobytes() for x in one.train} & {
        x.numpy().tobytes() for x in one.test
    }


def test_subspace_angle():
    same = torch.eye(4)[:2]
    assert subspace_angle(same, same.flip(0) * 3) == pytest.approx(0, abs=1e-4)
    tilted = torch.tensor([[1.0, 0, 0, 0], [0, 1, 1, 0]])
    assert subspace_angle(same, tilted) == pytest.approx(45, abs=1e-4)
    assert subspace_angle(same, torch.eye(4)[2:]) == pytest.approx(90)
    for bad, words in (
        (torch.eye(5)[:2], "one D"),
        (torch.ones(4), "one D"),
        (torch.ones(0, 4), "1 to 4 rows"),
        (torch.ones(5, 4), "1 to 4 rows"),
        (same * torch.nan, "finite"),
    ):
        with pytest.raises(ValueError, match=words):
            subspace_angle(same, bad)


def test_judge_knows_garments_and_is_unsure_of_blends():
    fashion = fashion_mnist()
    known = fashion.train[:3000], fashion.train_labels[:3000]
    judge = train_judge(*known)
    images, labels = fashion.test[:500], fashion.test_labels[:500]
    assert recognised(judge, images, labels) > 0.6
    assert recognised(judge, images, (labels + 1) % 10) < 0.2
    ghosts = (images + images.roll(1, 0)) / 2
    assert 0.1 < accepted(judge, ghosts, 0.5) < accepted(judge, images, 0.5)
    assert accepted(judge, images, sure=1.1) == 0


def test_sample_quality_of_eight_points():
    # The points of the diagram neighbour_balls.
    real = torch.tensor([[2.5, 9.0], [4.5, 9.0], [3.5, 10.8], [8.5, 6.0]])
    fake = torch.tensor([[3.5, 8.0], [2.2, 6.9], [11.0, 4.0], [12.2, 5.2]])
    assert ball_radii(real, 1)[[0, 3]].tolist() == pytest.approx([2, 5])
    found = sample_quality(real, fake, k=1)
    assert found == {
        "precision": 0.75,
        "recall": 0.5,
        "density": 1.0,
        "coverage": 0.75,
    }


def test_sample_quality_knows_sets():
    torch.manual_seed(0)
    real, fake = torch.randn(2, 500, 4)
    good = sample_quality(real, fake)
    assert all(value == pytest.approx(1, abs=0.1) for value in good.values())
    repeated = sample_quality(real, fake[:5].repeat(100, 1))
    assert repeated["recall"] == 0 and repeated["coverage"] < 0.1
    assert sample_quality(real, fake + 20)["density"] == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: sample_quality(x, x[:, :1]), "as many features"),
        (lambda x: sample_quality(x, x.tolist()), "fake must be features"),
        (lambda x: sample_quality(x[None], x), "real must be features"),
        (lambda x: sample_quality(x, x, k=9), "k must be from 1 to 8"),
        (lambda x: ball_radii(x, 0), "k must be from 1"),
        (lambda x: detour(torch.exp, x, x[:2]), "as many starts"),
        (lambda x: detour(torch.exp, x, x, steps=1), "2 steps"),
    ],
)
def test_sample_measures_refuse_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call(torch.rand(9, 2))


def test_detour():
    start, end = torch.zeros(3, 1), torch.full((3, 1), torch.pi)
    straight = detour(lambda z: z.repeat(1, 5), start, end)
    assert straight.tolist() == pytest.approx([1] * 3, abs=1e-5)

    def half_circle(z):
        return torch.cat([z.cos(), z.sin()], dim=1)

    bent = detour(half_circle, start, end, steps=200)
    assert bent.tolist() == pytest.approx([torch.pi / 2] * 3, rel=1e-3)


def test_judge_and_holes_refuse_what_does_not_fit():
    x, z = torch.rand(8, 1, 28, 28), torch.rand(20, 3)
    labels, judge = torch.arange(8), torch.nn.Flatten()
    refused = {
        "as many labels": lambda: recognised(judge, x, labels[:1]),
        "images need as many": lambda: train_judge(x, labels[:3]),
        "from 0 to 9": lambda: train_judge(x, labels + 5),
        "whole numbers": lambda: train_judge(x, labels.float()),
        "are wanted": lambda: accepted(judge, x[:0]),
        "images .N, C, H, W. are": lambda: accepted(judge, x[:, 0]),
        "not finite": lambda: accepted(judge, x * float("nan")),
        "fake holds values": lambda: sample_quality(z, z * float("nan")),
        "as many dimensions": lambda: share_in_holes(z, z[:, :2], z),
        "need codes": lambda: share_in_holes(z, z, z[:0]),
        "new_z must be": lambda: share_in_holes(z, z, z[0]),
    }
    for words, call in refused.items():
        with pytest.raises(ValueError, match=words):
            call()


def test_share_in_holes():
    torch.manual_seed(0)
    z, new_z = torch.randn(2, 1000, 2)
    assert share_in_holes(new_z, z, new_z) == pytest.approx(0.01, abs=0.002)
    assert share_in_holes(new_z + 50, z, new_z) == 1


def test_anonymous_hides_the_order_and_loses_nothing():
    sets = {"one": 1, "two": 2, "three": 3}
    hidden = anonymous(sets, seed=4)
    assert list(hidden) == ["A", "B", "C"]
    names = lettered(list(sets), seed=4)
    assert {names[c]: value for c, value in hidden.items()} == sets
    with pytest.raises(ValueError, match="a dictionary; got a list"):
        anonymous([1, 2, 3])


def test_class_variety():
    labels = torch.tensor([0, 0, 1, 1, 2])
    x = torch.tensor([[0.0, 0], [2, 0], [5, 5], [5, 5], [9, 9]])
    # Class 0 varies by 2 in one pixel, class 1 not, class 2 is alone.
    assert class_variety(x, labels) == pytest.approx(1)
    assert class_variety(x.view(5, 1, 1, 2), labels) == pytest.approx(1)
    assert class_variety(x[::2], labels[::2]) != class_variety(x, labels)
    assert math.isnan(class_variety(x[3:], labels[3:]))
    with pytest.raises(ValueError, match="5 images, but 4 labels"):
        class_variety(x, labels[:4])
    for wrong in (labels.tolist(), labels[:, None]):
        with pytest.raises(ValueError, match="labels must be a tensor"):
            class_variety(x, wrong)
        with pytest.raises(ValueError, match="labels must be a tensor"):
            recognised(None, x.view(5, 1, 1, 2), wrong)
