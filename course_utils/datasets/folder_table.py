"""A table of numbers, from a CSV file as programs and people write it."""

import csv
import io

import torch

from course_utils.datasets.download import DataError, reason

MAX_TABLE = 500_000_000  # bytes of the file


def read_table(path, label=None):
    """Read a CSV file: fields of `OwnData`, a report's rows, {row: why not}.

    Commas, semicolons, tabs and bars may stand between the columns, a comma
    may stand for the decimal point, and the header may be missing. Raises
    DataError if there is no number in it, or if `label` is no column.
    """
    import pandas  # slow to import

    table = _read(path)
    if label is not None and label not in table:
        raise DataError(
            f"{path.name}: expected a column {label!r}, found {_names(table)}."
        )
    values = table.drop(columns=[] if label is None else [label])
    text = [k for k in values if not _is_number(values[k])]
    empty = [k for k in values if values[k].isna().all()]
    values = values.drop(columns={*text, *empty}).astype("float32")
    gaps = ~(values.abs() < float("inf")).all(axis=1)
    if label is not None:
        gaps |= table[label].isna()
    if not values.shape[1] or gaps.all():
        raise DataError(
            f"{path.name}: expected rows of numbers, found none. There are "
            f"{len(table):,} rows, and the columns {_names(table)}."
        )
    left_out = {f"row {i + 1}": "a gap in it" for i in gaps[gaps].index}
    rows = {"read": (int((~gaps).sum()), f"{values.shape[1]} columns")}
    if left_out:
        rows["skipped: a gap in the row"] = len(left_out), [*left_out][0]
    for name in empty:
        rows[f"skipped: column {name} without a value"] = len(table), ""
    for name in set(text) - set(empty):
        rows[f"skipped: column {name} of text; label={name!r} uses it"] = (
            len(table),
            str(table[name].dropna().iloc[0]),
        )
    names = (
        pandas.Series("all", table.index) if label is None else table[label]
    )
    codes, classes = pandas.factorize(names[~gaps], sort=True)
    fields = {
        "stored": torch.tensor(values[~gaps].to_numpy()),
        "labels": torch.tensor(codes),
        "classes": tuple(map(str, classes)),
        "paths": tuple(f"row {i + 1}" for i in gaps[~gaps].index),
        "columns": tuple(values.columns),
    }
    return fields, rows, left_out


def _read(path):
    """Return a file's table, whatever stands between its columns."""
    if (size := path.stat().st_size) > MAX_TABLE:
        raise DataError(
            f"{path.name}: {size / 1e6:,.0f} MB; at most "
            f"{MAX_TABLE / 1e6:.0f} MB are read. Give `folder` a part of it."
        )
    try:
        try:
            return _parse(path, "utf-8-sig")
        except UnicodeDecodeError:
            return _parse(path, "latin-1")
    except (ValueError, csv.Error) as error:  # pandas' errors are ValueErrors
        raise DataError(
            f"{path.name}: expected a table, one row a line. It cannot be "
            f"read: {reason(error)}. Save it again as CSV."
        ) from None


def _parse(path, encoding):
    """Read a table; of two kinds of decimal point the one that makes sense."""
    import pandas  # slow to import

    with open(path, encoding=encoding, newline="") as file:
        start = file.read(20_000)
    if "\0" in start:
        raise ValueError("it holds bytes that are no text")
    try:
        sep = csv.Sniffer().sniff(start, ",;\t|").delimiter
    except csv.Error:  # one column
        sep = ","
    first = next(csv.reader(io.StringIO(start), delimiter=sep), [])
    options = {
        "sep": sep,
        "encoding": encoding,
        "header": None if first and all(map(_is_float, first)) else "infer",
        "index_col": False,
        "low_memory": False,  # one type for a whole column
    }
    points = ".," if sep != "," else "."
    tables = [pandas.read_csv(path, decimal=p, **options) for p in points]
    best = max(tables, key=lambda t: sum(_is_number(t[k]) for k in t))
    return best.rename(columns=str)


def _is_number(column):
    from pandas.api.types import is_numeric_dtype  # slow to import

    return is_numeric_dtype(column)


def _is_float(text):
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _names(table):
    """Name a table's columns, of many the first ten."""
    names = [repr(name) for name in table.columns]
    return ", ".join(names[:10] + ["…"] * (len(names) > 10))
