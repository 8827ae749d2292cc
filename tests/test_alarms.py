"""The verdict on alarms, and DAGMM's protocol, on small made-up cases."""

import numpy as np
import pandas
import pytest
import torch

from course_utils.datasets.kdd import Flows
from course_utils.measures import dagmm_f1, detection

SCORES = {
    "test": torch.tensor([0.0, 1.0, 2.0, 3.0]),
    "attacks": torch.tensor([2.5, 9.0, 0.5]),
}


def test_detection_by_hand():
    found = detection(SCORES, 2.0, np.array(["dos", "dos", "r2l"]))
    assert found["recall"] == pytest.approx(2 / 3)
    assert found["false alarms"] == 0.25
    assert (found["dos"], found["r2l"]) == (1.0, 0.0)
    pairs = [a > n for a in SCORES["attacks"] for n in SCORES["test"]]
    assert found["AUROC"] == pytest.approx(sum(pairs).item() / 12)


def test_each_attack_needs_a_family():
    with pytest.raises(ValueError, match="3 scores and 2 families"):
        detection(SCORES, 2.0, ["dos", "r2l"])


@pytest.fixture
def flows():
    """1,000 rows of 300 kinds: a fifth of the rows is normal."""
    attack = np.array(["normal"] * 200 + ["smurf"] * 100)
    copies = np.array([1] * 200 + [8] * 100)
    table = pandas.DataFrame({"count": np.arange(300)})
    return Flows(table, attack, attack, copies, real=False)


def test_who_knows_which_rows_are_normal_has_f1_of_one(flows):
    assert dagmm_f1(flows, lambda rows: flows.attack == "normal") > 0.95
    assert dagmm_f1(flows, lambda rows: flows.attack != "normal") < 0.05


def test_only_attacks_are_trained_on_with_copies(flows):
    seen = []
    dagmm_f1(flows, lambda rows: seen.extend(rows) or np.arange(300))
    assert 300 < len(seen) < 500 and min(seen) >= 200


def test_a_seed_gives_one_protocol(flows):
    def judge(rows):
        return ~np.isin(np.arange(300), rows)

    assert dagmm_f1(flows, judge, 1) == dagmm_f1(flows, judge, 1)
