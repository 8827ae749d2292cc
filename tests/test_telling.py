"""Guesses, claims, questions, scorecard, progress: with and without faults."""

import html
import itertools
import json
import re

import numpy as np
import pytest
import torch

from course_utils import checks, lessons
from course_utils.lessons import ask, guesses, progress, quizzes, scorecards

QUESTION = "Which is ahead at 64 numbers?"
NUMBERS = sorted(path.stem for path in quizzes.QUIZZES.glob("*.json"))


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    """A new kernel in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("COURSE_STRICT", "COURSE_SMOKE", "COURSE_PROGRESS"):
        monkeypatch.delenv(name, raising=False)
    for memory in (guesses._taken, guesses._open, guesses._out):
        memory.clear()
    progress._state.update(lesson=None, notes={}, told=False)
    lessons.start("02")


@pytest.fixture
def shown(monkeypatch):
    """What was shown, as (box of widgets, HTML for paper, text)."""
    outputs = []
    for module in (guesses, quizzes):
        monkeypatch.setattr(module, "show", lambda *s: outputs.append(s))
    return outputs


def buttons(box):
    """Return all buttons in a box, from top to bottom."""
    if hasattr(box, "click"):
        return [box]
    return [b for part in getattr(box, "children", ()) for b in buttons(part)]


def kept():
    return json.loads((progress._place()).read_text("utf-8"))


# guess and reveal


@pytest.mark.parametrize(("taken", "mark"), [(0, "✓"), (1, "✗")])
def test_a_guess_is_told_beside_what_came_out(shown, capsys, taken, mark):
    lessons.guess(QUESTION, "PCA", "the network")
    choice = buttons(shown[0][0])[taken]
    choice.click()
    assert choice.description.startswith("●")
    lessons.reveal("PCA")
    assert f"{('PCA', 'the network')[taken]} {mark}" in capsys.readouterr().out
    assert kept()["02"]["guess"] == {QUESTION: mark == "✓"}


def test_the_last_choice_counts_until_the_answer_is_out(shown, capsys):
    lessons.guess(QUESTION, "a", "b")
    first, second = buttons(shown[0][0])
    first.click(), second.click()
    assert (first.description, second.description) == ("a", "● b")
    lessons.reveal("b")
    first.click()
    lessons.reveal("b")
    assert capsys.readouterr().out.count("Your guess: b ✓") == 2


def test_without_a_guess_the_lesson_goes_on(shown, capsys):
    lessons.reveal("b")
    lessons.guess(QUESTION, "a", "b")
    lessons.reveal("b")
    lessons.reveal("something else")
    assert "no guess was made" in capsys.readouterr().out
    assert not progress._place().exists()


def test_a_cell_that_runs_again_keeps_the_choice(shown):
    lessons.guess(QUESTION, "a", "b")
    buttons(shown[0][0])[1].click()
    lessons.guess(QUESTION, "a", "b")
    assert buttons(shown[1][0])[1].description == "● b"


def test_an_answer_finds_the_latest_guess_with_that_choice(shown, capsys):
    lessons.guess("first?", "yes", "no")
    lessons.guess("second?", 1, 2)
    for box, *_ in shown:
        buttons(box)[0].click()
    lessons.reveal(1)
    lessons.reveal("yes")  # an earlier cell, run again
    assert kept()["02"]["guess"] == {"second?": True, "first?": True}


def test_an_answer_that_is_no_choice_stops_only_the_tests(shown, monkeypatch):
    lessons.guess(QUESTION, "a", "b")
    lessons.reveal("c")
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(ValueError, match="'c' is no choice"):
        lessons.reveal("c")


@pytest.mark.parametrize("choices", [(), ("a",), ("a", "a"), (1, "1")])
def test_a_guess_needs_choices_that_differ(choices):
    with pytest.raises(ValueError, match="two or more different"):
        lessons.guess(QUESTION, *choices)


# claim


@pytest.mark.parametrize(
    "value",
    [(True,), (0.65, 0.55, 0.8), (torch.tensor(0.6), 0.6), (3, None, 3),
     (np.bool_(True),), (torch.tensor(1.0, requires_grad=True) > 0,)],
)  # fmt: skip
def test_a_claim_that_holds(value, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    assert lessons.claim("ahead", *value) is None
    assert capsys.readouterr().out.startswith("✓ ahead")


@pytest.mark.parametrize(
    "value", [(False,), (0.91, 0.55, 0.8), (float("nan"), 0, 1), (2, 3)]
)
def test_a_claim_that_does_not_hold(value, capsys, monkeypatch):
    lessons.claim("ahead", *value)
    assert capsys.readouterr().out.startswith("✗ not in this run: ahead")
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(AssertionError, match="not in this run: ahead"):
        lessons.claim("ahead", *value)
    monkeypatch.setenv("COURSE_SMOKE", "1")
    lessons.claim("ahead", *value)
    assert capsys.readouterr().out == ""


def test_a_claim_shows_its_value(capsys):
    lessons.claim("a share", 0.6512, 0, 1)
    lessons.claim("a count", 12345, 0)
    assert re.findall(r"\((.*)\)", capsys.readouterr().out) == [
        "0.651", "12,345",
    ]  # fmt: skip


# questions


@pytest.mark.parametrize("number", NUMBERS)
def test_every_question_can_be_answered(number, shown):
    for kind in ("memory", "quiz"):
        questions = quizzes.read_questions(kind, number)
        assert questions or kind == "memory"
        for q in questions:
            assert len(q["question"]) > 10 and len(q["answers"]) >= 2
            assert sum(a["correct"] for a in q["answers"]) == 1
            assert all(len(a["feedback"]) > 10 for a in q["answers"])
            assert len({a["answer"] for a in q["answers"]}) == len(
                q["answers"]
            )


def test_length_gives_nothing_away_and_one_in_five_looks_back():
    told, back, texts = {max: [], min: []}, [], []
    for number, kind in itertools.product(NUMBERS, ("memory", "quiz")):
        for q in quizzes.read_questions(kind, number):
            texts.append(q["question"])
            sizes = [len(a["answer"]) for a in q["answers"]]
            right = sizes[[a["correct"] for a in q["answers"]].index(True)]
            for extreme, found in told.items():
                found.append(right == extreme(sizes))
            if kind == "quiz":
                named = re.findall(r"[Ll]essons? (\d\d)", q["question"])
                back.append(any(n < number for n in named))
    assert len(set(texts)) == len(texts)
    assert all(np.mean(found) <= 0.4 for found in told.values()), told
    assert np.mean(back) >= 0.2


def test_the_first_answer_counts_and_all_explain_themselves(shown):
    lessons.quiz()
    question = quizzes.read_questions("quiz", "02")[0]
    box = shown[0][0].children[0]
    for place, answer in enumerate(question["answers"]):
        button = buttons(box)[place]
        button.click()
        mark = "✓" if answer["correct"] else "✗"
        assert button.description.startswith(mark)
        said = html.unescape(re.sub("<.*?>", "", box.children[-1].value))
        assert said == answer["feedback"].replace("`", "")
    assert kept()["02"]["quiz"] == {
        question["question"]: question["answers"][0]["correct"]
    }


def test_on_paper_the_answers_are_folded(shown):
    lessons.quiz("06")
    count = len(quizzes.read_questions("quiz", "06"))
    paper = shown[0][1]
    assert paper.count("<details><summary>Answer") == count
    assert paper.count("<ul>") == count


def test_what_is_displayed_has_a_widget_and_paper(monkeypatch):
    data = []
    monkeypatch.setattr(ask, "display", lambda d, raw: data.append(d))
    lessons.quiz("06")
    lessons.guess(QUESTION, "a <b>", "`c`")
    lessons.from_memory("06")  # an old lesson asks none
    for bundle in data:
        assert set(bundle) == {ask.VIEW, "text/html", "text/plain"}
    assert "a &lt;b&gt;" in data[1]["text/html"]
    assert "<code>c</code>" in data[1]["text/html"]


def test_a_lesson_without_a_number_is_told(capsys):
    progress._state["lesson"] = None
    lessons.quiz()
    assert "Run the first code cell" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="'77' has no quiz"):
        lessons.quiz("77")


# scorecard


def test_every_measured_result_has_a_label_of_its_own():
    labels = json.loads(scorecards.LABELS.read_text("utf-8"))
    places = sorted(scorecards.MEASURED.glob("*.json"))
    assert list(labels) == [place.stem for place in places]
    for place in places:
        measured = json.loads(place.read_text("utf-8")).values()
        named = labels[place.stem]
        assert set(named) == {*itertools.chain(*measured)} - {"real_data"}
        assert len({*named.values()}) == len(named), place
        assert all(0 < len(label) <= 40 for label in named.values()), place


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """A folder for measured results, and labels for two of them."""
    monkeypatch.setattr(scorecards, "MEASURED", tmp_path)
    monkeypatch.setattr(scorecards, "LABELS", tmp_path / "labels.json")
    named = {"14": {"b": "last", "a": "first"}, "02": {"mse": "test MSE"}}
    scorecards.LABELS.write_text(json.dumps(named))
    return tmp_path


def test_measured_table_has_a_column_for_each_data_set(measured):
    results = '{"small": {"a": [1, 2, 3], "b": [4]}, "real": {"a": [0.5]}}'
    for number in ("13", "14"):
        (measured / f"{number}.json").write_text(results)
    table = lessons.measured_table("13")
    assert list(table) == ["small", "real"]
    assert table.loc["a"].tolist() == [2, 0.5] and table.loc["b", "small"] == 4
    table = lessons.measured_table("14")
    assert list(table.index) == ["last", "first"] and table.small["last"] == 4
    with pytest.raises(ValueError, match="nothing has been measured"):
        lessons.measured_table("99")


def test_scorecard_compares_and_says_what_the_learner_did(capsys, measured):
    place = measured / "02.json"
    place.write_text('{"small": {"mse": [0.010, 0.012, 0.011]}}')
    lessons.note("exercises", "encoder", "solved")
    lessons.note("exercises", "train_step", "not yet")
    lessons.note("quiz", "why?", False)
    results = {"mse": torch.tensor(0.0111), "new": 3, "real_data": False}
    lessons.scorecard(results)
    text = capsys.readouterr().out
    assert re.search(r"MSE +0\.0111 +0\.01 to 0\.012  ✓ as expected", text)
    assert re.search(r"new +3 +–", text) and "real_data" not in text
    assert "1 of 2 solved by you: encoder; by the course: train_step" in text
    assert "0 of 1 right" in text and "guesses      –" in text
    latest = {"mse": 0.0111, "new": 3.0, "real_data": 0.0}
    assert scorecards.latest == pytest.approx(latest)
    lessons.scorecard({"mse": 0.0111}, data="full")
    assert "as expected" not in capsys.readouterr().out


def test_a_check_is_on_the_scorecard(capsys):
    checks.brightness(lambda images: images.mean(dim=(1, 2, 3)))
    lessons.scorecard({})
    assert "1 of 1 solved by you: brightness" in capsys.readouterr().out
    with pytest.raises(ValueError, match="none of exercises"):
        lessons.note("exercise", "brightness", True)


def test_verdicts():
    assert scorecards.verdict(1.0, 0.9, 1.1) == "✓ as expected"
    assert scorecards.verdict(1.2, 0.9, 1.1) == "higher"
    assert scorecards.verdict(0.5, 0.9, 1.1) == "lower"
    assert scorecards.verdict(float("nan"), 0, 1) == "not a number"


# progress


def test_progress_is_kept_for_the_next_day(capsys, monkeypatch):
    lessons.note("exercises", "encoder", "solved")
    lessons.note("guess", QUESTION, False, "03")
    progress._state.update(notes={})
    assert progress.results("02")["exercises"] == {"encoder": True}
    lessons.note("exercises", "encoder", "course")
    assert progress.results("02")["exercises"] == {"encoder": False}
    assert kept()["02"]["exercises"] == {"encoder": True}
    tables = []
    monkeypatch.setattr("IPython.display.display", tables.append)
    lessons.show_progress()
    row = next(i for i in tables[0].index if i.startswith("03"))
    assert tables[0].loc[row, "guesses"] == "0 of 1"


def test_a_file_of_an_earlier_version_is_read(tmp_path, capsys):
    """The scorecard said "predictions" then; the file says "guess"."""
    old = {"exercises": {"f": True}, "guess": {"a": True, "b": False}}
    place = tmp_path / "progress.json"
    place.write_text(json.dumps({"02": old}), encoding="utf-8")
    lessons.scorecard({})
    assert re.search(r"guesses +1 of 2 right", capsys.readouterr().out)
    lessons.note("guess", "c", True)
    assert kept()["02"]["guess"] == {"a": True, "b": False, "c": True}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"02": 3}', '{"02": {"quiz": {"a": "b"}}}']
)
def test_a_damaged_file_is_laid_aside(content, capsys, tmp_path):
    (tmp_path / "progress.json").write_text(content)
    lessons.note("quiz", "why?", True)
    assert kept() == {"02": {"quiz": {"why?": True}}}
    assert (tmp_path / "progress-damaged.json").read_text() == content
    assert capsys.readouterr().out.count("damaged") == 2


def test_where_nobody_may_write_the_lesson_goes_on(
    capsys, tmp_path, read_only, monkeypatch
):
    folder = tmp_path / "shut"
    folder.mkdir()
    monkeypatch.setenv("COURSE_PROGRESS", str(folder / "mine.json"))
    with read_only(folder):
        lessons.note("quiz", "why?", True)
        lessons.note("quiz", "and?", True)
    assert capsys.readouterr().out.count("cannot be kept") == 1
    assert progress.results("02")["quiz"] == {"why?": True, "and?": True}


def test_a_folder_that_is_missing(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "no" / "p.json"))
    lessons.note("quiz", "why?", True)
    assert "cannot be kept" in capsys.readouterr().out


@pytest.mark.parametrize("switch", ["COURSE_STRICT", "COURSE_SMOKE"])
def test_tests_leave_no_file(switch, monkeypatch, tmp_path):
    monkeypatch.setenv(switch, "1")
    lessons.note("quiz", "why?", True)
    assert list(tmp_path.iterdir()) == []
    assert progress.results()["quiz"] == {"why?": True}
