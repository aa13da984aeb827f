"""The demo studio of a running stack, and the members and sessions that a test adds to it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.request import Request, urlopen
from uuid import UUID

from api.auth import hash_password, make_token
from domain.facts import TrainingSession
from domain.ids import MemberId, PassId, SpaceId, TrainerId, TrainingId, TrainingSessionId
from domain.notices import NoticeKind
from storage import catalogue
from storage.catalogue import NewMember, NewPass, NewTrainingSession, PassType
from storage.database import Db, connect
from storage.identifiers import new_id
from storage.named import Named
from storage.password_links import ask_for_reset, invite
from storage.settings import Settings
from workers.messages.links import password_url, unsubscribe_url

PASSWORD = "a password made for this run"
AHEAD = timedelta(days=15)  # behind the weeks that the demo studio has planned, whatever day it is
NUMBERS = count(1)


@dataclass(frozen=True)
class Person:
    """A member who can sign in with `PASSWORD` and has one pass."""

    id: MemberId
    name: str
    email: str
    pass_id: PassId
    pass_name: str


@dataclass(frozen=True)
class Opened:
    """A session; its training has this one session only, so that its name finds it."""

    id: TrainingSessionId
    name: str

    @property
    def path(self) -> str:
        return f"/sessions/{self.id}"


@dataclass
class House:
    """The studio, by its database and its address."""

    db: Db
    settings: Settings

    def __post_init__(self) -> None:
        self._password_hash = hash_password(PASSWORD)

    @property
    def url(self) -> str:
        return self.settings.api_url

    def a_member(self, *, name: str = "Vira", sessions: int | None = 10) -> Person:
        number = next(NUMBERS)
        email = f"{name.lower()}{number}@example.test"
        person = Person(MemberId(new_id()), name, email, PassId(new_id()), "Ten sessions")
        new = NewMember(person.id, name, email, password_hash=self._password_hash)
        catalogue.add_members(self.db, [new])
        catalogue.add_passes(
            self.db, [NewPass(person.pass_id, person.id, PassType(person.pass_name, None), sessions=sessions)]
        )
        return person

    def a_session(self, *, capacity: int = 2, starts_in: timedelta = AHEAD) -> Opened:
        name = f"Balance-{next(NUMBERS):03}"
        session = TrainingSession(
            TrainingSessionId(new_id()),
            TrainingId(self._id_of(Named.TRAINING, name)),
            TrainerId(self._id_of(Named.TRAINER, "Olena Kovalenko")),
            SpaceId(self._id_of(Named.SPACE, "Studio")),
            starts_at=datetime.now(UTC).replace(microsecond=0) + starts_in,
            lasts_minutes=60,
            capacity=capacity,
            booking_deadline=timedelta(hours=1),
            cancellation_deadline=timedelta(hours=12),
            promotion_deadline=timedelta(hours=12),
            promotion_grace=timedelta(minutes=30),
        )
        catalogue.add_training_sessions(self.db, [NewTrainingSession(session)])
        return Opened(session.id, name)

    def in_the_schedule(self, session: Opened) -> str:
        """Return the address of the schedule with this session alone."""
        day, training = self.one(
            "SELECT (starts_at AT TIME ZONE studio.time_zone)::date, training_id FROM training_sessions, studio"
            " WHERE training_sessions.id = %s",
            session.id,
        )
        return f"/?day={day}&training={training}"

    def book(self, session_id: UUID, member_id: MemberId, pass_id: UUID) -> str:
        """Book as the interface lets a member, wait for the outcome and return the booking's id."""
        path, body = f"/v1/sessions/{session_id}/bookings", {"pass_id": str(pass_id)}
        return str(self._command(path, body, member_id)["booking"]["id"])

    def book_for(self, session: Opened, *people: Person) -> list[str]:
        return [self.book(session.id, one.id, one.pass_id) for one in people]

    @contextmanager
    def held(self, session: Opened) -> Iterator[None]:
        """Let nobody decide on this session meanwhile: what is asked for waits, as in a long queue."""
        with connect(self.settings.database_url) as holder, holder.transaction():
            holder.execute("SELECT FROM training_sessions WHERE id = %s FOR NO KEY UPDATE", (session.id,))
            yield

    def ask_for_places(self, session: Opened, *people: Person) -> None:
        """Book for each without waiting for the outcome."""
        for one in people:
            self.send(f"/v1/sessions/{session.id}/bookings", {"pass_id": str(one.pass_id)}, one.id, wait=0)

    def cancel(self, booking_id: str, person: Person) -> None:
        self._command(f"/v1/bookings/{booking_id}/cancellation", {}, person.id)

    def demo_member(self, email: str) -> MemberId:
        """Return a member of the demo studio, who can sign in with `PASSWORD` from now on."""
        row = self.one(
            "UPDATE members SET password_hash = %s WHERE email = %s RETURNING id", self._password_hash, email
        )
        return MemberId(row[0])

    def end_sign_ins(self, person: Person) -> None:
        self.db.execute("UPDATE sign_ins SET expires_at = now() WHERE member_id = %s", (person.id,))

    def unsubscribe_path(self, person: Person) -> str:
        return unsubscribe_url(self.settings, person.id, NoticeKind.REMINDER).removeprefix(self.url)

    def password_path(self, person: Person) -> str:
        """Return where this member chooses a new password; no mail is waited for."""
        link_id = new_id()
        ask_for_reset(self.db, link_id, person.email)
        return password_url(self.settings, link_id).removeprefix(self.url)

    def invitation_path(self, name: str) -> str:
        """Return where a new member, who has no password yet, chooses one."""
        member_id, link_id = MemberId(new_id()), new_id()
        new = NewMember(member_id, name, f"{name.lower()}{next(NUMBERS)}@example.test")
        catalogue.add_members(self.db, [new])
        assert invite(self.db, link_id, member_id)
        return password_url(self.settings, link_id).removeprefix(self.url)

    def one(self, query: str, *values: object) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self.db.execute(query, values).fetchone()
        assert row is not None
        return row

    def _id_of(self, table: Named, name: str) -> UUID:
        return catalogue.ids_made_of(self.db, table, [name])[name]

    def _command(self, path: str, body: dict[str, Any], member_id: MemberId) -> dict[str, Any]:
        told = self.send(path, body, member_id)
        assert told["status"] == "applied", told
        return told

    def send(self, path: str, body: dict[str, Any], member_id: MemberId, *, wait: int = 20) -> dict[str, Any]:
        """Post to the interface as this member, and return the answer; a command's outcome is waited for so long."""
        headers = {
            "Authorization": f"Bearer {make_token(self.settings, member_id)}",
            "Content-Type": "application/json",
            "Idempotency-Key": str(new_id()),
            "Prefer": f"wait={wait}",
        }
        request = Request(self.url + path, json.dumps(body).encode(), headers)
        with urlopen(request, timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        return told
