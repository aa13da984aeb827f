"""The tables of a run, as Markdown: medians over the rounds with the spread, and ratios within each round."""

import statistics
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.contenders import CONTENDERS, EMPTY_ROUTE
from benchmarks.results import Measurement, Results
from benchmarks.targets import TARGETS, Round

EXACT_FROM = 100  # from here on whole numbers are exact enough
REFERENCE = "usual"  # whom ratios are taken beside
_TOLD = {one.name: one.told for one in (*CONTENDERS.values(), EMPTY_ROUTE)}

_COLUMNS = {
    "a second": "rate_per_second",
    "accepted a second": "accept_rate_per_second",
    "schedules a second": "schedule_per_second",
    "sessions a second": "detail_per_second",
    "while booking": "busy_per_second",
    "accept p50, ms": "accept_p50_ms",
    "p99": "accept_p99_ms",
    "most": "accept_max_ms",
    "outcome p50, ms": "outcome_p50_ms",
    "p99 ": "outcome_p99_ms",
    "most ": "outcome_max_ms",
    "statements": "statements_per_command",
    "WAL bytes": "wal_bytes_per_command",
}
_KINDS = ("api", "worker", "beat", "postgres", "valkey", "client")


def shown(value: float) -> str:
    """Return a figure for people: three digits that count, and no powers of ten."""
    return f"{value:,.0f}" if abs(value) >= EXACT_FROM else f"{value:.3g}"


def rounds_of(results: Results) -> list[Round]:
    """Return the measurements of each round."""
    numbers = sorted({one.round for one in results.measurements})
    return [Round([one for one in results.measurements if one.round == number]) for number in numbers]


def targets_table(results: Results) -> Iterator[str]:
    """Yield what is wanted beside what was measured."""
    yield "| what | wanted | measured | rounds |"
    yield "|---|---|---|---|"
    rounds = rounds_of(results)
    for target in TARGETS:
        values = [value for one in rounds if (value := target.measured(one)) is not None]
        if values:
            median = statistics.median(values)
            mark = "" if target.holds(median) else ", **missed**"
            bound = "at most" if target.most else "at least"
            wanted, measured = (f"{shown(value)}{_unit(target.unit)}" for value in (target.wanted, median))
            yield f"| {target.name} | {bound} {wanted} | {measured}{mark} | {_spread(values)} |"


def scenario_tables(results: Results) -> Iterator[str]:
    """Yield a heading and two tables for each scenario and its parameters: how fast, and what it used."""
    groups: dict[str, dict[str, list[Measurement]]] = {}
    for one in results.measurements:
        if not one.scenario.startswith(("growth", "floor", "soak", "crash")):
            groups.setdefault(_title(one), {}).setdefault(one.contender, []).append(one)
    for title, by_contender in groups.items():
        yield f"### {title}\n"
        yield from _fast(by_contender)
        yield ""
        if any("cpu_api_seconds_per_1000" in one.figures for one in _all(by_contender)):
            yield from _used(by_contender)
            yield ""


def audit_table(results: Results) -> Iterator[str]:
    """Yield for each contender what the audit found wrong, by scenario; nothing wrong is said too."""
    yield "| contender | scenario | commands in all rounds | wrong |"
    yield "|---|---|---|---|"
    groups: dict[tuple[str, str], list[Measurement]] = {}
    for one in results.measurements:
        if "commands" in one.figures and not one.scenario.startswith(("growth", "soak")):
            groups.setdefault((one.contender, one.scenario), []).append(one)
    for (contender, scenario), measured in sorted(groups.items()):
        faults: dict[str, int] = {}
        for one in measured:
            for kind, count in one.faults.items():
                faults[kind] = faults.get(kind, 0) + count
        said = ", ".join(f"{kind} {count:,}" for kind, count in faults.items()) or "nothing"
        commands = sum(one.figures["commands"] for one in measured)
        yield f"| {_TOLD.get(contender, contender)} | {scenario} | {commands:,.0f} | {said} |"


def floors_table(results: Results) -> Iterator[str]:
    """Yield the limits: of the database by hand, of a commit, of the server."""
    yield "| limit | figure | rounds |"
    yield "|---|---|---|"
    groups: dict[str, list[float]] = {}
    for one in results.measurements:
        if one.scenario.startswith("floor"):
            for name, value in one.figures.items():
                delay = f", {one.parameters['commit_ms']:g} ms asked for" if "commit_ms" in one.parameters else ""
                groups.setdefault(f"{one.scenario}: {name.replace('_', ' ')}{delay}", []).append(value)
    for name, values in groups.items():
        yield f"| {name} | {shown(statistics.median(values))} | {_spread(values)} |"


def _fast(by_contender: dict[str, list[Measurement]]) -> Iterator[str]:
    columns = [
        (said, name) for said, name in _COLUMNS.items() if any(name in one.figures for one in _all(by_contender))
    ]
    yield "| |" + "".join(f" {said.strip()} |" for said, _ in columns) + f" rate beside {_short(REFERENCE)} |"
    yield "|---|" + "---|" * (len(columns) + 1)
    for contender, measured in by_contender.items():
        cells = [_cell(measured, name) for _, name in columns]
        yield f"| {_TOLD.get(contender, contender)} | " + " | ".join([*cells, _beside(by_contender, contender)]) + " |"


def _used(by_contender: dict[str, list[Measurement]]) -> Iterator[str]:
    yield "| CPU seconds for 1,000 | " + " | ".join(_KINDS) + " | API, MB | worker, MB |"
    yield "|---|" + "---|" * (len(_KINDS) + 2)
    for contender, measured in by_contender.items():
        names = [f"cpu_{kind}_seconds_per_1000" for kind in _KINDS] + ["memory_api_mb", "memory_worker_mb"]
        yield f"| {_TOLD.get(contender, contender)} | " + " | ".join(_cell(measured, name) for name in names) + " |"


def _beside(by_contender: dict[str, list[Measurement]], contender: str) -> str:
    """Return the ratio of this contender's rate to the reference's, round by round."""
    for name in ("rate_per_second", "schedule_per_second"):
        theirs = {one.round: one.figures[name] for one in by_contender.get(REFERENCE, []) if name in one.figures}
        ratios = [
            one.figures[name] / theirs[one.round]
            for one in by_contender[contender]
            if name in one.figures and theirs.get(one.round)
        ]
        if ratios:
            return f"{shown(statistics.median(ratios))} ({_spread(ratios)})"
    return "-"


def _cell(measured: Sequence[Measurement], name: str) -> str:
    values = [one.figures[name] for one in measured if name in one.figures]
    return shown(statistics.median(values)) if values else "-"


def _spread(values: Sequence[float]) -> str:
    return f"{shown(min(values))} to {shown(max(values))}"


def _unit(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"


def _title(one: Measurement) -> str:
    # Sizes, of which the peers get fewer; what is compared are rates and what each command takes.
    hidden = {"members", "bookings", "commands", "reads", "sessions"}
    words = [f"{name.replace('_', ' ')} {value:g}" for name, value in one.parameters.items() if name not in hidden]
    return f"{one.scenario.capitalize()}" + (f" ({', '.join(words)})" if words else "")


def _short(contender: str) -> str:
    return "the row lock" if contender == REFERENCE else contender


def _all(by_contender: dict[str, list[Measurement]]) -> Iterable[Measurement]:
    return (one for measured in by_contender.values() for one in measured)
