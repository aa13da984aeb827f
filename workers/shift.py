"""A shift: the couriers of all channels at work for a short while, so that a worker that is asked to stop soon can."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHIFT_SECONDS = 1.5
GLANCE_SECONDS = 0.1  # from one look for what is due to the next, while a shift lasts


class Shift:
    """When new work may be begun. `more` says that work is left for the next shift."""

    def __init__(self) -> None:
        self.more = False
        self._ends_at = time.monotonic() + SHIFT_SECONDS
        self._early_calls = 0

    def may_begin(self) -> bool:
        """Whether to claim and call more: until the shift ends, and beyond that while a call of it is held up.

        So a provider that hangs keeps the shift, but none of the other channels, waiting.
        """
        return time.monotonic() < self._ends_at or self._early_calls > 0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count a call while it is under way."""
        early = time.monotonic() < self._ends_at
        self._early_calls += early
        try:
            yield
        finally:
            self._early_calls -= early
