from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.channels import DEFAULTS, SWITCHABLE
from domain.notices import OPEN_KINDS
from domain.sending import CAN_WAIT
from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.api.conftest import WAIT, Caller, problem, token_of
from tests.integration.studio import Studio

PATH = "/v1/me/notification-preferences"


def kinds_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one for one in answer.json["kinds"]}


def stored(caller: Caller, studio: Studio) -> Any:
    assert caller.member is not None
    return studio.db.execute(
        "SELECT switched_off, choices, quiet_from::text, quiet_until::text FROM notification_preferences"
        " WHERE member_id = %s",
        (caller.member.id,),
    ).fetchone()


def test_who_never_chose_is_shown_every_kind_with_its_defaults(me: Caller, studio: Studio) -> None:
    answer = me.get(PATH)

    kinds = kinds_of(answer)
    assert list(kinds) == [str(kind) for kind in OPEN_KINDS]
    for kind in OPEN_KINDS:
        one = kinds[str(kind)]
        assert one["channels"] == {str(channel): channel in DEFAULTS[kind] for channel in SWITCHABLE}
        assert one["can_wait"] == (kind in CAN_WAIT)
        assert one["title"]
        assert one["description"].endswith(".")
    assert answer.json["channels"] == {"email": True, "push": True}
    assert answer.json["quiet_hours"] == {"from": "22:00", "until": "08:00"}
    assert answer.json["time_zone"] == "Europe/Kyiv"
    assert stored(me, studio) is None


def test_a_choice_is_kept_and_the_rest_stays(me: Caller, studio: Studio) -> None:
    before = me.get(PATH).json

    changed = me.patch(PATH, {"kinds": {"reminder": {"push": False}, "waitlisted": {"push": True}}})

    kinds = kinds_of(changed)
    assert kinds["reminder"]["channels"] == {"email": True, "push": False}
    assert kinds["waitlisted"]["channels"] == {"email": True, "push": True}
    assert changed.json == me.get(PATH).json
    untouched = [one for one in before["kinds"] if one["kind"] not in {"reminder", "waitlisted"}]
    assert [one for one in changed.json["kinds"] if one["kind"] not in {"reminder", "waitlisted"}] == untouched
    assert changed.json["quiet_hours"] == before["quiet_hours"]


def test_a_channel_is_switched_off_whole_and_what_was_chosen_on_it_stays(me: Caller) -> None:
    me.patch(PATH, {"kinds": {"waitlisted": {"push": True}}})

    off = me.patch(PATH, {"channels": {"push": False}})

    assert off.json["channels"] == {"email": True, "push": False}
    assert kinds_of(off)["waitlisted"]["channels"]["push"]
    on = me.patch(PATH, {"channels": {"push": True}})
    assert on.json["channels"] == {"email": True, "push": True}


def test_only_what_differs_from_the_defaults_is_stored(me: Caller, studio: Studio) -> None:
    me.patch(PATH, {"kinds": {"reminder": {"email": True, "push": False}, "promoted": {"push": False}}})

    me.patch(PATH, {"kinds": {"promoted": {"push": True}}, "channels": {"email": True}})

    assert stored(me, studio) == ([], {"reminder": {"push": False}}, "22:00:00", "08:00:00")


def test_an_empty_change_changes_nothing(me: Caller) -> None:
    before = me.get(PATH).json

    assert me.patch(PATH, {}).json == before


def test_quiet_hours_are_changed_and_ended(me: Caller, studio: Studio) -> None:
    changed = me.patch(PATH, {"quiet_hours": {"from": "00:00", "until": "06:30"}})
    assert changed.json["quiet_hours"] == {"from": "00:00", "until": "06:30"}

    ended = me.patch(PATH, {"quiet_hours": None})

    assert ended.json["quiet_hours"] is None
    assert me.patch(PATH, {"channels": {"push": False}}).json["quiet_hours"] is None
    assert stored(me, studio) == (["push"], {}, None, None)


def test_preferences_are_my_own(me: Caller, anybody: Caller, studio: Studio) -> None:
    other = anybody.of(studio.a_member())
    before = other.get(PATH).json

    me.patch(PATH, {"channels": {"email": False}, "quiet_hours": None})

    assert other.get(PATH).json == before


def test_of_changes_at_once_none_is_lost(anybody: Caller, studio: Studio) -> None:
    member = studio.a_member()
    kinds = [str(kind) for kind in OPEN_KINDS]
    callers = [Caller(anybody.http.application.test_client(), settings(), member) for _ in kinds]
    before = kinds_of(anybody.of(member).get(PATH))
    wanted = {kind: {"email": not before[kind]["channels"]["email"]} for kind in kinds}

    with ThreadPoolExecutor(len(kinds)) as pool:
        answers = list(
            pool.map(lambda caller, kind: caller.patch(PATH, {"kinds": {kind: wanted[kind]}}), callers, kinds)
        )

    assert {answer.status_code for answer in answers} == {200}
    after = kinds_of(anybody.of(member).get(PATH))
    assert {kind: {"email": after[kind]["channels"]["email"]} for kind in kinds} == wanted


def remind_at(studio: Studio, booking_id: str) -> datetime:
    row = studio.db.execute("SELECT remind_at FROM bookings WHERE id = %s", (booking_id,)).fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


@pytest.mark.parametrize("quiet", [None, {"from": "20:00", "until": "09:00"}])
def test_with_new_quiet_hours_coming_reminders_are_looked_at_again(
    me: Caller, studio: Studio, serving: None, quiet: Any
) -> None:
    booked = me.book(studio.a_session(), **WAIT).json["id"]
    planned = remind_at(studio, booked)

    me.patch(PATH, {"quiet_hours": quiet})

    assert planned > datetime.now(UTC) + timedelta(days=1)
    assert remind_at(studio, booked) <= datetime.now(UTC) + timedelta(minutes=1)


@pytest.mark.parametrize(
    "body",
    [
        {"quiet_hours": {"from": "22:00", "until": "08:00"}},
        {"channels": {"push": False}},
        {"kinds": {"reminder": {"email": False}}},
        {},
    ],
)
def test_other_changes_leave_reminders_as_they_are(me: Caller, studio: Studio, serving: None, body: Any) -> None:
    booked = me.book(studio.a_session(), **WAIT).json["id"]
    planned = remind_at(studio, booked)

    me.patch(PATH, body)

    assert remind_at(studio, booked) == planned


def test_reminders_that_are_past_or_others_are_not_looked_at_again(
    me: Caller, anybody: Caller, studio: Studio, serving: None
) -> None:
    session_id = studio.a_session()
    others = anybody.of(studio.a_member()).book(session_id, **WAIT).json["id"]
    past = me.book(studio.a_session(), **WAIT).json["id"]
    cancelled = me.book(session_id, **WAIT).json["id"]
    me.cancel(cancelled, **WAIT)
    studio.db.execute("UPDATE bookings SET starts_at = now() WHERE id = %s", (past,))
    before = [remind_at(studio, id_) for id_ in (others, past, cancelled)]

    me.patch(PATH, {"quiet_hours": None})

    assert [remind_at(studio, id_) for id_ in (others, past, cancelled)] == before


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"channels": {"in_app": False}}, "channels.in_app", "cannot be switched off"),
        ({"channels": {"in_app": True}}, "channels.in_app", "cannot be switched off"),
        ({"kinds": {"reminder": {"in_app": False}}}, "kinds.reminder.in_app", "cannot be switched off"),
        ({"channels": {"webhook": False}}, "channels.webhook", "email and push"),
        ({"channels": {"sms": True}}, "channels.sms", "email and push"),
        ({"channels": {"": True}}, "channels.", "email and push"),
        ({"channels": {"\ud800": True}}, "channels.\ufffd\ufffd\ufffd", "email and push"),
        ({"kinds": {"\ud800": {}}}, "kinds.\ufffd\ufffd\ufffd", "no kind of notification"),
        ({"channels": {"email": "no"}}, "channels.email", "boolean"),
        ({"channels": {"email": 0}}, "channels.email", "boolean"),
        ({"channels": {"email": None}}, "channels.email", "boolean"),
        ({"channels": None}, "channels", "dictionary"),
        ({"channels": ["email"]}, "channels", "dictionary"),
        ({"kinds": {"gossip": {"email": True}}}, "kinds.gossip", "no kind of notification"),
        ({"kinds": {"reminder": True}}, "kinds.reminder", "dictionary"),
        ({"kinds": {"reminder": {"sms": True}}}, "kinds.reminder.sms", "email and push"),
        ({"kinds": None}, "kinds", "dictionary"),
        ({"quiet_hours": {"from": "22:00", "until": "22:00"}}, "quiet_hours", "another time"),
        ({"quiet_hours": {"from": "22:00"}}, "quiet_hours.until", "missing"),
        ({"quiet_hours": {"from": "24:00", "until": "08:00"}}, "quiet_hours.from", "such as 22:00"),
        ({"quiet_hours": {"from": "22:60", "until": "08:00"}}, "quiet_hours.from", "such as 22:00"),
        ({"quiet_hours": {"from": "22:00:30", "until": "08:00"}}, "quiet_hours.from", "such as 22:00"),
        ({"quiet_hours": {"from": "22:00", "until": "8:00"}}, "quiet_hours.until", "such as 22:00"),
        ({"quiet_hours": {"from": "22:00", "until": "08:00\n"}}, "quiet_hours.until", "such as 22:00"),
        (
            {"quiet_hours": {"from": "\N{ARABIC-INDIC DIGIT TWO}2:00", "until": "08:00"}},
            "quiet_hours.from",
            "such as 22:00",
        ),
        ({"quiet_hours": {"from": 22, "until": "08:00"}}, "quiet_hours.from", "such as 22:00"),
        ({"quiet_hours": {"from": "22:00", "until": "08:00", "zone": "UTC"}}, "quiet_hours.zone", "not known"),
        ({"quiet_hours": "22:00-08:00"}, "quiet_hours", "valid"),
        ({"time_zone": "Europe/Berlin"}, "time_zone", "not known"),
    ],
)
def test_a_bad_change_names_its_field_and_changes_nothing(
    me: Caller, studio: Studio, body: Any, field: str, sentence: str
) -> None:
    whole = {"channels": {"push": False}, **body}

    errors = problem(me.patch(PATH, whole), 422, "invalid_input")["errors"]

    assert list(errors) == [field]
    assert sentence in errors[field]
    assert errors[field].endswith(".")
    assert stored(me, studio) is None


@pytest.mark.parametrize("method", ["get", "patch"])
def test_the_token_of_a_member_who_is_gone_is_not_valid(anybody: Caller, studio: Studio, method: str) -> None:
    gone = {"Authorization": token_of(settings(), new_id())}  # type: ignore[arg-type]

    answer = anybody.http.open(PATH, method=method.upper(), json={} if method == "patch" else None, headers=gone)

    problem(answer, 401, "token_invalid")
