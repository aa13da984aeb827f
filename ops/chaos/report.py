"""What a fault run came to; the same for terminal and JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops.chaos.books import Books, CommandRow
from ops.chaos.check import Damage, Kind
from ops.chaos.history import Asked
from ops.chaos.plan import Strike

SHOWN_MAX = 30  # lines of damage shown on a terminal


@dataclass(slots=True)
class Struck:
    """A fault that was done; instants in Unix seconds."""

    strike: Strike
    began_at: float
    ended_at: float = 0.0


@dataclass(slots=True)
class Recovery:
    """How long it took after the last fault until all was well again, in seconds; None where it never came to that.

    `settled`: no command waited and every client was answered. `told`: every notice was delivered. `leases_ended`
    counts deliveries of a notifier that was killed, whose lease was not waited for but ended.
    """

    settled: float | None = None
    told: float | None = None
    leases_ended: int = 0


@dataclass(frozen=True, slots=True)
class FaultCount:
    """How often a kind of fault struck, and the longest it took afterwards until all accepted before had outcomes."""

    name: str
    count: int
    recovery_seconds: float


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """One run. `calls` counts requests, so those beyond `sent` are repetitions under the same key.

    `left_out` names the faults that cannot be had on this machine.
    """

    seed: int
    seconds: float
    sent: int
    calls: int
    accepted: int
    outcomes: Mapping[str, int]
    unanswered: int
    calls_without_answer: int
    faults: tuple[FaultCount, ...]
    recovery: Recovery
    deliveries: int
    sent_again: int
    ended_by_themselves: Mapping[str, int]
    left_out: tuple[str, ...]
    damages: tuple[Damage, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.damages

    def count(self, kind: Kind) -> int:
        """Return how many damages there are of this kind."""
        return sum(one.kind is kind for one in self.damages)


def report_of(
    history: Sequence[Asked],
    books: Books,
    *,
    seed: int,
    seconds: float,
    struck: Sequence[Struck],
    recovery: Recovery,
    damages: Sequence[Damage],
    ended_by_themselves: Counter[str],
    left_out: Sequence[str] = (),
) -> ChaosReport:
    """Put together what was asked, what is in the books and what is wrong."""
    return ChaosReport(
        seed=seed,
        seconds=seconds,
        sent=len(history),
        calls=sum(len(asked.calls) for asked in history),
        accepted=sum(row.key is not None for row in books.commands),
        outcomes=dict(Counter(row.status for row in books.commands if row.key is not None)),
        unanswered=sum(asked.answered is None for asked in history),
        calls_without_answer=sum(call.status is None for asked in history for call in asked.calls),
        faults=tuple(_fault_counts(struck, books.commands)),
        recovery=recovery,
        deliveries=len(books.deliveries),
        sent_again=sum(max(one.went_out - 1, 0) for one in books.deliveries),
        ended_by_themselves=dict(ended_by_themselves),
        left_out=tuple(left_out),
        damages=tuple(damages),
    )


def _fault_counts(struck: Sequence[Struck], rows: Sequence[CommandRow]) -> list[FaultCount]:
    counts = Counter(one.strike.fault.name for one in struck)
    worst: dict[str, float] = dict.fromkeys(counts, 0.0)
    for one in struck:
        applied = (row.applied_at for row in rows if row.accepted_at <= one.ended_at and row.applied_at is not None)
        seconds = max(applied, default=0.0) - one.ended_at
        worst[one.strike.fault.name] = max(worst[one.strike.fault.name], seconds)
    return [FaultCount(name, count, round(worst[name], 2)) for name, count in sorted(counts.items())]


def plain_report(report: ChaosReport) -> dict[str, Any]:
    """Return the report as plain JSON values."""
    return {"ok": report.ok, **asdict(report)}


def print_report(report: ChaosReport, console: Console) -> None:
    """Print the report of one run."""
    table = Table("fault", "times", "recovered within", title=f"Seed {report.seed}", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for fault in report.faults:
        table.add_row(fault.name, str(fault.count), f"{fault.recovery_seconds:.1f} s")
    console.print(table)
    recovery = report.recovery
    outcomes = ", ".join(f"{count:,} {status}" for status, count in sorted(report.outcomes.items()))
    console.print(
        f"{report.sent:,} commands were sent with {report.calls:,} requests, {report.calls_without_answer:,} of which "
        f"got no answer. {report.accepted:,} were accepted: {outcomes}; {report.unanswered} were never answered."
    )
    console.print(
        f"After the last fault all was settled and answered within {_seconds(recovery.settled)}, and all notices were "
        f"delivered within {_seconds(recovery.told)}: {report.deliveries:,} deliveries, {report.sent_again} of them "
        f"sent once more, {recovery.leases_ended} leases of killed notifiers ended rather than waited for."
    )
    if report.ended_by_themselves:
        ended = ", ".join(f"{name} {count} times" for name, count in sorted(report.ended_by_themselves.items()))
        console.print(f"[yellow]Ended without having been told to, and started again: {escape(ended)}.[/]")
    if report.left_out:
        names = escape(", ".join(report.left_out))
        console.print(f"[yellow]Left out, as no clock can be set here (it takes Linux and a C compiler): {names}.[/]")
    for damage in report.damages[:SHOWN_MAX]:
        console.print(f"  [red]{damage.kind}[/]  {escape(damage.sentence)}")
    console.print(verdict_line(report))


def print_runs(reports: Sequence[ChaosReport], console: Console) -> None:
    """Print one line for each of several runs, and the worst recovery of all."""
    table = Table(
        "seed", "faults", "sent", "requests", "no answer", "applied", "refused", "failed", "unanswered", "lost",
        "doubled", "reordered", "all wrong", "settled within", "told within",
    )  # fmt: skip
    for report in reports:
        outcomes = [report.outcomes.get(status, 0) for status in ("applied", "refused", "failed")]
        counted = [report.count(kind) for kind in (Kind.LOST, Kind.DOUBLED, Kind.REORDERED)]
        figures = [
            report.seed, sum(fault.count for fault in report.faults), report.sent, report.calls,
            report.calls_without_answer, *outcomes, report.unanswered, *counted, len(report.damages),
        ]  # fmt: skip
        recovered = (_seconds(report.recovery.settled), _seconds(report.recovery.told))
        table.add_row(*(f"{figure:,}" for figure in figures), *recovered)
    console.print(table)
    settled = [report.recovery.settled for report in reports]
    worst = None if None in settled else max(filter(None, settled), default=0.0)
    bad = sum(not report.ok for report in reports)
    console.print(f"Worst recovery: {_seconds(worst)}. {len(reports) - bad} of {len(reports)} runs kept every promise.")


def verdict_line(report: ChaosReport) -> str:
    """Return the verdict in one line of markup."""
    counted = ", ".join(f"{report.count(kind)} {kind}" for kind in (Kind.LOST, Kind.DOUBLED, Kind.REORDERED))
    if report.ok:
        return f"[bold green]Every promise was kept:[/] {counted}."
    return f"[bold red]Not every promise was kept, findings: {len(report.damages)}.[/] {counted}."


def _seconds(seconds: float | None) -> str:
    return "[red]never[/]" if seconds is None else f"{seconds:.1f} s"
