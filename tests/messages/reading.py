"""Mails as those who receive them read them: parsed from their bytes by the standard library."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any, cast

from icalendar import Calendar

from storage.deliveries import Delivery
from storage.settings import Settings
from tests.messages.telling import some_settings
from workers.messages.mail import mail_for


def received(delivery: Delivery, settings: Settings | None = None) -> EmailMessage:
    """Write the mail as it is sent and read it again."""
    sent = mail_for(delivery, settings or some_settings()).as_bytes(policy=email.policy.SMTP)
    return email.message_from_bytes(sent, policy=email.policy.default)


def parts_of(mail: EmailMessage) -> dict[str, str]:
    """Return the decoded parts by their type, with plain line ends."""
    return {
        part.get_content_type(): part.get_content().replace("\r\n", "\n")
        for part in cast("list[EmailMessage]", list(mail.iter_parts()))
    }


def calendar_of(mail: EmailMessage) -> Calendar:
    """Return the calendar part as the library reads it."""
    return Calendar.from_ical(parts_of(mail)["text/calendar"])


def event_in(mail: EmailMessage) -> Any:
    """Return the one event in the calendar part: a mapping of properties, each of a type of its own."""
    (event,) = calendar_of(mail).walk("VEVENT")
    return event


def readable(mail: EmailMessage) -> str:
    """Return the decoded headers and every part in full, as one text."""
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    parts = [f"===== {kind}\n\n{content.rstrip()}\n" for kind, content in parts_of(mail).items()]
    return "\n".join([headers, "", *parts])
