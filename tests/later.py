"""Answers that take seconds to make, such as trained models."""

import functools


class Later:
    """An answer that is made when it is judged, not when tests are listed."""

    def __init__(self, make, *arguments, **options):
        self.make = functools.partial(make, *arguments, **options)

    @functools.cached_property
    def made(self):
        """The answer."""
        return self.make()


def made(attempt):
    """Return an attempt, made by now."""
    return attempt.made if isinstance(attempt, Later) else attempt
