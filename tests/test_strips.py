"""Strips of words in boxes."""

import pytest

from course_utils.figures import strips_figure

STRIPS = {
    "told": [("a", True), ("dog", True), ("bites", None)],
    "free": [("a", True), ("photographer", False)],
}


def test_words_are_drawn_and_told():
    figure = strips_figure(STRIPS)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert drawn == ["told", "a", "dog", "bites", "free", "a", "photographer"]
    assert len(figure.axes[0].patches) == 5
    assert figure.get_label() == (
        "Two strips of words, wrong ones in <>. told: a dog bites; "
        "free: a <photographer>."
    )


def test_a_wrong_word_differs_by_more_than_its_colour():
    right, wrong = (strips_figure(STRIPS).axes[0].patches[i] for i in (0, 4))
    assert right.get_linestyle() != wrong.get_linestyle()


@pytest.mark.parametrize("strips", [{}, {"free": []}])
def test_no_words(strips):
    with pytest.raises(ValueError, match="needs words"):
        strips_figure(strips)


def test_another_mark():
    with pytest.raises(ValueError, match="True, False or None"):
        strips_figure({"free": [("a", "right")]})
