"""Notifications and the inbox on `/v1/events`: pushed by whoever writes them, found by the poller when that is lost."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from api import polling
from api.happenings import microseconds
from domain.commands import RescheduleSession
from domain.ids import TrainingSessionId
from tests.integration.api.conftest import WAIT, Caller, Frames, services_of, until
from tests.integration.api.inbox import notices_to
from tests.integration.studio import Member, Studio
from workers.outcomes import announce_notices

Listen = Callable[[TestResponse], Frames]


def member_of(caller: Caller) -> Member:
    assert caller.member is not None
    return caller.member


def listening(caller: Caller) -> Caller:
    """Return the caller, once what is published is heard: a message before that would be found by the poller."""
    until(services_of(caller.http.application).hub.listening.is_set)  # type: ignore[arg-type]
    return caller


@pytest.fixture
def no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the poller look at nothing, so that only what is published is heard."""
    monkeypatch.setattr("api.hub.LOOK_EVERY_SECONDS", 3600.0)
    monkeypatch.setattr("api.hub.ASK_AFTER_SECONDS", 3600.0)


@pytest.mark.usefixtures("no_look")
def test_a_booking_is_told_as_a_notification_by_its_batch(
    me: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    frames = listen(listening(me).stream())
    booked = me.book(studio.a_session(), **WAIT).json["id"]

    told = frames.next_state("notification")

    assert (told["kind"], told["booking_id"], told["pass_id"], told["read_at"]) == (
        "booking_confirmed",
        booked,
        None,
        None,
    )
    assert told["created_at"].endswith("Z")
    (listed,) = me.get("/v1/me/notifications").json["items"]
    assert (told["id"], told["created_at"]) == (listed["id"], listed["created_at"])


@pytest.mark.usefixtures("no_look")
def test_everybody_of_a_moved_session_is_told_though_staff_gave_the_command(
    me: Caller, anybody: Caller, studio: Studio, serving: None, listen: Listen
) -> None:
    session_id = studio.a_session()
    other = anybody.of(studio.a_member())
    for caller in (me, other):
        caller.book(session_id, **WAIT)
    streams = [listen(listening(caller).stream()) for caller in (me, other)]
    moved = reschedule(studio, session_id)

    told = [frames.next_state("notification", lambda state: state["kind"] == moved) for frames in streams]

    assert told[0]["id"] != told[1]["id"]


def reschedule(studio: Studio, session_id: TrainingSessionId) -> str:
    row = studio.db.execute(
        "SELECT starts_at + interval '1 day', lasts_minutes, trainer_id, space_id FROM training_sessions WHERE id = %s",
        (session_id,),
    ).fetchone()
    assert row is not None
    studio.ask(session_id, studio.staff, RescheduleSession(*row))
    return "session_rescheduled"


@pytest.mark.usefixtures("no_look")
def test_notices_that_no_command_wrote_are_told_as_well(
    me: Caller, studio: Studio, redis: Redis, listen: Listen
) -> None:
    frames = listen(listening(me).stream())
    written = notices_to(studio, member_of(me), 2)
    announce_notices(redis, written)

    told = [frames.next_state("notification") for _ in written]

    assert [one["id"] for one in told] == [notice.id for notice in written]
    assert told[0]["pass_id"] == str(member_of(me).pass_id)


@pytest.mark.usefixtures("no_look")
def test_nobody_hears_what_others_are_told(
    me: Caller, anybody: Caller, studio: Studio, redis: Redis, listen: Listen
) -> None:
    frames = listen(listening(me).stream())
    announce_notices(redis, notices_to(studio, studio.a_member()))
    mine = notices_to(studio, member_of(me))
    announce_notices(redis, mine)

    assert frames.next_state("notification")["id"] == mine[0].id


def test_what_is_not_published_is_found_by_the_poller(
    me: Caller,
    studio: Studio,
    serving: None,
    nothing_is_published: None,
    listen: Listen,
) -> None:
    frames = listen(me.stream())
    booked = me.book(studio.a_session()).json["id"]

    told = frames.next_state("notification")

    assert (told["booking_id"], told["kind"]) == (booked, "booking_confirmed")


def test_the_poller_does_not_repeat_a_notification_that_was_heard(
    me: Caller, studio: Studio, redis: Redis, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.hub.LOOK_EVERY_SECONDS", 0.1)
    frames = listen(listening(me).stream())
    first = notices_to(studio, member_of(me))
    announce_notices(redis, first)
    assert frames.next_state("notification")["id"] == first[0].id
    # The inbox is not pushed with a notice: that it is told means that the poller has looked since.
    frames.next_state("inbox", lambda state: state["unread"] == 1)
    second = notices_to(studio, member_of(me))
    announce_notices(redis, second)

    assert frames.next_state("notification")["id"] == second[0].id


def test_of_many_that_were_missed_the_newest_are_told_oldest_first(
    me: Caller, studio: Studio, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "NOTICES_MAX", 3)
    written = notices_to(studio, member_of(me), 5)
    frames = listen(me.stream(Last_Event_ID=str(microseconds(datetime.now(UTC)))))

    told = [frames.next_state("notification")["id"] for _ in range(3)]

    assert told == [notice.id for notice in written[2:]]


@pytest.mark.usefixtures("no_look")
def test_whoever_comes_again_is_told_what_was_written_since(me: Caller, studio: Studio, listen: Listen) -> None:
    member = member_of(me)
    (old,) = notices_to(studio, member)
    studio.db.execute("UPDATE notices SET created_at = now() - interval '1 minute' WHERE id = %s", (old.id,))
    first = listen(me.stream())
    last = first.next()["id"]
    first.response.close()
    (missed,) = notices_to(studio, member)

    again = listen(me.stream(Last_Event_ID=last))

    assert again.next_state("notification")["id"] == missed.id


@pytest.mark.usefixtures("no_look")
def test_a_notification_that_is_read_meanwhile_comes_again_as_read(me: Caller, studio: Studio, listen: Listen) -> None:
    (notice,) = notices_to(studio, member_of(me))
    last = str(microseconds(datetime.now(UTC)))
    me.post("/v1/me/notifications/read", {"up_to": notice.id})

    told = listen(me.stream(Last_Event_ID=last)).next_state("notification")

    assert told["id"] == notice.id
    assert told["read_at"] == me.get("/v1/me/notifications").json["items"][0]["read_at"]


@pytest.mark.usefixtures("no_look")
def test_a_stream_begins_with_the_inbox(me: Caller, studio: Studio, listen: Listen) -> None:
    notices_to(studio, member_of(me), 2)

    assert listen(me.stream()).next_state("inbox")["unread"] == 2


@pytest.mark.usefixtures("no_look")
def test_reading_in_one_tab_reaches_the_others_at_once(
    me: Caller, anybody: Caller, studio: Studio, listen: Listen
) -> None:
    written = notices_to(studio, member_of(me), 3)
    others = notices_to(studio, studio.a_member())
    tabs = [listen(listening(me).stream()) for _ in range(2)]
    for frames in tabs:
        assert frames.next_state("inbox")["unread"] == 3

    me.post("/v1/me/notifications/read", {"ids": [written[0].id, others[0].id]})

    assert [frames.next_state("inbox")["unread"] for frames in tabs] == [2, 2]


def test_reading_reaches_the_others_though_the_message_is_lost(
    me: Caller, studio: Studio, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.notifications.announce_inbox", lambda *_, **__: None)
    (notice,) = notices_to(studio, member_of(me))
    frames = listen(me.stream())
    assert frames.next_state("inbox")["unread"] == 1

    me.post("/v1/me/notifications/read", {"up_to": notice.id})

    assert frames.next_state("inbox")["unread"] == 0
