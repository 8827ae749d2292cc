"""Write slides and a one-page summary of each lesson, as plain HTML.

Usage: python tools/slides.py [FOLDER] [--lessons NN …]   (default: slides/)

Slides: title and question, the diagrams, one prediction without its answer,
the summary. The arrow keys move, printing gives a slide a page. The page holds
the same on one sheet of A4, with the lesson's new words. All comes from the
lessons' sources; a file asks for nothing from outside.
"""

import argparse
import ast
import html
import re
from pathlib import Path

import teaching
from catalogue import ROOT, read_lessons
from markdown_it import MarkdownIt

from course_utils.figures.diagrams import drawn

HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{look}
</style>
</head>
<body>
<main>
"""
END = "\n</main>\n</body>\n</html>\n"
# fmt: off
SLIDES_LOOK = """\
body { margin: 0; color: #1f2328; background: white;
  font: 3.4vmin/1.4 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
section { box-sizing: border-box; height: 100vh; padding: 6vh 8vw;
  display: flex; flex-direction: column; justify-content: center; }
section[hidden] { display: none; }
h1 { font-size: 2em; line-height: 1.2; margin: 0 0 0.5em; }
h2 { font-size: 1.4em; margin: 0 0 0.6em; color: #0072b2; }
.question { font-size: 1.3em; }
.choices { font-size: 1.2em; }
li { margin: 0.4em 0; }
figure { margin: 0; min-height: 0; flex: 1; display: flex; }
figure svg.course-diagram { max-width: 100%; max-height: 76vh; height: 100%;
  margin: auto; }
footer { position: fixed; right: 3vw; bottom: 2vh; font-size: 0.5em;
  color: #57606a; }
@page { size: 320mm 180mm; margin: 0; }
@media print {
  section, section[hidden] { display: flex; break-after: page; }
  section:last-of-type { break-after: auto; }
  footer { display: none; }
}"""
PAGE_LOOK = """\
body { margin: 1.5rem auto; max-width: 46rem; color: #1f2328;
  background: white; line-height: 1.35;
  font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 0.8rem 0 0.2rem; color: #0072b2; }
p, ul { margin: 0.3rem 0; }
.question { font-size: 1.1rem; font-weight: 600; }
figure { margin: 0.4rem 0; }
figure svg.course-diagram { max-height: 13rem; margin: auto; }
@page { size: A4; margin: 12mm 15mm; }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } }"""
# fmt: on
SCRIPT = """\
<footer>← →</footer>
<script>
const slides = [...document.querySelectorAll("section")];
let now = Math.max(0, slides.findIndex(s => "#" + s.id === location.hash));
function show(place) {
  now = Math.min(Math.max(place, 0), slides.length - 1);
  slides.forEach((slide, i) => { slide.hidden = i !== now; });
  history.replaceState(null, "", "#" + slides[now].id);
}
const steps = {ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1};
addEventListener("keydown", event => {
  if (!(event.key in steps)) return;
  event.preventDefault();
  show(now + steps[event.key]);
});
addEventListener("click", event => {
  show(now + (event.clientX < innerWidth / 3 ? -1 : 1));
});
show(now);
</script>
"""
MARKDOWN = MarkdownIt()


def outline(lesson):
    """Return what a lesson's slides hold, from its source.

    A dictionary: goal (text), diagrams [(heading, name, highlight)],
    prediction (heading, question, choices), summary (text), words (terms).
    """
    found = {"diagrams": [], "prediction": None, "goal": "", "summary": ""}
    heading, known = lesson.title, {}
    for cell in teaching.cells(lesson.source):
        if cell.cell_type == "markdown":
            headings = re.findall("^## (.*)", cell.source, re.M)
            heading = headings[-1] if headings else heading
            goal = re.search(
                "You will be able to: (.*?)\n\n", cell.source + "\n\n", re.S
            )
            found["goal"] = found["goal"] or (goal[1] if goal else "")
            summary = re.search(
                r"^#+ Summary\n(.*?)(?=^#|^\*\*|\Z)", cell.source, re.S | re.M
            )
            found["summary"] = found["summary"] or (
                summary[1] if summary else ""
            )
            continue
        for call in calls(cell.source, known):
            name, values, options = call
            if name == "diagram":
                shown = options.get("highlight", ())
                found["diagrams"].append((heading, values[0], shown))
            elif not found["prediction"] and None not in values:
                found["prediction"] = heading, values[0], values[1:]
    found["words"] = [*dict.fromkeys(t for t, _ in teaching.terms(lesson))]
    return found


def calls(source, known):
    """Yield (name, arguments, options) of guesses and diagrams in a cell.

    An argument that is no literal, and no name that stands for one, is None.
    known: names and their values so far; the cell's own are added.
    """
    source = re.sub("^[%!].*$", "", source, flags=re.M)
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(
            node.targets[0], ast.Name
        ):
            known[node.targets[0].id] = value_of(node.value, known)
        call = node.value if isinstance(node, ast.Expr) else None
        name = getattr(getattr(call, "func", None), "id", "")
        if name in ("guess", "diagram"):
            values = []
            for argument in call.args:
                if isinstance(argument, ast.Starred):
                    value = value_of(argument.value, known)
                    values += value if value else [None]
                else:
                    values.append(value_of(argument, known))
            options = {k.arg: value_of(k.value, known) for k in call.keywords}
            yield name, values, options


def value_of(node, known):
    """Return what an expression is, if a literal or a known name; or None."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def figure(name, highlight):
    """Return a diagram as HTML."""
    return f"<figure>{drawn(name, highlight)['text/html']}</figure>"


def asked(prediction):
    """Return a prediction as HTML, without its answer."""
    heading, question, choices = prediction
    items = "".join(f"<li>{html.escape(choice)}</li>" for choice in choices)
    question = f'<p class="question">{html.escape(question)}</p>'
    heading = f"<h2>{html.escape(heading)}: what do you expect?</h2>"
    return f'{heading}{question}<ul class="choices">{items}</ul>'


def opening(lesson):
    """Return a lesson's title and question as HTML."""
    title, asks = html.escape(lesson.full_title), html.escape(lesson.question)
    return f'<h1>{title}</h1><p class="question">{asks}</p>'


def slides(lesson):
    """Return the slides of a lesson, a whole HTML file."""
    told, parts = outline(lesson), [opening(lesson)]
    for heading, *shown in told["diagrams"]:
        parts.append(f"<h2>{html.escape(heading)}</h2>{figure(*shown)}")
    if told["prediction"]:
        parts.append(asked(told["prediction"]))
    parts.append(f"<h2>Summary</h2>{MARKDOWN.render(told['summary'])}")
    sections = "\n".join(
        f'<section id="s{n}">{part}</section>'
        for n, part in enumerate(parts, 1)
    )
    head = HEAD.format(title=html.escape(lesson.full_title), look=SLIDES_LOOK)
    return f"{head}{sections}\n{SCRIPT}{END}"


def one_page(lesson):
    """Return the one-page summary of a lesson, a whole HTML file."""
    told, once = outline(lesson), {}
    for _, name, shown in told["diagrams"]:
        once.setdefault(name, shown)
    parts = [opening(lesson)]
    parts.append(MARKDOWN.render(f"You are able to: {told['goal']}"))
    parts += [figure(*shown) for shown in list(once.items())[:2]]
    parts.append(f"<h2>Summary</h2>{MARKDOWN.render(told['summary'])}")
    words = html.escape(" · ".join(told["words"]))
    parts.append(f"<h2>New words</h2><p>{words}</p>")
    head = HEAD.format(title=html.escape(lesson.full_title), look=PAGE_LOOK)
    return head + "\n".join(parts) + END


def write(folder, lessons):
    """Write slides and pages of lessons, and index.html, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for lesson in lessons:
        for kind, text in (
            ("slides", slides(lesson)),
            ("page", one_page(lesson)),
        ):
            path = folder / f"{lesson.number}_{kind}.html"
            path.write_text(text, encoding="utf-8")
        n = lesson.number
        rows.append(
            f'<li>{html.escape(lesson.full_title)}: <a href="{n}_slides.html">'
            f'slides</a>, <a href="{n}_page.html">one page</a></li>'
        )
    title = "Slides and summaries"
    head = HEAD.format(title=title, look=PAGE_LOOK)
    text = f"{head}<h1>{title}</h1>\n<ul>\n" + "\n".join(rows) + "\n</ul>"
    path = folder / "index.html"
    path.write_text(text + END, encoding="utf-8")


def main():
    """Read the command line and write the files."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "folder", nargs="?", default=ROOT / "slides", type=Path
    )
    parser.add_argument("--lessons", nargs="+", help="such as 01 08")
    options = parser.parse_args()
    lessons = [
        lesson
        for lesson in read_lessons()
        if not options.lessons or lesson.number in options.lessons
    ]
    write(options.folder, lessons)
    print(options.folder / "index.html")


if __name__ == "__main__":
    main()
