"""Seconds and peak memory of each solved notebook, imports included.

Usage: uv run python benchmarks/lesson_times.py [NN ...]

With a CUDA GPU each lesson runs there and, with the GPU hidden, on the CPU.
COURSE_DATA names the folder with the real traffic and captions, if any.
"""

import os
import sys
import time
from pathlib import Path

import nbformat
import torch
from nbclient import NotebookClient

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"
MEMORY = """\
import resource, sys, torch
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kilobytes /= 1024 if sys.platform == "darwin" else 1
gpu = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
print(kilobytes / 1e3, gpu / 1e6)"""


def run(path, visible):
    """Return seconds and peak megabytes of a notebook, in main memory and GPU.

    visible: which GPUs the notebook may see, "" for none.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = visible
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(MEMORY))
    place = {"metadata": {"path": str(SOLUTIONS)}}
    start = time.time()
    NotebookClient(notebook, timeout=1800, resources=place).execute()
    seconds = time.time() - start
    return seconds, *map(float, notebook.cells[-1].outputs[-1].text.split())


def main():
    devices = {"CPU": ""} | (
        {"GPU": os.environ.get("CUDA_VISIBLE_DEVICES", "0")}
        if torch.cuda.is_available() else {}
    )  # fmt: skip
    print(f"{'lesson':34} device seconds      MB  GPU MB")
    for path in sorted(SOLUTIONS.glob("*.ipynb")):
        if sys.argv[1:] and path.stem.split("_")[0] not in sys.argv[1:]:
            continue
        for device, visible in devices.items():
            seconds, memory, on_gpu = run(path, visible)
            print(
                f"{path.stem:34} {device:6} {seconds:7.1f} {memory:7.0f} "
                f"{on_gpu:7.0f}", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    main()
