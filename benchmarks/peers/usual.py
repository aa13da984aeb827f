"""The usual way: Flask and SQLAlchemy, the session's row locked and everything decided inside the request.

There is no queue and no worker: a member knows the outcome when the request is answered. Who comes at the same time
waits for the row's lock, each with a connection of the pool.
"""

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from benchmarks.peers.booking import settle
from benchmarks.peers.tables import CommandRow
from benchmarks.peers.web import Asked, Plain, first_with_key, make_app, sessions, shown


def apply(db: Session, command: CommandRow) -> None:
    """Settle a new command in a transaction of its own, then what it causes, each in one of its own."""
    caused = settle(db, command)
    db.add(command)
    db.commit()
    for one in caused:
        settle(db, one)
        db.commit()


def hand_in(asked: Asked) -> Plain:
    """Apply the command; the same idempotency key again is answered with the first one's outcome."""
    with sessions()() as db:
        command = asked.row()
        command.accepted_at = datetime.now(UTC)
        try:
            apply(db, command)
        except IntegrityError as error:
            if "commands_once_per_key" not in str(error):
                raise
            db.rollback()
            command = first_with_key(db, asked)
        return shown(command)


def create_app() -> Flask:
    """Return the WSGI application."""
    return make_app(hand_in)
