"""Charts: each number is drawn, and wrong shapes are told."""

import pytest
import torch
from matplotlib.colors import to_rgb

from course_utils.figures import charts

ALT = "Each row is a class, each column a guess"


def texts(axes):
    return [text.get_text() for text in axes.texts]


def luminance(color):
    return sum(c * w for c, w in zip(color, (0.30, 0.59, 0.11), strict=True))


def test_matrix_writes_each_number_in_its_cell():
    values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    axes = charts.matrix_figure(values, "ab", "xyz", fmt="{:.0f}").axes[0]
    assert texts(axes) == ["1", "2", "3", "4", "5", "6"]
    at = {t.get_text(): t.get_position() for t in axes.texts}
    assert at["3"] == (2, 0) and at["4"] == (0, 1)
    assert [t.get_text() for t in axes.get_xticklabels()] == list("xyz")
    assert [t.get_text() for t in axes.get_yticklabels()] == list("ab")


@pytest.mark.parametrize("values", [torch.rand(6, 7), torch.eye(4)])
def test_numbers_stand_out_from_their_shade(values):
    rows, columns = values.shape
    figure = charts.matrix_figure(values, range(rows), range(columns))
    shades = figure.axes[0].images[0]
    for text, value in zip(
        figure.axes[0].texts, values.flatten(), strict=True
    ):
        ground = luminance(shades.to_rgba(value.item())[:3])
        assert abs(ground - luminance(to_rgb(text.get_color()))) > 0.4


def test_matrix_needs_a_name_for_each_side():
    with pytest.raises(ValueError, match=r"shape \(3, 2\).*got \(2, 2\)"):
        charts.matrix_figure(torch.eye(2), "abc", "xy")


def test_histograms_show_shares_and_the_mark():
    groups = {"few": torch.zeros(10), "many": torch.arange(1000) / 1000}
    figure = charts.histogram_figure(groups, xlabel="x", mark={"limit": 0.5})
    labels = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert labels == ["few", "many", "limit"]
    heights = [p.get_xy()[:, 1].max() for p in figure.axes[0].patches]
    assert heights == pytest.approx([1, 0.02], rel=0.01)


def test_histograms_of_positive_values_on_a_log_axis():
    figure = charts.histogram_figure(
        {"error": torch.logspace(-3, 3, 100)}, xlabel="x", log_x=True
    )
    assert figure.axes[0].get_xscale() == "log"


@pytest.mark.parametrize(
    "show",
    [
        lambda alt: charts.show_matrix(torch.eye(2), "ab", "xy", alt=alt),
        lambda alt: charts.show_histograms(
            {"a": torch.rand(9)}, alt=alt, xlabel="x"
        ),
    ],
)
def test_each_needs_an_alt_text(show, capsys):
    show(ALT)
    with pytest.raises(ValueError, match="alt must say"):
        show("x")


def test_points_carry_their_numbers_and_the_first_is_on_top():
    points = {"code": (0.8125, 0.01), "pixels": (0.7, 0.02)}
    figure = charts.points_figure(points, xlabel="accuracy", limits=(0.5, 1))
    axes = figure.axes[0]
    assert texts(axes) == ["0.812", "0.700"]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(points)
    assert axes.yaxis_inverted() and axes.get_xlim() == (0.5, 1)
