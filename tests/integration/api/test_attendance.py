"""Who came, noted by staff over the interface; and the code that a member shows."""

from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from api.check_in_codes import code_of, read_code
from domain.attendance import Attendance
from domain.ids import BookingId
from domain.roles import Role
from ops.auditing import audit
from storage.attendances import Noted, note_attendance
from storage.database import connect
from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.api.conftest import Caller, Frames, problem
from tests.integration.staff import named, with_role
from tests.integration.studio import Studio


@pytest.fixture
def trainer(anybody: Caller, studio: Studio) -> Caller:
    return anybody.of(named_trainer(studio))


def named_trainer(studio: Studio) -> Any:
    return with_role(studio, named(studio, studio.a_member(), "Tara"), Role.TRAINER)


def booked(studio: Studio, capacity: int = 2) -> Any:
    session_id, member = studio.a_session(capacity=capacity), studio.a_member()
    booking_id = studio.book(session_id, member)
    studio.serve(session_id)
    return session_id, member, booking_id


def note(caller: Caller, booking_id: object, attendance: str | None) -> Any:
    return caller.post(f"/v1/staff/bookings/{booking_id}/attendance", {"attendance": attendance})


def test_it_is_noted_with_who_and_when_changed_and_taken_back(trainer: Caller, studio: Studio) -> None:
    session_id, _, booking_id = booked(studio)

    for said in ("present", "late", "no_show", None):
        answer = note(trainer, booking_id, said)
        assert answer.status_code == 200, answer.json
        assert answer.json["attendance"] == said
        (entry,) = trainer.get(f"/v1/staff/sessions/{session_id}/roster").json["confirmed"]
        assert entry["attendance"] == said
        assert entry["attendance_by"] == (None if said is None else "Tara")
        assert (entry["attendance_at"] is None) is (said is None)

    noted = studio.db.execute(
        "SELECT before ->> 'attendance', after ->> 'attendance' FROM staff_changes WHERE subject_id = %s ORDER BY id",
        (booking_id,),
    ).fetchall()
    assert noted == [(None, "present"), ("present", "late"), ("late", "no_show"), ("no_show", None)]
    assert audit(studio.db, [session_id]).ok


def test_the_same_twice_is_once(trainer: Caller, studio: Studio) -> None:
    _, _, booking_id = booked(studio)

    first, again = (note(trainer, booking_id, "present").json for _ in range(2))

    assert first["attendance_at"] == again["attendance_at"]
    count = "SELECT count(*) FROM staff_changes WHERE subject_id = %s"
    assert studio.db.execute(count, (booking_id,)).fetchone() == (1,)


def test_many_at_once_note_it_once(studio: Studio, database_url: str) -> None:
    _, _, booking_id = booked(studio)
    trainer = named_trainer(studio)
    came: list[Noted] = []

    def press() -> None:
        with connect(database_url) as db:
            came.append(note_attendance(db, booking_id, Attendance.PRESENT, actor_id=trainer.id))

    threads = [Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.value for one in came) == ["as before"] * 7 + ["changed"]


def test_only_who_has_a_place_can_come(trainer: Caller, studio: Studio) -> None:
    session_id, member, booking_id = booked(studio, capacity=1)
    waits = studio.book(session_id, studio.a_member())
    studio.cancel(session_id, member, booking_id)
    studio.book(session_id, member)
    studio.serve(session_id)
    assert note(trainer, waits, "present").status_code == 200

    problem(note(trainer, booking_id, "present"), 409, "booking_not_confirmed")
    problem(note(trainer, uuid4(), "present"), 404, "booking_not_found")
    problem(note(trainer, waits, "perhaps"), 422, "invalid_input")


def test_who_looks_at_the_roster_hears_of_it(trainer: Caller, studio: Studio, listen: Callable[[Any], Frames]) -> None:
    session_id, _, booking_id = booked(studio)
    frames = listen(trainer.stream(f"/v1/events?session_id={session_id}"))
    first = frames.next_state("session")

    note(trainer, booking_id, "present")

    assert frames.next_state("session")["position"] == first["position"]


def test_a_code_names_its_booking_and_no_other(trainer: Caller, anybody: Caller, studio: Studio) -> None:
    _, member, booking_id = booked(studio)
    code = code_of(settings(), booking_id)

    found = trainer.get(f"/v1/staff/check-ins/{code}").json

    assert found["booking"]["booking_id"] == str(booking_id)
    assert found["at_the_door"] == "other_day"
    problem(anybody.of(member).get(f"/v1/staff/check-ins/{code}"), 403, "not_permitted")
    for forged in (code[:-1], "x" + code[1:], str(booking_id), "x" * 5000, code_of(settings(), BookingId(new_id()))):
        problem(trainer.get(f"/v1/staff/check-ins/{forged}"), 404, "booking_not_found")


def test_a_member_is_shown_the_code_of_a_place_of_their_own_alone(anybody: Caller, studio: Studio) -> None:
    session_id, member, booking_id = booked(studio, capacity=1)
    other = studio.a_member()
    waits = studio.book(session_id, other)
    studio.serve(session_id)

    picture = anybody.of(member).get(f"/v1/me/bookings/{booking_id}/check-in-code")

    assert picture.status_code == 200
    assert picture.mimetype == "image/svg+xml"
    assert picture.get_data(as_text=True).startswith("<svg xmlns=")
    assert "style=" not in picture.get_data(as_text=True)
    for path in (booking_id, waits):
        problem(anybody.of(other).get(f"/v1/me/bookings/{path}/check-in-code"), 404, "booking_not_found")


def test_a_code_is_read_with_the_key_it_was_made_with() -> None:
    booking_id = BookingId(new_id())

    assert read_code(settings(), code_of(settings(), booking_id)) == booking_id
    assert read_code(settings(), "") is None
