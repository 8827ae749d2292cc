"""What a lesson is told with: guesses, claims, questions, scorecard."""

from course_utils.lessons.guesses import claim, guess, reveal
from course_utils.lessons.progress import note, show_progress, start
from course_utils.lessons.quizzes import from_memory, quiz
from course_utils.lessons.scorecards import measured_table, scorecard

__all__ = [
    "claim",
    "from_memory",
    "guess",
    "measured_table",
    "note",
    "quiz",
    "reveal",
    "scorecard",
    "show_progress",
    "start",
]
