"""Things to move, to click and to draw on, each usable by keyboard alone.

All are made of ipywidgets' own parts, which every kind of notebook has. A
reader without a running kernel sees the first state as a still picture; the
website has more (frames.py).
"""

import html

import ipywidgets
import torch
from IPython.display import display
from matplotlib.figure import Figure

from course_utils.figures.clouds import latent_space_figure
from course_utils.figures.frames import MIME, frames, no_frames
from course_utils.figures.images import (
    decode_codes,
    images_figure,
    tiles_png,
)
from course_utils.figures.style import (
    DPI,
    bundle,
    img,
    plain,
    stack,
    to_png,
)
from course_utils.figures.words import place

COLUMN = {"width": "320px", "flex": "0 0 auto"}
SIDE, SHEET = 28, 252  # of an image to draw on, and as shown, in pixels
BRUSH = 1.3  # pixels from the middle of a stroke to its edge
# What happens on a picture reaches Python through a hidden text field.
SEND = (
    "var field=this.closest('.course-pad').querySelector('.course-said input')"
    ";field.value=said;for(var kind of ['input','change'])"
    "field.dispatchEvent(new Event(kind,{bubbles:true}));"
)
WHERE = (
    "var box=this.getBoundingClientRect(),"
    "x=(event.clientX-box.left)/box.width,"
    "y=(event.clientY-box.top)/box.height;"
)
DRAWN = (
    "if(!this.path)return;" + WHERE + "this.path.push(x.toFixed(3),"
    "y.toFixed(3));var pen=this.getContext('2d');pen.lineWidth=14;"
    "pen.lineCap='round';pen.strokeStyle='#E69F00';"
    "pen.lineTo(x*this.width,y*this.height);pen.stroke();"
)


def explore(draw, start=None, **controls):
    """Show one control per keyword, and what `draw` makes of their values.

    draw: called with a value for each keyword; returns images
    (N, 1, H, W), a matplotlib figure, text, or a tuple of these. controls:
    keyword=(low, high) or (low, high, step) for a slider, a list of texts or
    numbers to choose from, or a text to edit. All follow the keyboard; the
    picture changes when a slider is let go or Enter is pressed. A slider
    starts in its middle, a list at its first entry, unless start, {keyword:
    value}, says otherwise. Returns the box.
    """
    parts = {name: _control(name, c) for name, c in controls.items()}
    for name, value in (start or {}).items():
        if name not in parts:
            raise ValueError(f"start has {name!r}; controls: {list(parts)}")
        parts[name].value = value
    first = draw(**{name: part.value for name, part in parts.items()})
    view = ipywidgets.HTML(_content(first))

    def redraw(_=None):
        values = {name: part.value for name, part in parts.items()}
        view.value = _content(draw(**values))

    for part in parts.values():
        part.observe(redraw, names="value")
    # A wide picture goes below the controls rather than squeeze them.
    column = ipywidgets.VBox(list(parts.values()), layout=COLUMN)
    box = _row(column, view)
    every = frames(lambda **values: _content(draw(**values)), parts)
    _display(box, _still(first) | every)
    return box


def click_map(z, labels, decode, classes=None, **options):
    """Show a map of codes; click on it and see that code decoded.

    z: codes (N, 2) with their labels (N,): class numbers when `classes`
    names them, else quantities. decode: codes (1, 2) -> images (1, 1, H, W).
    options: those of `latent_space_figure`. Two sliders do the same by
    keyboard. Returns the box.
    """
    figure = latent_space_figure({"": (z, labels)}, classes, **options)
    ground = to_png(figure)
    axes, size = figure.axes[0], figure.get_size_inches() * DPI
    low, high = axes.transLimits.inverted().transform([(0, 0), (1, 1)])
    codes = plain(z)
    middle = codes.mean(0).round(decimals=3).tolist()
    sliders = [
        ipywidgets.FloatSlider(
            value=middle[i], min=low[i], max=high[i], description=f"z{i + 1}",
            step=(high[i] - low[i]) / 50, continuous_update=False,
        )
        for i in (0, 1)
    ]  # fmt: skip
    pad, view, said = ipywidgets.HTML(), ipywidgets.HTML(), _hidden()

    def on_picture(code):
        """Turn a code into a place on the picture, as shares of its sides."""
        across, down = axes.transData.transform(code) / size
        return across, 1 - down

    def show(*code):
        image = decode_codes(decode, torch.tensor([code]))
        return _content((image, f"z = {place(code)}"))

    def redraw(_=None):
        code = [slider.value for slider in sliders]
        across, down = on_picture(code)
        pad.value = (
            f'<div class="course-map-{box.model_id}" onclick="{WHERE}'
            f'var said=x+\' \'+y;{SEND}"><span class="course-dot" '
            f'style="left:{across:.2%};top:{down:.2%}"></span></div>'
        )
        view.value = show(*code)

    def clicked(change):
        if not change["new"]:
            return
        across, down = map(float, change["new"].split())
        said.value = ""
        at = (across * size[0], (1 - down) * size[1])
        code = axes.transData.inverted().transform(at)
        code = code.clip(low, high)
        for slider in sliders:
            slider.unobserve(redraw, "value")
        for slider, value in zip(sliders, code.tolist(), strict=True):
            slider.value = value
            slider.observe(redraw, "value")
        redraw()

    look = ipywidgets.HTML()
    box = _row(
        ipywidgets.VBox([look, pad, said], layout={"flex": "0 0 auto"}),
        ipywidgets.VBox([*sliders, view]),
    )
    look.value = _map_style(f"course-map-{box.model_id}", ground, size)
    for slider in sliders:
        slider.observe(redraw, "value")
    said.observe(clicked, "value")
    redraw()
    parts = {slider.description: slider for slider in sliders}
    every = frames(lambda **z: show(*z.values()), parts)
    if "frames" in every.get(MIME, {}):  # where the dot of each value lies
        every[MIME]["map"] = [
            [on_picture([float(value)] * 2)[axis] for value in c["values"]]
            for axis, c in enumerate(every[MIME]["controls"])
        ]
    _display(box, bundle(ground, figure.get_label()) | every)
    return box


def click_tiles(codes, decode, size):
    """Show what a code map decodes to; click on a tile and change its code.

    codes: (R, C), whole numbers from 0 to size - 1. decode: maps (1, R, C) ->
    images (1, 1, H, W). Sliders choose the tile by keyboard. Returns the box.
    """
    start = torch.as_tensor(codes).detach().cpu()
    if start.ndim != 2 or not 0 <= start.min() <= start.max() < size:
        raise ValueError(f"a map (R, C) of codes from 0 to {size - 1} please")
    edited, before = start.clone(), decode_codes(decode, start[None])
    rows, columns = start.shape
    row, column, code = sliders = [
        ipywidgets.IntSlider(
            value=value, min=low, max=high, description=name,
            continuous_update=False,
        )
        for name, value, low, high in (
            ("row", (rows + 1) // 2, 1, rows),
            ("column", (columns + 1) // 2, 1, columns),
            ("code", 0, 0, size - 1),
        )
    ]  # fmt: skip
    pad, view, said = ipywidgets.HTML(), ipywidgets.HTML(), _hidden()

    def redraw():
        image = decode_codes(decode, edited[None])
        pad.value = _tiled(image, row.value - 1, column.value - 1, edited)
        count = int((edited != start).sum())
        moved = ((image - before).abs() > 0.02).sum()
        view.value = _content(
            (before, f"before; {count} tiles changed, {moved} pixels moved")
        )

    def chosen(_=None):
        code.unobserve(changed, "value")
        code.value = int(edited[row.value - 1, column.value - 1])
        code.observe(changed, "value")
        redraw()

    def changed(change):
        edited[row.value - 1, column.value - 1] = change["new"]
        redraw()

    def clicked(change):
        if not change["new"]:
            return
        across, down = map(float, change["new"].split())
        said.value = ""
        row.value = min(rows, 1 + int(max(down, 0) * rows))
        column.value = min(columns, 1 + int(max(across, 0) * columns))

    row.observe(chosen, "value")
    column.observe(chosen, "value")
    said.observe(clicked, "value")

    def one_changed(row, column, code):
        after = start.clone()
        after[row - 1, column - 1] = code
        was = int(start[row - 1, column - 1])
        image = decode_codes(decode, after[None])
        return _content((image, f"one tile: code {code} instead of {was}"))

    column_of_parts = ipywidgets.VBox([pad, said], layout=COLUMN)
    box = _row(column_of_parts, ipywidgets.VBox([*sliders, view]))
    chosen()
    parts = {slider.description: slider for slider in sliders}
    _display(box, _still(before) | frames(one_changed, parts))
    return box


def _tiled(image, row, column, codes):
    """Return HTML for an image that can be clicked, one tile framed."""
    png, alt = tiles_png(image)
    picture = img(png, alt).split('src="')[1].split('"')[0]
    tall, wide = (SHEET / side for side in codes.shape)
    look = (
        f"position:relative;width:{SHEET}px;height:{SHEET}px;"
        f"background:url({picture});background-size:100% 100%;"
        "image-rendering:pixelated;cursor:pointer"
    )
    frame = (
        f"position:absolute;left:{column * wide:.0f}px;top:{row * tall:.0f}px;"
        f"width:{wide:.0f}px;height:{tall:.0f}px;box-sizing:border-box;"
        "border:3px solid #E69F00"
    )
    return (
        f'<div role="img" aria-label="{alt}" style="{look}" onclick="{WHERE}'
        f'var said=x+\' \'+y;{SEND}"><span style="{frame}"></span></div>'
    )


def draw_image(respond, starts=None):
    """Show a sheet to draw on; each stroke is answered beside it.

    respond: called with an image (1, 1, 28, 28) in [0, 1]; returns what
    `draw` of `explore` may. starts: {name: image (1, 28, 28)} to begin with,
    chosen by keyboard too. Returns the box.
    """
    starts = _shapes() if starts is None else starts
    starts = {name: plain(s).float().view(1, 1, SIDE, SIDE)
              for name, s in starts.items()}  # fmt: skip
    choice = ipywidgets.Dropdown(
        options=list(starts), description="begin with"
    )
    tool = ipywidgets.ToggleButtons(options=["draw", "erase"])
    tool.style.button_width = "80px"
    clear = ipywidgets.Button(description="empty sheet")
    pad, view, said = ipywidgets.HTML(), ipywidgets.HTML(), _hidden()
    sheet = {"image": starts[choice.value].clone()}

    def redraw():
        png, alt = tiles_png(sheet["image"])
        pad.value = _sheet(png, alt)
        sheet["answer"] = respond(sheet["image"].clone())
        view.value = _content(sheet["answer"])

    def begin(image):
        sheet["image"] = image.clone()
        redraw()

    def stroke(change):
        if not change["new"]:
            return
        path = torch.tensor([float(part) for part in change["new"].split()])
        said.value = ""
        ink = _ink(SIDE * path.view(-1, 2))
        image = sheet["image"]
        erase = tool.value == "erase"
        sheet["image"] = image * (1 - ink) if erase else image.maximum(ink)
        redraw()

    choice.observe(lambda change: begin(starts[change["new"]]), "value")
    clear.on_click(lambda _: begin(torch.zeros(1, 1, SIDE, SIDE)))
    said.observe(stroke, "value")
    column = ipywidgets.VBox([choice, pad, tool, clear, said], layout=COLUMN)
    box = _row(column, view)
    redraw()
    sealed = no_frames("Drawing needs a running lesson.")
    answer = sheet["answer"]
    answer = answer if isinstance(answer, tuple) else (answer,)
    _display(box, _still((*answer, sheet["image"])) | sealed)
    return box


def _ink(path):
    """Paint a path of points (P, 2) in pixels -> (1, 1, 28, 28) in [0, 1]."""
    start, end = path, torch.cat([path[1:], path[-1:]])
    step = torch.arange(SIDE) + 0.5
    pixel = torch.cartesian_prod(step, step).flip(1)[:, None]
    way = end - start
    share = ((pixel - start) * way).sum(2) / way.square().sum(1).clamp(
        min=1e-9
    )
    nearest = start + share.clamp(0, 1)[..., None] * way
    distance = (pixel - nearest).norm(dim=2).amin(1)
    return (BRUSH + 0.5 - distance).clamp(0, 1).view(1, 1, SIDE, SIDE)


def _shapes():
    """Return a few simple images to begin with."""
    across = torch.linspace(-1, 1, SIDE)
    y, x = torch.meshgrid(across, across, indexing="ij")
    disk = (x.square() + y.square() < 0.35).float()
    bar = ((x.abs() < 0.2) & (y.abs() < 0.8)).float()
    shapes = {"disk": disk, "square": (x.abs().maximum(y.abs()) < 0.5).float(),
              "bar": bar, "cross": bar.maximum(bar.T)}  # fmt: skip
    return shapes | {"nothing": torch.zeros(SIDE, SIDE)}


def _sheet(png, alt):
    """Return HTML for an image that takes strokes of a mouse or a finger."""
    picture = img(png, alt).split('src="')[1].split('"')[0]
    look = (
        f"width:{SHEET}px;height:{SHEET}px;background:url({picture});cursor:crosshair;"
        "background-size:100% 100%;image-rendering:pixelated;"
        "touch-action:none;border:1px solid #888"
    )
    down = f"this.path=[];this.setPointerCapture(event.pointerId);{DRAWN}"
    up = f"var said=(this.path||[]).join(' ');this.path=null;{SEND}"
    return (
        f'<canvas width="{SHEET}" height="{SHEET}" role="img" '
        f'aria-label="{alt}" style="{look}" onpointerdown="{down}" '
        f'onpointermove="{DRAWN}" onpointerup="{up}"></canvas>'
    )


def _map_style(name, ground, size):
    """Return the style of a map: sent once, while its dot moves."""
    picture = img(ground, "").split('src="')[1].split('"')[0]
    return (
        f"<style>.{name} {{position: relative; cursor: crosshair;"
        f"width: {size[0]:.0f}px; height: {size[1]:.0f}px;"
        f"background: url({picture});}} .course-dot {{position: absolute;"
        "width: 14px; height: 14px; margin: -9px; border: 2px solid black;"
        "border-radius: 50%; background: white; box-shadow: 0 0 0 2px white;"
        "}</style>"
    )


def _hidden():
    """Return the text field through which a picture talks to Python."""
    field = ipywidgets.Text(layout={"display": "none"})
    field.add_class("course-said")
    return field


def _row(*parts):
    box = ipywidgets.HBox(parts, layout={"flex_flow": "row wrap"})
    box.add_class("course-pad")
    return box


def _control(name, values):
    """Return what suits the values: a slider, a choice or a line of text."""
    if isinstance(values, str):
        return ipywidgets.Text(
            values, description=name, continuous_update=False
        )
    if isinstance(values, list):
        return ipywidgets.SelectionSlider(
            options=values, description=name, continuous_update=False
        )
    low, high, *step = values
    return ipywidgets.FloatSlider(
        value=(low + high) / 2, min=low, max=high,
        step=step[0] if step else (high - low) / 20, description=name,
        continuous_update=False,
    )  # fmt: skip


def _content(shown):
    """Return images, a figure, text or several of them as HTML."""
    if isinstance(shown, tuple):
        return "".join(map(_content, shown))
    if isinstance(shown, str):
        return f"<pre>{html.escape(shown)}</pre>"
    return img(*_picture(shown))


def _picture(shown):
    """Return images or a figure as the bytes of a PNG file, and its alt."""
    if torch.is_tensor(shown):
        return tiles_png(shown)
    figure = shown if isinstance(shown, Figure) else images_figure(shown)
    return to_png(figure), figure.get_label()


def _still(shown):
    """Return what is shown first as an output for readers without a kernel."""
    parts = shown if isinstance(shown, tuple) else (shown,)
    said = [part for part in parts if isinstance(part, str)]
    pictures = [part for part in parts if not isinstance(part, str)]
    if not pictures:
        text = "\n".join(said)
        return {"text/plain": text, "text/html": _content(text)}
    pngs, alts = zip(*map(_picture, pictures), strict=True)
    page = {"text/html": _content(shown)}
    return bundle(stack(pngs), " ".join([*alts, *said])) | page


def _display(box, still):
    """Display a widget; where there is no kernel, the still picture."""
    view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
    mime = "application/vnd.jupyter.widget-view+json"
    alt = still["text/plain"].removeprefix("[Figure: ").removesuffix("]")
    metadata = {"image/png": {"alt": alt}} if "image/png" in still else {}
    display(still | {mime: view}, raw=True, metadata=metadata)


def _numbers(values):
    return torch.as_tensor(values).flatten().tolist()
