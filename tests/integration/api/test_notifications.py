from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from api.models import notifications
from domain.notices import OPEN_KINDS, NoticeKind
from domain.refusals import RefusalReason
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, app_with, problem
from tests.integration.api.inbox import notices_to
from tests.integration.studio import Member, Studio
from workers.messages import MessageError

PATH = "/v1/me/notifications"


def listed(caller: Caller) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = caller.get(PATH).json["items"]
    return items


def unread(caller: Caller) -> int:
    return int(caller.get(f"{PATH}/unread").json["unread"])


def member_of(caller: Caller) -> Member:
    assert caller.member is not None
    return caller.member


def test_notifications_come_newest_first_and_once_whatever_the_channels(
    me: Caller, studio: Studio, serving: None
) -> None:
    session_id = studio.a_session()
    for _ in range(2):
        me.cancel(me.book(session_id, **WAIT).json["id"], **WAIT)

    items = listed(me)

    assert [one["kind"] for one in items] == ["booking_cancelled", "booking_confirmed"] * 2
    assert [one["id"] for one in items] == sorted((one["id"] for one in items), reverse=True)


def test_a_notification_says_in_words_what_has_happened_and_of_which_session(
    me: Caller, studio: Studio, serving: None
) -> None:
    session_id = studio.a_session()
    booking_id = me.book(session_id, **WAIT).json["id"]

    (one,) = listed(me)

    assert one["title"]
    assert len(one["text"]) > len("You have a place.")
    assert (one["booking_id"], one["pass_id"], one["read_at"]) == (booking_id, None, None)
    assert (one["session"]["id"], one["session"]["time_zone"]) == (str(session_id), "Europe/Kyiv")
    assert one["session"]["name"].startswith("Yoga")
    assert abs(datetime.fromisoformat(one["created_at"]) - datetime.now(UTC)).total_seconds() < 600


def test_a_notification_of_a_pass_has_no_session(me: Caller, studio: Studio) -> None:
    member = member_of(me)
    notices_to(studio, member, expires_at="2030-01-01T00:00:00+00:00")

    (one,) = listed(me)

    assert (one["pass_id"], one["booking_id"], one["session"]) == (str(member.pass_id), None, None)
    assert one["details"] == {"expires_at": "2030-01-01T00:00:00+00:00"}
    assert one["title"] != "Pass expiring"


def test_what_cannot_be_worded_is_told_by_its_kind_and_the_others_stay(me: Caller, studio: Studio) -> None:
    member = member_of(me)
    notices_to(studio, member, expires_at="2030-01-01T00:00:00+00:00")
    notices_to(studio, member, expires_at="no moment")

    broken, whole = listed(me)

    assert (broken["title"], broken["text"]) == ("Pass expiring", "A pass of yours expires soon.")
    assert whole["title"] != broken["title"]


def test_the_inbox_speaks_german_to_whoever_asks_for_it_and_english_to_all_others(me: Caller, studio: Studio) -> None:
    notices_to(studio, member_of(me), expires_at="2030-01-01T00:00:00+02:00")
    until = {"de": "bis einschließlich Montag, 31. Dezember 2029", "en": "up to and including Mon 31 December 2029"}

    for asked, spoken in (("de", "de"), ("de-AT,en;q=0.5", "de"), ("en,de;q=0.5", "en"), ("uk", "en"), ("", "en")):
        answer = me.get(PATH, Accept_Language=asked)

        (one,) = answer.json["items"]
        assert one["title"].startswith({"de": "Deine Karte „", "en": "Your pass “"}[spoken]), asked
        assert until[spoken] in one["text"], asked
        assert (one["kind"], one["details"]) == ("pass_expiring", {"expires_at": "2030-01-01T00:00:00+02:00"})


def test_what_cannot_be_worded_is_told_by_its_kind_in_german_too(me: Caller, studio: Studio) -> None:
    notices_to(studio, member_of(me), expires_at="no moment")

    (one,) = me.get(PATH, Accept_Language="de").json["items"]

    assert (one["title"], one["text"]) == ("Karte läuft ab", "Eine Karte von dir läuft bald ab.")


@pytest.mark.parametrize("spoken", ["de", "en"])
def test_a_booking_is_told_with_its_date_in_the_language_asked_for(
    me: Caller, studio: Studio, serving: None, spoken: str
) -> None:
    starts_at = datetime(2031, 3, 5, 18, tzinfo=UTC)
    me.book(studio.a_session(starts_at=starts_at), **WAIT)

    (one,) = me.get(PATH, Accept_Language=spoken).json["items"]

    assert {"de": "Mittwoch, 5. März 2031, um 20:00 Uhr", "en": "Wed 5 March 2031, 20:00"}[spoken] in one["text"]


@pytest.mark.parametrize("kind", OPEN_KINDS)
def test_every_kind_can_be_told_without_its_words(
    me: Caller, studio: Studio, monkeypatch: pytest.MonkeyPatch, kind: NoticeKind
) -> None:
    def unwritable(_: object, **_how: object) -> None:
        raise MessageError("a template that is not there")

    monkeypatch.setattr(notifications, "words_for", unwritable)
    notices_to(studio, member_of(me), kind=kind, reasons=[str(RefusalReason.PASS_EXPIRED)])

    (one,) = listed(me)

    assert one["title"]
    assert one["text"].endswith(".")


def test_the_inbox_comes_a_page_at_a_time(me: Caller, studio: Studio) -> None:
    written = [notice.id for notice in notices_to(studio, member_of(me), 5)]

    first = me.get(f"{PATH}?limit=2").json
    second = me.get(f"{PATH}?limit=2&cursor={first['next_cursor']}").json
    late = notices_to(studio, member_of(me))[0].id
    last = me.get(f"{PATH}?limit=2&cursor={second['next_cursor']}").json

    seen = [one["id"] for page in (first, second, last) for one in page["items"]]
    assert seen == sorted(written, reverse=True)
    assert late not in seen
    assert last["next_cursor"] is None


def test_a_page_is_never_longer_than_the_server_allows(studio: Studio) -> None:
    with app_with(replace(settings(), page_size_max=3)) as app:
        caller = Caller(app.test_client(), settings()).of(studio.a_member())
        notices_to(studio, member_of(caller), 5)

        page = caller.get(f"{PATH}?limit=100").json

    assert len(page["items"]) == 3
    assert page["next_cursor"]


def test_a_new_notification_is_unread(me: Caller, studio: Studio) -> None:
    notices_to(studio, member_of(me), 3)

    page = me.get(PATH).json

    assert page["unread"] == unread(me) == 3


def test_the_unread_are_counted_up_to_a_hundred(me: Caller, studio: Studio) -> None:
    notices_to(studio, member_of(me), 101)

    assert unread(me) == 100


def test_reading_up_to_one_leaves_the_later_ones_unread(me: Caller, studio: Studio) -> None:
    written = notices_to(studio, member_of(me), 4)

    answer = me.post(f"{PATH}/read", {"up_to": written[2].id})

    assert answer.status_code == 200
    assert answer.json == {"unread": 1}
    assert [one["read_at"] is None for one in listed(me)] == [True, False, False, False]


def test_reading_some_leaves_the_others_unread(me: Caller, studio: Studio) -> None:
    written = notices_to(studio, member_of(me), 4)

    answer = me.post(f"{PATH}/read", {"ids": [written[1].id, written[3].id]})

    assert answer.json == {"unread": 2}
    assert [one["read_at"] is None for one in listed(me)] == [False, True, False, True]


def test_reading_twice_keeps_the_moment_of_the_first_time(me: Caller, studio: Studio) -> None:
    (notice,) = notices_to(studio, member_of(me))
    me.post(f"{PATH}/read", {"up_to": notice.id})
    first = listed(me)[0]["read_at"]

    again = [me.post(f"{PATH}/read", body).json for body in ({"up_to": notice.id}, {"ids": [notice.id]})]

    assert again == [{"unread": 0}] * 2
    assert listed(me)[0]["read_at"] == first


def test_what_others_were_told_is_not_touched(me: Caller, anybody: Caller, studio: Studio) -> None:
    other = anybody.of(studio.a_member())
    (theirs,) = notices_to(studio, member_of(other))
    (mine,) = notices_to(studio, member_of(me))

    by_ids = me.post(f"{PATH}/read", {"ids": [theirs.id, 2**62]}).json
    all_up_to = me.post(f"{PATH}/read", {"up_to": mine.id}).json

    assert (by_ids, all_up_to) == ({"unread": 1}, {"unread": 0})
    assert unread(other) == 1
    assert [one["id"] for one in listed(other)] == [theirs.id]


def test_reading_nothing_changes_nothing(me: Caller, studio: Studio) -> None:
    notices_to(studio, member_of(me))

    assert me.post(f"{PATH}/read", {"ids": []}).json == {"unread": 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        (None, "body"),
        ({"up_to": 1, "ids": [1]}, "body"),
        ({"up_to": None}, "up_to"),
        ({"up_to": 0}, "up_to"),
        ({"up_to": -1}, "up_to"),
        ({"up_to": 2**63}, "up_to"),
        ({"up_to": "1"}, "up_to"),
        ({"up_to": 1.5}, "up_to"),
        ({"up_to": True}, "up_to"),
        ({"ids": None}, "ids"),
        ({"ids": 1}, "ids"),
        ({"ids": ["1"]}, "ids.0"),
        ({"ids": [1, 0]}, "ids.1"),
        ({"ids": list(range(1, 202))}, "ids"),
        ({"up_to": 1, "all": True}, "all"),
    ],
)
def test_read_marks_that_make_no_sense_are_refused(me: Caller, studio: Studio, body: Any, field: str) -> None:
    notices_to(studio, member_of(me))

    answer = me.post(f"{PATH}/read", body)

    errors = problem(answer, 422, "invalid_input")["errors"]
    assert list(errors) == [field]
    assert errors[field].endswith(".")
    assert unread(me) == 1


def test_reading_works_while_redis_is_away(studio: Studio, closed_port: int) -> None:
    with app_with(replace(settings(), redis_url=f"redis://127.0.0.1:{closed_port}/0")) as app:
        caller = Caller(app.test_client(), settings()).of(studio.a_member())
        (notice,) = notices_to(studio, member_of(caller))

        answer = caller.post(f"{PATH}/read", {"up_to": notice.id})

        assert answer.json == {"unread": 0}


@pytest.mark.parametrize("path", [PATH, f"{PATH}/unread"])
def test_nobody_reads_an_inbox_without_a_token(anybody: Caller, path: str) -> None:
    problem(anybody.get(path), 401, "token_missing")


def test_nobody_marks_anything_without_a_token(anybody: Caller) -> None:
    problem(anybody.post(f"{PATH}/read", {"up_to": 1}), 401, "token_missing")
