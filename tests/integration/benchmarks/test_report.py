"""What a run measured comes out as tables with ratios within each round, and as charts that are whole SVG."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.report import BEGIN, END, write_report
from benchmarks.results import Measurement, Results, put_together, read_results


def measured(contender: str, round_: int, seconds: float, **more: float) -> Measurement:
    figures = {"seconds": seconds, "rate_per_second": 1000 / seconds, "commands": 1000.0, **more}
    parameters = {"members": 1000, "workers": 2, "commit_ms": 0.0}
    faults = {"order": 3} if contender == "celery_lock" else {}
    return Measurement("rush", contender, {**parameters}, figures, faults, round_)


@pytest.fixture
def results() -> Results:
    found = Results(scale=1.0)
    for round_, slow in enumerate((1.0, 2.0, 1.5), start=1):
        # The machine is slower in the second round, for everybody alike.
        found.measurements += [
            measured("seatline", round_, 2 * slow),
            measured("usual", round_, 8 * slow),
            measured("celery_lock", round_, 4 * slow),
        ]
        found.measurements += [
            Measurement("growth with sessions", "seatline", {"sessions": n}, {"cpu_ms_per_command": 5.0}, {}, round_)
            for n in (100, 1000)
        ]
    return found


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "performance.md").write_text(f"# Performance\n\n{BEGIN}\nold\n{END}\n\nmore\n")
    return tmp_path


def test_ratios_are_taken_within_each_round(results: Results, docs: Path) -> None:
    write_report(results, docs)

    page = (docs / "performance.md").read_text()
    assert "| rush until all know, beside the row lock in the request | at least 3x | 4x | 4 to 4 |" in page
    assert "| rush, beside a Celery task a command | at least 5x | 2x, **missed** | 2 to 2 |" in page


def test_what_stands_around_the_tables_stays(results: Results, docs: Path) -> None:
    write_report(results, docs)
    write_report(results, docs)

    page = (docs / "performance.md").read_text()
    assert page.startswith("# Performance\n")
    assert page.endswith("\n\nmore\n")
    assert "old" not in page
    assert page.count("### What is wanted") == 1


def test_what_the_audit_found_is_told_of_everybody(results: Results, docs: Path) -> None:
    write_report(results, docs)

    page = (docs / "performance.md").read_text()
    assert "| a Celery task a command, Redis lock | rush | 3,000 | order 9 |" in page
    assert "| Seatline | rush | 3,000 | nothing |" in page


def test_a_chart_is_a_whole_picture_that_says_what_it_shows(results: Results, docs: Path) -> None:
    written = write_report(results, docs)

    pictures = [path for path in written if path.suffix == ".svg"]
    assert [path.name for path in pictures] == ["measured-growth-sessions.svg"]
    root = ET.fromstring(pictures[0].read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "seatline: 5 at 100, 5 at 1000" in root.attrib["aria-label"]
    assert f"images/{pictures[0].name}" in (docs / "performance.md").read_text()


def test_a_page_without_marks_is_refused(results: Results, docs: Path) -> None:
    (docs / "performance.md").write_text("# Performance\n")

    with pytest.raises(ValueError, match="no place for the tables"):
        write_report(results, docs)


def test_parts_of_one_run_are_put_together_and_others_are_not(results: Results) -> None:
    later = Results(scale=1.0, machine=results.machine, measurements=results.measurements[:1])

    assert put_together([results, later]).measurements == [*results.measurements, results.measurements[0]]
    with pytest.raises(ValueError, match="different scales"):
        put_together([results, Results(scale=0.1, machine=results.machine)])


def test_results_are_read_again_as_they_were_kept(results: Results, tmp_path: Path) -> None:
    kept = tmp_path / "results" / "run.json"

    results.add([], kept)

    assert read_results(kept) == results
