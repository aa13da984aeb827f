"""A notice as a push message: what the page's service worker shows, and how the push service treats it (RFC 8030)."""

import json
from dataclasses import dataclass
from datetime import timedelta

from domain.notices import NoticeKind
from domain.quiet_hours import A_DAY
from storage.deliveries import Delivery
from storage.settings import Settings
from workers.messages.errors import MessageError
from workers.messages.links import page_url
from workers.messages.plain import shortened
from workers.messages.values import speaks_of_a_pass
from workers.messages.words import words_for

PAYLOAD_BYTES_MAX = 3000
"""Push services take 4096 bytes at least (RFC 8030, section 7.2); encryption and their own wrapping need some."""

TITLE_CHARACTERS_MAX = 120
BODY_CHARACTERS_MAX = 400  # more than any device shows
SOON = timedelta(hours=3)
KEPT_SECONDS_MAX = 28 * 24 * 3600  # four weeks: longer is refused or cut by push services

_TRUE_AFTERWARDS = frozenset(
    {
        NoticeKind.BOOKING_CANCELLED,
        NoticeKind.LEFT_WAITLIST,
        NoticeKind.OFFER_EXPIRED,
        NoticeKind.SESSION_CANCELLED,
    }
)
_URGENCIES: dict[NoticeKind, str] = {
    NoticeKind.PROMOTED: "high",
    NoticeKind.PLACE_OFFERED: "high",
    NoticeKind.SESSION_RESCHEDULED: "high",
    NoticeKind.SESSION_CANCELLED: "high",
    NoticeKind.LEFT_WAITLIST: "low",
    NoticeKind.PASS_RUNNING_LOW: "low",
    NoticeKind.PASS_EXPIRING: "low",
    NoticeKind.PASS_GRANTED: "low",
    NoticeKind.PASS_EXTENDED: "low",
    NoticeKind.PASS_DEACTIVATED: "low",
    NoticeKind.PASS_ACTIVATED: "low",
    NoticeKind.PASS_CHANGED: "low",
    NoticeKind.PASS_REQUEST_DECLINED: "low",
}


@dataclass(frozen=True, slots=True)
class PushMessage:
    """`payload` is JSON: title, body, url, tag, kind, notice_id; at most `PAYLOAD_BYTES_MAX` bytes of UTF-8.

    `ttl_seconds` is how long the push service keeps it for a device that is away; `urgency` (`low`, `normal`, `high`)
    says whether it may wake one; of two with the same `topic` a device that was away gets the later.
    """

    payload: str
    ttl_seconds: int
    urgency: str
    topic: str


def push_for(delivery: Delivery, settings: Settings) -> PushMessage:
    """Return the push message of this delivery; a second sending replaces the first, in the queue and on the screen.

    Raises `MessageError` as `words_for` does, and when a link leaves no room for words.
    """
    return PushMessage(
        payload=_payload(delivery, settings),
        ttl_seconds=_ttl_seconds(delivery),
        urgency=_urgency(delivery),
        topic=f"delivery-{delivery.id}",  # RFC 8030, section 5.4: at most 32 characters of URL-safe base64
    )


def _payload(delivery: Delivery, settings: Settings) -> str:
    notice = delivery.notice
    words = words_for(notice, said_at=delivery.now)
    said = {
        "title": shortened(words.headline, TITLE_CHARACTERS_MAX),
        "body": "",
        "url": page_url(settings, notice),
        "tag": f"notice-{notice.id}",
        "kind": str(notice.kind),
        "notice_id": notice.id,
    }
    room = PAYLOAD_BYTES_MAX - _size(said)
    if room < 0:
        raise MessageError(f"notice {notice.id} ({notice.kind}) has no room for words beside its link {said['url']}")
    body = shortened(" ".join(words.paragraphs), BODY_CHARACTERS_MAX)
    while body and _size(body) - _size("") > room:
        body = shortened(body, len(body) - 1) if len(body) > 1 else ""
    return _json(said | {"body": body})


def _size(value: object) -> int:
    return len(_json(value).encode())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ttl_seconds(delivery: Delivery) -> int:
    """Until the start of the session; what stays true after it, and what speaks of a pass, for a day."""
    notice = delivery.notice
    if speaks_of_a_pass(notice.kind) or notice.booking is None:
        return int(A_DAY.total_seconds())
    until_start = notice.booking.session.training_session.starts_at - delivery.now
    if notice.kind in _TRUE_AFTERWARDS:
        until_start = max(until_start, A_DAY)
    return min(max(int(until_start.total_seconds()), 0), KEPT_SECONDS_MAX)


def _urgency(delivery: Delivery) -> str:
    """Return what the kind deserves; a reminder may wake a device only when the session is soon."""
    notice = delivery.notice
    if notice.kind is NoticeKind.REMINDER and notice.booking is not None:
        left = notice.booking.session.training_session.starts_at - delivery.now
        return "high" if left <= SOON else "normal"
    return _URGENCIES.get(notice.kind, "normal")
