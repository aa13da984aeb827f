"""What Seatline wants to be, as ratios within one round of one run: each with what was wanted and what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.results import Measurement

MEMORY_MAX_MB = 90.0


@dataclass(frozen=True, slots=True)
class Target:
    """One ratio, or one size; `most` says that it is an upper bound."""

    name: str
    wanted: float
    measured: "Measured"
    unit: str = "x"
    most: bool = False

    def holds(self, value: float) -> bool:
        """Whether this value is what was wanted."""
        return value <= self.wanted if self.most else value >= self.wanted


@dataclass(frozen=True, slots=True)
class Round:
    """The measurements of one round."""

    measurements: Sequence[Measurement]

    def figure(self, scenario: str, contender: str, name: str, **parameters: float) -> float | None:
        """Return one figure of the first measurement with these parameters; None when it was not measured."""
        for one in self.measurements:
            wanted = all(one.parameters.get(key) == value for key, value in parameters.items())
            if one.scenario == scenario and one.contender == contender and wanted and name in one.figures:
                return one.figures[name]
        return None

    def memory(self, kind: str) -> float | None:
        """Return the most memory that a process of this kind of Seatline's ever held."""
        name = f"memory_{kind}_mb"
        held = [one.figures[name] for one in self.measurements if one.contender == "seatline" and name in one.figures]
        return max(held, default=None)


Measured = Callable[[Round], float | None]


def _of(scenario: str, contender: str, name: str, **parameters: float) -> Measured:
    return lambda round_: round_.figure(scenario, contender, name, **parameters)


def _beside(above: Measured, below: Measured) -> Measured:
    """Return what measures the ratio of two figures, where both were measured."""

    def measured(round_: Round) -> float | None:
        one, other = above(round_), below(round_)
        return one / other if one is not None and other else None

    return measured


def _rush(peer: str, commit_ms: float) -> Measured:
    """Return how many times as long a peer's members wait as Seatline's until the last one knows."""
    theirs, ours = (_of("rush", name, "seconds", commit_ms=commit_ms) for name in (peer, "seatline"))
    return _beside(theirs, ours)


def _soaked(round_: Round) -> float | None:
    """Return by how much the largest process grew from the second round of a soak to its last."""
    soaks = [one.figures for one in round_.measurements if one.scenario == "soak"]
    grown = [
        last - early
        for name, last in (soaks[-1].items() if len(soaks) > 2 else ())
        if name in {"memory_api_mb", "memory_worker_mb"} and (early := soaks[1].get(name))
    ]
    return max(grown, default=None)


TARGETS = (
    Target("rush until all know, beside the row lock in the request", 3.0, _rush("usual", 0.0)),
    Target("rush, beside a Celery task a command", 5.0, _rush("celery_lock", 0.0)),
    Target("rush, beside procrastinate", 5.0, _rush("procrastinate_lock", 0.0)),
    Target("rush with commits of 2 ms, beside the row lock", 6.0, _rush("usual", 2.0)),
    Target(
        "backlog of one session, beside the row lock's rate",
        12.0,
        _beside(
            _of("backlog of one session", "seatline", "rate_per_second"),
            _of("backlog of one session", "usual", "rate_per_second"),
        ),
    ),
    Target(
        "backlog of one session, of bulk SQL's rate",
        0.45,
        _beside(
            _of("backlog of one session", "seatline", "rate_per_second"),
            _of("floor of the database", "bulk SQL", "bulk_sql_per_second"),
        ),
    ),
    Target(
        "accepting, of the empty route's rate",
        0.35,
        _beside(
            _of("backlog of one session", "seatline", "accept_rate_per_second"),
            _of("accept", "empty_route", "accept_rate_per_second"),
        ),
    ),
    Target(
        "accepting in the rush, p99 beside that of an idle stack",
        5.0,
        _beside(
            _of("rush", "seatline", "accept_p99_ms", commit_ms=0.0),
            _of("rush", "seatline", "idle_accept_p99_ms", commit_ms=0.0),
        ),
        most=True,
    ),
    Target(
        "a week's schedule, of the empty route's rate",
        0.4,
        _beside(_of("browse", "seatline", "schedule_per_second"), _of("browse", "empty_route", "schedule_per_second")),
    ),
    Target(
        "two workers beside one, evening with commits of 2 ms",
        1.8,
        _beside(
            _of("evening", "seatline", "rate_per_second", workers=2, commit_ms=2.0),
            _of("evening", "seatline", "rate_per_second", workers=1, commit_ms=2.0),
        ),
    ),
    Target(
        "two workers beside one, backlog of many sessions with commits of 2 ms",
        1.8,
        _beside(
            _of("backlog of many sessions", "seatline", "rate_per_second", workers=2, commit_ms=2.0),
            _of("backlog of many sessions", "seatline", "rate_per_second", workers=1, commit_ms=2.0),
        ),
    ),
    Target("an API process at its peak", MEMORY_MAX_MB, lambda one: one.memory("api"), "MB", most=True),
    Target("a worker process at its peak", MEMORY_MAX_MB, lambda one: one.memory("worker"), "MB", most=True),
    Target("the largest process, grown over a soak", 1.0, _soaked, "MB", most=True),
)
