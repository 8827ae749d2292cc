"""The teachers' pages that the lessons' sources give: glossary, sessions.

tools/build_lessons.py writes them and checks that they are fresh.
"""

import json
import re
from dataclasses import dataclass
from functools import cache

import jupytext
from catalogue import ROOT

TERMS = ("<!-- terms: begin -->\n", "<!-- terms: end -->")
PLANS = ("<!-- plans: begin -->\n", "<!-- plans: end -->")
CLOSING = re.compile("Summary|Quiz|Scorecard|References")
BOLD = re.compile(r"\*\*([^*]+)\*\*")
POINTS_BACK = re.compile(
    "(That|This|Such|Both|It|Its|They|These|So it|For each|Anything else|"
    "The other) "
)
# A sentence ends before white space, unless a small letter follows.
STOP = re.compile(r"(?:(?<=[.?!])|(?<=[.?!]\))|(?<=[.?!]\*\*))\s+(?=[^a-z])")
# Minutes of a first reader for a word, a formula, a line of code, a question.
# Only their proportions count: a lesson's minutes stand in lessons.toml.
PER_WORD, PER_FORMULA, PER_LINE, PER_QUESTION = 1 / 120, 2, 1 / 10, 0.7
LAST = "Summary and quiz"


@dataclass
class Section:
    """A part of a lesson, from one heading to the next."""

    title: str
    work: float = 0.0  # reading and running, in minutes not yet scaled
    exercises: int = 0  # minutes, as their headings say
    minutes: int = 0

    def told(self):
        """Its title and minutes, and how many of them are exercises'."""
        exercises = f" (exercises {self.exercises})" * bool(self.exercises)
        return f"{self.title} {self.minutes}{exercises}"


def pages(lessons):
    """Yield (path, its text as of today) for each page made here."""
    made = {
        "glossary.md": (TERMS, glossary(lessons)),
        "sessions.md": (PLANS, sessions(lessons)),
    }
    for name, ((begin, end), text) in made.items():
        path = ROOT / "docs" / name
        before, _, rest = path.read_text("utf-8").partition(begin)
        after = rest.partition(end)[2]
        yield path, f"{before}{begin}\n{text}\n\n{end}{after}"


@cache
def cells(path):
    """Return the cells of a lesson's source."""
    return jupytext.read(path).cells


def link(lesson):
    """Return a lesson's number, linked from a page in docs."""
    return f"[{lesson.number}](../notebooks/{lesson.stem}.ipynb)"


# Glossary


def glossary(lessons):
    """Return all terms with what the lessons say of them, by letter."""
    found = {}
    for lesson in lessons:
        for term, says in terms(lesson):
            name = capital(term)
            _, texts = found.setdefault(term.casefold(), (name, []))
            if not any(repeats(says, text) for text, _ in texts):
                texts.append((says, link(lesson)))
    lines, letter = [], ""
    for key in sorted(found):
        if key[0] != letter:
            letter = key[0]
            lines.append(f"\n### {letter.upper()}\n")
        name, texts = found[key]
        parts = [f"{text} ({number})" for text, number in texts]
        lines.append(f"- **{name}**: {' '.join(parts)}")
    return "\n".join(lines).strip()


def repeats(text, other):
    """Return whether another text has most of this one's words."""
    words, others = (set(re.findall(r"\w+", t.lower())) for t in (text, other))
    return len(words & others) >= 0.6 * len(words)


def terms(lesson):
    """Yield (term, what explains it) for each term in bold in a lesson.

    A term is a bold phrase of at most four words, without an article in front
    or a stop at its end.
    The sentence it stands in explains it, with the one before if it points
    back, with the one after if it is short. Folded text, tables, boxes and
    the summary explain nothing.
    """
    for sentences in paragraphs(lesson):
        for place, sentence in enumerate(sentences):
            for term in BOLD.findall(sentence):
                is_term = re.fullmatch(r"(?!an? |the )[^\W\d].*[^.:?!,]", term)
                if not is_term or len(term.split()) > 4:
                    continue
                before = POINTS_BACK.match(sentence) and place > 0
                short = len(sentence.split()) < 9 and not before
                chosen = sentences[place - bool(before) : place + 1 + short]
                yield term, told(term, BOLD.sub(r"\1", " ".join(chosen)))


def told(term, text):
    """Return a sentence as an entry: without the term in front of a colon."""
    if text[0] == "(" and text[-1] == ")":
        text = text[1:-1]
    text = re.sub(rf"^(And )?(the )?{re.escape(term)}: ", "", text, flags=re.I)
    return capital(text.rstrip(";:")) + "." * (text[-1] in ";:")


def capital(text):
    """Return a text with a capital, unless it begins like t-SNE or z_q."""
    kept = text[1:2] in ("-", "_")
    return text if kept else text[0].upper() + text[1:]


def paragraphs(lesson):
    """Yield the sentences of each paragraph and each point of a list.

    A paragraph that ends in a colon goes on with the formula below it.
    """
    for cell in cells(lesson.source):
        if cell.cell_type != "markdown":
            continue
        text = re.sub("<details>.*?</details>", "", cell.source, flags=re.S)
        text = re.sub("```.*?```", "", text, flags=re.S)
        text = re.split(r"^#+ Summary", text, flags=re.M)[0]
        text = re.sub(r":\n\n(?=\$\$|loss = )", ": ", text).replace("$$", "$")
        for block in re.split(r"\n\s*\n|\n(?=- |\d+\. )", text):
            if not block.startswith(("#", "|", ">")):
                line = re.sub(r"\s+", " ", block).strip()
                yield STOP.split(re.sub(r"^(- |\d+\. )", "", line))


# Sessions


def sessions(lessons):
    """Return plans for 6 and 12 sessions, and the minutes by section."""
    core = [n for n in lessons if n.core and n.number != "00"]
    text = []
    for name, count in {"Six": 6, "Twelve": 12}.items():
        parts = [(n, s) for n in core for s in sections(n)]
        if len(parts) > 3 * count:  # a course of one lesson has no plan
            table = plan_table(split(parts, count))
            text.append(f"## {name} sessions\n\n{table}")
    text.append("## Minutes by section\n")
    for lesson in lessons:
        parts = [s.told() for s in sections(lesson) if s.minutes]
        parts += [f"*Going further* {lesson.further}"] * bool(lesson.further)
        parts = "; ".join(parts)
        title = f"[{lesson.full_title}](../notebooks/{lesson.stem}.ipynb)"
        text.append(f"- {title}, {lesson.minutes}: {parts}")
    return "\n".join(text)


def sections(lesson):
    """Return the sections of a lesson; their minutes add up to its own.

    An exercise takes what its heading says. The rest of the lesson's minutes
    is shared out by words, lines of code and questions. What comes after the
    scorecard is left out.
    """
    found = [Section("Opening")]
    for cell in cells(lesson.source):
        if cell.cell_type == "code":
            found[-1].work += code_minutes(cell.source, lesson)
            continue
        for part in re.split(r"^(?=##)", cell.source, flags=re.M):
            heading = re.match(r"(##+) (.*)", part)
            title = heading[2] if heading else ""
            if title.startswith("Going further"):
                return rounded(found, lesson.minutes)
            if CLOSING.match(title):
                if found[-1].title != LAST:
                    found.append(Section(LAST))
            elif heading and heading[1] == "##":
                found.append(Section(title))
            exercise = re.match(r"Exercise .*?(\d+) minutes", title)
            found[-1].exercises += int(exercise[1]) if exercise else 0
            text = re.sub("<details>.*?</details>", "", part, flags=re.S)
            found[-1].work += len(text.split()) * PER_WORD
            found[-1].work += text.count("$$") / 2 * PER_FORMULA
    return rounded(found, lesson.minutes)


def code_minutes(source, lesson):
    """Return the minutes of a code cell, without the answer in it."""
    source = re.sub("### BEGIN.*?### END", "", source, flags=re.S)
    lines = [line for line in source.splitlines() if line.strip()]
    questions = len(re.findall(r"^guess\(", source, re.M))
    folder = ROOT / "course_utils" / "lessons" / "quizzes"
    asked = json.loads((folder / f"{lesson.number}.json").read_text("utf-8"))
    for call, name in (("from_memory", "memory"), ("quiz", "quiz")):
        if re.search(rf"^{call}\(", source, re.M):
            questions += len(asked[name])
    return len(lines) * PER_LINE + questions * PER_QUESTION


def rounded(found, minutes):
    """Give each section whole minutes that add up to the lesson's."""
    rest = minutes - sum(section.exercises for section in found)
    scale = rest / sum(section.work for section in found)
    exact = [s.exercises + scale * s.work for s in found]
    ends = [round(sum(exact[:n])) for n in range(len(exact) + 1)]
    for n, section in enumerate(found):
        section.minutes = ends[n + 1] - ends[n]
    return found


def split(parts, count):
    """Cut a list of (lesson, section) into sessions of about equal length.

    A cut inside a lesson counts as much as a session that is eight minutes
    too long or too short. No session begins with a summary.
    """
    minutes = [section.minutes for _, section in parts]
    mean = sum(minutes) / count
    best = {0: (0.0, [])}
    for _ in range(count):
        ways = {}
        for begin, (cost, cuts) in best.items():
            for end in range(begin + 1, len(parts) + 1):
                after = parts[end] if end < len(parts) else (None, None)
                if after[1] and after[1].title == LAST:
                    continue
                off = (sum(minutes[begin:end]) - mean) ** 2
                new = cost + off + 64 * (after[0] is parts[end - 1][0])
                if end not in ways or new < ways[end][0]:
                    ways[end] = new, [*cuts, end]
        best = ways
    ends = best[len(parts)][1]
    return [parts[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def plan_table(plan):
    """Return a table: what each session holds, and where it stops."""
    rows = ["| session | minutes | what | stop after |", "|---|---|---|---|"]
    done = {}
    for number, parts in enumerate(plan, start=1):
        what = []
        for lesson in dict.fromkeys(lesson.number for lesson, _ in parts):
            inside = [p for p in parts if p[0].number == lesson]
            begun = done.get(lesson, 0)
            done[lesson] = begun + len(inside)
            whole = len(sections(inside[0][0]))
            name = link(inside[0][0])
            if begun:
                name += f" from *{inside[0][1].title}*"
            if done[lesson] < whole:
                name += f" to *{inside[-1][1].title}*"
            what.append(name)
        minutes = sum(section.minutes for _, section in parts)
        lesson, last = parts[-1]
        stop = f"*{last.title}* of {lesson.number}"
        rows.append(f"| {number} | {minutes} | {', '.join(what)} | {stop} |")
    return "\n".join(rows) + "\n"
