"""What a fault run reads from a real database and a real log, and that damage done to its rows is found."""

import time
from pathlib import Path

import pytest

from domain.channels import Channel
from domain.commands import Actor, BookSeat, CancelBooking, Command
from domain.ids import BookingId, CommandId, MemberId
from ops.auditing import audit
from ops.chaos.books import read_books
from ops.chaos.check import Kind, check
from ops.chaos.history import Asked, call_answered
from storage.notices import relay
from tests.integration.ops.post import Post
from tests.integration.studio import NOBODYS
from workers.providers.console import ConsoleProvider


class Watched:
    """A small run without HTTP: three ask for two places and one gives back; all of it is served and told."""

    def __init__(self, post: Post, log: Path) -> None:
        self.studio, self.log = post.studio, log
        self.session = self.studio.a_session(capacity=2)
        self.history: list[Asked] = []
        members = self.studio.members(3)
        bookings = [self.ask(one.id, BookSeat(one.pass_id)) for one in members]
        self.ask(members[0].id, CancelBooking(BookingId(bookings[0])))
        self.studio.serve(self.session)
        relay(self.studio.db, limit=100)
        post.desk.postroom(ConsoleProvider(Channel.EMAIL)).deliver_due()

    def ask(self, member_id: MemberId, command: Command) -> CommandId:
        key, sent = f"key-{len(self.history)}", time.monotonic()
        id_ = self.studio.ask(self.session, Actor(member_id), command, key)
        body = {"id": str(id_), "kind": "any", "status": "waiting"}
        call = call_answered(sent, time.monotonic(), 202, body)
        self.history.append(Asked(key, member_id, self.session, calls=[call]))
        return id_

    def damages(self) -> set[Kind]:
        """Return the kinds of damage that a fault run would find now."""
        db = self.studio.db
        found = check(self.history, read_books(db, self.log), audit(db, [self.session]))
        return {one.kind for one in found}


@pytest.fixture
def watched(post: Post, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Watched:
    watched = Watched(post, tmp_path / "notifier.log")
    watched.log.write_text(capsys.readouterr().err)
    return watched


def test_a_run_in_which_all_went_well_has_no_damage(watched: Watched) -> None:
    books = read_books(watched.studio.db, watched.log)

    assert watched.damages() == set()
    assert {row.status for row in books.commands} == {"applied"}
    assert [row.position for row in books.commands] == [1, 2, 3, 4]
    assert (books.places[0].taken, books.places[0].capacity) == (2, 2)
    assert sorted((one.left, one.moved) for one in books.balances) == [(9, -1), (9, -1), (10, 0)]
    assert {(one.status, one.recorded, one.went_out) for one in books.deliveries} <= {("sent", 1, 1), ("dropped", 0, 0)}
    assert any(one.went_out for one in books.deliveries)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE commands SET idempotency_key = 'other' WHERE position = 2", Kind.STRAY),
        ("UPDATE commands SET seq = DEFAULT WHERE position = 1", Kind.REORDERED),
        ("UPDATE passes SET sessions_left = sessions_left - 1", Kind.OVERDRAWN),
        ("UPDATE deliveries SET status = 'due'", Kind.UNTOLD),
        ("DELETE FROM notices WHERE kind = 'promoted'", Kind.REPLAYED_OTHERWISE),
        ("UPDATE bookings SET position = position + 100", Kind.REPLAYED_OTHERWISE),
    ],
)
def test_damage_in_the_rows_is_found(watched: Watched, statement: str, kind: Kind) -> None:
    watched.studio.db.execute(statement)

    assert kind in watched.damages()


def test_a_sending_that_the_log_shows_twice_is_found(watched: Watched) -> None:
    watched.log.write_text(watched.log.read_text() * 2)

    assert watched.damages() == {Kind.TOLD_TWICE}


def test_a_command_that_still_waits_is_found(watched: Watched) -> None:
    watched.ask(MemberId(watched.history[0].member_id), CancelBooking(BookingId(NOBODYS)))

    assert watched.damages() == {Kind.UNSETTLED}
