"""Throughput of examples/many_machines.py by processes, and plans from it.

Usage: uv run python benchmarks/many_machines.py [ROUNDS]

One process with 64 and with 128 images a step, and two that share 128, in
turn, ROUNDS (3) times, one thread each, on the images that ship. The quickest
round counts: other work on a machine only slows it down. The second table is
planned, not measured. docs/many_machines.md explains it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_utils.models import conv_autoencoder, count_parameters

ROOT = Path(__file__).resolve().parent.parent
RUNS = ((1, 64), (1, 128), (2, 128))  # processes, images a step
LATENCY = 30e-6  # seconds for one message; assumed
# name: (processes, images a step for each, bytes a second of the link)
CPUS = {
    "4 cores, 1 Gbit/s": (4, 128, 0.125e9),
    "16 cores, 10 Gbit/s": (16, 128, 1.25e9),
    "64 cores, 10 Gbit/s": (64, 128, 1.25e9),
}
GPUS = {
    "1 GPU": (1, 1024, 300e9),
    "8 GPUs, NVLink": (8, 1024, 300e9),
    "8 GPUs, PCIe": (8, 1024, 20e9),
    "32 GPUs, 100 Gbit/s": (32, 1024, 12.5e9),
}
GPU, GPU_STEP = 10e12, 3e-3  # FLOP a second, shortest step; assumed


def measure(folder, processes, batch):
    """Train one epoch; return milliseconds of a step and the test loss."""
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone",
        f"--nproc-per-node={processes}", "--local-addr=127.0.0.1",
        ROOT / "examples" / "many_machines.py", folder, f"--batch={batch}",
        "--epochs=1",
    ]  # fmt: skip
    settings = {"OMP_NUM_THREADS": "1", "COURSE_DEVICE": "cpu"}
    if sys.platform == "linux":
        settings["GLOO_SOCKET_IFNAME"] = "lo"
    done = subprocess.run(
        command, env=os.environ | settings, text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    row = json.loads(re.search(r"^\{.*\}$", done.stdout, re.M)[0])
    return row["step_ms"], row["test_loss"]


def count(width=32):
    """Return a model's gradient bytes, and FLOPs to train on one image."""
    model = conv_autoencoder(32, width)
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(1, 1, 28, 28)).sum().backward()
    return 4 * count_parameters(model), counter.get_total_flops()


def exchange(size, processes, speed):
    """Seconds of a ring all-reduce of `size` bytes."""
    turns = 2 * (processes - 1)
    return turns * (size / processes / speed + LATENCY)


def plan(title, places, width, images, core=None):
    """Print what steps should take; core: images a second of a CPU's core."""
    size, flops = count(width)
    print(
        f"{title}: {size / 1e6:.2f} MB of gradients, {flops / 1e6:.1f} MFLOP "
        "an image"
    )
    for name, (processes, share, speed) in places.items():
        work = share / core if core else max(GPU_STEP, share * flops / GPU)
        wait = exchange(size, processes, speed)
        rate = processes * share / (work + wait)
        print(
            f"{name:20} {1000 * (work + wait):8.1f} {1000 * wait:6.2f} "
            f"{rate:11,.0f} {3600 * rate / images:9,.0f}"
        )


def main():
    """Measure, count and plan."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        print("processes  batch  step ms  images/s  test loss")
        best = {}
        for run in rounds * RUNS:
            ms, loss = measure(Path(folder), *run)
            best[run] = min(ms, best.get(run, ms))
            speed = 1000 * run[1] / ms
            print(
                f"{run[0]:9} {run[1]:6} {ms:8.1f} {speed:9.0f} {loss:10.3f}",
                flush=True,
            )
    core = 1000 * 128 / best[1, 128]  # images a second
    print("\nplanned    step ms, exchange ms, images/s, epochs an hour")
    plan("CPUs, 60,000 images", CPUS, 32, 60_000, core)
    plan("GPUs, 60,000 images", GPUS, 32, 60_000)
    plan("GPUs, 10 million images", GPUS, 256, 10_000_000)


if __name__ == "__main__":
    main()
