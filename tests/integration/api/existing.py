"""Ids and secrets of things that exist, for requests made at random to get deeper than 404."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api.check_in_codes import code_of
from domain.ids import BookingId
from domain.notices import NoticeKind
from domain.roles import Role
from tests.integration.api.conftest import WAIT, Caller
from tests.integration.api.test_push_subscriptions import a_subscription
from tests.integration.api.test_staff_series import a_series
from tests.integration.pass_requests import a_request_of, an_offered_type
from tests.integration.studio import Studio
from workers.messages.links import unsubscribe_url


@dataclass
class Existing:
    """Makes what an id or a secret of this name belongs to, when it is first asked for."""

    me: Caller
    studio: Studio
    made: dict[str, Any] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self._makers()

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            self.made[name] = self._makers()[name]()
        return self.made[name]

    def fill(self, values: Any) -> Any:
        """Return the same with what exists in the place of each id or secret."""
        if not isinstance(values, dict):
            return values
        return {name: self[name] if name in self else self.fill(value) for name, value in values.items()}

    def _makers(self) -> dict[str, Callable[[], Any]]:
        me, studio = self.me, self.studio
        assert me.member is not None
        mine = me.member
        return {
            "session_id": lambda: self._booking()["session_id"],
            "booking_id": lambda: self._booking()["id"],
            "command_id": lambda: self._booking()["id"],
            "code": lambda: code_of(me.settings, BookingId(UUID(self._booking()["id"]))),
            "member_id": lambda: str(studio.a_member().id),
            "subject_id": lambda: self["member_id"],
            "pass_id": lambda: str(mine.pass_id),
            "type_id": lambda: str(studio.pass_type_id),
            "pass_type_id": lambda: str(an_offered_type(studio)),
            "training_id": lambda: str(studio.training_id),
            "training_ids": lambda: [str(studio.training_id)],
            "trainer_id": lambda: str(studio.trainer_id),
            "space_id": lambda: str(studio.space_id),
            "series_id": lambda: self.as_owner(lambda: me.post("/v1/staff/series", a_series(studio)).json["id"]),
            "request_id": lambda: a_request_of(studio, mine),
            "subscription_id": lambda: me.post("/v1/me/push-subscriptions", a_subscription()).json["id"],
            "secret": lambda: me.post("/v1/me/calendar-feed").json["url"].rpartition("/")[2].removesuffix(".ics"),
            "token": lambda: unsubscribe_url(me.settings, mine.id, NoticeKind.REMINDER).rpartition("/")[2],
            "ids": lambda: [one["id"] for one in me.get("/v1/me/notifications").json["items"]],
        }

    def _booking(self) -> Any:
        if "booking" not in self.made:
            self.made["booking"] = self.me.book(self.studio.a_session(), **WAIT).json
        return self.made["booking"]

    def as_owner(self, ask: Callable[[], Any]) -> Any:
        assert self.me.member is not None
        before = self.studio.db.execute("SELECT role FROM members WHERE id = %s", (self.me.member.id,)).fetchone()
        assert before is not None
        self.become(Role.OWNER)
        made = ask()
        self.become(Role(before[0]))
        return made

    def become(self, role: Role) -> None:
        assert self.me.member is not None
        self.studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, self.me.member.id))
