"""The learner's own data: a folder or zip of images, a table of numbers.

Files are only read: nothing is changed, moved, unpacked or written.
"""

import io
import posixpath
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from tqdm import tqdm

from course_utils.datasets.download import DataError
from course_utils.datasets.folder_files import SUFFIXES, listed
from course_utils.datasets.folder_table import read_table

# Formats that Pillow decodes by itself; EPS, for one, would start a program.
FORMATS = (
    "PNG", "JPEG", "MPO", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF",
)  # fmt: skip
MAX_PIXELS = 80_000_000  # of one image; decoded, they take 240 MB
MAX_BYTES = 2**30  # of all images together, at the target size
SIZES = (4, 512)
ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held
BACKGROUND = (255, 255, 255)  # behind transparency and beside a padded image
BAR_FROM = 2000  # images; fewer are read before a bar is worth a look


@dataclass(frozen=True)
class OwnData:
    """What `folder` has read; `x`, `labels` and `paths` go row by row.

    stored: images (N, C, S, S) as bytes from 0 to 255, or the numbers
    (N, D) of a table. labels: (N,), whole numbers that count through
    `classes`. paths: where each row comes from. columns: a table's columns.
    report: a small table of what was done; skipped: every file that was
    left out, and why.
    """

    stored: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]
    paths: tuple[str, ...]
    columns: tuple[str, ...] = ()
    report: object = field(default=None, repr=False, compare=False)
    skipped: object = field(default=None, repr=False, compare=False)

    @property
    def x(self):
        """What a model takes: floats, of images in [0, 1]; made anew."""
        if self.stored.dtype == torch.uint8:
            return self.stored.float().div_(255)
        return self.stored

    def __len__(self):
        return len(self.stored)


def folder(path, size=28, color=False, fit="crop", label=None, quiet=False):
    """Read a folder or a zip of images, or a CSV file of numbers.

    Images: those in folders below count, too. The folder that holds an
    image is its label. Each is turned upright (EXIF), laid on white where
    it is transparent, made `size` pixels high and wide, and grey or, with
    `color`, RGB. fit: "crop" cuts a square from the middle, "pad" keeps all
    and adds white. Of an animation the first frame is taken.

    A CSV file: each column of numbers is a column of `x`, as it is (not
    scaled). label: the column that holds the labels. Columns of text and
    rows with gaps are left out.

    A file that cannot be read is skipped, and said in `skipped`. Returns
    `OwnData`. Raises DataError if nothing is left, and where it is too
    much: more than 200,000 files, or 1 GiB at the target size (100,000
    grey images of 28 x 28 take 78 MB, and four times that as floats). One
    image is decoded at a time, of at most 80 million pixels and 100 MB. Of
    a zip the contents may take 24 MB and unpack to a hundred times its
    size. A CSV file may have 500 MB. All of these are constants here, in
    `folder_files` and in `folder_table`.
    """
    path = Path(path).expanduser()
    _check_arguments(size, fit)
    if not path.exists():
        raise DataError(
            f"There is no {path} here. Expected a folder, a .zip or a .csv "
            f"file; the notebook looks for it in {Path.cwd()}."
        )
    if path.is_file() and path.suffix.lower() in (".csv", ".tsv"):
        fields, rows, left_out = read_table(path, label)
        data = _own_data(fields, rows, left_out, "rows")
        kind = f"rows of {len(data.columns)} numbers"
    else:
        if label is not None:
            raise ValueError(
                f"label names a column of a CSV file; {path.name} is none. "
                "The labels of images are the folders that hold them."
            )
        data = _read_images(path, size, color, fit)
        kind = f"{'colour' if color else 'grey'} images of {size} x {size}"
    if not quiet:
        print(
            f"{path.name}: {len(data):,} {kind}, {len(data.classes)} "
            f"{'class' if len(data.classes) == 1 else 'classes'}, "
            f"{data.stored.nbytes / 1e6:.1f} MB; {len(data.skipped):,} skipped"
        )
        if len(data) < 20:
            print("That is enough to look at, but too little to learn from.")
    return data


def upload() -> Path:
    """Ask for a zip or CSV file in Colab, and return where it lies.

    Raises DataError elsewhere, where a path does the same.
    """
    try:
        from google.colab import files
    except ImportError:
        raise DataError(
            "upload() works in Colab only. Here, put the folder, zip or CSV "
            "file beside the notebook, and call folder('its name')."
        ) from None
    found = files.upload()
    if len(found) != 1:
        raise DataError(
            f"Expected one file, got {len(found)}. Pack images into one zip, "
            "and choose that."
        )
    return Path(next(iter(found)))


def _check_arguments(size, fit):
    low, high = SIZES
    if type(size) is not int or not low <= size <= high:
        raise ValueError(
            f"size must be a whole number from {low} to {high}; got {size!r}"
        )
    if fit not in ("crop", "pad"):
        raise ValueError(f'fit must be "crop" or "pad"; got {fit!r}')


def _read_images(path, size, color, fit):
    channels, done = 3 if color else 1, {}
    with listed(path) as (files, skipped):
        _check_room(path, len(files), channels, size)
        stored = torch.empty(
            (len(files), channels, size, size), dtype=torch.uint8
        )
        names = []
        for name in tqdm(
            files, "reading images", file=sys.stdout, ncols=79,
            disable=len(files) < BAR_FROM,
        ):  # fmt: skip
            try:
                image, steps = decode(files[name](), size, color, fit)
            except Exception as error:  # a decoder may raise anything
                skipped[name] = _why(error)
                continue
            stored[len(names)] = torch.from_numpy(image)
            names.append(name)
            for step in steps:
                done.setdefault(step, []).append(name)
    if not names:
        raise DataError(_nothing(path, skipped))
    labels, classes = _labels(names, path)
    steps = {"read": names} | dict(sorted(done.items()))
    skipped = dict(sorted(skipped.items()))
    for name, why in skipped.items():
        steps.setdefault(f"skipped: {why}", []).append(name)
    fields = {
        "stored": stored[: len(names)],
        "labels": labels,
        "classes": classes,
        "paths": tuple(names),
    }
    rows = {step: (len(of), of[0]) for step, of in steps.items()}
    return _own_data(fields, rows, skipped, "files")


def decode(content, size, color, fit):
    """Decode an image: bytes -> (array (C, S, S) of bytes, what was done).

    Raises what Pillow raises; DecompressionBombError for too many pixels.
    """
    steps = []
    if not content:
        raise DataError("an empty file")
    with warnings.catch_warnings():
        # Pillow warns of large images, which are refused below.
        warnings.simplefilter("ignore")
        image = Image.open(io.BytesIO(content), formats=_formats())
        pixels = image.width * image.height
        if pixels > MAX_PIXELS:
            raise Image.DecompressionBombError
        if getattr(image, "is_animated", False):
            steps.append("first of several frames")
        image.draft("RGB", (2 * size, 2 * size))  # JPEG: decode it smaller
        wide, high = image.size
        if image.getexif().get(ORIENTATION, 1) != 1:
            steps.append("turned upright")
        upright = ImageOps.exif_transpose(image)
        image = _rgb(upright, steps)
    if wide != high:
        steps.append("cropped" if fit == "crop" else "padded with white")
    if pixels != size * size:
        steps.append("made smaller" if pixels > size * size else "enlarged")
    shape, how = (size, size), Image.Resampling.LANCZOS
    if fit == "crop":
        image = ImageOps.fit(image, shape, how)
    else:
        image = ImageOps.pad(image, shape, how, color=BACKGROUND)
    channels = np.asarray(image).transpose(2, 0, 1)
    if color:
        return channels.copy(), steps
    if np.ptp(channels.astype(int), axis=0).max() > 8:
        steps.append("colour made grey (color=True keeps it)")
    return np.array(image.convert("L"))[None], steps


def _formats():
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


def _rgb(image, steps):
    """Return an image of any mode as RGB, on white where transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        steps.append("scaled to 8 bits")
        return Image.fromarray(_eight_bits(image)).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    if image.getextrema()[3][0] < 255:
        steps.append("transparent, laid on white")
    ground = Image.new("RGBA", image.size, (*BACKGROUND, 255))
    return Image.alpha_composite(ground, image).convert("RGB")


def _eight_bits(image):
    """Scale 16 bits, or numbers of any range, to bytes from 0 to 255."""
    values = np.nan_to_num(np.asarray(image).astype(np.float32))
    low, high = min(0, values.min()), values.max()
    whole = 65535 if image.mode.startswith("I") else 1
    high = max(high, whole)
    return ((values - low) / (high - low) * 255).round().astype(np.uint8)


def _why(error):
    """Say in a few words why an image was left out."""
    if isinstance(error, DataError):
        return str(error)
    if isinstance(error, Image.DecompressionBombError):
        return (
            f"more than {MAX_PIXELS / 1e6:.0f} million pixels once decoded; "
            "make it smaller"
        )
    if isinstance(error, UnidentifiedImageError):
        return "no image inside, whatever its name says"
    if isinstance(error, OSError) and error.errno:  # Pillow's have no number
        return "cannot be opened"
    if "password" in str(error):
        return "locked by a password; unpack it first"
    return "damaged, or half a file"


def _labels(names, path):
    """Return labels (N,) and classes, made from the folders of the names."""
    parents = [posixpath.dirname(name) for name in names]
    top = posixpath.commonpath(parents)
    inside = [posixpath.relpath(p or ".", top or ".") for p in parents]
    if set(inside) == {"."}:
        inside = [PurePosixPath(top).name or path.resolve().stem] * len(names)
    classes = sorted(set(inside))
    index = {name: i for i, name in enumerate(classes)}
    said = ("(no folder)" if name == "." else name for name in classes)
    return torch.tensor([index[name] for name in inside]), tuple(said)


def _check_room(path, count, channels, size):
    each = channels * size * size
    if count * each > MAX_BYTES:
        fits = int((MAX_BYTES / count / channels) ** 0.5)
        raise DataError(
            f"{path.name}: {count:,} images of {channels} x {size} x {size} "
            f"take {count * each / 1e9:,.3g} GB; at most "
            f"{MAX_BYTES / 1e9:.3g} GB are kept. Choose size={max(fits, 1)} "
            f"or fewer images{', or color=False' * (channels > 1)}."
        )


def _nothing(path, skipped):
    """Say why there is no image, with up to three examples."""
    some = [f"{name} ({why})" for name, why in list(skipped.items())[:3]]
    found = f"{len(skipped)} files, such as {'; '.join(some)}"
    return (
        f"{path.name}: expected images ({', '.join(SUFFIXES)}), found "
        f"{found if skipped else 'nothing at all'}. Give `folder` the folder "
        "or the zip that holds the images."
    )


def _own_data(fields, rows, skipped, unit):
    """Make `OwnData` with its two tables."""
    import pandas  # slow to import

    report = pandas.DataFrame.from_dict(
        rows, orient="index", columns=[unit, "for example"]
    )
    skipped = pandas.Series(skipped, dtype=object).to_frame("why")
    return OwnData(
        **fields,
        report=report.rename_axis("what"),
        skipped=skipped.rename_axis("what"),
    )
