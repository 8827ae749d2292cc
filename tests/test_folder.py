"""The learner's own data: any image, any table, and hostile files."""

import io
import os
import struct
import sys
import types
import zipfile
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.datasets import DataError, folder, upload

FOLDER = sys.modules["course_utils.datasets.folder"]
FILES = sys.modules["course_utils.datasets.folder_files"]
TABLE = sys.modules["course_utils.datasets.folder_table"]
ORANGE = (240, 120, 0)


def png(color=ORANGE, size=(40, 40), mode="RGB", kind="png", **options):
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, kind, **options)
    return file.getvalue()


def write(root, files):
    """Write {name: bytes} into a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def pack(path, files, **options):
    """Write {name: bytes} into a zip."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def bomb(side):
    """A whole PNG file of side x side black pixels: a few kB a megapixel."""

    def chunk(kind, data):
        sum_ = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (side + 7) // 8) * side), 9)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def why(data):
    return dict(data.skipped["why"])


# Images


def test_a_folder_becomes_tensors_labels_and_a_report(tmp_path, capsys):
    files = {"cats/a.png": png(), "dogs/b.JPG": png((9, 9, 9), kind="jpeg")}
    write(tmp_path, files | {"dogs/notes.txt": b"hello"})
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    data = folder(tmp_path)
    assert data.stored.shape == (2, 1, 28, 28)
    assert data.stored.dtype == torch.uint8
    assert data.x.dtype == torch.float32 and 0 <= data.x.min() <= data.x.max()
    assert data.x.max() <= 1 and len(data) == 2
    assert data.paths == ("cats/a.png", "dogs/b.JPG")
    assert data.classes == ("cats", "dogs") and data.labels.tolist() == [0, 1]
    assert why(data) == {"dogs/notes.txt": "no image by its name (.txt)"}
    assert data.report.files["read"] == 2
    assert data.report.files["made smaller"] == 2
    assert data.report.files["colour made grey (color=True keeps it)"] == 1
    assert data.report["for example"].iloc[-1] == "dogs/notes.txt"
    assert "<table" in data.report._repr_html_()
    said = capsys.readouterr().out
    assert "2 grey images of 28 x 28, 2 classes, 0.0 MB; 1 skipped" in said
    assert "too little to learn from" in said
    after = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert before == after


def test_a_zip_gives_what_its_folder_gives(tmp_path):
    files = {f"all/{k}/{i}.png": png((k * 20, i, 0)) for k in (1, 2)
             for i in range(3)}  # fmt: skip
    here = folder(write(tmp_path / "f", files), color=True, quiet=True)
    there = folder(pack(tmp_path / "f.zip", files), color=True, quiet=True)
    assert here.stored.equal(there.stored) and here.paths == there.paths
    assert here.classes == there.classes == ("1", "2")
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F"]
)
def test_every_mode_is_read(tmp_path, mode):
    values = Image.linear_gradient("L")
    if mode.startswith("I"):
        values = np.asarray(values).astype("uint16") * 257
        image = Image.fromarray(values).convert(mode)
    elif mode == "F":
        image = Image.fromarray(np.asarray(values).astype("float32") / 255)
    else:
        image = values.convert(mode)
    image.save(tmp_path / "a.tif")
    x = folder(tmp_path, size=32, quiet=True).x[0, 0]
    assert x[:4].mean() < 0.15 and x[-4:].mean() > 0.85, mode


def test_colour_transparency_orientation_and_frames(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    wide = Image.new("RGB", (60, 60), "black")
    wide.paste("white", (0, 0, 60, 20))  # its top will be at the right
    wide.save(tmp_path / "turned.png", exif=exif)
    clear = Image.new("RGBA", (30, 30), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    frames = [Image.new("L", (30, 30), c) for c in (0, 255)]
    frames[0].save(tmp_path / "moves.gif", save_all=True,
                   append_images=frames[1:])  # fmt: skip
    data = folder(tmp_path, size=12, color=True, quiet=True)
    x = dict(zip(data.paths, data.x, strict=True))
    assert x["clear.png"].min() == 1
    assert x["moves.gif"].max() == 0
    assert x["turned.png"][:, :, -3:].mean() > 0.9
    assert x["turned.png"][:, :, :6].mean() < 0.1
    steps = data.report["for example"]
    assert steps["turned upright"] == "turned.png"
    assert steps["transparent, laid on white"] == "clear.png"
    assert steps["first of several frames"] == "moves.gif"


def test_crop_and_pad(tmp_path):
    image = Image.new("L", (90, 30), 0)
    image.save(tmp_path / "wide.png")
    cropped = folder(tmp_path, size=30, quiet=True)
    padded = folder(tmp_path, size=30, fit="pad", quiet=True)
    assert cropped.x.max() == 0 and "cropped" in cropped.report.index
    assert padded.x[0, 0, :9].min() == 1 and padded.x[0, 0, 12:18].max() == 0
    assert "padded with white" in padded.report.index


def test_labels_are_the_folders_below_the_common_one(tmp_path):
    files = {"a/b/1.png": png(), "a/2.png": png(), "a/b/c/3.png": png()}
    data = folder(write(tmp_path / "mine", files), quiet=True)
    assert data.classes == ("(no folder)", "b", "b/c")
    assert data.labels.tolist() == [0, 1, 2]
    single = folder(tmp_path / "mine/a/b/c", quiet=True)
    assert single.classes == ("c",) and single.labels.tolist() == [0]


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"size": 2.0}, {"size": 9999}, {"fit": "squeeze"}]
)
def test_unusable_arguments(tmp_path, options):
    with pytest.raises(ValueError, match="must be"):
        folder(write(tmp_path, {"a.png": png()}), **options)


# Files that cannot be read


def test_broken_files_are_skipped_and_said(tmp_path, monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), "uint8")
    whole = io.BytesIO()
    Image.fromarray(noise).save(whole, "jpeg")
    half = whole.getvalue()[: len(whole.getvalue()) // 2]
    monkeypatch.setattr(FILES, "MAX_FILE", 100_000)
    files = {
        "good.png": png(),
        "half.jpg": half,
        "half.png": png(size=(200, 200))[:120],
        "text.png": b"This is a text.",
        "empty.png": b"",
        "large.bmp": png(size=(200, 200), kind="bmp"),
        "phone.heic": b"ftypheic",
        ".hidden.png": png(),
        "__MACOSX/._good.png": b"x",
        "program.png": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    }
    wanted = {
        "half.jpg": "damaged, or half a file",
        "half.png": "damaged, or half a file",
        "text.png": "no image inside, whatever its name says",
        "empty.png": "an empty file",
        "large.bmp": "larger than 0 MB",
        "phone.heic": "HEIC is not read; export it as JPEG",
        "program.png": "no image inside, whatever its name says",
    }
    hidden = {n: "a hidden file of the system"
              for n in (".hidden.png", "__MACOSX/._good.png")}  # fmt: skip
    found = why(folder(pack(tmp_path / "z.zip", files), quiet=True))
    assert found == wanted | hidden
    data = folder(write(tmp_path / "f", files), quiet=True)
    assert data.paths == ("good.png",)
    assert {k: v for k, v in why(data).items() if "hidden" not in v} == wanted


def test_an_image_bomb_is_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(FOLDER, "MAX_PIXELS", 2_000_000)
    small = bomb(14_000)  # above Pillow's own limit, too
    assert len(small) < 30_000
    files = {"bomb.png": small, "large.png": bomb(1_500), "good.png": png()}
    data = folder(write(tmp_path, files), quiet=True)
    assert data.paths == ("good.png",)
    assert len(why(data)) == 2
    assert set(why(data).values()) == {
        "more than 2 million pixels once decoded; make it smaller"
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes as files")
def test_what_is_no_plain_file_is_never_opened(tmp_path):
    write(tmp_path, {"good.png": png()})
    os.mkfifo(tmp_path / "pipe.png")  # reading it would never end
    (tmp_path / "lost.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    data = folder(tmp_path, quiet=True)
    assert data.paths == ("good.png",)
    assert why(data)["pipe.png"] == "no plain file"
    assert why(data)["lost.png"] == "cannot be opened"


def test_nothing_to_read(tmp_path):
    with pytest.raises(DataError, match="found nothing at all"):
        folder(tmp_path)
    write(tmp_path, {"a.txt": b"a", "inner.zip": b"b", "c.png": b"c"})
    with pytest.raises(DataError, match=r"3 files, such as a\.txt \(no ima"):
        folder(tmp_path)
    with pytest.raises(DataError, match="There is no .*nowhere here"):
        folder(tmp_path / "nowhere")
    with pytest.raises(DataError, match="a whole .zip file"):
        folder(tmp_path / "a.txt")
    with pytest.raises(ValueError, match="column of a CSV file"):
        folder(tmp_path, label="kind")


def test_one_image(tmp_path, capsys):
    data = folder(write(tmp_path, {"a.png": png()}))
    assert data.x.shape == (1, 1, 28, 28)
    assert "too little to learn from" in capsys.readouterr().out


# Zips


def test_paths_that_lead_out_of_a_zip(tmp_path):
    bad = ["../out.png", "a/../../out.png", "/root.png", "C:\\x.png",
           "..\\x.png"]  # fmt: skip
    files = {name: png() for name in bad} | {"in/good.png": png()}
    data = folder(pack(tmp_path / "z.zip", files), quiet=True)
    assert data.paths == ("in/good.png",)
    assert len(why(data)) == 5
    assert set(why(data).values()) == {"its path leads out of the zip"}
    assert [p.name for p in tmp_path.iterdir()] == ["z.zip"]


def test_a_zip_with_a_million_entries(tmp_path, monkeypatch):
    path = pack(tmp_path / "z.zip", {f"{i}.txt": b"" for i in range(50)})
    monkeypatch.setattr(FILES, "MAX_FILES", 40)
    with pytest.raises(DataError, match="more than 40 files"):
        folder(path)
    monkeypatch.setattr(FILES, "MAX_CONTENTS", 47 * 50)
    with pytest.raises(DataError, match="table of contents .* Unpack it"):
        folder(path)
    monkeypatch.undo()
    assert FILES.MAX_CONTENTS < 47_000_000  # of a million entries at least


def test_a_zip_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(FILES, "SMALL", 1_000_000)
    files = {f"{i}.png": bytes(3_000_000) for i in range(4)}
    path = pack(tmp_path / "z.zip", files, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match="12 MB, a decompression bomb"):
        folder(path)


def test_a_zip_that_lies_about_a_size(tmp_path):
    content = bytes(5_000_000)
    path = pack(tmp_path / "z.zip", {"a.png": content, "b.png": png()},
                compression=zipfile.ZIP_DEFLATED)  # fmt: skip
    raw = path.read_bytes().replace(
        struct.pack("<I", len(content)), struct.pack("<I", 1000)
    )
    path.write_bytes(raw)
    data = folder(path, quiet=True)
    assert data.paths == ("b.png",)
    assert why(data) == {"a.png": "damaged, or half a file"}


def test_half_a_zip_and_a_locked_one(tmp_path):
    whole = pack(tmp_path / "z.zip", {"a.png": png(), "b.png": png()})
    raw = whole.read_bytes()
    half = write(tmp_path, {"half.zip": raw[: len(raw) // 2]}) / "half.zip"
    with pytest.raises(DataError, match="half of one .* Pack or upload"):
        folder(half)
    locked = bytearray(raw)
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        locked[raw.index(mark) + place] |= 1
    whole.write_bytes(locked)
    assert "locked by a password" in why(folder(whole, quiet=True))["a.png"]


# Many


def test_many_images_need_little_memory(tmp_path, monkeypatch):
    files = {f"{i}.png": png((i, 0, 0), (300, 300)) for i in range(60)}
    data = folder(write(tmp_path, files), quiet=True)
    assert data.stored.nbytes == 60 * 28 * 28  # 100,000: 78 MB
    assert FOLDER.MAX_BYTES > 100_000 * 28 * 28
    tried = []
    monkeypatch.setattr(FOLDER, "decode", lambda *_: tried.append(1))
    monkeypatch.setattr(FOLDER, "MAX_BYTES", 60 * 12 * 12)
    message = r"60 images of 3 x 28 x 28 take .* size=6 or fewer images, or co"
    with pytest.raises(DataError, match=message):
        folder(tmp_path, color=True)
    assert not tried  # refused before the first is opened
    monkeypatch.setattr(FILES, "MAX_FILES", 59)
    with pytest.raises(DataError, match="more than 59 files"):
        folder(tmp_path)


def test_a_bar_for_many(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(FOLDER, "BAR_FROM", 2)
    folder(write(tmp_path, {"a.png": png(), "b.png": png()}))
    assert "reading images: 100%" in capsys.readouterr().out


# Tables


def table(tmp_path, text, label=None, encoding="utf-8"):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return folder(path, label=label, quiet=True)


def test_a_table_of_numbers(tmp_path, capsys):
    text = "a,b,kind\n1,2,cat\n3,,dog\n5,6,dog\n7,inf,cat\n"
    data = table(tmp_path, text, label="kind")
    assert data.x.tolist() == [[1, 2], [5, 6]] and data.x.dtype == torch.float
    assert data.columns == ("a", "b") and data.paths == ("row 1", "row 3")
    assert data.classes == ("cat", "dog") and data.labels.tolist() == [0, 1]
    assert list(data.skipped.index) == ["row 2", "row 4"]
    assert data.report.rows["skipped: a gap in the row"] == 2
    without = table(tmp_path, text)
    assert without.classes == ("all",)
    assert any("label='kind' uses it" in row for row in without.report.index)
    folder(tmp_path / "t.csv")
    assert "t.csv: 2 rows of 2 numbers, 1 class" in capsys.readouterr().out


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("größe;gewicht\n1,5;2\n3,5;4\n", "latin-1"),
        ("größe;gewicht\r\n1,5;2\r\n3,5;4\r\n", "utf-8-sig"),
        ("a\tb\n1.5\t2\n3.5\t4\n", "utf-8"),
        ("a,b\n1.5,2\n3.5,4", "utf-8"),
        ("1.5,2\n3.5,4\n", "utf-8"),
    ],
)
def test_tables_as_programs_write_them(tmp_path, text, encoding):
    data = table(tmp_path, text, encoding=encoding)
    assert data.x.tolist() == [[1.5, 2], [3.5, 4]]


@pytest.mark.parametrize(
    "text, encoding",
    [
        ("", "utf-8"),
        ("a,b\n", "utf-8"),
        ("a,b\nx,y\n", "utf-8"),
        ("a,b\n1,2\n", "utf-16"),
        ("a,b\n1,2\n1,2,3,4\n", "utf-8"),
        ('a,b\n1,"2\n', "utf-8"),
    ],
)
def test_a_file_that_is_no_table(tmp_path, text, encoding):
    with pytest.raises(DataError, match=r"t\.csv: expected .*(found|read)"):
        table(tmp_path, text, encoding=encoding)


def test_a_label_that_is_no_column_and_a_table_too_large(
    tmp_path, monkeypatch
):
    with pytest.raises(DataError, match="expected a column 'c', found 'a', '"):
        table(tmp_path, "a,b\n1,2\n", label="c")
    monkeypatch.setattr(TABLE, "MAX_TABLE", 5)
    with pytest.raises(DataError, match="at most 0 MB are read"):
        table(tmp_path, "a,b\n1,2\n")


# Colab


def test_upload(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="works in Colab only"):
        upload()
    found = {"mine.zip": b""}
    files = types.SimpleNamespace(upload=lambda: found)
    colab = types.SimpleNamespace(files=files)
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    assert upload().name == "mine.zip"
    found["other.zip"] = b""
    with pytest.raises(DataError, match="one zip"):
        upload()
