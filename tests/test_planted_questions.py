"""Four questions about planted sentences: labels, shares, clear errors."""

import pytest
import torch

from course_utils.datasets.captions import UNKNOWN, Vocabulary, captions
from course_utils.datasets.planted import plant
from course_utils.measures import answer_questions, planted_questions
from course_utils.measures.planted import Question

TRAIN, HELD = plant(captions(real=False, quiet=True), hold_out=200)
VOCABULARY = Vocabulary([s.words for s in TRAIN])
QUESTIONS = planted_questions(TRAIN, HELD, VOCABULARY)


def test_questions_have_labels_and_new_sentences():
    assert list(QUESTIONS) == ["who", "bank", "orange", "order"]
    for asked in QUESTIONS.values():
        assert len(asked.x) == len(asked.y) > 50
        assert len(asked.x_new) == len(asked.y_new) > 50
        assert asked.x.shape[1] == 12
        assert set(asked.y_new.tolist()) == set(asked.y.tolist())
    who, bank = QUESTIONS["who"], QUESTIONS["bank"]
    assert (who.x == UNKNOWN).any(dim=1).all() and who.y.max() == 4
    assert (bank.x_new == VOCABULARY.index["bank"]).any(dim=1).all()


def test_the_exchanged_ones_are_exchanged():
    asked = QUESTIONS["order"]
    x = torch.cat([asked.x, asked.x_new])
    plain = VOCABULARY.encode([s.words for s in HELD], 12)
    moved = (x != plain).any(dim=1)
    y = torch.cat([asked.y, asked.y_new]).bool()
    assert not moved[~y].any() and moved[y].float().mean() > 0.95
    again = planted_questions(TRAIN, HELD, VOCABULARY, seed=1)["order"]
    assert not again.x.equal(asked.x)


def test_a_read_out_finds_what_the_vector_says():
    x, y = torch.tensor([[1, 5, 2], [1, 6, 2]] * 50), torch.tensor([0, 1] * 50)
    told = {"told": Question(x, y, x, y)}
    assert answer_questions(lambda x: x.float(), told) == {"told": 1.0}
    nothing = answer_questions(lambda x: torch.zeros(len(x), 2), told)
    assert nothing["told"] == pytest.approx(0.5, abs=0.02)


def test_clear_errors():
    with pytest.raises(ValueError, match="vectors"):
        answer_questions(lambda x: x.sum(dim=1).float(), QUESTIONS)
    with pytest.raises(ValueError, match="too few"):
        planted_questions([], HELD[:4], VOCABULARY)
