"""A notice with what it speaks of, as that stands now: what its messages are written from, on every channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL

from domain.facts import Pass
from domain.ids import BookingId, MemberId, PassId
from domain.notices import NoticeKind
from domain.password_links import LinkEnding, PasswordLink
from domain.sending import Told
from storage.queries.bookings import BOOKING_COLUMNS, BOOKING_COLUMNS_COUNT, BOOKING_JOINS, MyBooking, my_booking_from

TOLD_BEFORE_DAYS = 14

TOLD_COLUMNS = SQL(
    """
    notices.id, notices.number, notices.kind, notices.details, notices.created_at, notices.read_at, notices.starts_at,
    notices.booking_id, notices.pass_id,
    member.id, member.name, member.email, house.name, house.time_zone,
    told_pass.id, told_pass.member_id, told_pass.active, told_pass.sessions_left, told_pass.expires_at,
    told_pass.training_ids, told_type.name,
    notices.kind = 'pass_running_low' AND EXISTS (
        SELECT FROM notices AS earlier
         WHERE earlier.pass_id = notices.pass_id AND earlier.kind = notices.kind AND earlier.id < notices.id
           AND earlier.created_at > notices.created_at - make_interval(days => {days})),
    EXISTS (SELECT FROM pass_ledger WHERE pass_ledger.booking_id = notices.booking_id AND pass_ledger.change = 1),
    told_link.id, told_link.expires_at, told_link.ended, member.guest,
    {booking}
    """
).format(days=TOLD_BEFORE_DAYS, booking=BOOKING_COLUMNS)
_OWN_COLUMNS_COUNT = 27

TOLD_JOINS = SQL(
    """
    JOIN members AS member ON member.id = notices.member_id
    CROSS JOIN studio AS house
    LEFT JOIN (passes AS told_pass JOIN pass_types AS told_type ON told_type.id = told_pass.pass_type_id)
           ON told_pass.id = notices.pass_id
    LEFT JOIN password_links AS told_link ON told_link.id = notices.password_link_id
    LEFT JOIN (bookings {booking}) ON bookings.id = notices.booking_id
    """
).format(booking=BOOKING_JOINS)


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """A notice to one member, with its booking, session and pass as they stand now.

    `number` is None until the relay has seen it. `starts_at` is the session's start when the notice was written.
    `refunded` says that the booking's session went back to its pass. `pass_` and `pass_name` are of the pass that
    the notice is about; the pass a booking is paid with is the booking's. `link` is the one it carries, None also when
    that is gone. A guest cannot sign in, and may have no `email`.
    """

    id: int
    number: int | None
    kind: NoticeKind
    details: dict[str, Any]
    created_at: datetime
    read_at: datetime | None
    starts_at: datetime | None
    booking_id: BookingId | None
    pass_id: PassId | None
    member_id: MemberId
    member_name: str
    email: str | None
    studio_name: str
    time_zone: str
    pass_: Pass | None
    pass_name: str | None
    told_before: bool
    refunded: bool
    booking: MyBooking | None
    link: PasswordLink | None = None
    is_guest: bool = False

    @property
    def facts(self) -> Told:
        """What `domain.sending` decides by."""
        expires_at = self.details.get("expires_at")
        return Told(
            kind=self.kind,
            starts_at=self.starts_at,
            expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
            booking=self.booking.booking if self.booking else None,
            training_session=self.booking.session.training_session if self.booking else None,
            pass_=self.pass_,
            told_before=self.told_before,
            link=self.link,
        )


TOLD_COLUMNS_COUNT = _OWN_COLUMNS_COUNT + BOOKING_COLUMNS_COUNT


def told_notice_from(row: tuple[Any, ...]) -> ToldNotice:
    """Map the columns of `TOLD_COLUMNS`, in their order."""
    id_, number, kind, *others = row[:14]
    pass_id, member_id, active, sessions_left, expires_at, trainings, pass_name, told_before, refunded = row[14:23]
    pass_ = None
    if pass_id is not None:
        pass_ = Pass(
            pass_id, member_id, active, sessions_left, expires_at, None if trainings is None else frozenset(trainings)
        )
    link_id, link_expires_at, ended, is_guest = row[23:_OWN_COLUMNS_COUNT]
    link = None
    if link_id is not None:
        link = PasswordLink(link_id, link_expires_at, None if ended is None else LinkEnding(ended))
    booking = row[_OWN_COLUMNS_COUNT:TOLD_COLUMNS_COUNT]
    mine = None if booking[0] is None else my_booking_from(booking)
    values = [id_, number, NoticeKind(kind), *others, pass_, pass_name, told_before, refunded, mine, link, is_guest]
    return ToldNotice(*values)
