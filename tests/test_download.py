"""Downloads: checked, whole or not there, and what went wrong is told."""

import gzip
import hashlib

import pytest

from course_utils.datasets import download as files
from course_utils.datasets.download import DataError, download

CONTENT = b"a,b,c\n1,2,3\n" * 100
ZIPPED = gzip.compress(CONTENT, mtime=0)
MD5 = "md5:" + hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
BAD = {
    "half": (200, ZIPPED[: len(ZIPPED) // 2], {}, "end-of-stream"),
    "cut off": (
        200, ZIPPED[:50], {"Content-Length": "9999"}, "(?i)incomplete",
    ),
    "other content": (200, gzip.compress(b"x"), {}, "wrong content"),
    "proxy page": (200, b"<html>log in first</html>", {}, "gzip"),
    "bit rot": (
        200, ZIPPED[:20] + b"\xff" * 9 + ZIPPED[29:], {}, "read",
    ),
    "forbidden": (403, b"no", {}, "403"),
    "missing": (404, b"no", {}, "404"),
}  # fmt: skip


def test_a_good_answer_is_kept(server, tmp_path, capsys):
    server["rows.gz"] = (200, ZIPPED, {})
    path = tmp_path / "new" / "rows.gz"
    assert download(path, [server.address + "rows.gz"], MD5) == path
    assert gzip.decompress(path.read_bytes()) == CONTENT
    assert [p.name for p in path.parent.iterdir()] == ["rows.gz"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_answer_is_told_and_not_kept(server, tmp_path, fault):
    *answer, word = BAD[fault]
    server["rows.gz"] = answer
    with pytest.raises(DataError, match=word) as raised:
        download(tmp_path / "rows.gz", [server.address + "rows.gz"], MD5)
    assert "rows.gz cannot be had" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_the_next_address_is_tried(server, tmp_path):
    server["bad.gz"] = (403, b"", {})
    server["good.gz"] = (200, ZIPPED, {})
    urls = [server.address + name for name in ("bad.gz", "good.gz")]
    assert download(tmp_path / "rows.gz", urls, MD5).exists()


def test_an_older_file_survives_a_failed_download(server, tmp_path):
    path = tmp_path / "rows.gz"
    path.write_bytes(b"old")
    server["rows.gz"] = (500, b"", {})
    with pytest.raises(DataError, match="500"):
        download(path, [server.address + "rows.gz"], MD5)
    assert path.read_bytes() == b"old"


def test_a_folder_that_cannot_be(server, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be written"):
        download(tmp_path / "file" / "rows.gz", [server.address], MD5)


def test_a_full_disk_is_told_and_nothing_half_stays(server, small_disk):
    path = small_disk / "rows.bin"
    path.write_bytes(b"old")
    for name, size in (("large", 2_000_000), ("small", 600_000)):
        server[name] = (200, bytes(size), {})

    def fetch(name):
        md5 = hashlib.md5(server[name][1], usedforsecurity=False).hexdigest()
        return download(path, [server.address + name], f"md5:{md5}")

    with pytest.raises(DataError, match="No space left|too large") as raised:
        fetch("large")
    assert "\n" not in str(raised.value)
    assert [p.name for p in small_disk.iterdir()] == ["rows.bin"]
    assert path.read_bytes() == b"old"
    assert fetch("small").stat().st_size == 600_000  # the room is back


def test_nobody_answers(tmp_path, nobody_listens):
    with pytest.raises(DataError, match="127.0.0.1: no network"):
        download(tmp_path / "rows.gz", [nobody_listens], MD5)


def test_another_digest_can_be_asked_for(server, tmp_path):
    server["rows.gz"] = (200, ZIPPED, {})
    sha = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
    download(tmp_path / "rows.gz", [server.address + "rows.gz"], sha)


def test_a_whole_file_is_found_before_the_network_is_asked(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "rows.gz").write_bytes(ZIPPED[:30])
    (tmp_path / "rows").write_bytes(CONTENT)
    places = [tmp_path / "nowhere", tmp_path / "rows"]
    found = files.find_or_download("set/rows.gz", MD5, [], also=places)
    assert found == tmp_path / "rows"
    said = capsys.readouterr().out
    assert said.startswith("Not used, because damaged (it cannot be read")
    assert said.count("\n") == 1


def test_checksum_looks_inside_the_gzip_wrapper(tmp_path):
    for name, content in (("a", CONTENT), ("a.gz", ZIPPED)):
        (tmp_path / name).write_bytes(content)
        assert "md5:" + files.checksum(tmp_path / name) == MD5
