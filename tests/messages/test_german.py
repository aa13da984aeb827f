"""What the inbox says in German is whole, says what the English says, and is German."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from babel.dates import format_date

from domain.facts import BookingStatus
from domain.notices import OPEN_KINDS, NoticeKind
from domain.refusals import SENTENCES, RefusalReason
from storage.told import ToldNotice
from tests.builders import NOW, START
from tests.messages.cases import INBOX_CASES
from tests.messages.snapshot import assert_snapshot, kept_snapshots
from tests.messages.telling import a_scheduled_session, a_told_booking, a_told_notice
from tests.project.catalogues import read
from workers.messages import MessageError, Words, words_for
from workers.messages.rendering import TEMPLATES
from workers.messages.values import speaks_of_a_pass, template_of

SNAPSHOTS = "words_de"
NAMES = (
    "Evening yoga",
    "Olena Koval",
    "Blue room",
    "Lumen Studio",
    "Ten sessions",
    "beginners only",
    "Olena is ill",
    "Pilates",
    "Morning yoga",
)
KINDS = OPEN_KINDS
OF_A_PASS = [reason for reason in RefusalReason if reason.startswith("pass_")]
ALSO_GERMAN = {"an", "so", "studio", "training"}
"""English words that are German ones, too."""

EVERY_CASE = pytest.mark.parametrize("name", INBOX_CASES)


def german(notice: ToldNotice, **how: Any) -> Words:
    return words_for(notice, language="de", **how)


def blocks(words: Words) -> list[str]:
    return [words.subject, words.headline, *words.paragraphs]


def starting(instant: str, **differences: Any) -> ToldNotice:
    session = a_scheduled_session({"starts_at": datetime.fromisoformat(instant)})
    return a_told_notice(booking=a_told_booking(session=session), **differences)


@EVERY_CASE
def test_the_words_look_like_their_snapshot(name: str) -> None:
    assert_snapshot(SNAPSHOTS, name, "\n\n".join(blocks(german(INBOX_CASES[name]))) + "\n")


def test_every_case_has_its_snapshot_and_none_is_stale() -> None:
    assert kept_snapshots(SNAPSHOTS) == set(INBOX_CASES)


def test_every_kind_that_an_inbox_shows_has_its_template_and_none_is_left_over() -> None:
    names = {path.stem for path in (TEMPLATES / "de").iterdir()}

    assert names == {str(kind) for kind in KINDS} | {"phrases"}


@pytest.mark.parametrize("kind", KINDS)
def test_in_a_language_without_templates_every_kind_is_said_in_english(kind: NoticeKind) -> None:
    notice = a_told_notice(kind)

    assert words_for(notice, language="uk") == words_for(notice) == words_for(notice, language="en")
    assert german(notice) != words_for(notice)


@EVERY_CASE
def test_every_value_is_said_where_the_english_says_it(name: str) -> None:
    notice = INBOX_CASES[name]

    for ours, theirs in zip(blocks(german(notice)), blocks(words_for(notice)), strict=True):
        assert Counter(re.findall(r"\d+", ours)) == Counter(re.findall(r"\d+", theirs)), ours
        assert {one for one in NAMES if one in ours} == {one for one in NAMES if one in theirs}, ours


@EVERY_CASE
def test_no_sentence_and_no_word_is_left_in_english(name: str) -> None:
    ours, theirs = german(INBOX_CASES[name]), words_for(INBOX_CASES[name])

    assert not sentences(ours) & sentences(theirs)
    assert not vocabulary(ours) & ENGLISH - ALSO_GERMAN


def sentences(words: Words) -> set[str]:
    return {one for block in blocks(words) for one in re.split(r"(?<=[.?!:;]) ", block)}


def vocabulary(words: Words) -> set[str]:
    """Return the words that neither people nor the studio wrote."""
    said = re.sub("[„“][^“”]*[“”]", "", " ".join(blocks(words)))
    for name in NAMES:
        said = said.replace(name, "")
    return set(re.findall(r"[^\W\d]+", said.casefold()))


ENGLISH = set().union(*(vocabulary(words_for(notice)) for notice in INBOX_CASES.values()))


@EVERY_CASE
def test_quotation_marks_are_german_and_every_one_is_closed(name: str) -> None:
    said = "\n".join(blocks(german(INBOX_CASES[name])))

    assert not set(said) & set("\"'”»«")
    assert said.count("„") == said.count("“") == len(re.findall("„[^„“]+“", said))


@pytest.mark.parametrize("day", [date(2026, month, 8 + month) for month in range(1, 13)])
def test_every_day_of_the_week_and_every_month_has_its_german_name(day: date) -> None:
    words = german(starting(f"{day}T12:00:00+00:00"))

    assert f", {format_date(day, 'EEEE, d. MMMM', locale='de')}, " in words.subject
    assert f"am {format_date(day, 'EEEE, d. MMMM', locale='de')}, um " in words.paragraphs[0]


def test_a_time_in_another_year_says_the_year() -> None:
    words = german(starting("2027-01-07T18:00:00+00:00"))

    assert words.subject == "Gebucht: Evening yoga, Donnerstag, 7. Januar 2027, 20:00 Uhr"
    assert "am Donnerstag, 7. Januar 2027, um 20:00 Uhr im Raum" in words.paragraphs[0]


@pytest.mark.parametrize(
    ("zone", "instant", "clock"),
    [
        ("Europe/Kyiv", "2026-10-25T00:30:00+00:00", "03:30 Uhr OESZ"),
        ("Europe/Kyiv", "2026-10-25T01:30:00+00:00", "03:30 Uhr OEZ"),
        ("Europe/Berlin", "2026-10-25T00:30:00+00:00", "02:30 Uhr MESZ"),
        ("Europe/Berlin", "2026-10-25T01:30:00+00:00", "02:30 Uhr MEZ"),
        ("America/New_York", "2026-11-01T06:30:00+00:00", "01:30 Uhr EST"),
        ("Europe/Berlin", "2026-10-25T02:30:00+00:00", "03:30 Uhr"),
    ],
)
def test_a_time_that_the_clocks_show_twice_names_its_zone_in_german_where_it_has_a_name(
    zone: str, instant: str, clock: str
) -> None:
    assert german(starting(instant, time_zone=zone)).subject.endswith(f", {clock}")


@pytest.mark.parametrize(
    ("created_at", "begins"),
    [
        ("2026-03-28T21:59:59+00:00", "morgen, Sonntag, 29. März, um 20:00 Uhr"),  # the clocks change that night
        ("2026-03-28T22:00:00+00:00", "heute, Sonntag, 29. März, um 20:00 Uhr"),
        ("2026-03-27T12:00:00+00:00", "am Sonntag, 29. März, um 20:00 Uhr"),
    ],
)
def test_a_reminder_says_today_and_tomorrow_by_the_calendar(created_at: str, begins: str) -> None:
    notice = starting(
        "2026-03-29T17:00:00+00:00", kind=NoticeKind.REMINDER, created_at=datetime.fromisoformat(created_at)
    )

    assert german(notice).headline == f"Evening yoga beginnt {begins}"


def test_a_reminder_is_seen_from_when_it_is_said() -> None:
    notice = a_told_notice(NoticeKind.REMINDER, starts_at=datetime(2026, 3, 5, 18, tzinfo=UTC))

    assert "heute, Donnerstag, 5. März" in german(notice, said_at=datetime(2026, 3, 5, 3, tzinfo=UTC)).headline


@pytest.mark.parametrize(
    ("kind", "details", "said"),
    [
        (NoticeKind.PASS_RUNNING_LOW, {"sessions_left": 1}, "; übrig ist noch 1 Termin."),
        (NoticeKind.PASS_RUNNING_LOW, {"sessions_left": 2}, "; übrig sind noch 2 Termine."),
        (NoticeKind.PASS_EXPIRING, {"sessions_left": 1}, "Es ist noch 1 Termin übrig."),
        (NoticeKind.PASS_EXPIRING, {"sessions_left": 0}, "Es ist kein Termin mehr übrig."),
        (
            NoticeKind.PASS_GRANTED,
            {"sessions_left": 1, "expires_at": None},
            "Sie gilt für 1 Termin und läuft nicht ab.",
        ),
        (
            NoticeKind.PASS_GRANTED,
            {"sessions_left": None},
            "für beliebig viele Termine, bis einschließlich Dienstag, 31.",
        ),
        (
            NoticeKind.PASS_EXTENDED,
            {"sessions_left": 1, "sessions_added": 1, "days_added": 1},
            "1 Termin ist dazugekommen, und sie gilt 1 Tag länger. Du hast jetzt 1 Termin auf der Karte, und sie gilt",
        ),
        (
            NoticeKind.PASS_EXTENDED,
            {"sessions_left": 1, "sessions_added": None, "days_added": 1, "expires_at": None},
            "Sie gilt 1 Tag länger. Du hast jetzt 1 Termin auf der Karte, und sie läuft nicht ab.",
        ),
    ],
)
def test_one_is_counted_otherwise_than_several_and_none(kind: NoticeKind, details: dict[str, Any], said: str) -> None:
    assert said in " ".join(german(a_told_notice(kind, details=details)).paragraphs)


@pytest.mark.parametrize("reason", OF_A_PASS)
def test_a_skipped_waiter_is_told_each_reason_in_the_words_of_the_pages(reason: RefusalReason) -> None:
    words = german(a_told_notice(NoticeKind.SKIPPED, details={"reasons": ["pass_inactive", str(reason)]}))

    message = read("de").get(SENTENCES[reason])
    assert message is not None
    assert words.paragraphs[2] == message.string


def test_a_reason_that_no_pass_gives_is_not_said_in_english_but_refused() -> None:
    with pytest.raises(MessageError, match=r"de/skipped\.txt: UndefinedError.*waitlist_full"):
        german(a_told_notice(NoticeKind.SKIPPED, details={"reasons": ["waitlist_full"]}))


@pytest.mark.parametrize(
    ("free_until", "said"),
    [
        (NOW + timedelta(days=1), "bis Donnerstag, 5. März, 18:00 Uhr;"),
        (START - timedelta(hours=1), "bis Donnerstag, 5. März, 19:00 Uhr;"),
    ],
)
def test_after_rescheduling_cancelling_is_free_as_long_as_promised(free_until: datetime, said: str) -> None:
    details = {"starts_at": START.isoformat(), "free_cancelling_until": free_until.isoformat()}
    notice = a_told_notice(NoticeKind.SESSION_RESCHEDULED, details=details, booking=a_told_booking())

    assert said in german(notice).paragraphs[-1]


@pytest.mark.parametrize("kind", [NoticeKind.SESSION_RESCHEDULED, NoticeKind.SESSION_UPDATED])
def test_a_change_of_a_session_promises_no_place_to_whom_has_none(kind: NoticeKind) -> None:
    notice = replace(a_told_notice(kind), booking=a_told_booking(BookingStatus.CANCELLED))

    assert "Platz" not in " ".join(german(notice).paragraphs)


@pytest.mark.parametrize("name", ["x" * 500, "Ж " * 250, "word " * 100])
@pytest.mark.parametrize("kind", KINDS)
def test_subject_and_headline_stay_short_and_keep_the_time_whatever_the_names_are(kind: NoticeKind, name: str) -> None:
    notice = a_told_notice(kind, studio_name=name, pass_name=name)
    booking = replace(notice.booking, session=a_scheduled_session(training_name=name)) if notice.booking else None

    words = german(replace(notice, booking=booking))

    assert max(len(words.subject), len(words.headline)) <= 150
    assert speaks_of_a_pass(kind) or "Donnerstag, 5. März" in words.subject
    assert template_of(kind, "de") == f"de/{kind}.txt"
