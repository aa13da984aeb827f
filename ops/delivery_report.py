"""Show deliveries to people and to scripts. Instants are UTC."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.table import Column, Table

from storage.queries.deliveries import ListedDelivery, ShownDelivery
from storage.told import ToldNotice
from workers.messages import MessageError, words_for


def deliveries_table(deliveries: Iterable[ListedDelivery]) -> Table:
    """Return the deliveries as a table for a terminal."""
    table = Table(
        Column("id", no_wrap=True),
        Column("kind", no_wrap=True),
        Column("channel", no_wrap=True),
        Column("to", overflow="fold"),
        Column("status", no_wrap=True),
        Column("calls", justify="right", no_wrap=True),
        Column("due or settled (UTC)", overflow="fold"),
        Column("reason", overflow="fold"),
    )
    for one in deliveries:
        at = _instant(one.settled_at or one.due_at)
        cells = (str(one.id), one.kind, one.channel, one.address, one.status, str(one.calls), at, one.reason or "")
        table.add_row(*map(harmless, cells))
    return table


def plain_delivery(delivery: ListedDelivery) -> dict[str, Any]:
    """Return a delivery as plain JSON values."""
    return _plain(delivery)


def plain_shown(shown: ShownDelivery) -> dict[str, Any]:
    """Return a delivery with its notice, its attempts and its words as plain JSON values."""
    return {
        **_plain(shown.delivery),
        **(_plain_notice(shown.notice) if shown.notice else {}),
        "attempts": [_plain(attempt) for attempt in shown.attempts],
        "words": _words(shown.notice),
    }


def shown_lines(shown: ShownDelivery) -> Iterator[tuple[str, str]]:
    """Yield what there is to say about one delivery, each line with its name; put it through `harmless`."""
    delivery, notice = shown.delivery, shown.notice
    yield "delivery", f"{delivery.id}: {delivery.kind} by {delivery.channel} to {delivery.address}"
    yield "status", delivery.status + (f", {delivery.reason}" if delivery.reason else "")
    if delivery.settled_at:
        yield "settled", f"{_instant(delivery.settled_at)} UTC"
    else:
        yield "due", f"{_instant(delivery.due_at)} UTC"
    number = "" if notice is None or notice.number is None else f" (number {notice.number})"
    yield "notice", f"{delivery.notice_id}{number}, written {_instant(delivery.created_at)} UTC"
    if notice:
        yield from _about(notice)
    for attempt in shown.attempts:
        said = f": {attempt.said}" if attempt.said else ""
        ended = f"{_instant(attempt.ended_at)} UTC after {attempt.took_ms:,} ms"
        yield f"attempt {attempt.number}", f"{ended} by {attempt.provider}, {attempt.outcome}{said}"
    for paragraph in _words(notice):
        yield "says", paragraph


def harmless(text: str) -> str:
    """Return the text on one line and without what a terminal would obey: answers of providers come from outside."""
    line = " ".join(text.split())
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line)


def _about(notice: ToldNotice) -> Iterator[tuple[str, str]]:
    yield "member", notice.member_name if notice.email is None else f"{notice.member_name} <{notice.email}>"
    if notice.booking:
        session = notice.booking.session
        starts_at = _instant(session.training_session.starts_at)
        yield "session", f"{session.training_name}, starts {starts_at} UTC ({session.training_session.id})"
        yield "booking", f"{notice.booking.booking.status} ({notice.booking_id})"
    if notice.pass_:
        yield "pass", f"{notice.pass_name} ({notice.pass_id})"


def _plain_notice(notice: ToldNotice) -> dict[str, Any]:
    booking = notice.booking
    return {
        "notice_number": notice.number,
        "details": notice.details,
        "member_id": str(notice.member_id),
        "email": notice.email,
        "booking_id": None if notice.booking_id is None else str(notice.booking_id),
        "booking_status": booking and str(booking.booking.status),
        "session_id": booking and str(booking.session.training_session.id),
        "training": booking and booking.session.training_name,
        "starts_at": booking and booking.session.training_session.starts_at.isoformat(),
        "pass_id": None if notice.pass_id is None else str(notice.pass_id),
    }


def _words(notice: ToldNotice | None) -> list[str]:
    """Return what the message says, its subject first, or why it cannot be written."""
    if notice is None:
        return ["This version of Seatline cannot read the notice; a newer one wrote it."]
    try:
        words = words_for(notice)
    except MessageError as error:
        return [f"The message cannot be written: {error}"]
    return [words.subject, words.headline, *words.paragraphs]


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _plain(row: Any) -> dict[str, Any]:
    values = asdict(row).items()
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values}
