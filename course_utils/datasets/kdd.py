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
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils.datasets.download import (
    DataError,
    data_folder,
    find_or_download,
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
KEPT = ("numbers", "words", "attack", "copies")  # of the prepared table


class Flows(NamedTuple):
    """Distinct network flows, N of them, in an order without meaning."""

    table: object  # pandas.DataFrame (N, 41), the columns of COLUMNS
    attack: np.ndarray  # (N,) text: normal, or the name of the attack
    family: np.ndarray  # (N,) text: a key of FAMILIES
    copies: np.ndarray  # (N,) how often this row stands in the file
    real: bool  # False: simulated


def kdd_cup(quiet=False) -> Flows:
    """Return the distinct flows of KDD Cup 1999, and say where they are from.

    Looked for in the data folder, in this order: the table prepared by an
    earlier call, scikit-learn's cache, the original file, which is
    downloaded if it is not there. Whatever it was, its content is checked.
    Otherwise the traffic is simulated.
    """
    folder, problems, note = data_folder(), [], ""
    for where, find in ROUTES.items():
        try:
            arrays = find(folder)
        except DataError as error:
            problems.append(f"{where}: {reason(error)[:200]}")
            continue
        if arrays and digest(arrays) == PREPARED_SHA256:
            flows = _flows(arrays)
            note = "" if find is _prepared else _keep(arrays, folder)
            break
        if arrays:
            problems.append(f"{where}: its content is not the original's")
    else:
        flows, where = simulate(), "no real data could be had"
    if not quiet:
        name = "KDD Cup 1999" if flows.real else "SIMULATED traffic"
        print(
            f"{name}: {flows.copies.sum():,} flows, {len(flows.copies):,} "
            f"of them distinct ({where}{note})"
        )
        if problems:
            print("Not used: " + "; ".join(problems))
    return flows


def simulate(seed=0) -> Flows:
    """Return simulated traffic; the same seed gives the same flows."""
    return _flows(_prepare(*simulated_rows(seed)), real=False)


def _prepared(folder):
    """Return the table that an earlier call kept, if there is one."""
    if not (folder / PREPARED).exists():
        return None
    try:
        with np.load(folder / PREPARED, allow_pickle=False) as parts:
            if missing := set(KEPT) - set(parts.files):
                raise DataError(f"it has no {', '.join(sorted(missing))}")
            return {name: parts[name] for name in KEPT}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error,
            NotImplementedError) as error:  # fmt: skip
        raise DataError(reason(error)) from error


def _cached(folder):
    """Return what scikit-learn has put into the data folder, if it has."""
    if not (folder / "kddcup99_10-py3" / "samples").exists():
        return None
    from sklearn.datasets import fetch_kddcup99  # slow to import

    options = {"data_home": folder, "download_if_missing": False}
    try:
        rows, labels = fetch_kddcup99(return_X_y=True, **options)
    except Exception as error:  # a damaged pickle may raise anything
        raise DataError(reason(error)) from error
    if rows.shape != (len(labels), len(COLUMNS)):
        raise DataError(f"it has the shape {rows.shape}")
    return _prepare(rows, labels)


def _original(folder):
    """Return what is in the original file, downloaded if it is not there."""
    path = find_or_download(FILE, FILE_DIGEST, SOURCES, timeout=TIMEOUT)
    with gzip.open(path) as file:
        lines = Counter(file.read().split())
    table = np.array([line.split(b",") for line in lines])
    return _prepare(table[:, :-1], table[:, -1], list(lines.values()))


ROUTES = {
    "prepared before": _prepared,
    "scikit-learn's cache": _cached,
    "the original file": _original,
}


def _keep(arrays, folder):
    """Store the table for the next time; return a note if that fails."""
    try:
        with tempfile.TemporaryDirectory(dir=folder) as part:
            path = Path(part) / PREPARED
            np.savez_compressed(path, **arrays)
            os.replace(path, folder / PREPARED)
    except OSError as error:
        return f"; the prepared table cannot be kept: {reason(error)[:90]}"
    return ""


def _prepare(rows, labels, copies=None):
    """Merge rows (N, 41) that are alike, label included; count copies.

    Returns the arrays of KEPT, by name.
    """
    columns = dict(zip(COLUMNS, rows.T, strict=True))
    words = [columns[name].astype("S11") for name in WORDS]
    labels = np.char.rstrip(labels.astype("S17").astype("U"), ".")
    codes = [np.unique(w, return_inverse=True)[1] for w in (*words, labels)]
    numbers = [columns[name].astype("<f8") for name in NUMBERS]
    table = np.stack([*numbers, *codes], axis=1).astype("<f8")
    whole = table.view(f"V{8 * table.shape[1]}").ravel()  # a row as bytes
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    return {
        "numbers": table[first, : len(numbers)].astype("<f4"),
        "words": np.stack(words, axis=1)[first].astype("<U11"),
        "attack": labels[first].astype("<U16"),
        "copies": np.bincount(group.ravel(), copies).astype("<i8"),
    }


def digest(arrays):
    """Return the sha256 of the arrays of KEPT, whatever way they came."""
    content = (np.ascontiguousarray(arrays[name]).tobytes() for name in KEPT)
    return hashlib.sha256(b"".join(content)).hexdigest()


def _flows(arrays, real=True):
    import pandas  # slow to import

    numbers = pandas.DataFrame(arrays["numbers"], columns=NUMBERS)
    words = pandas.DataFrame(arrays["words"], columns=WORDS)
    table = pandas.concat([numbers, words], axis=1)[list(COLUMNS)]
    attack = arrays["attack"]
    family = np.array([FAMILY_OF[name] for name in attack])
    return Flows(table, attack, family, arrays["copies"], real)
