"""Deliveries: one notice on one channel to one address, from due to settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from domain.channels import Channel, Preferences
from domain.notices import NoticeKind
from domain.quiet_hours import QuietHours
from storage.database import Db
from storage.told import TOLD_COLUMNS, TOLD_COLUMNS_COUNT, TOLD_JOINS, ToldNotice, told_notice_from

ATTEMPTS_ALLOWED = 12  # calls to the provider, as the column says; with the back-off, about two and a half hours


class DeliveryStatus(StrEnum):
    """Where a delivery stands. `due` waits for its time, `sending` is leased to a worker; the others are ends."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed delivery with everything its message needs.

    `id` names it for ever: providers use it to tell a second sending from a first. `attempts` counts the one that is
    about to be made, `attempts_allowed` says after how many it is given up; `lease_ends_at` tells this claim from every
    other one of the delivery. `address` is the e-mail address, the device or the webhook's URL; `address_id` the push
    subscription or webhook, and `keys` its secrets: `endpoint`, `p256dh` and `auth`, or `secret`, or nothing. A
    subscription or webhook that is gone leaves `keys` empty.
    """

    id: int
    channel: Channel
    address: str
    address_id: UUID | None
    attempts: int
    lease_ends_at: datetime
    attempts_allowed: int
    keys: dict[str, str]
    preferences: Preferences
    notice: ToldNotice
    now: datetime

    @property
    def kind(self) -> str:
        """The kind of its notice."""
        return self.notice.kind


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A claimed delivery whose rows this version cannot read, one written by a newer version for instance."""

    id: int
    kind: str
    attempts: int
    lease_ends_at: datetime
    why: str


# By statement_timestamp(): clock_timestamp() changes while the statement runs, so no index could be asked for it.
_CLAIM = SQL(
    """
    WITH claimed AS (
        UPDATE deliveries SET status = 'sending', attempts = attempts + 1,
               due_at = clock_timestamp() + make_interval(secs => %(lease)s)
         WHERE id = ANY(ARRAY(
               SELECT id FROM deliveries
                WHERE channel = %(channel)s AND status IN ('due', 'sending') AND due_at <= statement_timestamp()
                ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
        RETURNING *)
    SELECT {told},
           claimed.id, claimed.kind, claimed.attempts, claimed.due_at, claimed.attempts_allowed, claimed.channel,
           claimed.address, claimed.address_id,
           subscription.endpoint, subscription.p256dh, subscription.auth, webhook.secret,
           preferences.member_id IS NOT NULL, preferences.switched_off, preferences.choices,
           preferences.quiet_from, preferences.quiet_until, clock_timestamp()
      FROM claimed
      JOIN notices ON notices.id = claimed.notice_id
      {joins}
      LEFT JOIN push_subscriptions AS subscription
             ON subscription.id = claimed.address_id AND claimed.channel = 'push'
      LEFT JOIN webhooks AS webhook
             ON webhook.id = claimed.address_id AND claimed.channel = 'webhook' AND webhook.active
      LEFT JOIN notification_preferences AS preferences ON preferences.member_id = notices.member_id
     ORDER BY claimed.id
    """
).format(told=TOLD_COLUMNS, joins=TOLD_JOINS)


def claim_due(db: Db, channel: Channel, *, limit: int, lease_seconds: float) -> list[Delivery | Unreadable]:
    """Claim what is due on this channel, longest due first; nobody else gets it before the lease ends.

    A worker that dies while sending leaves its deliveries to whoever comes after the lease: they may be sent twice,
    never not at all.
    """
    rows = db.execute(_CLAIM, {"channel": str(channel), "limit": limit, "lease": lease_seconds})
    return [_claimed_from(row) for row in rows]


def _claimed_from(row: tuple[Any, ...]) -> Delivery | Unreadable:
    id_, kind, attempts, lease_ends_at = row[TOLD_COLUMNS_COUNT : TOLD_COLUMNS_COUNT + 4]
    try:
        return _delivery_from(row)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        return Unreadable(id_, kind, attempts, lease_ends_at, f"cannot be read: {type(error).__name__}: {error}")


def _delivery_from(row: tuple[Any, ...]) -> Delivery:
    id_, _, attempts, lease_ends_at, allowed, channel, address, address_id, *rest = row[TOLD_COLUMNS_COUNT:]
    endpoint, p256dh, auth, secret, *chosen, now = rest
    names = ("endpoint", "p256dh", "auth", "secret")
    keys = {name: key for name, key in zip(names, (endpoint, p256dh, auth, secret), strict=True) if key is not None}
    return Delivery(
        id_,
        Channel(channel),
        address,
        address_id,
        attempts,
        lease_ends_at,
        allowed,
        keys,
        preferences_from(chosen),
        told_notice_from(row),
        now,
    )


def preferences_from(row: Sequence[Any]) -> Preferences:
    """Map whether the member ever chose, switched_off, choices, quiet_from, quiet_until."""
    ever_chose, switched_off, choices, quiet_from, quiet_until = row
    if not ever_chose:
        return Preferences()
    return Preferences(
        frozenset(Channel(channel) for channel in switched_off),
        {
            (NoticeKind(kind), Channel(channel)): wanted
            for kind, channels in choices.items()
            for channel, wanted in channels.items()
        },
        quiet_hours_of(quiet_from, quiet_until),
    )


def quiet_hours_of(begins: time | None, ends: time | None) -> QuietHours | None:
    """Return the quiet hours of these two columns."""
    return None if begins is None or ends is None else QuietHours(begins, ends)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call to a provider: what it came to (`sent`, `try_again`, `give_up`) and what the provider said."""

    provider: str
    outcome: str
    said: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claimed delivery: settled for good, or `due` again after `again_after_seconds`.

    `attempt` is None when the provider was not called; the claim then does not count as an attempt. `attempts` and
    `lease_ends_at` are those the delivery was claimed with: whoever lost the lease meanwhile settles nothing.
    """

    delivery_id: int
    kind: str
    attempts: int
    lease_ends_at: datetime
    status: DeliveryStatus
    reason: str | None = None
    again_after_seconds: float = 0.0
    attempt: AttemptRow | None = None


def settle(db: Db, settlements: Sequence[Settlement]) -> None:
    """Record what came of these claimed deliveries, and each call to a provider as an attempt, in one statement.

    The same again, after an answer that was lost, changes nothing, whoever has claimed them since.
    """
    called = [one.attempt for one in settlements]
    db.execute(
        """
        WITH done AS (
            SELECT * FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[], %s::float8[],
                                 %s::text[], %s::text[], %s::text[], %s::int[])
                AS done (id, attempts, lease_ends_at, status, reason, again_after, provider, outcome, said, took_ms)),
        settled AS (
            UPDATE deliveries AS delivery
               SET status = done.status, reason = done.reason,
                   attempts = done.attempts - CASE WHEN done.outcome IS NULL THEN 1 ELSE 0 END,
                   due_at = clock_timestamp() + make_interval(secs => done.again_after),
                   settled_at = CASE WHEN done.status <> 'due' THEN clock_timestamp() END
              FROM done
             WHERE delivery.id = done.id AND delivery.status = 'sending' AND delivery.due_at = done.lease_ends_at)
        INSERT INTO delivery_attempts (delivery_id, number, provider, outcome, said, ended_at, took_ms)
        SELECT id, attempts, provider, outcome, said, clock_timestamp(), took_ms FROM done WHERE outcome IS NOT NULL
        ON CONFLICT DO NOTHING
        """,
        (
            [one.delivery_id for one in settlements],
            [one.attempts for one in settlements],
            [one.lease_ends_at for one in settlements],
            [str(one.status) for one in settlements],
            [one.reason for one in settlements],
            [one.again_after_seconds for one in settlements],
            [one and one.provider for one in called],
            [one and one.outcome for one in called],
            [one and one.said for one in called],
            [one and one.took_ms for one in called],
        ),
    )


def forget_addresses(db: Db, channel: Channel, address_ids: Sequence[UUID]) -> None:
    """Remove push subscriptions that are gone, or stop telling webhooks that are; what is due to them is dropped."""
    match channel:
        case Channel.PUSH:
            db.execute("DELETE FROM push_subscriptions WHERE id = ANY(%s)", (list(address_ids),))
        case Channel.WEBHOOK:
            db.execute("UPDATE webhooks SET active = false WHERE id = ANY(%s)", (list(address_ids),))
        case _:
            raise ValueError(f"the channel {channel} has no addresses of its own")
