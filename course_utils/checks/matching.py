"""The check of which letter is what, for things handed out without names."""

from course_utils.checks.core import outcome
from course_utils.checks.judging import Right


def matching(name, right, thing, kind, hints):
    """Register the check of a dictionary {letter: word}.

    right: the answer; each word stands for one letter. thing, kind: what a
    letter and a word stand for, such as "patient" and "state". hints: {word:
    where to look}; of the words that were missed, the first one's is told.
    """
    words = {_plain(word): word for word in right.values()}

    def find_problem(answer):
        example = ", ".join(f'"{letter}": …' for letter in right)
        if not isinstance(answer, dict):
            return (
                f"It must be a dictionary, {{{example}}}; got a "
                f"{type(answer).__name__}."
            )
        given = {_plain(k).upper(): _plain(v) for k, v in answer.items()}
        if {letter.lower() for letter in given} & set(words):
            return (
                f"The other way round: letters to the left, {kind}s to the "
                "right."
            )
        if missing := sorted(set(right) - set(given)):
            return f"No {kind} is given for {', '.join(missing)}."
        if more := sorted(set(given) - set(right)):
            return f"There is no {thing} {', '.join(more)}."
        for letter, word in given.items():
            if word not in words:
                choices = ", ".join(words.values())
                return f"{letter}: {word!r} is none of {choices}."
        if len(set(given.values())) < len(right):
            return f"Each {kind} stands for one {thing} only."
        missed = {right[c] for c in right if words[given[c]] != right[c]}
        if not missed:
            return Right(dict(right), "")  # spelt as the lesson spells it
        hint = next(hints[word] for word in hints if word in missed)
        return f"{len(right) - len(missed)} of {len(right)} are right. {hint}"

    outcome(name, find_problem, course=lambda: dict(right))


def _plain(word):
    return str(word).strip().lower()
