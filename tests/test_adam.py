"""Adam and its one cycle, against torch's own."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from course_utils.adam import OneCycleAdam, one_cycle

FIT = """
import sys
import torch
from course_utils.training import fit
fit(torch.nn.Linear(2, 1), torch.rand(9, 2), lambda m, x: m(x)[:, 0],
    epochs=1, progress=False, device="cpu")
sys.exit("torch._dynamo" in sys.modules)
"""


def torchs(weights, lr, steps):
    optimizer = torch.optim.Adam(weights, lr=lr)
    share = 0.2 if steps > 5 else 0.0
    return optimizer, OneCycleLR(optimizer, lr, max(steps, 2), pct_start=share)


@pytest.mark.parametrize("steps", [1, 2, 5, 6, 10, 41])
@pytest.mark.filterwarnings("ignore:Detected call")
def test_cycle_is_torchs(steps):
    optimizer, schedule = torchs(nn.Linear(2, 1).parameters(), 3e-3, steps)
    for step in range(steps):
        group = optimizer.param_groups[0]
        expected = group["lr"], group["betas"][0]
        assert one_cycle(step, steps, 3e-3) == pytest.approx(expected)
        schedule.step()


def test_steps_are_torchs_also_where_a_part_is_not_used():
    models, x = [], torch.randn(8, 3)
    for _ in range(2):
        torch.manual_seed(0)
        models.append(nn.ModuleList([nn.Linear(3, 1), nn.Linear(3, 1)]))
    ours = OneCycleAdam(list(models[0].parameters()), 0.01, 20)
    optimizer, schedule = torchs(models[1].parameters(), 0.01, 20)
    for step in range(20):
        part = int(step > 7)  # the second one is used from step 8 on
        ours.step((models[0][part](x) - 1).square()[:, 0])
        optimizer.zero_grad()
        (models[1][part](x) - 1).square().mean().backward()
        optimizer.step()
        schedule.step()
    both = zip(models[0].parameters(), models[1].parameters(), strict=True)
    assert all(a.allclose(b, atol=1e-6) for a, b in both)


def test_beta1_can_be_held():
    models, x = [], torch.randn(8, 3)
    for _ in range(2):
        torch.manual_seed(0)
        models.append(nn.Linear(3, 1))
    ours = OneCycleAdam(list(models[0].parameters()), 0.01, 12, beta1=0.5)
    theirs = torch.optim.Adam(models[1].parameters(), betas=(0.5, 0.999))
    for step in range(12):
        ours.step((models[0](x) - 1).square()[:, 0])
        theirs.param_groups[0]["lr"] = one_cycle(step, 12, 0.01)[0]
        theirs.zero_grad()
        (models[1](x) - 1).square().mean().backward()
        theirs.step()
    assert models[0].weight.allclose(models[1].weight, atol=1e-6)


def test_training_does_not_wait_for_torchs_compiler():
    assert subprocess.run([sys.executable, "-c", FIT]).returncode == 0
