"""The list of lessons, lessons.toml, and the tables that are made of it."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = "OWNER/REPOSITORY"
BEGIN, END = "<!-- lessons: begin -->\n", "<!-- lessons: end -->"


@dataclass
class Lesson:
    """One entry of lessons.toml, which explains the fields."""

    number: str
    name: str
    part: int
    title: str
    question: str
    minutes: int
    seconds: int
    builds_on: list[str]
    core: bool
    further: int = 0

    @property
    def stem(self):
        """The name of its files, such as 02_build_an_autoencoder."""
        return f"{self.number}_{self.name}"

    @property
    def source(self):
        """The one file that is edited by hand."""
        return ROOT / "solutions" / f"{self.stem}.py"

    @property
    def full_title(self):
        """Number and title."""
        return f"{self.number} · {self.title}"


def read_lessons():
    """Return the lessons whose source exists, in the order of numbers."""
    content = tomllib.loads((ROOT / "lessons.toml").read_text("utf-8"))
    listed = [Lesson(**entry) for entry in content["lesson"]]
    found = {p.stem for p in (ROOT / "solutions").glob("[0-9]*.py")}
    unlisted = found - {lesson.stem for lesson in listed}
    if unlisted:
        raise SystemExit(f"not in lessons.toml: {', '.join(sorted(unlisted))}")
    there = [lesson for lesson in listed if lesson.source.exists()]
    return sorted(there, key=lambda lesson: lesson.stem)


def project():
    """Return the table [project] of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return tomllib.loads(text)["project"]


def repository():
    """Return owner/name of the place where the course is published."""
    url = project()["urls"]["Repository"]
    return re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+)", url)[1]


def colab(lesson):
    """Return the link that opens a lesson in Colab, "" if unpublished."""
    if repository() == PLACEHOLDER:
        return ""
    return (
        "[Open in Colab](https://colab.research.google.com/github/"
        f"{repository()}/blob/main/notebooks/{lesson.stem}.ipynb)"
    )


def head(lesson, lessons):
    """Return a lesson's title, question, and what a reader must know."""
    stems = {other.number: other.stem for other in lessons}
    links = [
        f"[{n}]({stems[n]}.ipynb)" for n in lesson.builds_on if n in stems
    ]
    further = f" + {lesson.further} for *Going further*" * bool(lesson.further)
    facts = [
        f"{lesson.minutes} minutes{further}",
        f"{lesson.seconds} s to run on two CPU cores",
        f"builds on {', '.join(links) or 'nothing'}",
        colab(lesson),
    ]
    line = " · ".join(filter(None, facts))
    return f"# {lesson.full_title}\n\n**{lesson.question}**\n\n{line}"


def overview(lessons, folder):
    """Return the lessons as a table; folder: where the notebooks lie."""
    rows = ["| lesson | question | minutes | seconds | builds on |"]
    rows += ["|---|---|---|---|---|"]
    for lesson in lessons:
        link = f"[{lesson.full_title}]({folder}{lesson.stem}.ipynb)"
        link = f"**{link}**" if lesson.core else link
        minutes = f"{lesson.minutes} + {lesson.further}".removesuffix(" + 0")
        cells = [link, lesson.question, minutes, f"{lesson.seconds}"]
        cells += [", ".join(lesson.builds_on) or "–"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def course_map(lessons):
    """Return the lessons, part by part, as a list for lesson 00."""
    content = tomllib.loads((ROOT / "lessons.toml").read_text("utf-8"))
    lines = []
    for part, title in enumerate(content["parts"], 1):
        inside = [lesson for lesson in lessons if lesson.part == part]
        if inside:
            lines.append(f"\n**Part {part}: {title}**\n")
        for lesson in inside:
            link = f"[{lesson.full_title}]({lesson.stem}.ipynb)"
            link = f"**{link}**" if lesson.core else link
            lines.append(f"- {link}: {lesson.question}")
    return "\n".join(lines).strip()


def pages(lessons):
    """Yield (path, its text with today's table) for pages with a table."""
    folders = {"README.md": "notebooks/", "docs/teachers.md": "../notebooks/"}
    for name, folder in folders.items():
        table = overview(lessons, folder)
        before, _, rest = (ROOT / name).read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        yield ROOT / name, f"{before}{BEGIN}\n{table}\n\n{END}{after}"
