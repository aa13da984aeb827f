"""The audit of the measurements finds what it is there for, in the tables of a peer."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session  # noqa: TID251 - as a peer has it

from benchmarks.audit import examine
from benchmarks.bulk import scratch_database
from benchmarks.peers.studio import PeerStudio, peer_studio
from benchmarks.peers.tables import create_schema, driver_url
from benchmarks.peers.usual import apply
from benchmarks.peers.web import Asked
from benchmarks.stand.load import Told

CAPACITY = 2


@pytest.fixture(scope="module")
def filled(database_url: str) -> Iterator[tuple[PeerStudio, Told]]:
    """Five members book two places, the first gives theirs back, and the first in line is promoted."""
    with scratch_database(database_url, create_schema) as url, peer_studio(url) as studio:
        studio.members(5)
        (session_id,) = studio.sessions(1, capacity=CAPACITY)
        engine = sa.create_engine(driver_url(url))
        with Session(engine, expire_on_commit=False) as db:
            done = [
                give(db, session_id, member, "book_seat", {"pass_id": str(pass_id)})
                for member, pass_id in studio.payers(5)
            ]
            first = done[0]
            done.append(give(db, session_id, first[1], "cancel_booking", {"booking_id": str(first[0])}))
        engine.dispose()
        told = Told(trace=[(str(id_), float(number), number + 0.5) for number, (id_, _) in enumerate(done)])
        yield studio, told


def give(db: Session, session_id: UUID, member_id: UUID, kind: str, payload: dict[str, str]) -> tuple[UUID, UUID]:
    asked = Asked(session_id, member_id, kind, payload, f"{kind}-{member_id}", 0)
    command = asked.row()
    command.accepted_at = datetime.now(UTC)
    apply(db, command)
    return command.id, member_id


def test_what_was_lived_by_the_rules_has_no_fault(filled: tuple[PeerStudio, Told]) -> None:
    studio, told = filled

    examined = examine(studio.db, [told])

    assert examined.commands == 6
    assert examined.counts == {}
    statuses = studio.db.execute("SELECT status, count(*) FROM bookings GROUP BY 1 ORDER BY 1").fetchall()
    assert statuses == [("cancelled", 1), ("confirmed", 2), ("waitlisted", 2)]


@pytest.mark.parametrize(
    ("kind", "forgery"),
    [
        ("unsettled", "UPDATE commands SET status = 'waiting' WHERE position = 2"),
        ("doubled", "UPDATE commands SET position = 2 WHERE position = 3"),
        ("lost", "DELETE FROM commands WHERE position = 6"),
        ("oversold", "UPDATE training_sessions SET capacity = 1, booked = 1"),
        ("twice_booked", "UPDATE commands SET outcome = jsonb_set(outcome, '{events,0,member_id}', {first}) {second}"),
        ("line", "UPDATE commands SET outcome = jsonb_set(outcome, '{events,1,booking_id}', {fourth}) {sixth}"),
        ("ledger", "UPDATE passes SET sessions_left = sessions_left - 1 WHERE sessions_left = 10"),
        ("ledger", "DELETE FROM pass_ledger WHERE id = (SELECT max(id) FROM pass_ledger)"),
        ("rows", "UPDATE bookings SET status = 'confirmed' WHERE position = 5"),
        ("rows", "UPDATE training_sessions SET waiting = waiting + 1"),
    ],
)
def test_a_forged_row_is_found(filled: tuple[PeerStudio, Told], kind: str, forgery: str) -> None:
    studio, told = filled
    words = {
        "{first}": "(SELECT to_jsonb(actor_id) FROM commands WHERE position = 1)",
        "{second}": "WHERE position = 2",
        "{fourth}": "(SELECT to_jsonb(id) FROM commands WHERE position = 4)",
        "{sixth}": "WHERE position = 6",
    }
    for word, meant in words.items():
        forgery = forgery.replace(word, meant)

    with studio.db.transaction(force_rollback=True):
        studio.db.execute(forgery.encode())
        counts = examine(studio.db, [told]).counts

    assert kind in counts


def test_who_was_overtaken_is_found(filled: tuple[PeerStudio, Told]) -> None:
    studio, told = filled
    # The member whose command was decided last says that it was answered before the others were sent.
    last = (told.trace[-1][0], -2.0, -1.0)

    counts = examine(studio.db, [Told(trace=[last, *told.trace[:-1]])]).counts

    assert counts == {"order": 5}
