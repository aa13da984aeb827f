"""The devices on which members hear by web push: each browser's subscription, at most 20 of a member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import MemberId
from storage.database import Db

DEVICES_MAX = 20
"""How many subscriptions of one member are kept; with one more the oldest goes."""


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """A device as its member sees it; the keys stay inside."""

    id: UUID
    endpoint: str
    device: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewPushSubscription:
    """What a browser gives: where to push to, its two keys in base64url (RFC 8291), and a name for people."""

    endpoint: str
    p256dh: str
    auth: str
    device: str


def save_push_subscription(
    db: Db, member_id: MemberId, id_: UUID, new: NewPushSubscription
) -> tuple[PushSubscription, bool] | None:
    """Keep a subscription; return it, and whether its endpoint is new. None if there is no such member.

    An endpoint that is known gets the new keys and name. If it was another member's it gets the id `id_` as well, so
    that nothing still due to that member arrives on a device that has changed hands.
    """
    with db.transaction():
        # One after the other, so that two new devices at once leave no more than there may be.
        member = db.execute(
            "SELECT FROM members WHERE id = %s AND removed_at IS NULL FOR NO KEY UPDATE", (member_id,)
        ).fetchone()
        if member is None:
            return None
        row = db.execute(
            """
            WITH known AS (SELECT FROM push_subscriptions WHERE endpoint = %(endpoint)s)
            INSERT INTO push_subscriptions AS kept (id, member_id, endpoint, p256dh, auth, device, created_at)
            VALUES (%(id)s, %(member)s, %(endpoint)s, %(p256dh)s, %(auth)s, %(device)s, clock_timestamp())
            ON CONFLICT ON CONSTRAINT push_subscriptions_endpoint DO UPDATE
               SET id = CASE WHEN kept.member_id = excluded.member_id THEN kept.id ELSE excluded.id END,
                   created_at =
                       CASE WHEN kept.member_id = excluded.member_id THEN kept.created_at ELSE excluded.created_at END,
                   member_id = excluded.member_id, p256dh = excluded.p256dh, auth = excluded.auth,
                   device = excluded.device
            RETURNING id, endpoint, device, created_at, NOT EXISTS (SELECT FROM known)
            """,
            {
                "id": id_,
                "member": member_id,
                "endpoint": new.endpoint,
                "p256dh": new.p256dh,
                "auth": new.auth,
                "device": new.device,
            },
        ).fetchone()
        _forget_the_oldest(db, member_id)
    if row is None:
        raise LookupError("the subscription was not kept")
    *kept, is_new = row
    return PushSubscription(*kept), is_new


def _forget_the_oldest(db: Db, member_id: MemberId) -> None:
    db.execute(
        """
        DELETE FROM push_subscriptions
         WHERE member_id = %(member)s AND id NOT IN (
               SELECT id FROM push_subscriptions WHERE member_id = %(member)s
                ORDER BY created_at DESC, id DESC LIMIT %(most)s)
        """,
        {"member": member_id, "most": DEVICES_MAX},
    )


def list_push_subscriptions(db: Db, member_id: MemberId) -> list[PushSubscription]:
    """Return the member's devices, newest first."""
    rows = db.execute(
        """
        SELECT id, endpoint, device, created_at FROM push_subscriptions
         WHERE member_id = %s ORDER BY created_at DESC, id DESC
        """,
        (member_id,),
    )
    return [PushSubscription(*row) for row in rows]


def remove_push_subscription(db: Db, member_id: MemberId, id_: UUID) -> bool:
    """Remove the device, if it is this member's; return whether it was. What is still due to it is dropped."""
    removed = db.execute("DELETE FROM push_subscriptions WHERE id = %s AND member_id = %s", (id_, member_id))
    return removed.rowcount > 0
