"""The secret address of a member's calendar: what it shows, when it ends, and what it costs."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import psycopg
import pytest
from icalendar import Calendar
from structlog.testing import capture_logs

from api.routes.calendar import SHOWN_MAX
from api.services import Services
from domain.ids import MemberId, PassId
from storage.identifiers import new_id
from tests.integration.api.calendars import booked, event_of, events_of, many_bookings, new_feed, pretend
from tests.integration.api.conftest import Caller, problem
from tests.integration.studio import NOBODYS, Member, Studio


def test_the_feed_goes_back_thirty_days(me: Caller, studio: Studio) -> None:
    now, sessions = datetime.now(UTC), {days: studio.a_session() for days in (-31, -29, -1, 400)}
    bookings = {days: booked(studio, me.member, session_id) for days, session_id in sessions.items()}
    for days, session_id in sessions.items():
        pretend(studio, session_id, now + timedelta(days=days))

    events = events_of(me.get(new_feed(me)))

    assert [event["UID"].partition("@")[0] for event in events] == [str(bookings[days]) for days in (-29, -1, 400)]


def test_the_feed_says_whose_it_is_and_when_to_look_again(me: Caller) -> None:
    answer = me.get(new_feed(me))

    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    calendar = Calendar.from_ical(answer.data)
    assert (calendar["X-WR-CALNAME"], calendar["NAME"], calendar["VERSION"]) == ("Studio", "Studio", "2.0")
    assert "METHOD" not in calendar
    lines = answer.text.split("\r\n")
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines


def test_the_address_is_shown_once_and_only_its_hash_is_kept(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    assert me.get("/v1/me/calendar-feed").json == {"exists": False, "created_at": None}

    made = me.post("/v1/me/calendar-feed").json

    secret = made["url"].rpartition("/")[2].removesuffix(".ics")
    assert len(secret) == 43, "256 bits in base64url"
    assert me.get("/v1/me/calendar-feed").json == {"exists": True, "created_at": made["created_at"]}
    row = studio.db.execute("SELECT * FROM calendar_feeds WHERE member_id = %s", (me.member.id,)).fetchone()
    assert row is not None
    assert sha256(secret.encode()).digest() in row
    assert secret not in str(row)


def test_a_new_address_ends_the_old_one(me: Caller) -> None:
    first = new_feed(me)

    second = new_feed(me)

    problem(me.get(first), 404, "not_found")
    assert events_of(me.get(second)) == []


def test_a_revoked_address_shows_nothing_and_revoking_again_does_no_harm(me: Caller) -> None:
    feed = new_feed(me)

    answers = [me.delete("/v1/me/calendar-feed") for _ in range(2)]

    assert [(one.status_code, one.data) for one in answers] == [(204, b"")] * 2
    problem(me.get(feed), 404, "not_found")
    assert me.get("/v1/me/calendar-feed").json == {"exists": False, "created_at": None}


def test_whose_the_address_is_needs_no_sign_in_and_another_members_is_left_alone(
    me: Caller, anybody: Caller, studio: Studio
) -> None:
    other = me.of(studio.a_member())
    mine, theirs = new_feed(me), new_feed(other)

    me.delete("/v1/me/calendar-feed")

    problem(anybody.get(mine), 404, "not_found")
    assert events_of(anybody.get(theirs)) == []


@pytest.mark.parametrize(
    "secret", ["", "A" * 43, "%00", "%ff%fe", "../../etc/passwd", "' OR true --", "x" * 4000, "%F0%9F%A7%98", "a.ics"]
)
def test_a_forged_address_shows_nothing(me: Caller, anybody: Caller, secret: str) -> None:
    new_feed(me)

    problem(anybody.get(f"/calendar/{secret}.ics"), 404, "not_found")


def test_neither_the_hash_nor_part_of_the_address_is_enough(me: Caller, anybody: Caller) -> None:
    feed = new_feed(me)
    secret = feed.removeprefix("/calendar/").removesuffix(".ics")

    for forged in (secret[:-1], secret.swapcase(), f"{secret}%20", sha256(secret.encode()).hexdigest()):
        problem(anybody.get(f"/calendar/{forged}.ics"), 404, "not_found")


def test_what_has_not_changed_is_not_sent_again(me: Caller, studio: Studio) -> None:
    session_id = studio.a_session()
    booked(studio, me.member, session_id)
    feed = new_feed(me)
    etag = me.get(feed).headers["ETag"]

    unchanged = [me.get(feed, If_None_Match=said) for said in (etag, f"W/{etag}", f'"another", {etag}', "*")]

    assert [(one.status_code, one.data, one.headers["ETag"]) for one in unchanged] == [(304, b"", etag)] * 4
    assert {one.headers["Cache-Control"] for one in unchanged} == {"private, no-cache"}
    booked(studio, me.member, studio.a_session())
    changed = me.get(feed, If_None_Match=etag)
    assert len(events_of(changed)) == 2
    assert changed.headers["ETag"] != etag


def test_an_event_is_stamped_with_when_its_session_last_changed(me: Caller, studio: Studio) -> None:
    session_id, decided_at = studio.a_session(), datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    booking_id = booked(studio, me.member, session_id)
    studio.db.execute("UPDATE commands SET applied_at = %s WHERE id = %s", (decided_at, booking_id))
    feed = new_feed(me)
    before = event_of(me.get(feed))

    booked(studio, studio.a_member(), session_id)

    after = event_of(me.get(feed))
    assert before["DTSTAMP"].dt == decided_at
    assert after["DTSTAMP"].dt > decided_at
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


def test_a_name_that_changes_changes_the_etag(me: Caller, studio: Studio) -> None:
    booked(studio, me.member, studio.a_session())
    feed = new_feed(me)
    etag = me.get(feed).headers["ETag"]

    studio.db.execute("UPDATE trainings SET name = name || ' II' WHERE id = %s", (studio.training_id,))

    assert event_of(me.get(feed, If_None_Match=etag))["SUMMARY"].endswith(" II")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", f"/v1/me/bookings/{NOBODYS}/calendar"),
        ("get", "/v1/me/calendar-feed"),
        ("post", "/v1/me/calendar-feed"),
        ("delete", "/v1/me/calendar-feed"),
    ],
)
def test_without_a_token_nothing_is_told_or_done(anybody: Caller, method: str, path: str) -> None:
    problem(getattr(anybody, method)(path), 401, "token_missing")


def test_a_member_who_is_gone_gets_no_address(anybody: Caller) -> None:
    nobody = anybody.of(Member(MemberId(new_id()), PassId(new_id())))

    problem(nobody.post("/v1/me/calendar-feed"), 401, "token_invalid")


def test_a_feed_has_at_most_five_hundred_events_earliest_first(me: Caller, studio: Studio) -> None:
    assert me.member is not None
    many_bookings(studio, me.member, SHOWN_MAX + 1)

    events = events_of(me.get(new_feed(me)))

    starts = [event["DTSTART"].dt for event in events]
    assert len(starts) == SHOWN_MAX == 500
    assert starts == sorted(starts)
    latest = studio.db.execute("SELECT max(starts_at) FROM bookings WHERE member_id = %s", (me.member.id,)).fetchone()
    assert latest == (starts[-1] + timedelta(hours=1),), "the one left out is the last"


def test_however_many_bookings_there_are_the_database_is_asked_as_often(
    me: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert me.member is not None
    feed, asked, execute = new_feed(me), [], psycopg.Connection.execute

    def counted(db: Any, query: Any, *others: Any, **named: Any) -> Any:
        asked.append(query)
        return execute(db, query, *others, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    me.get(feed)
    without = len(asked)
    many_bookings(studio, me.member, 20)
    asked.clear()

    events = events_of(me.get(feed))

    assert (len(events), len(asked)) == (20, without)


def test_the_address_is_not_logged_when_the_database_is_away(
    me: Caller, anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = new_feed(me)

    def away(*_: Any) -> Any:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(Services, "ask", away)
    with capture_logs() as logs:
        answer = anybody.get(feed)

    problem(answer, 503, "database_unavailable")
    assert len(logs) == 1
    assert feed.removeprefix("/calendar/").removesuffix(".ics") not in str(logs)
