"""Seconds of each solved notebook, kernel start and imports included.

Usage: uv run python benchmarks/lesson_times.py [NN ...]
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

SOLUTIONS = Path(__file__).resolve().parent.parent / "solutions"


def main():
    print(f"{'lesson':32} seconds")
    total = 0.0
    for path in sorted(SOLUTIONS.glob("*.ipynb")):
        if sys.argv[1:] and path.name[:2] not in sys.argv[1:]:
            continue
        notebook = nbformat.read(path, as_version=4)
        place = {"metadata": {"path": str(SOLUTIONS)}}
        start = time.time()
        NotebookClient(notebook, timeout=900, resources=place).execute()
        seconds = time.time() - start
        total += seconds
        print(f"{path.stem:32} {seconds:7.1f}", flush=True)
    print(f"{'all':32} {total:7.1f}")


if __name__ == "__main__":
    main()
