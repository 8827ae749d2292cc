"""Two processes learn what one learns, and a killed one is replaced.

Alone: uv run pytest -n 0 tests/test_many_machines.py. The processes meet at
127.0.0.1, and Gloo is told to stay there: by itself it looks up the machine's
name, which need not lead anywhere.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course_utils.checkpoints import load_model
from course_utils.datasets import fashion_mnist
from course_utils.models import conv_autoencoder

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
LATENT_DIM, WIDTH, BATCH, SAVE_EVERY = 8, 4, 64, 25

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the loopback has another name elsewhere"
)


@pytest.fixture(scope="module")
def pixels():
    images = fashion_mnist(quiet=True)
    parts = {"train": images.train[:3200], "test": images.test[:500]}
    return {k: (255 * v).round().byte().numpy() for k, v in parts.items()}


@pytest.fixture
def start(pixels, tmp_path):
    """Return a function that starts torchrun with a number of processes."""
    started = []

    def start_one(processes, *options):
        folder = tmp_path / str(processes)
        folder.mkdir(exist_ok=True)
        for name, part in pixels.items():
            np.save(folder / f"{name}.npy", part)
        command = [
            sys.executable, "-m", "torch.distributed.run",
            f"--nproc-per-node={processes}", "--max-restarts=1",
            "--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0",
            "--local-addr=127.0.0.1", "--monitor-interval=0.1",
            ROOT / "examples" / "many_machines.py", folder, f"--width={WIDTH}",
            f"--latent-dim={LATENT_DIM}", f"--batch={BATCH}",
            f"--save-every={SAVE_EVERY}", *options,
        ]  # fmt: skip
        started.append(
            subprocess.Popen(
                command, env=os.environ | AROUND, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
        return started[-1], folder

    yield start_one
    for process in started:
        if process.poll() is None:  # torchrun takes its workers with it
            process.terminate()
            process.wait(60)


def result(process):
    """Wait for the end; return (what was measured, the rest of the text)."""
    printed, _ = process.communicate(timeout=400)
    assert process.returncode == 0, printed
    return json.loads(re.search(r"^\{.*\}$", printed, re.M)[0]), printed


def test_two_reach_the_loss_of_one_though_one_is_killed(start):
    one, _ = result(start(1)[0])
    process, folder = start(2)
    printed = ""
    while not (folder / "checkpoint.pt").exists():
        line = process.stdout.readline()
        assert line, printed
        printed += line
    victim = int(re.search(r"rank 1 of 2: process (\d+)", printed)[1])
    os.kill(victim, signal.SIGKILL)
    two, printed = result(process)
    for rank in (0, 1):
        back = re.search(f"rank {rank}: goes on after step (\\d+)", printed)
        assert int(back[1]) >= SAVE_EVERY, printed
    assert two["processes"] == 2 and two["steps"] == one["steps"] == 250
    assert two["test_loss"] == pytest.approx(one["test_loss"], rel=0.005)
    model = conv_autoencoder(LATENT_DIM, WIDTH)
    load_model(model, folder / "model.safetensors")
