"""What is read from outside, each as a function of bytes; it raises `AssertionError` where a property does not hold.

Whatever the bytes are, a reader says what it read or refuses in its own words: any other exception is a finding.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Flask
from icalendar import Calendar
from pydantic import ValidationError

from api import cursors
from api.auth import make_token, read_token
from api.bearer_secrets import hash_of
from api.calendars import feed
from api.check_in_codes import code_of, read_code
from api.language import LANGUAGES, language
from api.models.me import BookingsQuery
from api.models.series import SeriesBody
from api.models.sessions import SessionsQuery
from api.problems import ProblemError
from api.requests import preferred_wait
from domain.ids import BookingId, MemberId
from domain.series import Recurrence
from ops.csv_file import Complaints
from ops.import_files import MEMBERS, SCHEDULE, read_import
from storage.calendar_feeds import ShownBooking
from storage.settings import Settings
from tests.messages.telling import a_told_booking, some_settings
from workers.invitation_file import ROWS_MAX, BadListError, Complaint, Listed, read_list
from workers.messages.links import password_secret, read_password_secret, read_unsubscribe
from workers.messages.plain import plain
from workers.recurrence import TooManyError, occurrences

KYIV = ZoneInfo("Europe/Kyiv")
WAIT_SECONDS_MAX = 30
PARTED = b"\n--\n"  # between the two files of one input


@cache
def _settings() -> Settings:
    return some_settings()


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="seatline-fuzz-"))


def csv_import(data: bytes) -> None:
    """The two files of an import: each line is read or complained about, and the same file is read the same."""
    schedule, _, members = data.partition(PARTED)
    (_folder() / SCHEDULE).write_bytes(schedule)
    (_folder() / MEMBERS).write_bytes(members)
    complaints = Complaints()
    read = read_import(_folder(), KYIV, complaints)
    assert all(said.startswith((f"{SCHEDULE}, line ", f"{MEMBERS}, line ")) for said in complaints.errors)
    for key, line in read.training_sessions.items():
        assert key == line.said.key == line.said.key.strip() != ""
        assert line.said.starts_at.tzinfo is UTC
        assert line.said.minutes > 0 < line.said.capacity
        assert 1 < line.number <= 1 + schedule.count(b"\n") + schedule.count(b"\r")
    for pass_ in read.passes.values():
        assert pass_.said.member_key in read.members
    again = Complaints()
    assert read_import(_folder(), KYIV, again) == read
    assert again == complaints


def invitations(data: bytes) -> None:
    """A list of people to invite: all of it or none, each person once."""
    text = data.decode(errors="replace")
    listed, complaints = _list_of(text)
    assert bool(listed) != bool(complaints)
    assert all(before.line <= after.line for before, after in pairwise(complaints))
    assert len(listed) <= ROWS_MAX
    assert len({one.invitee.email.lower() for one in listed}) == len(listed)
    assert all("\n" not in one.invitee.email + one.invitee.name for one in listed)


def _list_of(text: str) -> tuple[list[Listed], list[Complaint]]:
    try:
        return read_list(text), []
    except BadListError as error:
        return [], error.complaints


def cursors_and_filters(data: bytes) -> None:
    """A cursor goes on where it says, or is refused; so is a filter."""
    text = data.decode(errors="replace")
    with suppress(ProblemError):
        place = cursors.read_place(text)
        assert place is not None
        assert cursors.read_place(cursors.place_cursor(*place)) == place
    with suppress(ProblemError):
        id_ = cursors.read_uuid(text)
        assert id_ is not None
        assert cursors.read_uuid(cursors.id_cursor(id_)) == id_
    with suppress(ProblemError):
        number = cursors.read_number(text)
        assert type(number) is int
        assert cursors.read_number(cursors.id_cursor(number)) == number
    first, _, second = text.partition("&")
    with suppress(ValidationError):
        query = SessionsQuery.model_validate({"from": first, "to": second})
        assert query.from_ is not None
        assert query.from_.tzinfo is UTC
    for name in ("cursor", "limit", "when"):
        with suppress(ValidationError):
            BookingsQuery.model_validate({name: text})


def secrets(data: bytes) -> None:
    """Tokens, codes and links: nothing lets in but what was made here."""
    settings = _settings()
    text = data.decode("latin-1")
    with suppress(ProblemError):
        read_token(settings, text)
        raise AssertionError(f"a forged token lets in: {text!r}")
    assert read_code(settings, text) is None
    assert read_unsubscribe(settings, text) is None
    assert read_password_secret(settings, text) is None
    assert len(hash_of(text)) == 32
    # What was made here is refused, too, as soon as it is another one by a single bit.
    id_ = UUID(bytes=data[:16].ljust(16, b"\0"))
    readers: list[tuple[str, Callable[[str], object]]] = [
        (code_of(settings, BookingId(id_)), lambda said: read_code(settings, said)),
        (password_secret(settings, id_), lambda said: read_password_secret(settings, said)),
        (make_token(settings, MemberId(id_)), lambda said: read_token(settings, said).member_id),
    ]
    for made, read in readers:
        assert read(made) == id_
        at = (data[16] if len(data) > 16 else 0) % len(made)
        changed = made[:at] + ("A" if made[at] != "A" else "B") + made[at + 1 :]
        with suppress(ProblemError):
            assert read(changed) is None or (read(changed) == id_ and _is_padding(made, at)), changed


def _is_padding(made: str, at: int) -> bool:
    """Whether the last character of a base64 text holds bits that mean nothing."""
    return at == len(made) - 1 or made[at + 1] == "."


def recurrences(data: bytes) -> None:
    """A series: its rule is read back as it is written, and its occurrences are in order, each once."""
    ids = {name: str(uuid4()) for name in ("training_id", "trainer_id", "space_id")}
    try:
        said = json.loads(data)
        body = SeriesBody.model_validate({**ids, **said})
    except (ValueError, TypeError, RecursionError):
        return
    recurrence = body.recurrence()
    again = Recurrence.of_rule(
        recurrence.rule,
        starts_on=recurrence.starts_on,
        times=recurrence.times,
        ends_on=recurrence.ends_on,
        count=recurrence.count,
        except_on=recurrence.except_on,
    )
    assert again == recurrence
    if not 1900 < recurrence.starts_on.year < 2200:
        return
    through = min(recurrence.starts_on + timedelta(days=400), date(2200, 1, 1))
    try:
        found = occurrences(recurrence, KYIV, through=through, after=datetime(1900, 1, 1, tzinfo=UTC))
    except TooManyError:
        return
    assert all(before.starts_at <= after.starts_at for before, after in pairwise(found))
    assert len({one.local for one in found}) == len(found)
    assert recurrence.count is None or len(found) <= recurrence.count
    for one in found:
        assert recurrence.starts_on <= one.local.date() <= through
        assert one.local.time() in recurrence.times
        assert one.local.date() not in recurrence.except_on


def calendar(data: bytes) -> None:
    """A feed with any names in it is a calendar that holds one event with these names, in lines of 75 bytes at most."""
    training, _, space = data.decode(errors="replace").partition("\n--\n")
    booking = a_told_booking()
    session = replace(booking.session, training_name=training, space_name=space)
    shown = ShownBooking(replace(booking, session=session), changed_at=datetime(2026, 3, 2, tzinfo=UTC))
    written = feed([shown], _settings(), studio_name=space)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    read = Calendar.from_ical(written)
    (event,) = read.walk("VEVENT")
    assert str(event["SUMMARY"]) == plain(training)
    assert not event.errors


@cache
def _app() -> Flask:
    return Flask("headers")


def headers(data: bytes) -> None:
    """Preferences in headers: what makes no sense is passed over."""
    text = data.decode("latin-1")
    seconds = preferred_wait(text, seconds_max=WAIT_SECONDS_MAX)
    assert seconds is None or 0 <= seconds <= WAIT_SECONDS_MAX
    environ = {"HTTP_ACCEPT_LANGUAGE": text, "HTTP_COOKIE": text}
    with _app().test_request_context("/", environ_overrides=environ):
        assert language() in LANGUAGES


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (csv_import, invitations, cursors_and_filters, secrets, recurrences, calendar, headers)
}

SEEDS: dict[str, list[bytes]] = {
    "csv_import": [
        b"session_key,training,trainer,space,starts_at,minutes,capacity,booking_deadline_minutes,"
        b"cancellation_deadline_minutes\na,Yoga,Olena,Hall,2030-06-03T18:30:00,60,10,60,\n"
        + PARTED
        + b"member_key,name,email,pass_key,pass_name,trainings,sessions_left,expires_on\n"
        b"m,Nina,nina@example.org,p,Ten,Yoga;HIIT,10,2030-12-31\n"
    ],
    "invitations": [b"name,email\nNina,nina@example.org\n", b'\xef\xbb\xbfEmail;Name\r\n"a@b.cd";"A ""B"""\r\n'],
    "cursors_and_filters": [
        b"WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwgIjAxYTIwNTQ2LWFiMTUtNzgyMy1iZjEyLWIwYWI4OTMxMTNjNCJd",
        b"WzFd",
        b"2026-03-05T18:00:00Z&2026-03-05T18:00:00 02:00",
    ],
    "secrets": [b"IjAxYTIwNTQ2Ig.aWxYvQ.c2lnbmF0dXJl", b"0123456789abcdef*"],
    "recurrences": [
        b'{"frequency": "weekly", "weekdays": ["MO", "TH"], "times": ["18:00"], "starts_on": "2027-03-01", "count": 9}',
        b'{"frequency": "monthly", "nth": -1, "weekdays": ["SU"], "times": ["02:30"], "starts_on": "2027-03-01"}',
        b'{"frequency": "daily", "times": ["03:30", "00:00"], "starts_on": "2027-10-30", "except_on": ["2027-11-01"]}',
    ],
    "calendar": ["Йога, для; всіх\\ 👩🏽‍🦰 \x85\u2028\n--\nBlue room".encode(), b"BEGIN:VEVENT\r\nX:1"],
    "headers": [b"de-AT,de;q=0.9, en;q=0.8", b'respond-async, wait="10"; x, wait=3', b"seatline_language=de; a=b"],
}
"""What each target is fed to begin with."""
