"""Bookings read together are told exactly as each of them is when read by itself, their places in line among it."""

from domain.ids import BookingId
from storage.identifiers import new_id
from storage.queries import bookings
from tests.integration.studio import Member, Studio


def _book(studio: Studio, capacity: int, members: list[Member]) -> list[BookingId]:
    """Return the bookings of these members, in their order, in a session of so many places."""
    session_id = studio.a_session(capacity=capacity)
    ids = [studio.book(session_id, one) for one in members]
    studio.serve(session_id)
    return ids


def test_bookings_read_together_are_as_each_by_itself(studio: Studio) -> None:
    members = studio.members(7)
    full, line_of_two, roomy = _book(studio, 2, members), _book(studio, 1, members[:3]), _book(studio, 5, members[:3])
    # In the full session the second gives back a place that the third may not take, and the fifth leaves the line.
    studio.db.execute("UPDATE passes SET active = false WHERE id = %s", (members[2].pass_id,))
    for one in (1, 4):
        session_id = bookings.find_bookings(studio.db, [full[one]])[full[one]].session.training_session.id
        studio.cancel(session_id, members[one], full[one])
        studio.serve(session_id)
    ids = [*full, *line_of_two, *roomy]
    together = bookings.find_bookings(studio.db, [*ids, BookingId(new_id())])
    assert together == {id_: bookings.find_booking(studio.db, id_) for id_ in ids}
    assert [together[id_].place_in_line for id_ in full] == [None, None, 1, None, None, 1, 2]
    assert [together[id_].place_in_line for id_ in (*line_of_two, *roomy)] == [None, 1, 2, None, None, None]
