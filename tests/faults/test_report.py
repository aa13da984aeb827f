"""A run's report: what was asked and what came of it, for people and for scripts."""

import io
import json
from collections import Counter
from dataclasses import replace

from rich.console import Console

from ops.chaos.check import Kind
from ops.chaos.faults import FAULTS
from ops.chaos.plan import Strike
from ops.chaos.report import ChaosReport, Recovery, Struck, plain_report, print_report, print_runs, report_of
from tests.faults.runs import Run


def a_report(run: Run, recovery: Recovery | None = None) -> ChaosReport:
    struck = Struck(Strike(1.0, FAULTS["redis-wiped"], "redis", 0.0, 0.5), began_at=100.2, ended_at=100.35)
    return report_of(
        run.history,
        run.books,
        seed=3,
        seconds=10.0,
        struck=[struck],
        recovery=recovery or Recovery(settled=1.5, told=2.0),
        damages=run.damages(),
        ended_by_themselves=Counter(beat=2),
        left_out=["clock-ahead"],
    )


def printed(report: ChaosReport) -> str:
    text = io.StringIO()
    console = Console(file=text, width=300, highlight=False)
    print_report(report, console)
    print_runs([report, replace(report, seed=4)], console)
    return text.getvalue()


def test_a_good_run_is_told_in_figures() -> None:
    report = a_report(Run())

    assert (report.sent, report.calls, report.accepted, report.unanswered) == (3, 4, 3, 0)
    assert report.outcomes == {"applied": 2, "refused": 1}
    assert report.calls_without_answer == 1
    assert report.ok
    said = printed(report)
    assert "Every promise was kept: 0 lost, 0 doubled, 0 reordered." in said
    assert "beat 2 times" in said
    assert "Left out, as no clock can be set here (it takes Linux and a C compiler): clock-ahead." in said
    assert "Worst recovery: 1.5 s. 2 of 2 runs kept every promise." in said


def test_a_fault_is_recovered_from_once_all_that_was_accepted_before_its_end_is_applied() -> None:
    (fault,) = a_report(Run()).faults

    assert (fault.name, fault.count) == ("redis-wiped", 1)
    assert fault.recovery_seconds == round(101.0 - 100.35, 2)


def test_a_bad_run_says_what_is_wrong() -> None:
    run = Run()
    run.forget("first")
    report = a_report(run, Recovery())

    assert not report.ok
    assert report.count(Kind.LOST) == 1
    said = printed(report)
    assert "key-1 was accepted as command first, which is not in the log" in said
    assert "Not every promise was kept, findings: 1. 1 lost, 0 doubled, 0 reordered." in said
    assert "Worst recovery: never. 0 of 2 runs kept every promise." in said


def test_the_report_is_plain_json() -> None:
    plain = json.loads(json.dumps(plain_report(a_report(Run()))))

    assert plain["ok"] is True
    assert plain["recovery"] == {"settled": 1.5, "told": 2.0, "leases_ended": 0}
