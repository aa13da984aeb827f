"""Write what was measured into the documentation: tables between two marks, charts beside them."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.charts import CHARTS, drawn
from benchmarks.results import Results
from benchmarks.tables import audit_table, floors_table, rounds_of, scenario_tables, targets_table

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def write_report(results: Results, docs: Path) -> list[Path]:
    """Write the tables into `performance.md`, the charts into `images` and the results beside; return what was written.

    What stands outside the marks stays. Raises `ValueError` when the page has no marks.
    """
    page = docs / "performance.md"
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no place for the tables: it must hold {BEGIN} and {END}")
    written = [page]
    pictures = []
    for chart in CHARTS:
        if lines := chart.lines(results):
            picture = docs / "images" / f"measured-{chart.name}.svg"
            picture.write_text(drawn(chart, lines))
            written.append(picture)
            pictures.append(f"![{chart.title}](images/{picture.name})")
    results.add([], docs / "performance.json")
    written.append(docs / "performance.json")
    page.write_text(before + "\n".join([BEGIN, "", *_sections(results, pictures), END]) + after)
    return written


def _sections(results: Results, pictures: list[str]) -> Iterator[str]:
    machine = results.machine
    yield (
        f"One run of {len(rounds_of(results))} rounds at scale {results.scale:g}, begun {results.started_at}, at commit"
        f" {machine['commit']}: {machine['processors']} processors ({machine['processor']}), {machine['memory_gb']} GB,"
        f" {machine['system']}, Python {machine['python']}. Medians; the spread is from the least to the most."
    )
    yield "\n### What is wanted\n"
    yield from targets_table(results)
    yield "\n### Limits\n"
    yield from floors_table(results)
    yield ""
    yield from scenario_tables(results)
    yield "### What the audit found\n"
    yield from audit_table(results)
    if pictures:
        yield "\n### Where the cost grows\n"
        yield "\n\n".join(pictures)
    yield ""
