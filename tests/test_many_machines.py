"""Two processes learn what one learns, and a killed one is replaced.

Alone: uv run pytest -n 0 tests/test_many_machines.py. The processes meet at
127.0.0.1, and Gloo is told to stay there: by itself it looks up the machine's
name, which need not lead anywhere.
"""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

from course_utils.checkpoints import load_model
from course_utils.datasets import fashion_mnist
from course_utils.models import conv_autoencoder
from course_utils.training import evaluate

ROOT = Path(__file__).resolve().parent.parent
AROUND = {
    "GLOO_SOCKET_IFNAME": "lo",
    # A store of its own for each start: in one that is used again, a worker
    # may find the address of a dead one. docs/many_machines.md tells more.
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
    "COURSE_DEVICE": "cpu",
    "OMP_NUM_THREADS": "1",
    "PYTHONPATH": str(ROOT),
    "PYTHONUNBUFFERED": "1",
}
EXAMPLE = ROOT / "examples" / "many_machines.py"
RUN = {
    "model": "conv", "batch": 64, "epochs": 5, "latent_dim": 8, "width": 4,
    "seed": 0, "lr": 3e-3,
}  # fmt: skip
SAVE_EVERY = 25

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the loopback has another name elsewhere"
)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with 3,200 images to train on, 500 to judge by."""
    images = fashion_mnist(quiet=True)
    for name, part in (("train", 3200), ("test", 500)):
        pixels = 255 * getattr(images, name)[:part]
        np.save(tmp_path / f"{name}.npy", pixels.round().byte().numpy())
    return tmp_path


@pytest.fixture
def alone(folder, monkeypatch):
    """Train in this process, which is a world of one: its steps and loss."""
    spec = importlib.util.spec_from_file_location("example", EXAMPLE)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group(
        "gloo", store=dist.HashStore(), rank=0, world_size=1
    )
    try:
        model, row = example.train(folder, torch.device("cpu"), 1000, RUN)
    finally:
        dist.destroy_process_group()
    (folder / "checkpoint.pt").unlink()
    test = torch.from_numpy(np.load(folder / "test.npy")).float() / 255
    loss = evaluate(model, test, example.MODELS["conv"][1])
    return row["steps"], loss


@pytest.fixture
def two(folder):
    """Start torchrun with two processes; its output can be read."""
    options = [f"--{k.replace('_', '-')}={v}" for k, v in RUN.items()]
    process = subprocess.Popen(
        [
            sys.executable, "-m", "torch.distributed.run",
            "--nproc-per-node=2", "--max-restarts=1", "--rdzv-backend=c10d",
            "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1",
            "--monitor-interval=0.1",
            EXAMPLE, folder, f"--save-every={SAVE_EVERY}", *options,
        ],
        env=os.environ | AROUND, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    yield process
    if process.poll() is None:
        process.terminate()  # torchrun takes its workers with it
        process.wait(60)


def test_two_reach_the_loss_of_one_though_one_is_killed(alone, folder, two):
    printed = ""
    while not (folder / "checkpoint.pt").exists():
        line = two.stdout.readline()
        assert line, printed
        printed += line
    victim = int(re.search(r"rank 1 of 2: process (\d+)", printed)[1])
    os.kill(victim, signal.SIGKILL)
    printed, _ = two.communicate(timeout=400)
    assert two.returncode == 0, printed
    for rank in (0, 1):
        back = re.search(rf"rank {rank}: goes on after step (\d+)", printed)
        assert int(back[1]) >= SAVE_EVERY, printed
    row = json.loads(re.search(r"^\{.*\}$", printed, re.M)[0])
    steps, loss = alone
    assert row["processes"] == 2 and row["steps"] == steps == 250
    assert row["test_loss"] == pytest.approx(loss, rel=0.005)
    model = conv_autoencoder(RUN["latent_dim"], RUN["width"])
    load_model(model, folder / "model.safetensors")
