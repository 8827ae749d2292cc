"""KDD Cup 1999: network flows, real where they can be had, else simulated.

The 10 % file of the KDD Cup (UCI KDD Archive, 1999): 494,021 connections,
made in 1998 in a network of the US Air Force's kind, most of them attacks.
"""

import gzip
import hashlib
import os
import tempfile
import zipfile
import zlib
from collections import Counter
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils.datasets.download import (
    DataError,
    data_folder,
    download,
    problem_with,
    reason,
)
from course_utils.datasets.kdd_simulated import (
    COLUMNS,
    NUMBERS,
    WORDS,
    simulated_rows,
)

FAMILIES = {
    "normal": ("normal",),
    "dos": ("back", "land", "neptune", "pod", "smurf", "teardrop"),
    "probe": ("ipsweep", "nmap", "portsweep", "satan"),
    "r2l": ("ftp_write", "guess_passwd", "imap", "multihop", "phf", "spy",
            "warezclient", "warezmaster"),
    "u2r": ("buffer_overflow", "loadmodule", "perl", "rootkit"),
}  # fmt: skip
FAMILY_OF = {a: name for name, group in FAMILIES.items() for a in group}

FILE = "kddcup.data_10_percent.gz"
FILE_DIGEST = "md5:eb43ac454e61166f88aad7943ef1e079"  # inside the gzip
SOURCES = (
    "https://ndownloader.figshare.com/files/5976042",  # scikit-learn's
    "http://kdd.ics.uci.edu/databases/kddcup99/" + FILE,
    "https://raw.githubusercontent.com/potash/brf-example/"
    "0632bcbacebd3a48a1f9669e979cfaceb0fcd5d4/data/" + FILE,
)
PREPARED = "kddcup99_distinct.npz"
PREPARED_SHA256 = (
    "3536290c8241300792ce660d926645738dceac44c03f7b31b9cddc2575c3232d"
)
TIMEOUT = 10  # seconds without an answer
FAULTS = (
    OSError, RuntimeError, ValueError, TypeError, AttributeError, LookupError,
    EOFError, MemoryError, HTTPException, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Flows(NamedTuple):
    """Distinct network flows, N of them, in an order without meaning."""

    numbers: np.ndarray  # (N, 38) float32, the columns of NUMBERS
    words: np.ndarray  # (N, 3) text, the columns of WORDS
    attack: np.ndarray  # (N,) text: normal, or the name of the attack
    family: np.ndarray  # (N,) text: a key of FAMILIES
    copies: np.ndarray  # (N,) how often this row stands in the file
    real: bool  # False: simulated


def kdd_cup(quiet=False) -> Flows:
    """Return the distinct flows of KDD Cup 1999, and say where they are from.

    Looked for in this order: the table prepared by an earlier call,
    scikit-learn's cache and the original file, all three in the data
    folder; a download. Whatever it was, its content is checked. Otherwise
    the traffic is simulated.
    """
    folder, problems = data_folder(), []
    for where, find in ROUTES.items():
        try:
            flows = find(folder)
            if flows and flows.real and _digest(flows) != PREPARED_SHA256:
                raise DataError("its content is not that of the original")
        except FAULTS as error:
            problems.append(f"{where}: {reason(error)[:200]}")
            continue
        if flows:
            break
    note = "" if find in (_prepared, simulate) else _keep(flows, folder)
    if not quiet:
        name = "KDD Cup 1999" if flows.real else "SIMULATED traffic"
        print(
            f"{name}: {flows.copies.sum():,} flows, {len(flows.copies):,} "
            f"of them distinct ({where}{note})"
        )
        if problems:
            print("Not used: " + "; ".join(problems))
    return flows


def _prepared(folder):
    """Return the table that an earlier call kept, if there is one."""
    if not (folder / PREPARED).exists():
        return None
    with np.load(folder / PREPARED, allow_pickle=False) as parts:
        return _flows(*(parts[name] for name in _KEPT), real=True)


_KEPT = ("numbers", "words", "attack", "copies")


def _keep(flows, folder):
    """Store the table for the next time; return a note if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as part:
            path = Path(part) / PREPARED
            arrays = {name: getattr(flows, name) for name in _KEPT}
            np.savez_compressed(path, **arrays)
            os.replace(path, folder / PREPARED)
    except OSError as error:
        return f"; the prepared table cannot be kept: {reason(error)[:90]}"
    return ""


def _from_sklearn_cache(folder):
    """Return what scikit-learn has put into the data folder, if it has."""
    if not (folder / "kddcup99_10-py3" / "samples").exists():
        return None
    from sklearn.datasets import fetch_kddcup99  # slow to import

    x, labels = fetch_kddcup99(
        data_home=folder, return_X_y=True, download_if_missing=False
    )
    return _prepare(x, labels)


def _from_file(folder):
    """Return what is in the original file, if it lies in the data folder."""
    path = Path(folder) / FILE
    if not path.exists():
        return None
    if problem := problem_with(path, FILE_DIGEST):
        raise DataError(problem)
    with gzip.open(path) as file:
        lines = Counter(file.read().split())
    table = np.array([line.split(b",") for line in lines])
    return _prepare(table[:, :-1], table[:, -1], list(lines.values()))


def _downloaded(folder):
    """Download into a folder that is thrown away: the table is kept."""
    with tempfile.TemporaryDirectory() as passing:
        download(Path(passing) / FILE, SOURCES, FILE_DIGEST, TIMEOUT)
        return _from_file(passing)


def simulate(folder=None, seed=0) -> Flows:
    """Return simulated traffic; the same seed gives the same flows."""
    return _prepare(*simulated_rows(seed), real=False)


def _prepare(rows, labels, copies=None, real=True):
    """Merge rows (N, 41) that are alike, label included; count copies."""
    columns = dict(zip(COLUMNS, rows.T, strict=True))
    words = [columns[name].astype("S11") for name in WORDS]
    labels = np.char.rstrip(labels.astype("S17").astype("U"), ".")
    codes = [np.unique(w, return_inverse=True)[1] for w in (*words, labels)]
    numbers = [columns[name].astype("<f8") for name in NUMBERS]
    table = np.stack([*numbers, *codes], axis=1).astype("<f8")
    whole = table.view(f"V{8 * table.shape[1]}").ravel()  # a row as bytes
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    return _flows(
        table[first, : len(numbers)].astype("<f4"),
        np.stack(words, axis=1)[first].astype("<U11"),
        labels[first].astype("<U16"),
        np.bincount(group.ravel(), copies).astype("<i8"),
        real,
    )


def _flows(numbers, words, attack, copies, real):
    family = np.array([FAMILY_OF[name] for name in attack])
    return Flows(numbers, words, attack, family, copies, real)


def _digest(flows):
    """Return the sha256 of a table, the same whatever way it came."""
    arrays = (getattr(flows, name) for name in _KEPT)
    content = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
    return hashlib.sha256(content).hexdigest()


ROUTES = {
    "prepared before": _prepared,
    "scikit-learn's cache": _from_sklearn_cache,
    "the original file": _from_file,
    "downloaded": _downloaded,
    "no real data could be had": simulate,
}
