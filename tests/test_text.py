"""Sentences: real captions by every route, faults, grammar, vocabulary."""

import gzip
import hashlib

import pytest
import torch

from course_utils.datasets import captions as text
from course_utils.datasets import grammar

LINES = {
    "train": ["A man in a Red t-shirt.", "Two dogs run!", "one " * 11, ""],
    "val": ["A woman's hat.", "Two dogs run."],
    "test_2016_flickr": ["Children play in the snow."],
}
ZIPPED = {
    name: gzip.compress("\n".join(lines).encode(), mtime=0)
    for name, lines in LINES.items()
}


@pytest.fixture
def folder(tmp_path, monkeypatch, nobody_listens):
    """Return an empty download folder; the captions are a handful."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    sums = {
        name: "sha256:" + hashlib.sha256(gzip.decompress(packed)).hexdigest()
        for name, packed in ZIPPED.items()
    }
    monkeypatch.setattr(text, "CAPTION_FILES", sums)
    monkeypatch.setattr(text, "ADDRESS", nobody_listens)
    return tmp_path / "multi30k"


@pytest.fixture
def served(folder, server, monkeypatch):
    """Serve the three files."""
    server.update((f"{n}.en.gz", (200, ZIPPED[n], {})) for n in ZIPPED)
    monkeypatch.setattr(text, "ADDRESS", server.address)
    return server


def fill(folder, packed):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in packed.items():
        (folder / f"{name}.en.gz").write_bytes(content)


def is_real(found):
    return (
        found.real
        and found.train == [
            ["a", "man", "in", "a", "red", "t-shirt"], ["two", "dogs", "run"],
        ]
        and found.test == [
            ["a", "woman's", "hat"], ["children", "play", "in", "the", "snow"],
        ]
    )  # fmt: skip


# Real captions


def test_captions_from_the_folder(folder, capsys):
    other = {n: gzip.compress(gzip.decompress(ZIPPED[n]), 1) for n in ZIPPED}
    fill(folder, other)
    found = text.captions()
    assert is_real(found)
    assert capsys.readouterr().out == (
        "Sentences: 2 training and 2 held-out, at most 10 words "
        "(Multi30k, real captions)\n"
    )
    assert found.train_facts[0] == {
        "who": "man", "what": "", "where": "", "colour": "red",
        "number": "one",
    }  # fmt: skip
    assert found.train_facts[1]["number"] == "two"
    assert found.test_facts[1]["where"] == "snow"


def test_captions_are_downloaded_once(folder, served):
    assert is_real(text.captions())
    assert len(list(folder.iterdir())) == 3
    served.clear()
    assert is_real(text.captions(quiet=True))


def test_max_words(folder):
    fill(folder, ZIPPED)
    assert text.captions(max_words=3).train == [["two", "dogs", "run"]]
    assert len(text.captions(max_words=11).train) == 3
    with pytest.raises(ValueError, match="max_words=0|got 0"):
        text.captions(max_words=0)


FAULTS = {
    "half": (200, ZIPPED["val"][:30], {}),
    "cut off": (200, ZIPPED["val"][:30], {"Content-Length": "9999"}),
    "other content": (200, gzip.compress(b"not it"), {}),
    "error page": (200, b"<html>log in first</html>", {}),
    "forbidden": (403, b"no", {}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_bad_answers_of_the_server(folder, served, capsys, fault):
    served["val.en.gz"] = FAULTS[fault]
    found = text.captions()
    assert not found.real and len(found.train) > 5000
    out = capsys.readouterr().out
    assert "No real captions: val.en.gz" in out and "grammar" in out
    assert [p.name for p in folder.iterdir()] == ["train.en.gz"]


def test_refused_connection(folder, capsys):
    assert not text.captions().real
    reason, used = capsys.readouterr().out.splitlines()[-2:]
    assert reason == (
        "No real captions: train.en.gz cannot be had (127.0.0.1: no network). "
        "The grammar steps in."
    )
    assert "written by the course's grammar" in used


@pytest.mark.parametrize("bad", [ZIPPED["val"][:30], b"", b"<html>"])
def test_a_damaged_file_is_named_and_replaced(folder, served, capsys, bad):
    fill(folder, ZIPPED | {"val": bad})
    assert is_real(text.captions())
    out = capsys.readouterr().out
    assert "Not used, because damaged (" in out
    assert str(folder / "val.en.gz") in out
    assert is_real(text.captions())
    assert "damaged" not in capsys.readouterr().out


def test_a_file_stands_where_the_folder_should_be(folder, capsys):
    folder.write_bytes(b"a file")
    assert not text.captions().real
    assert "No real captions" in capsys.readouterr().out


# The grammar


@pytest.fixture(scope="module")
def written():
    return grammar.write()


def test_a_seed_gives_one_text(written):
    assert grammar.write(50, seed=1) == grammar.write(50, seed=1)
    assert grammar.write(50, seed=1) != grammar.write(50, seed=2)
    assert len(written) == 8000
    assert len({tuple(words) for words, _ in written}) == 8000
    assert max(len(words) for words, _ in written) == 10
    assert len(grammar.write(200, max_words=4)) <= 200


def test_the_grammar_has_what_later_lessons_need(written):
    sentences = {" ".join(words) for words, _ in written}
    assert "a dog bites a man" in sentences or "a man bites a dog" in sentences
    pairs = [s.split() for s in sentences if len(s.split()) == 5]
    turned = [
        w for w in pairs if " ".join([*w[3:], w[2], *w[:2]]) in sentences
    ]
    assert len(turned) > 30
    for word, one, other in (
        ("bank", "money", "fish"), ("orange", "peels", "shirt"),
    ):  # fmt: skip
        for near in (one, other):
            hits = [s for s in sentences if word in s and near in s]
            assert len(hits) >= 5, (word, near)


def test_rules_read_what_the_grammar_meant(written):
    for key in ("who", "number"):
        right = [
            text.facts(words)[key] == said[key] for words, said in written
        ]
        assert sum(right) > 0.99 * len(right), key
    assert all(set(said) == set(grammar.FACTS) for _, said in written)


def test_articles_and_verbs_agree(written):
    for words, said in written:
        line = " ".join(words)
        assert " a orange" not in line and not line.startswith("a orange")
        if said["number"] != "one":
            assert said["what"].split()[0] not in words, line


def test_each_verb_has_its_plural():
    """Those that do more than drop an s are listed by hand."""
    said = [*grammar.ADULT, *grammar.YOUNG, *grammar.BEAST, *grammar.ALONE]
    said += [*grammar.TO, *grammar.ORANGE]
    said += [what for told, _ in grammar.BANK.values() for what in told]
    plural = {w.split()[0]: grammar._agree(w, "two").split()[0] for w in said}
    assert {v: p for v, p in plural.items() if v != p + "s"} == {
        "carries": "carry", "cashes": "cash", "catches": "catch",
        "fishes": "fish", "fixes": "fix", "flies": "fly", "pushes": "push",
        "watches": "watch",
    }  # fmt: skip


def test_grammar_on_request_says_so(capsys):
    found = text.captions(real=False)
    assert not found.real and len(found.test) == 800
    assert "written by the course's grammar" in capsys.readouterr().out
    seen = {tuple(words) for words in found.train}
    assert not any(tuple(words) in seen for words in found.test)


# The vocabulary


def test_there_and_back():
    sentences = [["a", "dog", "runs"], ["a", "dog"], ["a", "cat"]]
    vocabulary = text.Vocabulary(sentences, min_count=2)
    assert vocabulary.words == [*text.SPECIAL, "a", "dog"]
    assert len(vocabulary) == 6
    assert "dog" in vocabulary and "runs" not in vocabulary
    assert "<pad>" not in vocabulary
    ids = vocabulary.encode(sentences)
    assert ids.dtype == torch.long
    assert ids.tolist() == [[1, 4, 5, 3, 2], [1, 4, 5, 2, 0], [1, 4, 3, 2, 0]]
    assert vocabulary.decode(ids) == [
        ["a", "dog", "<unknown>"], ["a", "dog"], ["a", "<unknown>"],
    ]  # fmt: skip


def test_what_follows_the_end_is_dropped():
    vocabulary = text.Vocabulary([["dog"], ["dog"]])
    assert vocabulary.decode([[4, 2, 4, 4], [0, 4, 0, 4]]) == [
        ["dog"], ["dog", "dog"],
    ]  # fmt: skip


def test_length_of_the_codes():
    vocabulary = text.Vocabulary([["dog"]], min_count=1)
    assert vocabulary.encode([["dog"]], length=6).tolist() == [
        [1, 4, 2, 0, 0, 0]
    ]
    assert vocabulary.encode([[]]).tolist() == [[1, 2]]
    with pytest.raises(ValueError, match="2 words does not fit into 3"):
        vocabulary.encode([["dog", "dog"]], length=3)


def test_tokenize():
    assert text.tokenize("A Man's T-shirt, 2 dogs!") == [
        "a", "man's", "t-shirt", "2", "dogs",
    ]  # fmt: skip
    assert text.tokenize(" … ") == []
