"""Where data files lie, and how they come there, checked and whole."""

import gzip
import hashlib
import os
import sys
import tempfile
from http.client import HTTPException
from pathlib import Path

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


def download(path, urls, digest, *, digest_of=checksum, timeout=20) -> Path:
    """Fetch a file from the first address that has the right content.

    digest: what `digest_of(file)` must give; by default the md5 of the
    content, whatever its gzip wrapper. The file lands under a temporary
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
                problem = _fetch(url, part, digest, digest_of, timeout)
                if problem is None:
                    return part.replace(path)
                problems.append(f"{url}: {problem}")
    except OSError as error:
        problems.append(f"{path.parent} cannot be written: {reason(error)}")
    raise DataError(f"{path.name} cannot be had ({'; '.join(problems)})")


def reason(error) -> str:
    """Return an error's text on one line; some have several, or none."""
    return " ".join(str(error).split()).rstrip(".") or repr(error)


def _fetch(url, part, digest, digest_of, timeout):
    """Try one address; return what is wrong with it, or None."""
    import pooch  # slow to import
    from tqdm import tqdm

    # pooch asks for the bar's truth, which a bar without a total refuses.
    bar = tqdm(total=1, desc=part.name, file=sys.stdout, ncols=79,
               unit="B", unit_scale=True, leave=False)  # fmt: skip
    get = pooch.HTTPDownloader(progressbar=bar, timeout=timeout)
    try:
        get(url, str(part), None)
        found = digest_of(part)
    except (OSError, EOFError, ValueError, HTTPException) as error:
        return reason(error)
    except Exception as error:  # zlib.error, lzma.LZMAError: not our file
        return f"what came cannot be read ({reason(error)})"
    finally:
        bar.close()
    return None if found == digest else f"wrong content ({found[:12]}…)"
