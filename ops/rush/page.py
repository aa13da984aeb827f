"""The report as one self-contained HTML page: no script, nothing loaded from anywhere, light and dark."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from pathlib import Path

from ops.errors import OperatorError
from ops.latencies import milliseconds
from ops.rush.charts import filling, latencies, latency_span
from ops.rush.report import Invariant, RushReport

STYLE = "page.css"


def write_page(path: Path, report: RushReport) -> None:
    """Write the page to this file."""
    try:
        path.write_text(page_of(report), encoding="utf-8")
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror}. Choose another file.") from None


def page_of(report: RushReport) -> str:
    """Return the page."""
    title = escape(report.name)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{files("ops.rush").joinpath(STYLE).read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Seatline</p>
<h1>{title}</h1>
<p class="lead">{_lead(report)}</p>
{_verdict(report)}
</header>
{_tiles(report)}
<section>
<h2>Places and line over time</h2>
<p>All {report.sessions:,} sessions together, as the journal has it.
<span class="key booked">places taken</span> <span class="key in-line">people in line</span></p>
{filling(report.moments, report.capacity * report.sessions)}
</section>
<section>
<h2>Latencies</h2>
{_latencies(report)}
</section>
<section class="columns">
<div>
<h2>Outcomes</h2>
{_table(("outcome", "count"), [(name, f"{count:,}") for name, count in _outcomes(report)])}
</div>
<div>
<h2>What must hold</h2>
<ul class="claims">
{"".join(_claim(one) for one in report.invariants)}</ul>
</div>
</section>
</main>
</body>
</html>
"""


def _lead(report: RushReport) -> str:
    cut = " Sending was cut short by the time limit." if report.cut_short else ""
    return (
        f"{report.members:,} members stormed {report.sessions:,} sessions of {report.capacity:,} places each, "
        f"{report.clients:,} requests at a time, over HTTP. It took {report.seconds:.1f} seconds.{cut}"
    )


def _verdict(report: RushReport) -> str:
    if report.ok:
        audited = f"{report.verdict.commands:,} commands were decided again by the audit"
        return f'<p class="verdict good">The line was kept. {audited}, with the same outcome for each.</p>'
    count = sum(not one.holds for one in report.invariants)
    return f'<p class="verdict bad">{count} of {len(report.invariants)} claims do not hold; see below.</p>'


def _tiles(report: RushReport) -> str:
    outcomes = dict(report.outcomes)
    named = {one.name: one.summary for one in report.series}
    tiles = [
        (f"{report.requests:,}", "requests answered"),
        (f"{report.rate:,.0f}/s", "answered a second"),
        (f"{outcomes.get('confirmed', 0) + outcomes.get('promoted from the line', 0):,}", "places given"),
        (f"{outcomes.get('waitlisted', 0):,}", "put in line"),
        (milliseconds(named["outcome"].p50), "to the outcome, median"),
        (milliseconds(named["accept"].p50), "to be accepted, median"),
        (f"{report.batches:,}", "batches"),
        (f"{report.mean_batch:.1f}", "commands a batch"),
    ]
    inside = "".join(f"<div><strong>{value}</strong><span>{label}</span></div>\n" for value, label in tiles)
    return f'<section class="tiles">\n{inside}</section>'


def _latencies(report: RushReport) -> str:
    span = latency_span(one.seconds for one in report.series)
    parts = []
    for one in report.series:
        short = one.summary
        figures = (
            f"{short.count:,} measured; p50 {milliseconds(short.p50)}, p99 {milliseconds(short.p99)}, "
            f"max {milliseconds(short.longest)}."
        )
        chart = latencies(one.seconds, one.name, span=span) if one.seconds else ""
        parts.append(f"<h3>{escape(one.name)}</h3>\n<p>{escape(one.meaning)} {figures}</p>\n{chart}")
    return "\n".join(parts)


def _outcomes(report: RushReport) -> Iterable[tuple[str, int]]:
    yield from report.outcomes
    for reason, count in report.reasons:
        yield f"refused: {reason}", count


def _claim(one: Invariant) -> str:
    if one.holds:
        return f'<li class="good">{escape(one.claim)}</li>\n'
    lines = "".join(f"<li>{escape(line)}</li>" for line in one.against)
    return f'<li class="bad">{escape(one.claim)}<ul>{lines}</ul></li>\n'


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>"
