"""The rulers: known answers, and clear errors."""

import pytest
import torch

from course_utils.datasets import digits, fashion_mnist
from course_utils.measures import (
    accepted,
    mse,
    recognised,
    subspace_angle,
    train_judge,
)


def test_mse():
    assert mse(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0])) == 2
    with pytest.raises(ValueError, match="one shape"):
        mse(torch.ones(2, 1), torch.ones(2))


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
