"""An event is plain JSON, the same for whoever hears it."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from domain.notices import NoticeKind
from tests.builders import NOW
from tests.messages.telling import a_told_notice
from workers.messages.events import event_of


@pytest.mark.parametrize("kind", NoticeKind)
def test_an_event_survives_json_unchanged(kind: NoticeKind) -> None:
    event = event_of(a_told_notice(kind))

    assert json.loads(json.dumps(event)) == event


def test_instants_are_utc_whatever_zone_they_came_in() -> None:
    notice = a_told_notice(created_at=NOW.astimezone(timezone(timedelta(hours=2))))

    assert event_of(notice)["occurred_at"] == "2026-03-02T12:00:00Z"


def test_what_a_notice_does_not_speak_of_is_null() -> None:
    event = event_of(replace(a_told_notice(NoticeKind.PASS_GRANTED), number=None))

    assert (event["number"], event["booking"], event["session"]) == (None, None, None)
    assert event_of(a_told_notice())["pass"] is None


def test_names_are_as_people_typed_them() -> None:
    event = event_of(a_told_notice(member_name="<b>Maria\r\n"))

    assert event["member"]["name"] == "<b>Maria\r\n"
