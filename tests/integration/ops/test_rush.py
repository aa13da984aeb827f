import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from api.scales import nice_ticks
from domain.commands import Actor, BookSeat, CancelBooking
from domain.ids import BookingId
from ops.auditing import audit
from ops.rush import charts
from ops.rush.measured import Measured, Moment, measure
from ops.rush.page import page_of
from ops.rush.report import Invariant, RushReport, plain_report, report_of
from ops.rush.scene import Scene, set_up
from ops.rush.storm import Storm
from storage.database import Db
from tests.integration.studio import Studio


@pytest.fixture
def run(studio: Studio) -> tuple[Scene, Storm, Measured]:
    """A small rush without HTTP: every member asks, every fifth gives back, then everything is served."""
    scene = set_up(studio.db, members=60, sessions=2)
    asked = {
        (player, wanted): studio.ask(wanted, Actor(player.member_id), BookSeat(player.pass_id))
        for player in scene.players
        for wanted in player.wants
    }
    ids = list(asked.values())
    for (player, wanted), booking in list(asked.items())[::5]:
        ids.append(studio.ask(wanted, Actor(player.member_id), CancelBooking(BookingId(booking))))
    for session in scene.training_session_ids * 3:
        studio.serve(session)
    storm = Storm(planned=len(ids), sent=len(ids), seconds=1.0)
    storm.statuses = {str(id_): studio.status(id_) for id_ in ids}
    storm.outcome_seconds = [0.01 * number for number in range(1, len(ids) + 1)]
    storm.accept_seconds = [0.002, 0.003]
    return scene, storm, measure(studio.db, scene.training_session_ids)


@pytest.fixture
def report(studio: Studio, run: tuple[Scene, Storm, Measured]) -> RushReport:
    scene, storm, measured = run
    return report_of(scene, 10, storm, measured, audit(studio.db, scene.training_session_ids))


def test_a_scene_has_members_who_cannot_pay_and_members_who_ask_twice(db: Db) -> None:
    scene = set_up(db, members=100, sessions=4)
    assert len(scene.training_session_ids) == 4
    assert scene.capacity == 100 // 4 // 3
    assert sum(len(player.wants) == 2 for player in scene.players) == 10
    assert db.execute("SELECT count(*) FROM passes WHERE sessions_left = 0").fetchone() == (5,)


def test_two_scenes_stand_beside_each_other(db: Db) -> None:
    names = {set_up(db, members=3, sessions=1).name for _ in range(2)}
    assert len(names) == 2
    assert db.execute("SELECT count(*) FROM members").fetchone() == (6,)


def test_the_journal_says_how_places_and_line_filled(studio: Studio, run: tuple[Scene, Storm, Measured]) -> None:
    scene, storm, measured = run
    last = measured.moments[-1]
    counts = [studio.counts(session) for session in scene.training_session_ids]
    assert last.booked == sum(booked for booked, _, _ in counts)
    assert last.in_line == sum(waiting + skipped for _, waiting, skipped in counts)
    assert measured.commands - measured.own_commands == len(storm.statuses)
    assert measured.batches >= 2
    assert measured.mean_batch == measured.commands / measured.batches


def test_a_run_where_the_rules_were_kept_is_all_right(report: RushReport) -> None:
    assert report.ok, [one for one in report.invariants if not one.holds]
    assert dict(report.outcomes)["confirmed"] > 0
    assert dict(report.reasons)["pass_exhausted"] >= 3
    assert sum(dict(report.reasons).values()) == dict(report.outcomes)["refused"]
    assert plain_report(report)["ok"] is True


def test_an_outcome_the_client_was_not_told_breaks_the_run(studio: Studio, run: tuple[Scene, Storm, Measured]) -> None:
    scene, storm, measured = run
    first = next(id_ for id_, status in storm.statuses.items() if status == "applied")
    storm.statuses[first] = "refused"
    broken = report_of(scene, 10, storm, measured, audit(studio.db, scene.training_session_ids))
    assert not broken.ok
    assert [one.claim for one in broken.invariants if not one.holds] == [
        "Each command has exactly one outcome, the one its client was told."
    ]


def test_a_forged_roster_breaks_the_run(studio: Studio, run: tuple[Scene, Storm, Measured]) -> None:
    scene, storm, measured = run
    studio.db.execute("UPDATE bookings SET position = position + 1000 WHERE status = 'confirmed'")
    broken = report_of(scene, 10, storm, measured, audit(studio.db, scene.training_session_ids))
    assert not broken.ok


def test_an_oversold_session_breaks_the_run(studio: Studio, run: tuple[Scene, Storm, Measured]) -> None:
    scene, storm, _ = run
    studio.db.execute("UPDATE training_sessions SET seats_kept = booked, capacity = 1")
    measured = measure(studio.db, scene.training_session_ids)
    broken = report_of(scene, 10, storm, measured, audit(studio.db, scene.training_session_ids))
    assert "No session has more people than places." in {one.claim for one in broken.invariants if not one.holds}


def test_the_page_stands_alone_and_has_a_chart_for_each_measure(report: RushReport) -> None:
    page = page_of(report)
    assert page.count("<svg") == 4
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"<script|https?://|src=|href=|@import|url\(", page)


def test_every_chart_is_well_formed_and_stays_within_its_frame(report: RushReport) -> None:
    for chart in re.findall(r"<svg.*?</svg>", page_of(report), re.DOTALL):
        root = ET.fromstring(chart)
        _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
        for bar in root.iter("rect"):
            assert 0 <= float(bar.attrib["x"]) <= width
            assert 0 <= float(bar.attrib["y"]) <= height
            assert float(bar.attrib["height"]) >= 0
        for path in root.iter("path"):
            points = re.findall(r"([\d.-]+),([\d.-]+)", path.attrib["d"])
            assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)


def test_names_are_escaped_on_the_page(report: RushReport) -> None:
    page = page_of(
        replace(
            report,
            name="<b>Rush</b>",
            invariants=(Invariant("a < b & c", ("<img>",)),),
            outcomes=(("<i>", 1),),
        )
    )
    assert "<b>" not in page
    assert "<img>" not in page
    assert "<i>" not in page
    assert "a &lt; b &amp; c" in page


def test_a_run_without_a_single_answer_still_has_a_page(report: RushReport) -> None:
    empty = tuple(replace(one, seconds=()) for one in report.series)
    page = page_of(replace(report, moments=(), series=empty, requests=0, seconds=0.0, outcomes=()))
    assert "<svg" not in page


def test_a_histogram_holds_every_value_once() -> None:
    seconds = [0.0, 0.0005, 0.001, 0.0099, 0.01, 0.5, 99.0]
    bins = charts.histogram(seconds, span=(0.001, 1.0))
    assert sum(share for _, _, share in bins) == pytest.approx(1.0)
    assert all(start < end for start, end, _ in bins)


@pytest.mark.parametrize("highest", [0.001, 1, 3, 17, 99, 100, 101, 12_345])
def test_ticks_reach_the_highest_value_in_a_few_round_steps(highest: float) -> None:
    ticks = nice_ticks(highest)
    assert ticks[0] == 0
    assert ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7


def test_a_curve_of_one_moment_can_be_drawn() -> None:
    ET.fromstring(charts.filling([Moment(0.0, 0, 0)], 5))
