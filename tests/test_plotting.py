"""Plotting: one figure a call, with its alt text, and clear refusals."""

import base64
import io
import re

import pytest
import torch
from PIL import Image

from course_utils.figures import images as plotting

ALT = 'Five "random" pictures & their <grey> values'
IMAGES = torch.rand(5, 1, 28, 28)
CODES = torch.randn(30, 2)
LABELS = torch.arange(30) % 3
NAMES = ("disk", "square", "bar")


def decode(z):
    return torch.rand(len(z), 1, 28, 28)


FIGURES = {
    "images": lambda alt: plotting.show_images(IMAGES, alt=alt),
    "titled images": lambda alt: plotting.show_images(
        IMAGES, alt=alt, titles=["a", "b"], row_labels=["1", "2", "3"],
        columns=2,
    ),
    "rows of images": lambda alt: plotting.show_images(
        [IMAGES, IMAGES[:2]], alt=alt
    ),
    "large images": lambda alt: plotting.show_images(
        torch.rand(2, 1, 40, 30), alt=alt
    ),
    "reconstructions": lambda alt: plotting.show_reconstructions(
        IMAGES, 1 - IMAGES, alt=alt
    ),
    "interpolation": lambda alt: plotting.show_interpolation(
        {"pixels": IMAGES, "codes": IMAGES}, alt=alt
    ),
    "grid": lambda alt: plotting.show_decoded_grid(
        decode, torch.tensor([-2.0, -1.0]), (2, 1), n=3, alt=alt
    ),
    "coloured codes": lambda alt: plotting.show_latent_space(
        {"x": (CODES, CODES[:, 0]), "y": (CODES, CODES[:, 1])}, alt=alt
    ),
    "codes by class": lambda alt: plotting.show_latent_space(
        {"kinds": (CODES, LABELS)}, classes=NAMES, alt=alt
    ),
    "codes of ten classes": lambda alt: plotting.show_latent_space(
        {"digits": (CODES, torch.arange(30) % 10)}, classes="abcdefghij",
        alt=alt,
    ),
    "curves": lambda alt: plotting.show_curves(
        {"a": (range(4), torch.rand(4)), "b": ([1, 2], [3, 4], [0.1, 0.2])},
        xlabel="epoch", ylabel="loss", alt=alt,
    ),
    "log curves": lambda alt: plotting.show_curves(
        {"a": ([1, 2, 4], [10, 3, 1])}, log_x=True, log_y=True,
        xlabel="size", ylabel="loss", alt=alt,
    ),
}  # fmt: skip
every_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what is displayed: (output, metadata)."""
    outputs = []

    def display(bundle, raw, metadata):
        assert raw
        outputs.append((bundle, metadata))

    monkeypatch.setattr(plotting, "display", display)
    return outputs


@every_figure
def test_one_output_with_its_alt_text(shown, name):
    assert FIGURES[name](ALT) is None
    [(bundle, metadata)] = shown
    assert metadata == {"image/png": {"alt": ALT}}
    assert bundle["text/plain"] == f"[Figure: {ALT}]"
    escaped = ALT.replace("&", "&amp;").replace('"', "&quot;")
    alt, source = re.fullmatch(
        r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)">',
        bundle["text/html"],
    ).groups()
    assert alt == escaped and source == bundle["image/png"]


@every_figure
def test_picture_is_not_blank(shown, name):
    FIGURES[name](ALT)
    content = base64.b64decode(shown[0][0]["image/png"])
    picture = Image.open(io.BytesIO(content)).convert("L")
    assert min(picture.size) >= 80
    low, high = picture.getextrema()
    assert high - low > 100


@every_figure
@pytest.mark.parametrize("alt", [None, "", "a figure"])
def test_alt_must_say_something(shown, name, alt):
    with pytest.raises(ValueError, match="alt must say what"):
        FIGURES[name](alt)
    assert shown == []


def refuses(words, show, *arguments, **options):
    """Call with an alt text; expect a ValueError with these words."""
    with pytest.raises(ValueError, match=words):
        show(*arguments, alt=ALT, **options)


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (28, 28), (5, 784), (5, 3, 28, 28)]
)
def test_images_of_the_wrong_shape(shape):
    got = re.escape(str(shape))
    words = rf"shape \(N, 1, H, W\); got {got}"
    refuses(words, plotting.show_images, [torch.rand(shape)])
    refuses(words, plotting.show_reconstructions, IMAGES, torch.rand(shape))
    refuses(words, plotting.show_interpolation, {"a": torch.rand(shape)})


def test_decoder_of_the_wrong_shape():
    def decode(z):
        return torch.rand(len(z), 784)

    words = r"shape \(N, 1, H, W\); got \(81, 784\)"
    refuses(words, plotting.show_decoded_grid, decode, (0, 0), (1, 1))


def test_an_array_is_no_tensor():
    refuses("tensor.*ndarray", plotting.show_images, [IMAGES.numpy()])


def test_no_images():
    for nothing in (IMAGES[:0], [], [IMAGES[:0]]):
        refuses("no image to show", plotting.show_images, nothing)
    refuses("no image to show", plotting.show_interpolation, {})


def test_pixels_up_to_255():
    refuses("divide .* by 255", plotting.show_images, 255 * IMAGES)
    whole = (255 * IMAGES).byte()
    refuses("divide .* by 255", plotting.show_reconstructions, IMAGES, whole)


def test_images_that_are_no_numbers():
    refuses("not finite", plotting.show_images, IMAGES * float("nan"))


def test_images_of_two_sizes():
    rows = [IMAGES, torch.rand(5, 1, 8, 8)]
    refuses(r"one size; got .*\(8, 8\)", plotting.show_images, rows)


@pytest.mark.parametrize("z", [torch.rand(30, 3), torch.rand(30), [[0, 1]]])
def test_codes_of_the_wrong_shape(z):
    show = plotting.show_latent_space
    refuses(r"shape \(N, 2\)", show, {"a": (z, LABELS)})


@pytest.mark.parametrize("classes", [None, NAMES])
@pytest.mark.parametrize("labels", [None, LABELS[:3], torch.zeros(0)])
def test_missing_labels(labels, classes):
    show = plotting.show_latent_space
    maps = {"a": (CODES, labels)}
    refuses("one label or value.*30 codes", show, maps, classes=classes)


def test_nothing_to_draw():
    refuses("no codes to show", plotting.show_latent_space, {})
    refuses("no curve to show", plotting.show_curves, {}, xlabel="", ylabel="")


def test_tensors_may_carry_gradients(shown):
    images, z = IMAGES.clone().requires_grad_(), CODES.clone().requires_grad_()
    plotting.show_reconstructions(images, images, alt=ALT)
    plotting.show_interpolation({"a": images}, alt=ALT)
    plotting.show_decoded_grid(
        lambda z: images[:4], (0, 0), (1, 1), n=2, alt=ALT
    )
    plotting.show_latent_space({"a": (z, z[:, 0])}, alt=ALT)
    plotting.show_curves(
        {"a": (z[:, 0], z[:, 1])}, xlabel="x", ylabel="y", alt=ALT
    )
    assert len(shown) == 5


def test_grid_runs_right_and_up(shown):
    seen = []

    def decode(z):
        seen.append(z)
        return torch.rand(len(z), 1, 28, 28)

    plotting.show_decoded_grid(decode, (0, 10), (2, 12), n=3, alt=ALT)
    [z] = seen
    assert z[:3].tolist() == [[0, 12], [1, 12], [2, 12]]
    assert z[-3:].tolist() == [[0, 10], [1, 10], [2, 10]]


def test_interpolation_is_titled_in_percent(monkeypatch):
    seen = {}
    monkeypatch.setattr(
        plotting, "show_images", lambda rows, **options: seen.update(options)
    )
    plotting.show_interpolation({"codes": IMAGES}, alt=ALT)
    assert seen["titles"] == ["0%", "25%", "50%", "75%", "100%"]
    assert seen["row_labels"] == ["codes"]


def test_images_are_drawn_from_black_to_white():
    images = torch.stack([torch.zeros(1, 8, 8), torch.ones(1, 8, 8)])
    axes = plotting.images_figure([images]).axes[0]
    assert axes.images[0].get_clim() == (0, 1)
    drawn = axes.images[0].get_array()
    assert drawn[:8, :8].max() == 0 and drawn[:8, 10:].min() == 1
