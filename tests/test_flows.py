"""Flows made ready, the networks for them, and the verdict on alarms."""

import numpy as np
import pytest
import torch

from course_utils.datasets.flows import (
    column_owners,
    encode_flows,
    split_flows,
)
from course_utils.datasets.kdd import NUMBERS, WORDS, simulate
from course_utils.measures import alarm_cost, alarm_rates, best_f1_threshold
from course_utils.models import FlowVAE, flow_autoencoder
from course_utils.models.flows import dense_layers
from course_utils.rivals import detectors


@pytest.fixture(scope="module")
def flows():
    return simulate()


def test_five_parts_share_no_flow(flows):
    normal = flows.family == "normal"
    parts = split_flows(np.arange(len(normal)), normal, 1)
    joined = np.concatenate(list(parts.values()))
    assert sorted(joined) == list(range(len(normal)))
    assert list(parts) == ["train", "valid", "known", "test", "attacks"]
    for name, rows in parts.items():
        assert normal[rows].all() == (name in ("train", "valid", "test"))
    assert len(parts["train"]) == int(0.6 * normal.sum())
    assert len(parts["known"]) == int(0.1 * (~normal).sum())


def test_too_few_flows_cannot_be_split():
    with pytest.raises(ValueError, match="got 1 and 0"):
        split_flows([0], [True])


def test_the_encoder_learns_from_its_rows_alone(flows):
    rows = np.flatnonzero(flows.family == "normal")[:2000]
    x, encoder = encode_flows(flows, rows)
    owners = column_owners(encoder)
    assert x.shape == (len(flows.copies), len(owners))
    assert set(owners) == {*NUMBERS, *WORDS}
    assert x.abs().max() <= 5 and x[rows].mean(0).abs().max() < 0.3
    once, _ = encode_flows(
        flows._replace(table=flows.table.iloc[rows[:9]]), range(9)
    )
    assert len(once) == 9
    with pytest.raises(ValueError, match="no rows"):
        encode_flows(flows, [])


def test_networks_copy_and_draw():
    x = torch.randn(4, 20)
    assert flow_autoencoder(20)(x).shape == (4, 20)
    vae = FlowVAE(20)
    x_hat, mu, log_var = vae(x)
    assert x_hat.shape == x.shape and mu.shape == log_var.shape == (4, 8)
    assert not vae(x)[0].equal(vae(x)[0])
    vae.eval()
    assert vae(x)[0].equal(vae(x)[0])


@pytest.mark.parametrize("sizes", [(), (3,), (3, 0), (3, -1), (3, "8")])
def test_layers_need_sizes(sizes):
    with pytest.raises(ValueError, match="at least two sizes"):
        dense_layers(*sizes)


def test_rates_of_each_class():
    alarms = torch.tensor([True, False, True, True])
    labels = torch.tensor([0, 0, 1, 1])
    assert alarm_rates(alarms, labels, "ab") == {"a": 0.5, "b": 1.0}
    for wrong in (alarms.float(), alarms[:3]):
        with pytest.raises(ValueError, match="True or False"):
            alarm_rates(wrong, labels, "ab")


def test_cost_by_hand():
    normal, attacks = torch.tensor([1.0, 2, 3, 4]), torch.tensor([2.0, 9])
    found = alarm_cost(3, normal, attacks, price=10, share=0.2)
    assert found == pytest.approx(0.8 * 0.25 + 0.2 * 10 * 0.5)
    with pytest.raises(ValueError, match="share must be"):
        alarm_cost(3, normal, attacks, 10, 1.2)
    with pytest.raises(ValueError, match="of attacks are needed"):
        alarm_cost(3, normal, attacks[:0], 10, 0.2)


def test_no_threshold_has_a_better_f1():
    draws = torch.Generator().manual_seed(0)
    normal = torch.randn(60, generator=draws)
    attacks = torch.randn(40, generator=draws) + 1

    def f1(t):
        found = (attacks >= t).sum()
        return 2 * found / (len(attacks) + found + (normal >= t).sum())

    best = best_f1_threshold({"test": normal, "attacks": attacks})
    assert f1(best) == max(f1(t) for t in torch.cat([normal, attacks]))


def test_baselines_are_judged_with_each_setting():
    tables = {
        name: torch.randn(30, 6) + (5 if name == "attacks" else 0)
        for name in ("train", "valid", "test", "attacks")
    }
    seen = []

    def choose(scores, rate):
        seen.extend(scores)
        return scores["valid"].max()

    settings = {"pca_error": (1, 2), "one_column": range(6)}
    found = detectors.judge_baselines(settings, tables, choose, ["dos"] * 30)
    assert list(found)[:3] == [
        ("pca_error", 1),
        ("pca_error", 2),
        ("one_column", 0),
    ]
    assert found["one_column", 3]["recall"] > 0.8 and set(seen) == {"valid"}
    with pytest.raises(ValueError, match="no such baseline: knn"):
        detectors.judge_baselines({"knn": (1,)}, tables, choose, [])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: detectors.pca_error(x, x[:, :2], 2), "same columns"),
        (lambda x: detectors.pca_error(x[0], x, 2), "same columns"),
        (lambda x: detectors.pca_error(x, x, -1), "size must be"),
        (lambda x: detectors.pca_error(x, x, "2"), "size must be"),
        (lambda x: detectors.nearest(x, x, 0), "n must be"),
        (lambda x: detectors.mahalanobis(x, x[:1], 1), "at least 2"),
        (lambda x: detectors.one_column(x, x, 3), "from 0 to 2"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call(torch.randn(5, 3))
