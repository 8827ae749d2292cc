"""Run a class's notebooks of one lesson and make a table of what they hold.

Usage: python tools/grade.py submissions/ [--lesson 02] [--out grades]
           [--minutes 20] [--gigabytes 4] [--jobs 1]

submissions/ holds ANNA.ipynb, or a folder ANNA with the notebook and perhaps
its progress.json (nbgrader's submitted/ANNA/ASSIGNMENT/ will do). Written are
grades.csv and grades.html; docs/teachers.md says what the columns mean, what
is guaranteed and what is not. What runs is the course's own notebook with the
learner's answers and added cells put in (handed_in.py), each submission in a
process of its own (locked_in.py).
"""

import argparse
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import handed_in
import pandas
from catalogue import ROOT
from handed_in import said
from locked_in import LOCKS, lock, run

from course_utils.lessons.quizzes import read_questions

SCORE = re.compile(r"^quiz +(\d{1,3}) of (\d{1,3}) right", re.M)
CAME_OUT = re.compile(  # and what was guessed
    r"^What came out: (.*?)"
    r"(?:\. Your guess: (.*) [✓✗]| \(no guess was made\))?$",
    re.M,
)


def results(ran, done, ours, mine, before, number):
    """Return the columns of results.

    ran: the cells as run. done: the progress that the run wrote. before: the
    learner's own, in which the clicks are: a run has none.
    """
    output = {cell.id: said(cell) for cell in ran}
    everything = "\n".join(output.values())
    names = handed_in.exercises(ours)
    ticks = names & set(re.findall(r"^✓ (\w+):", everything, re.M))
    recorded = {n for n, own in done.get("exercises", {}).items() if own}
    told = [output.get(c.id, "") for c in ours if "claim(" in c.source]
    claims = re.findall("^✓ |^✗ not in this run: ", "\n".join(told), re.M)
    guesses = judged(ours, mine, output)
    guesses = guesses or list(before.get("guess", {}).values())
    clicks = list(before.get("quiz", {}).values())
    shown = SCORE.findall("\n".join(map(said, mine.values())))
    quiz = shown[-1] if shown and not clicks else (sum(clicks), len(clicks))
    errors = [
        f"{o.get('ename')}: {o.get('evalue')}"
        for cell in ran
        for o in cell.get("outputs", [])
        if o.get("output_type") == "error"
    ]
    return {
        "score": len(ticks & recorded),
        "solved": ", ".join(sorted(ticks & recorded)),
        "doubtful": ", ".join(sorted(ticks ^ names & recorded)),
        "guesses_made": len(guesses),
        "guesses_right": sum(guesses),
        "quiz_right": int(quiz[0]),
        "quiz_answered": int(quiz[1]),
        "quiz_questions": len(read_questions("quiz", number)),
        "claims_held": claims.count("✓ "),
        "claims": len(claims),
        "errors": len(errors),
        "first_error": errors[0][:100] if errors else "",
    }


def judged(ours, mine, output):
    """Say of each guess that the learner's outputs tell whether it is right.

    The run says what came out; if it never got there, the outputs do.
    """
    guesses = []
    for cell in ours:
        told = CAME_OUT.findall(said(mine.get(cell.id, {})))
        now = CAME_OUT.findall(output.get(cell.id, ""))
        pairs = zip(told, now + told[len(now) :], strict=False)
        guesses += [guess == out for (_, guess), (out, _) in pairs if guess]
    return guesses


def grade_one(paths, number, course, solved, folder, **limits):
    """Return the row of one submission, whatever it holds; never raises."""
    problem, ours = "no notebook in it", course[number]
    for path in paths:
        try:
            theirs = handed_in.read(path)
            other = handed_in.lesson_of(theirs, course)
            if other != number:
                raise ValueError(f"this is lesson {other or 'unknown'}")
            notebook, mine, remarks = handed_in.put_in(ours, theirs)
            own, pasted = handed_in.own_answers(ours, mine, solved)
            files = path.parent if path.parent != folder else None
            beside = path.with_name("progress.json")
            before = handed_in.read_progress(beside, number) if files else {}
            with tempfile.TemporaryDirectory(
                prefix="run_", ignore_cleanup_errors=True
            ) as name:
                place = Path(name).resolve()
                facts = run(notebook, place, files, folder, **limits)
                done = handed_in.read_progress(place / "progress.json", number)
                try:
                    ran = handed_in.read(place / "run.ipynb")
                except ValueError:  # the run has spoilt it
                    ran = []
            row = results(ran, done, ours, mine, before, number)
            row |= facts | remarks | {"pasted": pasted}
            return row | {"own": own, "notebook": path.name}
        except Exception as error:  # one file stops nobody else's row
            problem = str(error) or type(error).__name__
    return {"ended": f"not run: {problem}", "own": {}}


def harmless(value):
    """Return a text that no spreadsheet takes for a formula."""
    starts = isinstance(value, str) and value[:1] in tuple("=+-@\t\r")
    return f"'{value}" if starts else value


def grade(folder, number=None, jobs=1, minutes=20, gigabytes=4):
    """Return a DataFrame with a row for each submission in a folder.

    number: the lesson, such as "02"; else the one that most have handed in.
    jobs: how many run at the same time. minutes, gigabytes: limits of each.
    """
    folder = Path(folder).resolve()
    if ROOT.is_relative_to(folder):
        raise SystemExit("the submissions need a folder of their own")
    learners, course = handed_in.find(folder), handed_in.the_course()
    if not number:
        number = handed_in.lesson_of_most(learners.values(), course)
    if number not in course:
        raise SystemExit(f"no notebook of a lesson in {folder}")
    solved = handed_in.the_course("solutions").get(number, [])
    most, rows = len(handed_in.exercises(course[number])), []

    def grade_this(paths):
        files = number, course, solved, folder
        return grade_one(paths, *files, minutes=minutes, gigabytes=gigabytes)

    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(grade_this, learners.values())
        for name, row in zip(learners, done, strict=True):
            first = {"assignment": number, "student_id": name, "score": 0}
            rows.append(first | {"max_score": most} | row)
            print(f"{name}: {rows[-1]['score']} solved, {row['ended']}")
    handed_in.alike(rows)
    table = pandas.DataFrame(rows).drop(columns="own").map(harmless)
    return table.convert_dtypes()


def main():
    """Read the command line, grade, write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("submissions", type=Path)
    parser.add_argument("--lesson", help="such as 02; default: what most are")
    parser.add_argument("--out", default="grades")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--gigabytes", type=float, default=4)
    parser.add_argument("--jobs", type=int, default=1, help="at a time")
    options = parser.parse_args()
    if not options.submissions.is_dir():
        parser.error(f"{options.submissions} is no folder")
    folder = options.submissions.resolve()
    protection = LOCKS[lock(folder, folder)[0]]
    print(protection)
    table = grade(
        folder, options.lesson, options.jobs, options.minutes,
        options.gigabytes,
    )  # fmt: skip
    table.to_csv(f"{options.out}.csv", index=False)
    page = f"<meta charset='utf-8'><title>Grades</title><p>{protection}</p>"
    page += table.to_html(index=False, na_rep="")
    Path(f"{options.out}.html").write_text(page, encoding="utf-8")
    print(table[["student_id", "score", "max_score", "ended"]].to_string())


if __name__ == "__main__":
    main()
