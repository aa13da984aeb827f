"""A notice as an e-mail: plain text, the same as HTML, and where a place begins, changes or ends a calendar part."""

from binascii import b2a_qp
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from domain.notices import WITH_A_LINK
from storage.deliveries import Delivery
from storage.settings import Settings
from storage.told import ToldNotice
from workers.messages import links
from workers.messages.calendar import calendar_part_for
from workers.messages.errors import MessageError
from workers.messages.headers import PREPARED, Header, address_header, address_of, fixed_header, header
from workers.messages.plain import plain, shortened
from workers.messages.rendering import render
from workers.messages.values import Values, values_of
from workers.messages.words import words_from

NAME_CHARACTERS_MAX = 100
"""How much of a person's or studio's name stands beside an address."""


def mail_for(delivery: Delivery, settings: Settings) -> EmailMessage:
    """Return the mail of this delivery: multipart/alternative (RFC 2046, section 5.1.4), the richest part last.

    Its `Message-ID` is that of the delivery, so a second sending can be told from a first. It can be unsubscribed from
    with one click (RFC 8058), unless it carries a link to a password, and says that no person wrote it (RFC 3834).
    Serialise it with `email.policy.SMTP`.
    Raises `MessageError` for an address no mail can be sent to, and for whatever `words_for` raises it.
    """
    notice = delivery.notice
    values = values_of(notice, said_at=delivery.now)
    words = words_from(values, notice)
    sender, receiver = _addresses(delivery, settings)
    unsubscribe = None
    if notice.kind not in WITH_A_LINK:
        unsubscribe = links.unsubscribe_url(settings, notice.member_id, notice.kind)
    filled = values | {
        "subject": words.subject,
        "headline": words.headline,
        "paragraphs": words.paragraphs,
        "rows": _rows(values, notice),
        "page_url": _page_url(settings, notice),
        "unsubscribe_url": unsubscribe,
        "preferences_url": links.preferences_url(settings),
    }
    mail = EmailMessage(policy=PREPARED)
    for one in (
        address_header("From", sender),
        address_header("To", receiver),
        header("Subject", words.subject),
        header("Date", format_datetime(delivery.now.astimezone(UTC))),
        header("Message-ID", f"<delivery-{delivery.id}@{links.host_of(settings)}>"),
        *_unsubscribe_headers(unsubscribe),
        fixed_header("Auto-Submitted", "auto-generated"),
        fixed_header("MIME-Version", "1.0"),
        # `=_` cannot occur in quoted-printable, so no part can hold the boundary.
        header("Content-Type", f'multipart/alternative; boundary="=_seatline_{delivery.id}"'),
    ):
        mail[one.name] = one
    mail.set_payload(
        [
            _part("text/plain; charset=utf-8", render("layout.txt", filled, notice).encode()),
            _part("text/html; charset=utf-8", render("layout.html", filled, notice).encode()),
        ]
    )
    if calendar := calendar_part_for(delivery, settings, organizer=sender, attendee=receiver):
        mail.attach(_part(f"text/calendar; method={calendar.method}; charset=utf-8", calendar.content))
    return mail


def _page_url(settings: Settings, notice: ToldNotice) -> str:
    if notice.link is not None:
        return links.password_url(settings, notice.link.id)
    return links.page_url(settings, notice)


def _unsubscribe_headers(unsubscribe: str | None) -> list[Header]:
    if unsubscribe is None:
        return []
    one_click = fixed_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return [header("List-Unsubscribe", f"<{unsubscribe}>"), one_click]


def sender_of(settings: Settings, studio_name: str) -> Address:
    """Return who mails come from: the name in `mail_from` or the studio's, the address in `mail_from` or at the host.

    Raises `ValueError` for a `mail_from` that is no address; the sentence says what to set.
    """
    return _sender(settings.mail_from, links.host_of(settings), studio_name)


def _addresses(delivery: Delivery, settings: Settings) -> tuple[Address, Address]:
    notice = delivery.notice
    try:
        sender = sender_of(settings, notice.studio_name)
        return sender, address_of(_name(notice.member_name), delivery.address)
    except ValueError as error:
        raise MessageError(f"notice {notice.id} ({notice.kind}) cannot be addressed: {error}") from error


@lru_cache(maxsize=16)
def _sender(mail_from: str, host: str, studio_name: str) -> Address:
    name, address = parseaddr(mail_from)
    if mail_from and not address:
        raise ValueError(f"SEATLINE_MAIL_FROM is {mail_from!r}; it must be like `Studio <hello@example.com>`")
    return address_of(_name(name or studio_name), address or f"seatline@{host}")


def _name(name: str) -> str:
    return shortened(plain(name), NAME_CHARACTERS_MAX)


def _rows(values: Values, notice: ToldNotice) -> list[tuple[str, str]]:
    """Return the lines of `details.txt` as label and value."""
    if notice.kind in WITH_A_LINK:
        return []
    lines = render("details.txt", values, notice).splitlines()
    return [(label.strip(), value.strip()) for label, _, value in (line.partition(":") for line in lines if line)]


def _part(content_type: str, content: bytes) -> EmailMessage:
    part = EmailMessage(policy=PREPARED)
    for one in (
        fixed_header("Content-Type", content_type),
        fixed_header("Content-Transfer-Encoding", "quoted-printable"),
    ):
        part[one.name] = one
    # The standard library's own encoder for mails does in Python what this one does in C.
    part.set_payload(b2a_qp(content, istext=True).decode("ascii"))
    return part
