"""How hard Hypothesis tries here: little and the same on every run, or as many times that as one asks for."""

import os

from hypothesis import HealthCheck, Phase, settings

EFFORT = int(os.environ.get("SEATLINE_TEST_EFFORT", "1"))
"""How many times as many examples; beyond 1 each run searches anew."""


def at_most(examples: int, *, stateful_step_count: int = 50) -> settings:
    """Return settings for so many examples, times the effort."""
    return settings(
        max_examples=examples * EFFORT,
        derandomize=EFFORT == 1,
        deadline=None,  # a busy machine is no failure
        database=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if EFFORT > 1 else [])],
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
        stateful_step_count=stateful_step_count,
    )
