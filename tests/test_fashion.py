"""Fashion-MNIST: what ships, the full set by every route, faults."""

import gzip
import hashlib
import os
import shutil
import socket
import struct
import tempfile
import threading
from pathlib import Path

import pytest
import torch

from course_utils.datasets import fashion as data

IMAGES, LABELS = list(data.FASHION_FILES)[:2]


def idx_file(name):
    """Return a tiny file in the format of the original: 5 or 3 examples."""
    count = 5 if name.startswith("train") else 3
    if "labels" in name:
        return struct.pack(">II", 0x801, count) + bytes(range(count))
    pixels = bytes(i % 256 for i in range(count * 28 * 28))
    return struct.pack(">IIII", 0x803, count, 28, 28) + pixels


SMALL = {name: idx_file(name) for name in data.FASHION_FILES}
ZIPPED = {name: gzip.compress(SMALL[name], mtime=0) for name in SMALL}
HALF = ZIPPED[IMAGES][: len(ZIPPED[IMAGES]) // 2]


def md5(content):
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def raw(tmp_path, monkeypatch, nobody_listens):
    """Return an empty download folder; the full set is 5 + 3 images."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.setattr(data, "DEBIAN_FOLDER", tmp_path / "debian")
    sums = {name: md5(content) for name, content in SMALL.items()}
    monkeypatch.setattr(data, "FASHION_FILES", sums)
    monkeypatch.setattr(data, "MIRRORS", [nobody_listens])
    return tmp_path / "FashionMNIST" / "raw"


@pytest.fixture
def served(raw, server, monkeypatch):
    """Serve the four small files."""
    server.update((f"{n}.gz", (200, ZIPPED[n], {})) for n in SMALL)
    monkeypatch.setattr(data, "MIRRORS", [server.address])
    return server


def fill(folder, contents, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}{suffix}").write_bytes(content)


def is_full(images):
    pixels = torch.tensor(list(SMALL[IMAGES][16:])) / 255
    return images.train.flatten().equal(pixels) and len(images.test) == 3


def fall_back(capsys):
    """Load, expect the shipped images and one line why; return the line."""
    images = data.fashion_mnist(full=True)
    assert len(images.train) == 10_000
    reason, used = lines(capsys)
    assert "ships with the course" in used
    assert len(reason) < 400 and ":." not in reason and "Pool" not in reason
    return reason


def lines(capsys):
    """Return the printed lines that stay, without those of moving bars."""
    printed = capsys.readouterr().out.rstrip("\n").split("\n")
    return [line.rpartition("\r")[2] for line in printed]


# What ships


def test_shipped_images_are_balanced_and_in_range():
    images = data.fashion_mnist(full=False)
    assert images.train.shape == (10_000, 1, 28, 28)
    assert images.test.shape == (2_000, 1, 28, 28)
    assert images.train_labels.bincount().tolist() == [1_000] * 10
    assert images.test_labels.bincount().tolist() == [200] * 10
    assert images.train.dtype == torch.float32
    assert images.train.min() == 0 and images.train.max() == 1


def test_one_line_says_what_was_used(capsys):
    data.fashion_mnist(full=False)
    assert capsys.readouterr().out == (
        "Fashion-MNIST: 10,000 training and 2,000 test images "
        "(ships with the course)\n"
    )
    data.fashion_mnist(full=False, quiet=True)
    assert capsys.readouterr().out == ""


def test_a_gpu_does_not_change_the_images(raw, monkeypatch):
    fill(raw, SMALL)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert len(data.fashion_mnist().train) == 10_000


@pytest.mark.parametrize("content", [None, b"half a file"])
def test_damaged_or_missing_shipped_file(tmp_path, monkeypatch, content):
    path = tmp_path / "fashion_mnist_small.npz"
    if content:
        path.write_bytes(content)
    monkeypatch.setattr(data, "SHIPPED", path)
    with pytest.raises(data.DataError, match="git checkout data"):
        data.fashion_mnist(full=False)


def test_data_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert data.data_folder() == tmp_path
    monkeypatch.delenv("COURSE_DATA")
    assert data.data_folder().name == "data"


# The full set, by every route


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_full_set_from_the_data_folder(raw, capsys, suffix):
    fill(raw, ZIPPED if suffix else SMALL, suffix)
    assert is_full(data.fashion_mnist(full=True))
    assert "5 training and 3 test images (the full set)" in (
        capsys.readouterr().out
    )


def test_full_set_from_debian_with_another_gzip_wrapper(raw, capsys):
    other = {n: gzip.compress(SMALL[n], 1, mtime=9) for n in SMALL}
    fill(data.DEBIAN_FOLDER, other, ".gz")
    assert is_full(data.fashion_mnist(full=True))
    assert not raw.exists()


def test_full_set_is_downloaded_once(raw, served, capsys):
    assert is_full(data.fashion_mnist(full=True))
    assert {p.name for p in raw.iterdir()} == {f"{n}.gz" for n in SMALL}
    served.clear()
    assert is_full(data.fashion_mnist(full=True))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_download_replaces_a_half_file(raw, served, capsys, suffix):
    whole = ZIPPED if suffix else SMALL
    half = whole[IMAGES][: len(whole[IMAGES]) // 2]
    fill(raw, whole | {IMAGES: half}, suffix)
    assert is_full(data.fashion_mnist(full=True))
    assert capsys.readouterr().out.count("Not used, because damaged") == 1
    assert is_full(data.fashion_mnist(full=True))
    assert "damaged" not in capsys.readouterr().out


# Faults: one clear line, the shipped images, nothing half left behind

FAULTS = {
    "truncated": (200, HALF, {}, "end-of-stream"),
    "cut off": (
        200, HALF, {"Content-Length": "9999"}, "incomplete",
    ),
    "wrong checksum": (200, gzip.compress(b"not it"), {}, "wrong content"),
    "error page": (200, b"<html>log in first</html>", {}, "gzip"),
    "forbidden": (403, b"no", {}, "403 forbidden"),
    "cut off in a chunk": (
        200, b"fff\r\nhalf", {"Transfer-Encoding": "chunked"}, "incomplete",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_of_the_server(raw, served, capsys, fault):
    *answer, word = FAULTS[fault]
    served[f"{IMAGES}.gz"] = answer
    assert word in fall_back(capsys).lower()
    assert list(raw.iterdir()) == []


def test_a_server_that_does_not_speak_http(raw, capsys, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        monkeypatch.setattr(data, "MIRRORS", [address])

        def answer():
            with listener.accept()[0] as client:
                client.recv(1000)
                client.sendall(b"220 mail.example.org\r\n\r\n")

        threading.Thread(target=answer).start()
        assert "the connection broke" in fall_back(capsys)
    assert list(raw.iterdir()) == []


def test_refused_connection(raw, capsys):
    assert "127.0.0.1: no network" in fall_back(capsys)
    assert list(raw.iterdir()) == []


def test_one_file_missing_on_the_server(raw, served, capsys):
    served[f"{LABELS}.gz"] = (404, b"", {})
    assert "404" in fall_back(capsys)
    assert [p.name for p in raw.iterdir()] == [f"{IMAGES}.gz"]
    served[f"{LABELS}.gz"] = (200, ZIPPED[LABELS], {})
    assert is_full(data.fashion_mnist(full=True))


def test_full_disk_in_earnest(served, small_disk, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(small_disk))
    large = os.urandom(2_000_000)
    served[f"{IMAGES}.gz"] = (200, large, {})
    told = fall_back(capsys)
    assert "No space left" in told or "too large" in told
    assert not [p for p in small_disk.rglob("*") if p.is_file()]


@pytest.mark.skipif(os.name == "nt", reason="folders are not read-only there")
def test_read_only_folder(raw, capsys, monkeypatch, read_only):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(data.SHIPPED, folder / "small.npz")
        monkeypatch.setattr(data, "SHIPPED", folder / "small.npz")
        monkeypatch.setattr(data, "DEBIAN_FOLDER", folder / "debian")
        monkeypatch.setenv("COURSE_DATA", name)
        with read_only(folder):
            assert "Permission denied" in fall_back(capsys)
        assert [p.name for p in folder.iterdir()] == ["small.npz"]


def test_a_file_stands_where_the_folder_should_be(raw, capsys):
    fill(raw.parent.parent, {"FashionMNIST": b"a file"})
    assert str(raw) in fall_back(capsys)


BAD_FILES = {
    "half": HALF,
    "not gzip": b"<html>",
    "bit rot": ZIPPED[IMAGES][:20] + b"\xff" * 9 + ZIPPED[IMAGES][29:],
    "other content": gzip.compress(b"other"),
    "empty": b"",
}


@pytest.mark.parametrize("bad", BAD_FILES)
def test_a_bad_file_in_the_folder_is_named_and_not_used(raw, capsys, bad):
    fill(raw, ZIPPED | {IMAGES: BAD_FILES[bad]}, ".gz")
    images = data.fashion_mnist(full=True)
    assert len(images.train) == 10_000
    damaged, _, used = lines(capsys)
    assert "damaged" in damaged and str(raw / f"{IMAGES}.gz") in damaged
    assert "ships" in used
