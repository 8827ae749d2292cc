"""What lies in a folder or a zip, without trust in either.

Nothing is unpacked: a zip's files are read from where they are, so that no
path in it can lead anywhere.
"""

import contextlib
import io
import os
import re
import stat
import zipfile
from functools import partial
from pathlib import Path, PurePosixPath

from course_utils.datasets.download import DataError

SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff",
    ".webp", ".ppm", ".pgm", ".avif",
)  # fmt: skip
MAX_FILES = 200_000
MAX_FILE = 100_000_000  # bytes of one file, as it is read
# Bytes of a zip's table of contents. An entry takes 47 bytes at least, so a
# million of them are refused before the table is read.
MAX_CONTENTS = 24_000_000
MAX_RATIO = 100  # a zip of photographs unpacks to about its own size
SMALL = 100_000_000  # bytes that may be unpacked at whatever ratio


@contextlib.contextmanager
def listed(path):
    """Yield {name: function that returns its bytes} and {name: why not}.

    path: a folder or a zip file. Names are relative, with slashes, in order.
    Only images by their suffix are among the first. Raises DataError if it
    is neither, if there are too many files, or if a zip is a bomb.
    """
    with contextlib.ExitStack() as stack:
        if path.is_dir():
            found = _in_folder(path)
        else:
            found = _in_zip(stack.enter_context(_opened(path)), path)
        files, skipped = {}, {}
        for name, (read, problem) in sorted(found.items()):
            if problem := problem or _unwanted(name):
                skipped[name] = problem
            else:
                files[name] = read
        yield files, skipped


def _in_folder(root):
    """Return {name: (function to read it, problem or None)}."""
    found = {}

    def locked(error):
        name = Path(error.filename).relative_to(root).as_posix()
        found[name] = None, "a folder that cannot be opened"

    for place, folders, names in os.walk(root, onerror=locked):
        folders[:] = [name for name in folders if not _hidden(name)]
        for name in names:
            path = Path(place, name)
            found[path.relative_to(root).as_posix()] = (
                partial(_read_file, path),
                None,
            )
        _check_count(root, len(found))
    return found


def _read_file(path):
    """Return a file's bytes; a device or a pipe would never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise DataError("no plain file")
    _check_size(status.st_size)
    return path.read_bytes()


@contextlib.contextmanager
def _opened(path):
    """Open a zip file without trust in its table of contents."""
    try:
        with _Guarded(path) as raw, zipfile.ZipFile(raw) as archive:
            yield archive
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(
            f"{path.name}: expected a folder, a .csv file or a whole .zip "
            f"file, got something else or half of one ({error}). Pack or "
            "upload it again."
        ) from None


class _Guarded(io.FileIO):
    """A file that refuses to read a large table of contents at once."""

    def read(self, size=-1):
        if size is not None and size > MAX_CONTENTS:
            raise DataError(
                f"{Path(self.name).name}: its table of contents takes "
                f"{size / 1e6:,.0f} MB; at most {MAX_CONTENTS / 1e6:.0f} MB "
                f"are read, about {MAX_FILES:,} files. Unpack it, and give "
                "`folder` a part of it."
            )
        return super().read(size)


def _in_zip(archive, path):
    """Return {name: (function to read it, problem or None)}."""
    entries = [e for e in archive.infolist() if not e.is_dir()]
    _check_count(path, len(entries))
    unpacked = sum(entry.file_size for entry in entries)
    size = path.stat().st_size
    if unpacked > max(SMALL, MAX_RATIO * size):
        raise DataError(
            f"{path.name}: its {size / 1e6:,.3g} MB would unpack to "
            f"{unpacked / 1e6:,.3g} MB, a decompression bomb; at most "
            f"{MAX_RATIO} times its size is read. If you know what it holds, "
            "unpack it yourself, and give `folder` the folder."
        )
    found = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        found[name] = partial(_read_entry, archive, entry), _outside(name)
    return found


def _read_entry(archive, entry):
    _check_size(entry.file_size)
    with archive.open(entry) as file:
        pieces = iter(partial(file.read, 2**20), b"")
        return b"".join(pieces)


def _outside(name):
    """Say that a path in a zip is none below the zip, or None."""
    if ".." in name.split("/") or re.match(r"/|[A-Za-z]:", name):
        return "its path leads out of the zip"
    return None


def _unwanted(name):
    """Say why a file is not even tried, or None."""
    path = PurePosixPath(name)
    if any(map(_hidden, path.parts)):
        return "a hidden file of the system"
    suffix = path.suffix.lower()
    if suffix in (".heic", ".heif"):
        return "HEIC is not read; export it as JPEG"
    if suffix not in SUFFIXES:
        return f"no image by its name ({suffix or 'no suffix'})"
    return None


def _hidden(name):
    return name.startswith((".", "__MACOSX")) or name in (
        "Thumbs.db", "desktop.ini",
    )  # fmt: skip


def _check_count(path, count):
    if count > MAX_FILES:
        raise DataError(
            f"{path.name}: more than {MAX_FILES:,} files. Expected a folder "
            "or zip of images; give `folder` a part of it."
        )


def _check_size(size):
    if size > MAX_FILE:
        raise DataError(f"larger than {MAX_FILE / 1e6:.0f} MB")
