"""A run's report: figures, and the invariants that must hold; the same for terminal, JSON and page."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.auditing import Verdict
from ops.latencies import Latencies, milliseconds, summed_up
from ops.rush.measured import Measured, Moment
from ops.rush.scene import Scene
from ops.rush.storm import Storm
from ops.verdict_report import plain_verdict

SHOWN_MAX = 20  # lines of trouble shown for one invariant


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold, and what speaks against it (nothing, if it holds)."""

    claim: str
    against: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.against


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of latency: what was measured, in one sentence, and every value in seconds."""

    name: str
    meaning: str
    seconds: tuple[float, ...]

    @property
    def summary(self) -> Latencies:
        """The values in short."""
        return summed_up(self.seconds)


@dataclass(frozen=True, slots=True)
class RushReport:
    """Everything a run came to."""

    name: str
    members: int
    sessions: int
    capacity: int
    clients: int
    seconds: float
    requests: int
    retries: int
    cut_short: bool
    outcomes: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]
    batches: int
    mean_batch: float
    series: tuple[Series, ...]
    moments: tuple[Moment, ...]
    invariants: tuple[Invariant, ...]
    verdict: Verdict

    @property
    def ok(self) -> bool:
        """Whether every invariant holds."""
        return all(one.holds for one in self.invariants)

    @property
    def rate(self) -> float:
        """How many requests were answered a second."""
        return self.requests / self.seconds if self.seconds else 0.0


def report_of(scene: Scene, clients: int, storm: Storm, measured: Measured, verdict: Verdict) -> RushReport:
    """Put together what the clients saw, what the journal says and what the audit found."""
    return RushReport(
        name=scene.name,
        members=len(scene.players),
        sessions=len(scene.training_session_ids),
        capacity=scene.capacity,
        clients=clients,
        seconds=storm.seconds,
        requests=storm.answered,
        retries=storm.retries,
        cut_short=storm.cut_short,
        outcomes=tuple(_outcomes(measured)),
        reasons=tuple(measured.reasons.most_common()),
        batches=measured.batches,
        mean_batch=measured.mean_batch,
        series=_series(storm, measured),
        moments=tuple(measured.moments),
        invariants=_invariants(storm, measured, verdict),
        verdict=verdict,
    )


def plain_report(report: RushReport) -> dict[str, Any]:
    """Return the report as plain JSON values; latencies in seconds, without the single values."""
    return {
        "ok": report.ok,
        "name": report.name,
        "members": report.members,
        "sessions": report.sessions,
        "capacity": report.capacity,
        "clients": report.clients,
        "seconds": report.seconds,
        "requests": report.requests,
        "requests_per_second": report.rate,
        "retries": report.retries,
        "cut_short": report.cut_short,
        "outcomes": dict(report.outcomes),
        "reasons": dict(report.reasons),
        "batches": report.batches,
        "mean_batch": report.mean_batch,
        "latency_seconds": {one.name: asdict(one.summary) for one in report.series},
        "invariants": [{**asdict(one), "holds": one.holds} for one in report.invariants],
        "audit": plain_verdict(report.verdict),
    }


def print_report(report: RushReport, console: Console | None = None) -> None:
    """Print the report."""
    console = console or Console(highlight=False, soft_wrap=True)
    outcomes = Table("outcome", "commands", title=report.name, title_justify="left")
    latencies = Table("latency", "requests", "p50", "p99", "max")
    for table in (outcomes, latencies):
        for column in table.columns[1:]:
            column.justify = "right"
    for name, count in report.outcomes:
        outcomes.add_row(name, f"{count:,}")
    for reason, count in report.reasons:
        outcomes.add_row(f"  refused: {reason}", f"{count:,}")
    for one in report.series:
        short = one.summary
        cells = (milliseconds(short.p50), milliseconds(short.p99), milliseconds(short.longest))
        latencies.add_row(one.name, f"{short.count:,}", *cells)
    console.print(outcomes)
    console.print(latencies)
    console.print(
        f"{report.requests:,} requests of {report.clients} clients in {report.seconds:.1f} s ({report.rate:,.0f} a "
        f"second), settled in {report.batches:,} batches of {report.mean_batch:.1f} on average."
    )
    for invariant in report.invariants:
        mark = "[green]holds[/]" if invariant.holds else "[bold red]broken[/]"
        console.print(f"  {mark}  {escape(invariant.claim)}")
        for line in invariant.against[:SHOWN_MAX]:
            console.print(f"         [red]{escape(line)}[/]")


def _outcomes(measured: Measured) -> Iterator[tuple[str, int]]:
    """Count outcomes as the journal has them. One command may bring several: a cancellation promotes."""
    words = {
        "seat_booked": "confirmed",
        "waitlist_joined": "waitlisted",
        "booking_cancelled": "cancelled, place given back",
        "waitlist_left": "cancelled, line left",
        "waiter_promoted": "promoted from the line",
        "waiter_skipped": "skipped in line",
        "waiter_returned": "back in line",
    }
    for event, word in words.items():
        if count := measured.events[event]:
            yield word, count
    for status in ("refused", "failed"):
        if count := sum(one == status for one in measured.statuses.values()):
            yield status, count


def _series(storm: Storm, measured: Measured) -> tuple[Series, ...]:
    return (
        Series(
            "accept",
            "From sending a request without a wait to the answer 202: it is in the log and will not be lost.",
            tuple(storm.accept_seconds),
        ),
        Series(
            "outcome",
            "From sending a request with a wait to the answer that says what became of it.",
            tuple(storm.outcome_seconds),
        ),
        Series(
            "accepted to applied",
            "From the command's place in the log to its outcome, by the database's clock, for every command.",
            tuple(measured.apply_seconds),
        ),
    )


def _invariants(storm: Storm, measured: Measured, verdict: Verdict) -> tuple[Invariant, ...]:
    differing = [
        f"command {id_}: the client was told {status}, the journal says {measured.statuses.get(id_, 'nothing')}"
        for id_, status in storm.statuses.items()
        if measured.statuses.get(id_) != status
    ]
    if len(storm.statuses) != len(measured.statuses):
        differing.append(f"{len(storm.statuses)} commands were answered, {len(measured.statuses)} are in the journal")
    found = [f"{one.what} (position {one.position}): {one.found}, not {one.expected}" for one in verdict.differences]
    return (
        Invariant("Every request was answered.", tuple(storm.errors)),
        Invariant("Each command has exactly one outcome, the one its client was told.", tuple(differing)),
        Invariant("No command was left waiting.", _if_any(measured.waiting, "commands still wait")),
        Invariant("No command failed.", _if_any(verdict.outcomes["failed"], "commands failed")),
        Invariant("No session has more people than places.", tuple(measured.oversold)),
        Invariant("No place is free while somebody is in line.", tuple(measured.idle_places)),
        Invariant(
            "The audit finds every outcome, receipt, roster, pass and notice as the rules make it.", tuple(found)
        ),
    )


def _if_any(count: int, what: str) -> tuple[str, ...]:
    return (f"{count} {what}",) if count else ()
