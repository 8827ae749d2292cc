"""Where data files lie, and how they come there, checked and whole."""

import gzip
import hashlib
import os
import sys
import tempfile
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

PACKAGE = Path(__file__).resolve().parent.parent


class DataError(RuntimeError):
    """A data file is missing, damaged or cannot be fetched."""


def data_folder() -> Path:
    """Return where downloads lie: `COURSE_DATA`, or the course's data/."""
    if os.environ.get("COURSE_DATA"):
        return Path(os.environ["COURSE_DATA"]).expanduser()
    beside = PACKAGE.parent / "data"  # in a checkout, or uploaded with it
    return beside if beside.is_dir() else Path.cwd() / "data"


def checksum(path, algorithm="md5") -> str:
    """Return the hex digest of a file's content; .gz files are unpacked."""
    opener = gzip.open if Path(path).suffix == ".gz" else open
    with opener(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def find_or_download(name, digest, urls, also=(), timeout=20) -> Path:
    """Return the path of a whole file; it is downloaded if it is nowhere.

    name: where it belongs in the data folder, such as "multi30k/val.en.gz".
    also: other paths at which it may lie. For the rest see `download`. A
    file that is not whole is named in a printed line, and not used.
    """
    path = data_folder() / name
    for place in (path, *also):
        if place.exists():
            problem = problem_with(place, digest)
            if problem is None:
                return place
            print(f"Not used, because damaged ({problem}): {place}")
    return download(path, urls, digest, timeout)


def download(path, urls, digest, timeout=20) -> Path:
    """Fetch a file from the first address that has the right content.

    digest: "md5:…" or "sha256:…" of the content, whatever its gzip wrapper.
    timeout: seconds without an answer. The file lands under a temporary
    name and is moved to `path` once it has been checked, so a half or a
    wrong file is never left behind. Raises DataError with what went wrong
    at each address, or with why the folder cannot be written.
    """
    path, problems = Path(path), []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            part = Path(folder) / path.name
            for url in urls:
                problem = _fetch(url, part, timeout)
                problem = problem or problem_with(part, digest)
                if problem is None:
                    return part.replace(path)
                problems.append(f"{urlsplit(url).hostname}: {problem}")
    except OSError as error:
        problems.append(f"{path.parent} cannot be written: {reason(error)}")
    raise DataError(f"{path.name} cannot be had ({'; '.join(problems)})")


def problem_with(path, digest):
    """Return why a file's content is not the one of the digest, or None."""
    algorithm, expected = digest.split(":")
    try:
        found = checksum(path, algorithm)
    except (OSError, EOFError, zlib.error) as error:
        return f"it cannot be read: {reason(error)}"
    return None if found == expected else f"wrong content, {found[:12]}…"


def reason(error) -> str:
    """Return an error's text on one line; some have several, or none."""
    return " ".join(str(error).split()).rstrip(".") or repr(error)


def _fetch(url, part, timeout):
    """Try one address; return what went wrong on the way, or None."""
    import pooch  # slow to import
    import requests  # what pooch fetches with
    from tqdm import tqdm

    # pooch asks for the bar's truth, which a bar without a total refuses.
    bar = tqdm(total=1, desc=part.name, file=sys.stdout, ncols=79,
               unit="B", unit_scale=True, leave=False)  # fmt: skip
    get = pooch.HTTPDownloader(progressbar=bar, timeout=timeout)
    try:
        get(url, str(part), None)
    except requests.Timeout:
        return f"no answer within {timeout} seconds"
    except requests.ConnectionError as error:
        broke = "aborted" in str(error)
        return "the connection broke" if broke else "no network"
    except requests.HTTPError as error:
        return f"{error.response.status_code} {error.response.reason}"
    except (OSError, ValueError, HTTPException) as error:
        return reason(error)
    finally:
        bar.close()
