"""What a lesson is told with: predictions, claims, quiz, scorecard."""

from course_utils.lessons.quizzes import quiz

__all__ = ["quiz"]
