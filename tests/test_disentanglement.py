"""MIG and DCI on codes that are known, and of many small VAEs."""

import pytest
import torch

from course_utils.datasets import made_world
from course_utils.measures import (
    dci,
    mig_at_prices,
    mutual_information_gap,
)

TURN = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / 2**0.5


def test_known_codes_have_the_scores_that_their_makers_expect():
    causes = made_world(1000).causes
    twice = torch.cat([causes, causes], dim=1)
    assert mutual_information_gap(causes, causes) > 0.9
    assert mutual_information_gap(causes @ TURN, causes) < 0.1
    assert abs(mutual_information_gap(twice, causes)) < 0.01
    assert dci(causes, causes) == pytest.approx((1, 1), abs=0.05)
    assert max(dci(causes @ TURN, causes)) < 0.1
    assert dci(twice, causes) == pytest.approx((1, 0.5), abs=0.05)


def test_each_price_has_a_score_on_each_world(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_SMOKE", "1")
    found = mig_at_prices([1, 4], worlds=2)
    assert list(found) == [1, 4]
    assert all(len(migs) == 2 for migs in found.values())
    assert all(-0.01 <= mig <= 1 for migs in found.values() for mig in migs)
    assert found == mig_at_prices([1, 4], worlds=2)


def test_bad_input_is_refused():
    z = torch.rand(50, 2)
    with pytest.raises(ValueError, match="two units or more"):
        mutual_information_gap(z[:, :1], z)
    with pytest.raises(ValueError, match=r"causes \(N, K\)"):
        mutual_information_gap(z, z[:9])
    with pytest.raises(ValueError, match=r"causes \(N, K\)"):
        dci(z, z[:9])
    with pytest.raises(ValueError, match="two units and two causes"):
        dci(z[:, :1], z)
    with pytest.raises(ValueError, match="above 0"):
        mig_at_prices([1, -4])
    with pytest.raises(ValueError, match="above 0"):
        mig_at_prices([])
    with pytest.raises(ValueError, match="worlds must be a whole number"):
        mig_at_prices([1], worlds=0)
