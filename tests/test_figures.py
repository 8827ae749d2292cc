"""Figures: drawn right, told truly in their alt text, refused clearly."""

import base64
import io
import re
from types import SimpleNamespace

import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from torch.distributions import Normal

from course_utils import figures
from course_utils.figures import style, words

IMAGES = torch.rand(5, 1, 28, 28)
CODES = torch.randn(30, 2)
LABELS = torch.arange(30) % 3
CLASSES = ("disk", "square", "bar")
HALF = torch.full((2, 1, 8, 8), 0.5)


def decode(z):
    return z.mean(1)[:, None, None, None].sigmoid().expand(-1, 1, 8, 8)


SHOW = {
    "images": lambda: figures.show_images(
        IMAGES, ["a", "b"], ["1", "2", "3"], columns=2
    ),
    "weights": lambda: figures.show_images(
        IMAGES - 0.5, diverging=True
    ),
    "reconstructions": lambda: figures.show_reconstructions(
        IMAGES, 1 - IMAGES
    ),
    "interpolation": lambda: figures.show_interpolation(
        {"pixels": IMAGES, "codes": IMAGES}
    ),
    "grid": lambda: figures.show_decoded_grid(
        decode, torch.tensor([-2.0, -1.0]), (2, 1), n=3
    ),
    "codes": lambda: figures.show_latent_space(
        {"x": (CODES, CODES[:, 0]), "y": (CODES, CODES[:, 1])}
    ),
    "classes": lambda: figures.show_latent_space(
        {"kinds": (CODES, LABELS)}, CLASSES, torch.rand(30, 1, 8, 8)
    ),
    "cloud": lambda: figures.show_cloud(
        CODES, CODES[:, 0], {"w": (1, 1)}, {"line": CODES[:9]}
    ),
    "cloud in space": lambda: figures.show_cloud(
        torch.rand(9, 3), None, torch.eye(3),
        {"sheet": torch.rand(4, 5, 3), "board": torch.eye(3)[:2]}
    ),
    "paths": lambda: figures.show_paths(
        CODES, torch.randn(4, 9, 2), 2
    ),
    "tangents": lambda: figures.show_tangents(
        {1: (9.0, 230.0), 4: (5.0, 240.0), 16: (2.0, 270.0)}
    ),
    "water": lambda: figures.show_water(
        {"first": 16.0, "second": 0.5}, 2
    ),
    "curves": lambda: figures.show_curves(
        {"a": {2: 5, 4: 3}, "b": ([1, 2], [3, 4], [0.1, 0.2])}, "size",
        "loss", log_x=True, log_y=True, mark={"mean": 2}
    ),
    "losses": lambda: figures.show_losses(
        SimpleNamespace(train=[3.0, 2.0, 1.0], valid=[])
    ),
    "bars": lambda: figures.show_bars(
        {"a": 1, "b": -2}, "gain", {"a": 0.5}
    ),
    "matrix": lambda: figures.show_matrix(
        torch.eye(2), "ab", "xy"
    ),
    "bells": lambda: figures.show_bells(
        {"p": Normal(0.0, 1.0), "q": (torch.arange(3), torch.rand(3))}
    ),
    "bounds": lambda: figures.show_bounds(
        {"a": -3, "b": -2.5}, torch.tensor(-2.0)
    ),
    "posteriors": lambda: figures.show_posteriors(
        Normal(CODES, 0.1 + CODES.abs()), LABELS, CLASSES,
        images=torch.rand(30, 1, 8, 8)
    ),
    "histograms": lambda: figures.show_histograms(
        {"a": torch.rand(9)}, "score", {"limit": 0.5}
    ),
}  # fmt: skip


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what is displayed: (output, metadata)."""
    outputs = []

    def display(bundle, raw, metadata):
        assert raw
        outputs.append((bundle, metadata))

    monkeypatch.setattr(style, "display", display)
    return outputs


@pytest.mark.parametrize("name", SHOW)
def test_one_output_that_is_drawn_and_told(shown, name):
    assert SHOW[name]() is None
    [(bundle, metadata)] = shown
    alt = metadata["image/png"]["alt"]
    assert len(alt) > 15 and alt.endswith(".") and "tensor" not in alt
    assert bundle["text/plain"] == f"[Figure: {alt}]"
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    low, high = picture.convert("L").getextrema()
    assert min(picture.size) >= 80 and high - low > 100
    assert len(bundle["image/png"]) < 80_000


def test_an_alt_text_is_quoted(shown):
    figure = Figure()
    figure.set_label('Five "random" pictures & their <grey> values')
    figures.style.show_figure(figure)
    [(bundle, metadata)] = shown
    assert metadata["image/png"]["alt"] == figure.get_label()
    read, source = re.fullmatch(
        r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)">',
        bundle["text/html"],
    ).groups()
    assert "&quot;random&quot; pictures &amp; their &lt;" in read
    assert source == bundle["image/png"]


def test_a_figure_without_an_alt_text_is_not_shown(shown):
    with pytest.raises(ValueError, match="label must say what it shows"):
        figures.style.show_figure(Figure(label="a figure"))


# The alt texts are true.


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0451, "0.0451"), (11.0, "11"), (10.96, "11"), (-0.0, "0"),
     (1234.5, "1,234"), (2e-6, "2.0e-06"), (0.1, "0.1"), (100.4, "100")],
)  # fmt: skip
def test_numbers_in_words(value, said):
    assert words.number(value) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([98.36, 1064], ["98", "1,064"]),
        ([0.4488, 0.0218, 1], ["0.449", "0.022", "1"]),
        ([0.9310, 0.0684, 0.0006006], ["0.931", "0.0684", "0.0006"]),
        ([0.0122, 8.304e-5], ["0.0122", "0.00008"]),
        ([-0.0912, 0.005, -1e-9], ["-0.0912", "0.005", "0"]),
        ([3153.7, 160.4, 9.996], ["3,154", "160", "10"]),
        ([0.0, 0.0], ["0", "0"]),
        ([2e-6], ["0.000002"]),
    ],
)
def test_numbers_side_by_side(values, said):
    assert words.numbers(values) == said
    axes = figures.bars_figure(
        dict(zip("abc", values, strict=False)), "x"
    ).axes[0]
    assert [text.get_text() for text in axes.texts] == said


@pytest.mark.parametrize(
    ("ys", "said"),
    [
        ([3, 2, 1], "falls from 3 to 1"),
        ([1, 2, 3], "rises from 1 to 3"),
        ([3, 1, 2], "falls from 3 to 2, lowest 1 at 4"),
        ([1, 9, 2], "rises from 1 to 2, highest 9 at 4"),
        ([7], "is 7"),
        ([1, 1, 1], "starts and ends at 1"),
    ],
)
def test_course_of_a_curve(ys, said):
    figure = figures.curves_figure(
        {"PCA": dict(zip((2, 4, 8), ys, strict=False))}, "size", "loss"
    )
    ends = "2 to 8" if len(ys) > 1 else "2"
    said = f"One curve of loss over size, {ends}. PCA {said}."
    assert figure.get_label() == said


LABEL = {
    "Two bars of gain: a 1 ± 0.5; b -2.": lambda: figures.bars_figure(
        {"a": 1, "b": -2}, "gain", {"a": 0.5}
    ),
    "30 bars of x: 29 29 to 0 0.": lambda: figures.bars_figure(
        {str(i): i for i in range(30)}, "x"
    ),
    "Two points of x: a 1 ± 0.1; b 2 ± 0.2.": lambda: figures.points_figure(
        {"a": (1, 0.1), "b": (2, 0.2)}, "x"
    ),
    "A table of 1 by 2 numbers as shades. r: x 1, y 2.":
    lambda: figures.matrix_figure([[1, 2]], "r", "xy", fmt="{:.0f}"),
    "A table of 5 by 5 numbers as shades. Largest 24 in row e, column z; "
    "smallest 0 in row a, column v.": lambda: figures.matrix_figure(
        torch.arange(25).view(5, 5), "abcde", "vwxyz", fmt="{:.0f}"
    ),
    "A table of 5 by 5 numbers as shades. Largest 24 in row e, column z; "
    "smallest 0 in row a, column v; framed, row b: v 5, w 6, x 7, y 8, z 9.":
    lambda: figures.matrix_figure(
        torch.arange(25).view(5, 5), "abcde", "vwxyz", fmt="{:.0f}", framed="b"
    ),
    "One histogram of x. a: 5 values, median 3, half of them from 2 to 4. "
    "A line marks limit at 2.5.": lambda: figures.histogram_figure(
        {"a": torch.arange(1, 6)}, "x", {"limit": 2.5}
    ),
    "Four images in 2 rows: r; s. Columns: p; q. Mean brightness 0.5.":
    lambda: figures.images_figure({"r": HALF, "s": HALF}, ["p", "q"]),
    "Two images. Values from -1 (blue) over 0 (white) to 0.5 (red).":
    lambda: figures.images_figure(
        HALF * torch.tensor([1.0, -2])[:, None, None, None], diverging=True
    ),
    "One map of 4 codes. m: u -1 to 1, v 0 to 2; the colour, 0 to 2, has a "
    "correlation of 0.00 with the first and 1.00 with the second.":
    lambda: figures.latent_space_figure(
        {"m": (torch.tensor([[-1.0, 0], [1, 0], [-1, 2], [1, 2]]),
               [0, 0, 2, 2])}, xlabel="u", ylabel="v",
    ),
    "One map of 3 codes. m: first number 0 to 4, second number 0; centres: "
    "disk (1, 0), bar (4, 0).": lambda: figures.latent_space_figure(
        {"m": (torch.tensor([[0.0, 0], [2, 0], [4, 0]]), [0, 0, 2])}, CLASSES
    ),
    "One map of 4 codes. m: first number 0 to 9, second number 0; of the 4 "
    "classes' centres a and b are nearest, a and d farthest apart.":
    lambda: figures.latent_space_figure(
        {"m": (torch.tensor([[0.0, 0], [1, 0], [4, 0], [9, 0]]), range(4))},
        "abcd",
    ),
    "A cloud of points in the plane. 2 points: x 0 to 1, y 0 to 2; arrow w "
    "(1, 2); a thin line from each point to its foot.":
    lambda: figures.cloud_figure(
        [[0.0, 0], [1, 2]], axes={"w": (1, 2)}, feet=torch.zeros(2, 2)
    ),
}  # fmt: skip


@pytest.mark.parametrize("said", LABEL)
def test_alt_text_says_what_is_drawn(said):
    assert LABEL[said]().get_label() == said


def test_alt_text_of_copies_tells_the_error(shown):
    copies = HALF + torch.tensor([0.0, 0.2])[:, None, None, None]
    figures.show_reconstructions(HALF, copies)
    alt = shown[0][1]["image/png"]["alt"]
    assert "error per pixel 0.02, most in column 2: 0.04." in alt


# What is drawn is right.


def test_grid_runs_right_and_up(shown):
    seen = []
    figures.show_decoded_grid(
        lambda z: seen.append(z) or decode(z), (0, 10), (2, 12), n=3
    )
    [z] = seen
    assert z[:3].tolist() == [[0, 12], [1, 12], [2, 12]]
    assert z[-3:].tolist() == [[0, 10], [1, 10], [2, 10]]


def test_images_are_drawn_from_black_to_white():
    images = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
    axes = figures.images_figure([images]).axes[0]
    assert axes.images[0].get_clim() == (0, 1)
    drawn = axes.images[0].get_array()
    assert drawn[:8, :8].max() == 0 and drawn[:8, 9:].min() == 1


def test_weights_are_neutral_at_zero():
    weights = torch.tensor([-3.0, 0, 1]).view(3, 1, 1, 1).expand(-1, 1, 8, 8)
    shades = figures.images_figure(weights, diverging=True).axes[0].images[0]
    assert shades.get_clim() == (-3, 3)
    red, _, blue, _ = shades.to_rgba(0.0)
    assert red == pytest.approx(blue, abs=0.02) and red > 0.95


def test_long_names_are_drawn_whole():
    name = "a name that is far too long for the margin of a small figure"
    for figure in (
        figures.images_figure(IMAGES, row_labels=[name]),
        figures.images_figure(IMAGES, [name] * 5),
        figures.bars_figure({name: 1.0}, "x"),
        figures.matrix_figure([[1.0]], [name], ["x"]),
        figures.curves_figure(
            {name + str(i): {1: 2} for i in "abcde"}, "", ""
        ),
    ):
        style.to_png(figure)
        axes = figure.axes[0]
        ticks = [*axes.get_xticklabels(), *axes.get_yticklabels()]
        named = [tick for tick in ticks if "name" in tick.get_text()]
        for drawn in [*named, *figure.legends]:
            box = drawn.get_window_extent()
            assert box.x0 >= 0 and box.x1 <= figure.bbox.x1, drawn


def test_thumbnails_do_not_overlap():
    z = torch.tensor([[0.0, 0], [0.01, 0], [1, 1]])
    images = torch.rand(3, 1, 8, 8)
    [axes] = figures.latent_space_figure(
        {"": (z, LABELS[:3])}, CLASSES, images
    ).axes
    middles = [
        ((left + right) / 2, (bottom + top) / 2)
        for left, right, bottom, top in (i.get_extent() for i in axes.images)
    ]
    assert middles == [pytest.approx((0, 0)), pytest.approx((1, 1))]


def test_a_board_is_flat_and_as_wide_as_its_cloud():
    cloud = torch.rand(50, 3).double()
    board = figures.clouds._board(torch.eye(3)[:2].double(), cloud)
    assert board[..., 2].std() < 1e-9
    for axis in (0, 1):
        assert board[..., axis].min() == pytest.approx(cloud[:, axis].min())
        assert board[..., axis].max() == pytest.approx(cloud[:, axis].max())


def test_curves_take_pairs_and_tables():
    curves = {"a": {1: 5, 2: 6}, "b": ([1, 2], torch.tensor([5, 6]))}
    axes = figures.curves_figure(curves, "x", "y").axes[0]
    a, b = (line.get_xydata().tolist() for line in axes.lines)
    assert a == b == [[1, 5], [2, 6]]


def test_bars_to_the_left_are_within_the_axis():
    axes = figures.bars_figure({"a": -3.0, "b": -1.0}, "x", {"a": 1}).axes[0]
    low, high = axes.get_xlim()
    assert low < -4 and high == 0
    assert [t.get_text() for t in axes.texts] == ["-3", "-1"]


def test_a_bar_without_a_spread_has_no_whisker():
    bars = {"a": 3.0, "b": 1.0, "c": 2.0}
    axes = figures.bars_figure(bars, "x", {"b": 0.5}).axes[0]
    [whiskers] = [c for c in axes.collections if len(c.get_segments())]
    assert [s.tolist() for s in whiskers.get_segments()] == [
        [[0.5, 1], [1.5, 1]]
    ]


def test_matrix_writes_each_number_in_its_cell():
    values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    axes = figures.matrix_figure(values, "ab", "xyz", fmt="{:.0f}").axes[0]
    at = {t.get_text(): t.get_position() for t in axes.texts}
    assert list(at) == ["1", "2", "3", "4", "5", "6"]
    assert at["3"] == (2, 0) and at["4"] == (0, 1)


def test_matrix_leaves_out_zeros_and_frames_rows_by_name():
    values = [[0.004, -0.2], [0.006, 0.0], [1.0, 0.5]]
    axes = figures.matrix_figure(
        values, ["a", "b", "a"], "xy", zeros=False, framed="a"
    ).axes[0]
    assert [t.get_text() for t in axes.texts] == ["-0.20", "0.01", "1.00",
                                                  "0.50"]  # fmt: skip
    assert [box.get_y() for box in axes.patches] == [-0.5, 1.5]
    axes = figures.matrix_figure(values, "abc", "xy", framed="d").axes[0]
    assert not axes.patches and len(axes.texts) == 6


def luminance(color):
    return sum(c * w for c, w in zip(color, (0.30, 0.59, 0.11), strict=True))


@pytest.mark.parametrize("values", [torch.rand(6, 7), torch.eye(4)])
def test_numbers_stand_out_from_their_shade(values):
    rows, columns = values.shape
    axes = figures.matrix_figure(values, range(rows), range(columns)).axes[0]
    for text, value in zip(axes.texts, values.flatten(), strict=True):
        ground = luminance(axes.images[0].to_rgba(value.item())[:3])
        assert abs(ground - luminance(to_rgb(text.get_color()))) > 0.4


@pytest.mark.parametrize("log_x", [False, True])
def test_histograms_show_shares(log_x):
    groups = {"few": torch.ones(10), "many": 1 + torch.arange(1000) / 1000}
    axes = figures.histogram_figure(groups, "x", log_x=log_x).axes[0]
    assert axes.get_xscale() == ("log" if log_x else "linear")
    few, many = (p.get_xy()[:, 1].max() for p in axes.patches)
    assert few == pytest.approx(1) and many < 0.04


@pytest.mark.parametrize("log_y", [False, True])
def test_histograms_show_small_shares(log_y):
    groups = {"all": 1 + torch.arange(1000) / 1000}
    axes = figures.histogram_figure(groups, "x", log_y=log_y).axes[0]
    assert axes.get_yscale() == ("log" if log_y else "linear")
    assert (axes.get_ylim()[0] > 0) == log_y


def test_points_carry_their_numbers_and_the_first_is_on_top():
    points = {"code": (0.8125, 0.01), "pixels": (0.7, 0.02)}
    axes = figures.points_figure(points, "accuracy", limits=(0.5, 1)).axes[0]
    assert [t.get_text() for t in axes.texts] == ["0.812", "0.700"]
    assert axes.yaxis_inverted() and axes.get_xlim() == (0.5, 1)


def test_tensors_may_carry_gradients(shown):
    images, z = IMAGES.clone().requires_grad_(), CODES.clone().requires_grad_()
    figures.show_reconstructions(images, images)
    figures.show_decoded_grid(lambda z: images[:4], (0, 0), (1, 1), n=2)
    figures.show_latent_space({"a": (z, z[:, 0])})
    figures.show_cloud(z, colour=z[:, 0], axes=z[:1])
    figures.show_curves({"a": (z[:, 0], z[:, 1])}, "x", "y")
    figures.show_histograms({"a": z[:, 0]}, "x")
    figures.show_bars({"a": z[0, 0]}, "x")
    assert len(shown) == 7


def test_codes_go_where_the_decoder_is():
    """Like a GPU, the meta device refuses to mix with the CPU."""
    model = torch.nn.Linear(2, 3, device="meta")
    for decoder in (model, model.forward):
        codes = figures.images.decode_codes(decoder, torch.zeros(1, 2))
        assert codes.device.type == "meta" and not codes.requires_grad


# What cannot be drawn is refused.

REFUSED = [
    (r"shape \(N, 1, H, W\); got \(5, 784\)",
     lambda: figures.show_images([torch.rand(5, 784)])),
    ("tensor.*ndarray", lambda: figures.show_images([IMAGES.numpy()])),
    (r"got \(1, 28, 28\)",
     lambda: figures.show_reconstructions(IMAGES, IMAGES[0])),
    (r"shape \(N, 1, H, W\); got \(81, 2\)",
     lambda: figures.show_decoded_grid(lambda z: z, (0, 0), (1, 1))),
    ("a corner is two numbers; got 3",
     lambda: figures.show_decoded_grid(decode, (0, 0, 0), (1, 1, 1))),
    ("n must be 1",
     lambda: figures.show_decoded_grid(decode, (0, 0), (1, 1), n=-1)),
    ("no image to show", lambda: figures.show_images(IMAGES[:0])),
    ("no image to show", lambda: figures.show_images([])),
    ("no image to show", lambda: figures.show_interpolation({})),
    ("divide .* by 255", lambda: figures.show_images(255 * IMAGES)),
    ("not finite", lambda: figures.show_images(IMAGES * torch.nan)),
    (r"one size; got .*\(8, 8\)",
     lambda: figures.show_images([IMAGES, torch.rand(5, 1, 8, 8)])),
    ("6 titles for 5 columns", lambda: figures.show_images(IMAGES, "abcdef")),
    ("2 row labels for 1 rows",
     lambda: figures.show_images(IMAGES, row_labels="ab")),
    (r"shape \(N, 2\); got \(30, 3\)",
     lambda: figures.show_latent_space({"a": (torch.rand(30, 3), LABELS)})),
    ("one label or value.*got 3 for 30",
     lambda: figures.show_latent_space({"a": (CODES, LABELS[:3])})),
    ("5 images for 30 codes", lambda: figures.show_latent_space(
        {"a": (CODES, LABELS)}, CLASSES, IMAGES)),
    ("no codes to show", lambda: figures.show_latent_space({})),
    ("no codes to show",
     lambda: figures.show_latent_space({"a": (CODES[:0], LABELS[:0])})),
    (r"\(N, 2\) or \(N, 3\); got \(9, 4\)",
     lambda: figures.show_cloud(torch.rand(9, 4))),
    ("arrow 'w' must be 2 numbers",
     lambda: figures.show_cloud(CODES, axes={"w": (1, 2, 3)})),
    ("surface has 3 numbers a point, the cloud 2",
     lambda: figures.show_cloud(CODES, surface={"s": torch.rand(4, 4, 3)})),
    ("no curve to show", lambda: figures.show_curves({}, "", "")),
    ("curve 'a' must be.*lengths \\[2, 3\\]",
     lambda: figures.show_curves({"a": ([1, 2], [1, 2, 3])}, "", "")),
    ("not finite", lambda: figures.show_curves({"a": {1: torch.nan}}, "", "")),
    ("no bar to show", lambda: figures.show_bars({}, "")),
    ("not there: {'b'}", lambda: figures.show_bars({"a": 1}, "", {"b": 1})),
    (r"shape \(3, 2\).*got \(2, 2\)",
     lambda: figures.show_matrix(torch.eye(2), "abc", "xy")),
    ("no values to show", lambda: figures.show_histograms({}, "")),
    ("values above 0",
     lambda: figures.show_histograms({"a": [0.0, 1]}, "", log_x=True)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "show"), REFUSED)
def test_refused_with_a_reason(shown, message, show):
    with pytest.raises(ValueError, match=message):
        show()
    assert shown == []


# Distributions.


def test_bells_say_where_they_are_highest():
    figure = figures.bells_figure({"p": Normal(1.0, 2.0)}, "knob", top=2)
    assert figure.get_label() == (
        "One density over knob, -4 to 4. p is highest, 0.199, at 1."
    )
    assert figure.axes[0].get_ylim() == (0, 2)
    two = {"p": Normal(0.0, 1.0), "q": ([0.0, 1.0], [0.5, 0.2])}
    label = figures.bells_figure(two, title="KL = 1").get_label()
    assert label.startswith("Two densities over z, -4 to 4: KL = 1. ")
    assert label.endswith("q is highest, 0.5, at 0.")


def test_bounds_end_at_the_evidence():
    figure = figures.bounds_figure({"a": -3, "b": -2.5}, -2)
    bars = [
        (p.get_x(), p.get_x() + p.get_width()) for p in figure.axes[0].patches
    ]
    assert [bar[1] for bar in bars] == pytest.approx([-3, -2, -2.5, -2])
    assert [bar[0] for bar in bars] == pytest.approx([-4.5, -3, -4.5, -2.5])
    assert "a -3 and a gap of 1; b -2.5 and a gap of 0.5" in figure.get_label()
    cut = figures.bounds_figure({"a": -99}, -2, low=-9).axes[0]
    assert [p.get_width() for p in cut.patches] == pytest.approx([0, 7])


def test_posteriors_are_drawn_to_two_standard_deviations():
    q = Normal(torch.tensor([[0.0, 3.0]]), torch.tensor([[0.1, 0.5]]))
    figure = figures.posteriors_figure(q, [1], CLASSES)
    ellipse = figure.axes[0].patches[-1]
    assert ellipse.get_center() == pytest.approx((0, 3))
    assert (ellipse.width, ellipse.height) == pytest.approx((0.4, 2))
    assert "second number 3" in figure.get_label()
    assert "covers 0.05 of the disk" in figure.get_label()
    assert figure.axes[0].get_xlim()[1] > 4


def test_distributions_that_cannot_be_drawn_are_refused():
    for call, said in (
        (lambda: figures.bells_figure({}), "no distribution"),
        (lambda: figures.bells_figure({"p": HALF}, ends=(1, 0)), "low, high"),
        (lambda: figures.bells_figure({"p": "Normal"}), "got str"),
        (
            lambda: figures.posteriors_figure(CODES, [0], CLASSES),
            "got Tensor",
        ),
        (
            lambda: figures.posteriors_figure(
                Normal(CODES[:1], 1.0), [-1], CLASSES
            ),
            "labels must be 0 to",
        ),
        (
            lambda: figures.bells_figure({"p": (CODES, CODES)}),
            r"must be \(xs, ys\)",
        ),
        (lambda: figures.bounds_figure({}, 0), "no bound"),
        (lambda: figures.bounds_figure({"a": 1}, 0), "lies above"),
        (
            lambda: figures.posteriors_figure(
                Normal(torch.zeros(2, 3), 1.0), [0, 1], CLASSES
            ),
            r"over \(N, 2\) codes",
        ),
        (
            lambda: figures.posteriors_figure(
                Normal(CODES, 1.0), LABELS[:2], CLASSES
            ),
            "2 labels for 30 codes",
        ),
        (
            lambda: figures.posteriors_figure(
                Normal(CODES, 1.0), LABELS, CLASSES, images=HALF
            ),
            "2 images for 30",
        ),
    ):
        with pytest.raises(ValueError, match=said):
            call()


def test_arrows_say_how_long_they_are():
    spots, arrows = torch.rand(4, 2), torch.tensor([[3.0, 4.0]]).expand(4, 2)
    panels = {"plain": {"along": arrows, "across": 0 * arrows}}
    figure = figures.arrows_figure(CODES, spots, panels)
    assert figure.get_label() == (
        "A cloud of 30 points with arrows from 4 spots. Mean length. plain: "
        "along 5.00, across 0.00."
    )
    assert len(figures.style.to_png(figure)) > 1000


def test_tips_of_arrows_that_can_be_seen_say_their_names():
    panels = {"one": {"feature 1": [[1.0, 0.0]], "feature 2": [[0.0, 0.01]]}}
    figure = figures.arrows_figure(
        torch.zeros(1, 2), torch.zeros(1, 2), panels, tips=True
    )
    assert [text.get_text() for text in figure.axes[0].texts] == ["1"]
    assert figure.axes[0].texts[0].get_position()[0] > 1


@pytest.mark.parametrize(
    "panels", [{}, {"a": {"b": torch.rand(3, 2)}}, {"a": {"b": [1, 2]}}]
)
def test_arrows_of_a_wrong_shape_are_refused(panels):
    with pytest.raises(ValueError, match="arrows|shape"):
        figures.arrows_figure(CODES, torch.rand(4, 2), panels)


def test_water_leaves_the_nats_that_stick_out():
    label = figures.water_figure({"a": 16.0, "b": 0.5}, 4).get_label()
    assert "a, variance 16, costs 0.69 nats" in label
    assert "b, variance 0.5, costs 0.00 nats" in label


def test_water_and_tangents_refuse_what_they_cannot_draw():
    for variances, level in (({}, 1), ({"a": 0.0}, 1), ({"a": 1.0}, 0)):
        with pytest.raises(ValueError, match="above 0"):
            figures.water_figure(variances, level)
    with pytest.raises(ValueError, match="two points"):
        figures.tangents_figure({1: (1.0, 2.0)})
    with pytest.raises(ValueError, match="beta must be above 0"):
        figures.tangents_figure({0: (1.0, 2.0), 1: (2.0, 1.0)})


def test_images_in_colour_keep_their_colours():
    red = torch.zeros(2, 3, 8, 8)
    red[:, 0] = 1
    figure = figures.images_figure([red, red], row_labels=["a", "b"])
    drawn = figure.axes[0].images[0].get_array()
    assert drawn.shape == (17, 17, 3)
    assert drawn[0, 0].tolist() == [1, 0, 0]
    assert "Mean brightness 0.333." in figure.get_label()
    on_map = figures.latent_space_figure(
        {"": (CODES[:2], LABELS[:2])}, CLASSES, images=red
    )
    assert on_map.axes[0].images[0].get_array().shape == (8, 8, 3)
    for wrong in (red[:, :2], torch.zeros(3, 8, 8)):
        with pytest.raises(ValueError, match="In colour"):
            figures.images_figure(wrong)
    with pytest.raises(ValueError, match="must be a tensor"):
        figures.images_figure(red, diverging=True)
