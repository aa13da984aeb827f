"""The one door for commands: write it into the log, then see to it that a worker looks.

Only the first step decides whether the command is accepted. Publishing may fail or never happen; the sweep finds
every command that waits without a token.
"""

from collections.abc import Iterable, Sequence

import psycopg
from redis import Redis

from domain.ids import BookingId, TrainingSessionId
from storage import command_log
from storage.command_log import Accepted, LoggedCommand, NewCommand
from storage.database import Ask, Db
from workers import publish
from workers.hints import hint

PUBLISHED_AT_ONCE = 100  # commands; Redis does nothing else meanwhile


def accept(db: Db, redis: Redis, new: NewCommand) -> Accepted:
    """Accept a command.

    Returns the logged command, the first one if the key was used before for the same thing; `KeyReused` if for
    another; `Refused` with `session_not_found` if there is no such session, and with `not_permitted` if the actor may
    not ask, or not with a token of this generation. Raises psycopg's `OperationalError` when the database cannot be
    reached: then ask again with the same id or key, it is accepted once.
    """
    logged = command_log.accept(db, new)
    if isinstance(logged, LoggedCommand) and not logged.is_repeat:
        call_workers(redis, [logged])
    return logged


def accept_all(ask: Ask, redis: Redis, new: Sequence[NewCommand]) -> list[Accepted | Exception]:
    """Accept commands that come at the same time: one statement, and one step in Redis. What came of each, in order.

    `ask` answers a question to the database, and may ask twice. A fault that one of them has, such as a session that
    does not exist, is no other's: then each is accepted by itself. Raises `OperationalError` when the database is away.
    """
    accepted: list[Accepted | Exception]
    try:
        accepted = [*ask(lambda db: command_log.accept_all(db, new))]
    except Exception as error:
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and error.sqlstate is None:
            raise  # not the database says so: it is away
        accepted = [_accepted_alone(ask, one) for one in new]
    call_workers(redis, (one for one in accepted if isinstance(one, LoggedCommand) and not one.is_repeat))
    return accepted


def _accepted_alone(ask: Ask, new: NewCommand) -> Accepted | Exception:
    try:
        accepted: Accepted = ask(lambda db: command_log.accept(db, new))
    except Exception as error:  # noqa: BLE001 - whoever asked for this command is told
        return error
    return accepted


def call_workers(redis: Redis, logged: Iterable[LoggedCommand]) -> None:
    """Publish the commands' messages and, unless one waits, their sessions' tokens. Failing leaves it to the sweep."""
    handed_in = [(one.training_session_id, one.id) for one in logged]
    with hint("call workers"):
        for begin in range(0, len(handed_in), PUBLISHED_AT_ONCE):
            publish.commands(redis, handed_in[begin : begin + PUBLISHED_AT_ONCE])


def training_session_of_booking(db: Db, booking_id: BookingId) -> TrainingSessionId | None:
    """Return the session whose queue a command about this booking belongs to; None for no such booking."""
    return command_log.training_session_of_booking(db, booking_id)
