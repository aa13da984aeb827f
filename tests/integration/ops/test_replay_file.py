from pathlib import Path

import pytest

from domain.commands import Actor, BookSeat
from ops.errors import OperatorError
from ops.importing import import_folder
from ops.replay_file import Kind, load
from storage.database import Db
from storage.intake import ids_of_keys
from tests.integration.ops.folders import a_folder
from tests.integration.studio import Studio

HEADER = "number,kind,session_key,member_key,pass_key"
BOOK = "1,book,mon-yoga,anna,p-anna"
CANCEL = "2,cancel,mon-yoga,anna,"


@pytest.fixture
def imported(db: Db, tmp_path: Path) -> Path:
    import_folder(db, a_folder(tmp_path))
    return tmp_path


def a_file(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "commands.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def complaints(db: Db, path: Path) -> tuple[str, ...]:
    with pytest.raises(OperatorError, match="Nothing was sent") as refused:
        load(db, path)
    return refused.value.details


def test_orders_are_kept_in_their_sessions_order(db: Db, imported: Path) -> None:
    plan = load(db, a_file(imported, BOOK, "2,book,tue-boxing,borys,p-borys", "7,cancel,mon-yoga,anna,"))
    by_key = {orders[0].session_key: [(one.number, one.kind) for one in orders] for orders in plan.orders.values()}
    assert by_key == {"mon-yoga": [(1, Kind.BOOK), (7, Kind.CANCEL)], "tue-boxing": [(2, Kind.BOOK)]}
    assert plan.count == 3


def test_the_same_file_has_the_same_keys_and_another_file_others(db: Db, imported: Path) -> None:
    def keys(*lines: str) -> list[str]:
        plan = load(db, a_file(imported, *lines))
        return [one.idempotency_key for orders in plan.orders.values() for one in orders]

    assert keys(BOOK, CANCEL) == keys(BOOK, CANCEL)
    assert keys(BOOK)[0] != keys(BOOK, CANCEL)[0]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([BOOK.replace("1,", "0,")], "commands.csv, line 2, number: must be from 1 to 1000000, not 0."),
        ([BOOK.replace("1,", "one,")], "commands.csv, line 2, number: 'one' is not a whole number."),
        ([BOOK, CANCEL.replace("2,", "1,")], "commands.csv, line 3, number: 1 is on line 2 already; each number"),
        ([BOOK.replace("1,", "5,"), CANCEL], "line 3, number: 2 comes after 5; numbers must grow from line to line."),
        ([BOOK.replace("book", "reserve")], "commands.csv, line 2, kind: must be book or cancel, not 'reserve'."),
        ([BOOK.replace("mon-", "sun-")], "line 2, session_key: the database knows no 'sun-yoga'; import it first."),
        ([BOOK.replace("anna,", "anne,")], "line 2, member_key: the database knows no 'anne'; import it first."),
        ([BOOK.replace("p-anna", "")], "line 2, pass_key: the database knows no ''; import it first."),
        ([BOOK.replace("p-anna", "p-x")], "line 2, pass_key: the database knows no 'p-x'; import it first."),
        ([CANCEL], "line 2, kind: 'anna' has no booking of 'mon-yoga' to cancel, neither above this line nor in the"),
        ([BOOK, "2,cancel,tue-boxing,anna,"], "line 3, kind: 'anna' has no booking of 'tue-boxing' to cancel"),
        ([BOOK + ",x"], "commands.csv, line 2: 6 cells where the header has 5."),
    ],
)
def test_what_is_wrong_in_a_file_is_named_before_anything_is_sent(
    db: Db, imported: Path, lines: list[str], said: str
) -> None:
    found = complaints(db, a_file(imported, *lines))
    assert any(said in line for line in found), found


def test_a_wrong_header_is_named(db: Db, imported: Path) -> None:
    found = complaints(db, a_file(imported, BOOK, header=HEADER.replace("kind", "what")))
    assert any("column is missing: 'kind'" in line for line in found)


def test_a_booking_that_lives_in_the_database_may_be_cancelled(imported: Path, studio: Studio) -> None:
    known = ids_of_keys(studio.db, training_sessions=["mon-yoga"], members=["anna"], passes=["p-anna"])
    session, member = known.training_sessions["mon-yoga"], known.members["anna"]
    booking = studio.ask(session, Actor(member), BookSeat(known.passes["p-anna"]))
    studio.serve(session)
    plan = load(studio.db, a_file(imported, CANCEL))
    assert plan.live == {(session, member): booking}


def test_a_cancellation_that_was_sent_before_speaks_of_the_same_booking_again(imported: Path, studio: Studio) -> None:
    known = ids_of_keys(studio.db, training_sessions=["mon-yoga"], members=["anna"], passes=["p-anna"])
    session, member = known.training_sessions["mon-yoga"], known.members["anna"]
    booking = studio.ask(session, Actor(member), BookSeat(known.passes["p-anna"]))
    studio.serve(session)
    file = a_file(imported, CANCEL)
    (order,) = load(studio.db, file).orders[session]
    studio.db.execute(
        "INSERT INTO commands (id, training_session_id, actor_id, kind, payload, idempotency_key)"
        " VALUES (gen_random_uuid(), %s, %s, 'cancel_booking', jsonb_build_object('booking_id', %s::text), %s)",
        (session, member, booking, order.idempotency_key),
    )
    studio.serve(session)
    (again,) = load(studio.db, file).orders[session]
    assert again.booking_id == booking
