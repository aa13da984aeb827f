"""A clock that the test sets."""

from dataclasses import dataclass


@dataclass
class Clock:
    """Tells the time `at`, in seconds, until the test changes it."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at
