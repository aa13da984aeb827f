"""The peers' HTTP interface: the same addresses and answers as Seatline's, as a plain Flask application.

A peer brings `hand_in`, which takes a member's command and returns it as it stands when it is time to answer.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, jsonify, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from benchmarks.peers.tables import BookingRow, CommandRow, SessionRow, driver_url

# Seatline's own, said again so that a peer need not load Seatline's API: its memory is measured.
TOKEN_SALT = "seatline.access_token.v1"  # noqa: S105 - names the kind of token
POOL_SIZE = 16

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A member's command, and how many seconds the client waits for its outcome."""

    training_session_id: UUID
    actor_id: UUID
    kind: str
    payload: Plain
    idempotency_key: str | None
    wait_seconds: float

    def row(self) -> CommandRow:
        """Return a new row that waits for its outcome, and is in no session of the ORM yet."""
        return CommandRow(
            id=uuid4(),
            training_session_id=self.training_session_id,
            actor_id=self.actor_id,
            kind=self.kind,
            payload=self.payload,
            idempotency_key=self.idempotency_key,
            status="waiting",
        )


@cache
def sessions() -> sessionmaker[Session]:
    """Return the maker of this process's ORM sessions; its pool is as large as Seatline's."""
    url = driver_url(os.environ["SEATLINE_DATABASE_URL"])
    engine = sa.create_engine(url, pool_size=POOL_SIZE, max_overflow=0, pool_timeout=60)
    return sessionmaker(engine, expire_on_commit=False)


def accept(db: Session, asked: Asked) -> CommandRow | None:
    """Write the command into the log; None when its idempotency key was used before. The caller commits."""
    columns = ("id", "training_session_id", "actor_id", "kind", "payload", "idempotency_key")
    row = asked.row()
    written = insert(CommandRow).values({name: getattr(row, name) for name in columns}).on_conflict_do_nothing()
    return row if db.execute(written.returning(CommandRow.id)).first() else None


def first_with_key(db: Session, asked: Asked) -> CommandRow:
    """Return the command that was first accepted under this key."""
    return db.scalars(
        sa.select(CommandRow).filter_by(actor_id=asked.actor_id, idempotency_key=asked.idempotency_key)
    ).one()


def shown(command: CommandRow) -> Plain:
    """Return the command as it is answered."""
    outcome = command.outcome or {}
    booking_id = command.payload.get("booking_id") or str(command.id)
    return {
        "id": str(command.id),
        "kind": command.kind,
        "status": command.status,
        "session_id": str(command.training_session_id),
        "booking_id": booking_id,
        "position": command.position,
        "reasons": outcome.get("reasons", []),
        "events": [event["event"] for event in outcome.get("events", [])],
    }


def make_app(hand_in: Callable[[Asked], Plain]) -> Flask:
    """Return the application of a peer."""
    app = Flask(__name__)
    app.register_blueprint(reads)

    def answer(session_id: UUID, kind: str, payload: Plain) -> tuple[Response, int]:
        wait = request.headers.get("Prefer", "").removeprefix("wait=")
        key = request.headers.get("Idempotency-Key")
        command = hand_in(Asked(session_id, caller(), kind, payload, key, float(wait or 0)))
        done = 201 if kind == "book_seat" else 200
        return jsonify(command), {"waiting": 202, "applied": done}.get(command["status"], 409)

    @app.post("/v1/sessions/<uuid:session_id>/bookings")
    def book(session_id: UUID) -> tuple[Response, int]:
        return answer(session_id, "book_seat", {"pass_id": str(UUID(request.get_json()["pass_id"]))})

    @app.post("/v1/bookings/<uuid:booking_id>/cancellation")
    def cancel(booking_id: UUID) -> tuple[Response, int]:
        with sessions()() as db:
            # A booking has the id of its command, and may be cancelled before that is settled.
            session_id = db.scalar(sa.select(CommandRow.training_session_id).where(CommandRow.id == booking_id))
        if session_id is None:
            abort(404)
        return answer(session_id, "cancel_booking", {"booking_id": str(booking_id)})

    return app


@cache
def signer() -> URLSafeTimedSerializer:
    """Return what reads Seatline's access tokens."""
    return URLSafeTimedSerializer(os.environ["SEATLINE_SECRET_KEY"], salt=TOKEN_SALT)


def caller() -> UUID:
    """Return whose token came with the request; one that does not hold ends it with 401."""
    try:
        return UUID(signer().loads(request.headers.get("Authorization", "").removeprefix("Bearer "), max_age=43_200))
    except (BadSignature, ValueError):
        abort(401)


reads = Blueprint("reads", __name__)


@reads.get("/live")
def live() -> str:
    """Say that the process answers."""
    return "ok"


@reads.get("/v1/commands/<uuid:command_id>")
def command(command_id: UUID) -> Response:
    """Show a command to whoever gave it."""
    with sessions()() as db:
        found = db.get(CommandRow, command_id)
        if found is None or found.actor_id != caller():
            abort(404)
        return jsonify(shown(found))


@reads.get("/v1/sessions")
def schedule() -> Response:
    """List the sessions that start in a span of time."""
    begins, ends = (datetime.fromisoformat(request.args[name]) for name in ("from", "to"))
    query = sa.select(SessionRow).where(SessionRow.starts_at >= begins, SessionRow.starts_at < ends)
    with sessions()() as db:
        page = db.scalars(query.order_by(SessionRow.starts_at, SessionRow.id).limit(int(request.args["limit"])))
        return jsonify(items=_listed(page))


@reads.get("/v1/sessions/<uuid:session_id>")
def session(session_id: UUID) -> Response:
    """Show a session with the caller's booking."""
    with sessions()() as db:
        row = db.get_one(SessionRow, session_id)
        query = sa.select(BookingRow).filter_by(training_session_id=session_id, member_id=caller())
        mine = db.scalars(query.where(BookingRow.status != "cancelled")).first()
        return jsonify({**_listed([row])[0], "my_booking": mine and {"id": str(mine.id), "status": mine.status}})


def _listed(rows: Iterable[SessionRow]) -> list[Plain]:
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "training_id": str(row.training_id),
            "trainer_id": str(row.trainer_id),
            "space_id": str(row.space_id),
            "starts_at": row.starts_at.astimezone(UTC).isoformat(),
            "ends_at": (row.starts_at + timedelta(minutes=row.lasts_minutes)).isoformat(),
            "lasts_minutes": row.lasts_minutes,
            "capacity": row.capacity,
            "booked": row.booked,
            "spots_left": row.capacity - row.booked,
            "waitlisted": row.waiting + row.skipped,
        }
        for row in rows
    ]
