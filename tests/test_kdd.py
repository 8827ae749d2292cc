"""KDD Cup 1999: every route to the data, faults, and the simulation."""

import gzip
import hashlib
import os
import re
import socket
import warnings
from pathlib import Path

import numpy as np
import pytest

from course_utils.datasets import download as files
from course_utils.datasets import kdd
from course_utils.datasets import kdd_simulated as traffic

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"


def line(kind, seconds, label):
    """Return a row as the original file writes it."""
    words = {"duration": str(seconds)} | dict(
        zip(traffic.WORDS, kind.split(), strict=True)
    )
    rates = {name: "0.50" for name in kdd.COLUMNS if name.endswith("rate")}
    row = [(rates | words).get(name, "0") for name in kdd.COLUMNS]
    return ",".join([*row, label]) + "\n"


LINES = [
    line("tcp http SF", 0, "normal."),
    line("tcp http SF", 7, "normal."),
    line("icmp ecr_i SF", 0, "smurf."),
    line("icmp ecr_i SF", 0, "smurf."),
    line("tcp http SF", 7, "back."),  # the same flow under another label
]
CONTENT = "".join(LINES).encode()
ZIPPED = gzip.compress(CONTENT, mtime=0)


@pytest.fixture
def folder(tmp_path, monkeypatch, nobody_listens):
    """Return an empty data folder; the original is five rows, four kinds."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    digest = "md5:" + hashlib.md5(CONTENT).hexdigest()
    monkeypatch.setattr(kdd, "FILE_DIGEST", digest)
    monkeypatch.setattr(kdd, "SOURCES", [nobody_listens] * 2)
    (tmp_path / "data").mkdir()
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / kdd.FILE).write_bytes(ZIPPED)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "reference"))
    expected = kdd._original(tmp_path / "reference")
    monkeypatch.setattr(kdd, "PREPARED_SHA256", kdd.digest(expected))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def served(folder, server, monkeypatch):
    """Serve the five rows as both downloads."""
    server.update(figshare=(200, ZIPPED, {}), mirror=(200, ZIPPED, {}))
    sources = [server.address + name for name in ("figshare", "mirror")]
    monkeypatch.setattr(kdd, "SOURCES", sources)
    return server


def fill_cache(folder):
    """Put the five rows where scikit-learn's fetch_kddcup99 keeps them."""
    import joblib

    rows = np.array([row.split(",") for row in CONTENT.decode().split()])
    (folder / "kddcup99_10-py3").mkdir()
    for name, part in (("samples", rows[:, :-1]), ("targets", rows[:, -1])):
        part = part.astype(object) if name == "samples" else part.astype("S")
        joblib.dump(part, folder / "kddcup99_10-py3" / name)


def load(capsys):
    """Return the flows and what was printed about them, without bars."""
    flows = kdd.kdd_cup()
    printed = capsys.readouterr().out.splitlines()
    said = [t.rpartition("\r")[2] for t in printed]
    return flows, [t for t in said if t.strip() and "B/s]" not in t]


def is_original(flows):
    seconds = flows.table["duration"].to_numpy()
    order = np.lexsort([seconds, flows.attack])
    return (
        flows.real
        and flows.attack[order].tolist()
        == ["back", "normal", "normal", "smurf"]
        and flows.copies[order].tolist() == [1, 1, 1, 2]
        and seconds[order].tolist() == [7, 0, 7, 0]
        and flows.table["service"].iloc[order].tolist()
        == ["http"] * 3 + ["ecr_i"]
        and flows.family[order].tolist() == ["dos", "normal", "normal", "dos"]
    )


def kept(folder):
    return sorted(path.name for path in folder.iterdir())


# Every route


def test_the_original_file_in_the_data_folder(folder, capsys):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    flows, said = load(capsys)
    assert is_original(flows) and len(said) == 1
    assert "KDD Cup 1999: 5 flows, 4 of them distinct" in said[0]
    assert "the original file" in said[0]
    assert kept(folder) == [kdd.FILE, kdd.PREPARED]


def test_the_prepared_table_comes_first(folder, capsys):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    load(capsys)
    (folder / kdd.FILE).unlink()
    flows, said = load(capsys)
    assert is_original(flows) and "prepared before" in said[0]


def test_download(folder, served, capsys):
    flows, said = load(capsys)
    assert is_original(flows) and "(the original file)" in said[0]
    assert kept(folder) == [kdd.FILE, kdd.PREPARED]


def test_scikit_learns_cache(folder, served, capsys):
    fill_cache(folder)
    served.clear()
    flows, said = load(capsys)
    assert is_original(flows) and "scikit-learn's cache" in said[0]


def test_quiet(folder, capsys):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    kdd.kdd_cup(quiet=True)
    assert capsys.readouterr().out == ""


# Faults

FAULTS = {
    "forbidden": (403, b"no", {}),
    "cut off": (200, ZIPPED[: len(ZIPPED) // 2], {"Content-Length": "9999"}),
    "half": (200, ZIPPED[: len(ZIPPED) // 2], {}),
    "proxy page": (200, b"<html>log in first</html>", {}),
    "other content": (200, gzip.compress(b"0,tcp,http\n"), {}),
    "nothing": (200, b"", {}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_end_in_the_simulation(folder, served, capsys, fault):
    served["figshare"] = served["mirror"] = FAULTS[fault]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flows, said = load(capsys)
    assert not flows.real and said[0].startswith("SIMULATED traffic")
    assert len(said) == 2 and len(said[1]) < 600
    assert kept(folder) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_first_source_is_made_up_for(folder, served, capsys, fault):
    served["figshare"] = FAULTS[fault]
    assert is_original(load(capsys)[0])


def test_nobody_answers(folder, capsys):
    flows, said = load(capsys)
    assert not flows.real and "SIMULATED" in said[0]
    assert said[1].count("no network") == 2 and "Pool" not in said[1]


def test_a_server_that_never_answers_is_left(folder, capsys, monkeypatch):
    monkeypatch.setattr(kdd, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        monkeypatch.setattr(kdd, "SOURCES", [address])
        flows, said = load(capsys)
    assert not flows.real and "no answer within 0.2 seconds" in said[1]


def test_no_loader_sets_a_timeout_for_others(folder, capsys, monkeypatch):
    monkeypatch.setattr(socket, "setdefaulttimeout", pytest.fail)
    load(capsys)


def test_a_table_with_other_content_is_not_used(folder, capsys, monkeypatch):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    monkeypatch.setattr(kdd, "PREPARED_SHA256", "0" * 64)
    flows, said = load(capsys)
    assert not flows.real and "is not the original's" in said[1]
    assert kept(folder) == [kdd.FILE]


def with_pickle(path):
    table = np.array([{"not": "numbers"}], dtype=object)
    np.savez(path, **dict.fromkeys(kdd.KEPT, table))


def shorter(path):
    with np.load(path) as parts:
        arrays = {name: parts[name] for name in kdd.KEPT}
    np.savez(path, **(arrays | {"copies": arrays["copies"] + 1}))


DAMAGE = {
    "half": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "empty": lambda path: path.write_bytes(b""),
    "no zip": lambda path: path.write_bytes(b"<html>"),
    "bit rot": lambda path: path.write_bytes(
        path.read_bytes()[:60] + b"\xff" * 40 + path.read_bytes()[100:]
    ),
    "a part missing": lambda path: np.savez(path, numbers=np.zeros(3)),
    "a pickle": with_pickle,
    "other numbers": shorter,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_table_is_made_anew(folder, capsys, damage):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    load(capsys)
    DAMAGE[damage](folder / kdd.PREPARED)
    flows, said = load(capsys)
    assert is_original(flows) and "prepared before: " in said[1]
    flows, said = load(capsys)
    assert is_original(flows) and "prepared before" in said[0]


def test_a_damaged_cache_of_scikit_learn(folder, served, capsys):
    fill_cache(folder)
    (folder / "kddcup99_10-py3" / "targets").write_bytes(b"half")
    flows, said = load(capsys)
    assert is_original(flows) and "(the original file)" in said[0]
    assert "scikit-learn's cache" in said[1]


def test_a_cache_of_another_shape(folder, served, capsys):
    import joblib

    fill_cache(folder)
    rows = np.zeros((5, 3), dtype=object)
    joblib.dump(rows, folder / "kddcup99_10-py3" / "samples")
    flows, said = load(capsys)
    assert is_original(flows) and "it has the shape (5, 3)" in said[1]


def test_a_damaged_file_is_fetched_anew(folder, served, capsys):
    (folder / kdd.FILE).write_bytes(ZIPPED[:40])
    flows, said = load(capsys)
    assert is_original(flows) and "because damaged" in said[0]


def test_an_error_of_ours_is_not_hidden(folder, capsys, monkeypatch):
    (folder / kdd.FILE).write_bytes(ZIPPED)
    monkeypatch.setattr(kdd, "_prepare", lambda rows: rows)  # a wrong call
    with pytest.raises(TypeError):
        kdd.kdd_cup()


@pytest.mark.skipif(os.name == "nt", reason="folders are not read-only there")
def test_read_only_folder(folder, capsys, monkeypatch, read_only):
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        place.chmod(0o755)
        (place / kdd.FILE).write_bytes(ZIPPED)
        monkeypatch.setenv("COURSE_DATA", name)
        with read_only(place):
            flows, said = load(capsys)
        assert is_original(flows) and "cannot be kept" in said[0]
        assert kept(place) == [kdd.FILE]


def test_full_disk(folder, capsys, monkeypatch):
    def no_room(path, **arrays):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    (folder / kdd.FILE).write_bytes(ZIPPED)
    monkeypatch.setattr(np, "savez_compressed", no_room)
    flows, said = load(capsys)
    assert is_original(flows) and "No space left" in said[0]
    assert kept(folder) == [kdd.FILE]


def test_the_data_folder_is_a_file(tmp_path, folder, capsys, monkeypatch):
    (tmp_path / "plain").write_bytes(b"a file")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "plain"))
    assert not load(capsys)[0].real


# The simulation


@pytest.fixture(scope="module")
def simulated():
    return kdd.simulate()


def test_a_seed_gives_one_traffic(simulated):
    again, other = kdd.simulate(), kdd.simulate(seed=1)
    assert again.table.equals(simulated.table)
    assert not other.table.equals(simulated.table)


def test_simulated_columns(simulated):
    table = simulated.table
    assert list(table.columns) == list(kdd.COLUMNS) and len(kdd.COLUMNS) == 41
    assert len(table) == len(simulated.copies)
    numbers = table[kdd.NUMBERS]
    assert np.isfinite(numbers.to_numpy()).all()
    assert numbers.to_numpy().min() == 0
    for name, column in numbers.items():
        if name.endswith("rate"):
            assert column.max() <= 1, name
        else:
            assert (column == column.round()).all(), name


def test_simulated_flows_are_distinct(simulated):
    rows = simulated.table.assign(attack=simulated.attack)
    assert not rows.duplicated().any()
    assert len(rows) < simulated.copies.sum()


def test_simulated_families(simulated):
    assert set(simulated.family) == set(kdd.FAMILIES)
    for attack, family in zip(
        simulated.attack.tolist(), simulated.family.tolist(), strict=True
    ):
        assert attack in kdd.FAMILIES[family]
    normal = simulated.family == "normal"
    assert 0.15 < simulated.copies[normal].sum() / simulated.copies.sum() < 0.3
    assert simulated.copies[simulated.attack == "smurf"].mean() > 100


def test_addresses_are_fixed_and_the_content_is_checked():
    assert re.fullmatch("md5:[0-9a-f]{32}", kdd.FILE_DIGEST)
    figshare, *others = kdd.SOURCES
    assert all(address.endswith(kdd.FILE) for address in others)
    assert re.search("/[0-9a-f]{40}/", others[1]), "a fixed version"


# The real data, where it lies beside the checkout


@pytest.mark.skipif(not REAL.exists(), reason="no real data beside it")
def test_the_real_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    (tmp_path / "kddcup99_10-py3").symlink_to(REAL / "kddcup99_10-py3")
    flows, said = load(capsys)
    assert "494,021 flows, 145,586 of them distinct" in said[0]
    assert len(flows.table.drop_duplicates()) <= 145_584
    assert load(capsys)[1][0].endswith("(prepared before)")
    assert files.data_folder() == tmp_path
