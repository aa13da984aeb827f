"""What a notice says is exact, stays on its line, and is refused with a reason when it cannot be said."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.facts import BookingStatus
from domain.notices import OPEN_KINDS, WITH_A_LINK, NoticeKind
from domain.refusals import SENTENCES, RefusalReason
from tests.builders import NOW, START
from tests.messages.telling import a_scheduled_session, a_told_booking, a_told_notice
from workers.messages import MessageError, Words, words_for
from workers.messages.rendering import TEMPLATES
from workers.messages.values import speaks_of_a_pass

SHARED = {"phrases", "details", "layout"}
ABOUT_A_PASS = [kind for kind in NoticeKind if speaks_of_a_pass(kind)]
ABOUT_A_BOOKING = [kind for kind in OPEN_KINDS if not speaks_of_a_pass(kind)]

NASTY = "Yoga\r\n\r\nBcc: thief@example.com\n\n<script>alert(1)</script>\x00\u2028{{ secret }}{% raw %} 🧘🏽‍♀️"
NASTY_ON_ONE_LINE = "Yoga Bcc: thief@example.com <script>alert(1)</script> {{ secret }}{% raw %} 🧘🏽‍♀️"


def all_of(words: Words) -> str:
    return "\n".join([words.subject, words.headline, *words.paragraphs])


def test_every_kind_has_one_template_and_no_template_is_left_over() -> None:
    names = {path.stem for path in TEMPLATES.glob("*.txt")}

    assert names == {str(kind) for kind in NoticeKind} | SHARED


@pytest.mark.parametrize("kind", ABOUT_A_BOOKING)
def test_a_notice_whose_booking_is_missing_is_refused_by_name(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)

    with pytest.raises(MessageError, match=rf"notice 4711 \({kind}\).*no booking {notice.booking_id}"):
        words_for(replace(notice, booking=None))


@pytest.mark.parametrize("kind", sorted(WITH_A_LINK))
def test_a_notice_whose_link_is_gone_is_refused_by_name(kind: NoticeKind) -> None:
    with pytest.raises(MessageError, match=rf"notice 4711 \({kind}\).*no link to a password"):
        words_for(replace(a_told_notice(kind), link=None))


@pytest.mark.parametrize("kind", [kind for kind in ABOUT_A_PASS if kind is not NoticeKind.PASS_REQUEST_DECLINED])
def test_a_notice_whose_pass_is_missing_is_refused_by_name(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)

    with pytest.raises(MessageError, match=rf"notice 4711 \({kind}\).*no pass {notice.pass_id}"):
        words_for(replace(notice, pass_=None))


@pytest.mark.parametrize(
    ("kind", "details", "reason"),
    [
        (NoticeKind.SKIPPED, {}, "UndefinedError: 'reasons' is undefined"),
        (NoticeKind.SKIPPED, {"reasons": ["rain"]}, "'rain' is not a valid RefusalReason"),
        (NoticeKind.BOOKING_CANCELLED, {}, "UndefinedError: 'by' is undefined"),
        (NoticeKind.BOOKING_CANCELLED, {"by": "staff"}, "no attribute 'why'"),
        (NoticeKind.BOOKING_CANCELLED, {"by": "a ghost", "why": ""}, "'a ghost' is not a valid CancelledBy"),
        (NoticeKind.SESSION_CANCELLED, {"by": "session"}, "no attribute 'why'"),
        (NoticeKind.SESSION_RESCHEDULED, {}, "no attribute 'starts_at'"),
        (NoticeKind.SESSION_RESCHEDULED, {"starts_at": "soon"}, "ValueError: Invalid isoformat string: 'soon'"),
        (
            NoticeKind.SESSION_RESCHEDULED,
            {"starts_at": START.isoformat(), "free_cancelling_until": 5},
            "TypeError: fromisoformat",
        ),
        (NoticeKind.PASS_RUNNING_LOW, {}, "no attribute 'sessions_left'"),
        (NoticeKind.PASS_EXPIRING, {"expires_at": "9999-12-31T23:59:59+00:00"}, "OverflowError"),
        (NoticeKind.PASS_EXTENDED, {"sessions_left": 3, "expires_at": None}, "no attribute 'sessions_added'"),
    ],
)
def test_details_that_are_missing_or_wrong_are_refused_by_template_and_reason(
    kind: NoticeKind, details: dict[str, Any], reason: str
) -> None:
    with pytest.raises(MessageError) as error:
        words_for(a_told_notice(kind, details=details))

    assert str(error.value).startswith(f"notice 4711 ({kind}) cannot be written from {kind}.txt: ")
    assert reason in str(error.value)


def test_a_waiter_without_any_place_in_line_is_refused() -> None:
    waiting = a_told_booking(BookingStatus.WAITLISTED)

    with pytest.raises(MessageError, match=r"waitlisted\.txt: UndefinedError.*place_in_line"):
        words_for(a_told_notice(NoticeKind.WAITLISTED, booking=waiting, details={}))


def test_a_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(MessageError, match=r"booking_confirmed\.txt: ZoneInfoNotFoundError.*Mars/Olympus"):
        words_for(a_told_notice(time_zone="Mars/Olympus"))


def test_the_present_place_in_line_goes_before_the_one_at_the_time() -> None:
    moved_up = a_told_booking(BookingStatus.WAITLISTED, place_in_line=2)

    words = words_for(a_told_notice(NoticeKind.WAITLISTED, booking=moved_up, details={"place_in_line": 5}))

    assert words.headline == "You are number 2 in line for Evening yoga"


@pytest.mark.parametrize("reason", RefusalReason)
def test_a_skipped_waiter_is_told_each_reason_and_what_helps(reason: RefusalReason) -> None:
    details = {"reasons": ["pass_inactive", str(reason)]}

    words = words_for(a_told_notice(NoticeKind.SKIPPED, details=details))

    assert words.paragraphs[1:3] == (SENTENCES[RefusalReason.PASS_INACTIVE], SENTENCES[reason])
    assert words.paragraphs[-1].startswith("You keep your place in line.")


@pytest.mark.parametrize(
    ("free_until", "said"),
    [
        (NOW + timedelta(days=1), "until Thu 5 March, 18:00;"),  # the session's own deadline is later
        (START - timedelta(hours=1), "until Thu 5 March, 19:00;"),
        (START + timedelta(days=1), "until Thu 5 March, 20:00;"),  # never past the start
    ],
)
def test_after_rescheduling_cancelling_is_free_as_long_as_promised(free_until: datetime, said: str) -> None:
    details = {"starts_at": START.isoformat(), "free_cancelling_until": free_until.isoformat()}
    still = a_told_booking(session=a_scheduled_session())

    words = words_for(a_told_notice(NoticeKind.SESSION_RESCHEDULED, booking=still, details=details))

    assert said in words.paragraphs[-1]


def test_a_notice_of_a_session_that_has_moved_since_says_the_time_it_was_written_for() -> None:
    later = a_told_booking(session=a_scheduled_session({"starts_at": START + timedelta(days=7)}))

    words = words_for(a_told_notice(booking=later, starts_at=START))

    assert words.subject == "Booked: Evening yoga, Thu 5 March, 20:00"
    assert "cancel" not in all_of(words)


def test_what_a_notice_does_not_say_of_its_pass_is_as_the_pass_stands() -> None:
    words = words_for(a_told_notice(NoticeKind.PASS_GRANTED, details={}))

    assert words.paragraphs[0] == "It is good for 10 sessions and valid up to and including Tue 31 March."


@pytest.mark.parametrize("kind", [NoticeKind.SESSION_RESCHEDULED, NoticeKind.SESSION_UPDATED])
def test_a_change_of_a_session_promises_no_place_to_whom_has_none(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)

    words = words_for(replace(notice, booking=a_told_booking(BookingStatus.CANCELLED)))

    assert "place" not in " ".join(words.paragraphs).replace("takes place", "")


def test_a_time_in_another_year_says_the_year() -> None:
    new_year = datetime.fromisoformat("2027-01-07T18:00:00+00:00")
    session = a_scheduled_session({"starts_at": new_year})

    words = words_for(a_told_notice(booking=a_told_booking(session=session)))

    assert words.subject == "Booked: Evening yoga, Thu 7 January 2027, 20:00"


def test_a_session_in_the_hour_that_comes_twice_names_the_zone() -> None:
    starts_at = datetime.fromisoformat("2026-10-25T01:30:00+00:00")
    session = a_scheduled_session({"starts_at": starts_at})

    words = words_for(a_told_notice(booking=a_told_booking(session=session)))

    assert words.subject == "Booked: Evening yoga, Sun 25 October, 03:30 EET"


@pytest.mark.parametrize("created_at", ["2026-03-28T12:00:00+00:00", "2026-03-28T21:59:59+00:00"])
def test_a_reminder_over_the_change_of_clocks_says_tomorrow_by_the_calendar(created_at: str) -> None:
    starts_at = datetime.fromisoformat("2026-03-29T17:00:00+00:00")
    booking = a_told_booking(session=a_scheduled_session({"starts_at": starts_at}))

    words = words_for(
        a_told_notice(NoticeKind.REMINDER, booking=booking, created_at=datetime.fromisoformat(created_at))
    )

    assert words.headline == "Evening yoga is tomorrow, Sun 29 March, at 20:00"


@pytest.mark.parametrize("kind", NoticeKind)
def test_nothing_that_people_type_ends_a_line_or_becomes_a_template(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)
    details = {**notice.details, **({"why": NASTY} if "why" in notice.details else {})}
    session = a_scheduled_session(training_name=NASTY, trainer_name=NASTY, space_name=NASTY)
    booking = replace(notice.booking, session=session, pass_name=NASTY) if notice.booking else None

    words = words_for(
        replace(notice, booking=booking, studio_name=NASTY, member_name=NASTY, pass_name=NASTY, details=details)
    )

    plain = words_for(notice)
    assert len(words.paragraphs) == len(plain.paragraphs)
    assert all(text.isprintable() or "\u200d" in text for text in (words.subject, *words.paragraphs))
    assert not any(ending in all_of(words).replace("\n", "", len(words.paragraphs) + 1) for ending in "\r\n\x00\u2028")
    assert NASTY_ON_ONE_LINE in " ".join(words.paragraphs) + words.headline


@pytest.mark.parametrize("name", ["x" * 500, "Ж " * 250, "🧘🏽‍♀️" * 100, "word " * 100])
@pytest.mark.parametrize("kind", NoticeKind)
def test_subject_and_headline_stay_short_and_keep_the_time_whatever_the_names_are(kind: NoticeKind, name: str) -> None:
    notice = a_told_notice(kind, studio_name=name, pass_name=name)
    booking = replace(notice.booking, session=a_scheduled_session(training_name=name)) if notice.booking else None

    words = words_for(replace(notice, booking=booking))

    assert len(words.subject) <= 150
    assert len(words.headline) <= 150
    assert kind not in ABOUT_A_BOOKING or "Thu 5 March" in words.subject
