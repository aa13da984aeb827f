"""Every page of the staff's in each of its states, for the owner of the demo studio."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from api.check_in_codes import code_of
from domain.ids import BookingId, MemberId, PassId
from tests.browser.house import House, Opened, Person
from tests.browser.showcase import Showcase
from tests.e2e.running_stack import until

OWNER = "owner@example.com"
PAGES = (
    "overview",
    "overview, a day",
    "overview, no session",
    "roster",
    "roster, being checked in",
    "roster, cancelled",
    "roster, nobody",
    "roster, on paper",
    "book for a member",
    "book for a member, found",
    "book for a member, nobody",
    "places",
    "places, what if",
    "move",
    "move, what if",
    "move, no such time",
    "clear, what if",
    "cancel, what if",
    "take off, what if",
    "check-in",
    "check-in, done",
    "check-in, another day",
    "members",
    "members, nobody",
    "new member",
    "member",
    "member, past bookings",
    "member, invited",
    "former member",
    "change a member",
    "grant a pass",
    "pass",
    "types of passes",
    "new type",
    "type",
    "plan a session",
    "series",
    "new series",
    "one series",
    "trainings",
    "new training",
    "training",
    "trainers",
    "trainer",
    "spaces",
    "changes",
    "changes of a series",
    "operations",
)
ALIKE = {
    "overview, a day",
    "roster, nobody",
    "book for a member, nobody",
    "places",
    "move, what if",
    "cancel, what if",
    "check-in, done",
    "member, past bookings",
    "member, invited",
    "former member",
    "new type",
    "new training",
    "trainers",
    "trainer",
    "spaces",
    "changes of a series",
}
"""Pages that are made of nothing but what others are made of, too."""


def set_up(house: House) -> Showcase:
    """Make what is to be seen and return where; the owner sees it."""
    until(lambda: house.one("SELECT count(*) FROM commands WHERE status = 'waiting'") == (0,), "the seed is applied")
    owner_id = house.demo_member(OWNER)
    line, taken_off = _a_line(house)
    begun, noted, expected = _begun(house, owner_id)
    cancelled, nobody = house.a_session(), house.a_session()
    house.send(f"/v1/staff/sessions/{cancelled.id}/cancellation", {"why": "The heating is being mended"}, owner_id)
    member, invited, former = _members(house, owner_id)
    type_id, pass_id = _passes(house, owner_id, member)
    training_id, trainer_id, space_id = _catalogue(house, owner_id)
    series_id = _series(house, owner_id, training_id, trainer_id, space_id)
    monday = date.today() + timedelta(days=14 - date.today().weekday())  # noqa: DTZ011 - any Monday ahead
    roster, where = f"/staff/sessions/{line.id}", f"trainer_id={trainer_id}&space_id={space_id}"
    codes = [code_of(house.settings, BookingId(UUID(one))) for one in (expected, noted, taken_off)]
    me = Person(owner_id, "Kateryna Hrytsenko", OWNER, PassId(UUID(pass_id)), "")
    return Showcase(me, {
        "overview": "/staff",
        "overview, a day": f"/staff?day={monday}",
        "overview, no session": "/staff?day=2031-03-05",
        "roster": roster,
        "roster, being checked in": f"/staff/sessions/{begun.id}",
        "roster, cancelled": f"/staff/sessions/{cancelled.id}",
        "roster, nobody": f"/staff/sessions/{nobody.id}",
        "roster, on paper": f"{roster}/print",
        "book for a member": f"{roster}/book",
        "book for a member, found": f"{roster}/book?q=vi",
        "book for a member, nobody": f"{roster}/book?q=nobody+at+all",
        "places": f"{roster}/capacity",
        "places, what if": f"{roster}/capacity?capacity=8",
        "move": f"{roster}/move",
        "move, what if": f"{roster}/move?day={monday}&time=18:00&minutes=45&{where}",
        "move, no such time": f"{roster}/move?day={monday}&time=&minutes=0&{where}",
        "clear, what if": f"{roster}/clear",
        "cancel, what if": f"{roster}/cancel",
        "take off, what if": f"/staff/bookings/{taken_off}/remove",
        "check-in": f"/check-in/{codes[0]}",
        "check-in, done": f"/check-in/{codes[1]}",
        "check-in, another day": f"/check-in/{codes[2]}",
        "members": "/staff/members",
        "members, nobody": "/staff/members?search=nobody+at+all",
        "new member": "/staff/members/new",
        "member": f"/staff/members/{member.id}",
        "member, past bookings": f"/staff/members/{member.id}?when=past",
        "member, invited": f"/staff/members/{invited}",
        "former member": f"/staff/members/{former}",
        "change a member": f"/staff/members/{member.id}/edit",
        "grant a pass": f"/staff/members/{member.id}/passes/new",
        "pass": f"/staff/passes/{pass_id}",
        "types of passes": "/staff/passes",
        "new type": "/staff/passes/types/new",
        "type": f"/staff/passes/types/{type_id}",
        "plan a session": "/staff/plan",
        "series": "/staff/series",
        "new series": "/staff/series/new",
        "one series": f"/staff/series/{series_id}",
        "trainings": "/staff/trainings",
        "new training": "/staff/trainings/new",
        "training": f"/staff/trainings/{training_id}",
        "trainers": "/staff/trainers",
        "trainer": f"/staff/trainers/{trainer_id}",
        "spaces": "/staff/spaces",
        "changes": "/staff/changes",
        "changes of a series": f"/staff/changes?subject_id={series_id}",
        "operations": "/ops?still=1",
    })  # fmt: skip


def _a_line(house: House) -> tuple[Opened, str]:
    """Fill a session, with a line behind it whose first was passed over; return it with one of its bookings."""
    session, other = house.a_session(capacity=6), house.a_session()
    names = ("Ada", "Borys", "Daryna", "Fedir", "Hanna", "Ihor", "Viktor", "Zlata", "Lesia")
    people = [house.a_member(name=name, sessions=1 if name == "Viktor" else 10) for name in names]
    bookings = house.book_for(session, *people)
    house.book_for(other, people[6])  # so that the pass of the first in line is used up
    house.cancel(bookings[5], people[5])
    return session, bookings[0]


def _begun(house: House, owner_id: MemberId) -> tuple[Opened, str, str]:
    """Let a session be under way; return it, a booking whose member came, and one whose member did not yet."""
    session = house.a_session(capacity=6)
    bookings = house.book_for(session, *(house.a_member(name=name) for name in ("Vira", "Kyrylo", "Olha")))
    house.db.execute(
        "UPDATE training_sessions SET starts_at = %s WHERE id = %s",
        (datetime.now(UTC) - timedelta(minutes=9), session.id),
    )
    for booking, attendance in zip(bookings, ("present", "late"), strict=False):
        house.send(f"/v1/staff/bookings/{booking}/attendance", {"attendance": attendance}, owner_id)
    return session, bookings[0], bookings[2]


def _members(house: House, owner_id: MemberId) -> tuple[Person, str, str]:
    """Return a member about whom something was changed, one who is invited, and one who was removed."""
    member = house.a_member(name="Roksolana")
    house.book_for(house.a_session(), member)
    house.send(f"/v1/staff/members/{member.id}/role", {"role": "trainer", "why": "Takes over the mornings"}, owner_id)
    new = {"name": "Marharyta Oleksandrivna Vyshnevetska-Zaporozhets", "invite": True}
    invited = house.send("/v1/staff/members", {**new, "email": f"marharyta.{member.id.hex}@example.test"}, owner_id)
    former = house.a_member(name="Tymofii")
    house.send(f"/v1/staff/members/{former.id}/removal", {"why": "Asked for it by mail"}, owner_id)
    return member, invited["id"], str(former.id)


def _passes(house: House, owner_id: MemberId, member: Person) -> tuple[str, str]:
    """Return a type, and a pass of it that the member was granted and that was added to."""
    name = f"Summer card {member.id.hex[:6]}"
    type_ = {"name": name, "description": "June to August", "price": "1,200 UAH", "sessions": 12, "days": 92}
    type_id = house.send("/v1/staff/pass-types", type_, owner_id)["id"]
    body = {"pass_type_id": type_id, "why": "Paid at the desk"}
    granted = house.send(f"/v1/staff/members/{member.id}/passes", body, owner_id)["id"]
    more = {"sessions": 2, "days": 10, "why": "Two sessions fell through"}
    house.send(f"/v1/staff/passes/{granted}/extension", more, owner_id)
    return type_id, granted


def _catalogue(house: House, owner_id: MemberId) -> tuple[str, str, str]:
    """Return a training, a trainer and a space of their own."""
    mark = str(owner_id)[-4:]
    training = {"name": f"Pilates {mark}", "description": "Slow and exact; bring a towel.", "capacity": 12}
    made = [
        house.send("/v1/staff/trainings", training, owner_id),
        house.send("/v1/staff/trainers", {"name": f"Solomiia Hnatiuk {mark}"}, owner_id),
        house.send("/v1/staff/spaces", {"name": f"Mirror room {mark}"}, owner_id),
    ]
    return made[0]["id"], made[1]["id"], made[2]["id"]


def _series(house: House, owner_id: MemberId, training_id: str, trainer_id: str, space_id: str) -> str:
    body = {
        "training_id": training_id, "trainer_id": trainer_id, "space_id": space_id, "frequency": "weekly",
        "weekdays": ["TU", "TH"], "times": ["09:00", "18:30"], "starts_on": f"{date.today() + timedelta(days=2)}",  # noqa: DTZ011
    }  # fmt: skip
    return str(house.send("/v1/staff/series", body, owner_id)["id"])
