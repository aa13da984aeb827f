"""Inviting many people at once: all or nobody, and nobody twice."""

from typing import Any
from uuid import uuid4

import pytest

from api.models.staff_invitations import LIST_BYTES_MAX
from storage.settings import settings
from tests.integration.api.conftest import Caller, problem
from tests.integration.at_once import at_once
from tests.integration.links import address_of, an_invitation, expire
from tests.integration.studio import Studio
from workers.invitation_file import ROWS_MAX

PATH = "/v1/staff/invitations"
HEADER = "name,email\n"


def addresses(number: int) -> list[str]:
    mark = uuid4().hex
    return [f"{place}-{mark}@example.test" for place in range(number)]


def list_of(emails: list[str]) -> str:
    return HEADER + "".join(f"Member of a list,{email}\n" for email in emails)


def send(admin: Caller, text: str, *, dry_run: bool = False) -> Any:
    return admin.post(f"{PATH}?dry_run={'true' if dry_run else 'false'}", {"csv": text})


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.json["items"]]


def mails_to(studio: Studio, emails: list[str]) -> list[str]:
    rows = studio.db.execute("SELECT kind, address FROM deliveries WHERE address = ANY(%s) ORDER BY id", (emails,))
    return [f"{kind} {address}" for kind, address in rows]


def members_with(studio: Studio, emails: list[str]) -> int:
    row = studio.db.execute("SELECT count(*) FROM members WHERE lower(email) = ANY(%s)", (emails,)).fetchone()
    assert row is not None
    return int(row[0])


def test_who_is_new_is_made_a_member_and_mailed_and_the_same_list_again_mails_nobody(
    admin: Caller, studio: Studio
) -> None:
    emails = addresses(3)

    first, again = send(admin, list_of(emails)), send(admin, list_of(emails))

    assert (outcomes(first), first.json["mailed"]) == (["new"] * 3, 3)
    assert (outcomes(again), again.json["mailed"]) == (["already_invited"] * 3, 0)
    assert mails_to(studio, emails) == [f"invitation {email}" for email in emails]
    rows = studio.db.execute(
        "SELECT kind FROM staff_changes JOIN members ON members.id = subject_id WHERE email = %s"
        " ORDER BY staff_changes.id",
        (emails[0],),
    )
    assert [row[0] for row in rows] == ["member_created", "member_invited"]


def test_each_is_told_apart_and_only_who_needs_it_is_mailed(admin: Caller, studio: Studio) -> None:
    has_password, invited, expired, guest = studio.members(4)
    studio.db.execute("UPDATE members SET password_hash = 'x' WHERE id = %s", (has_password.id,))
    studio.db.execute("UPDATE members SET guest = true WHERE id = %s", (guest.id,))
    for member in (invited, expired):
        an_invitation(studio.db, member)
    expire(studio.db, expired)
    (new,) = addresses(1)
    emails = [address_of(one).upper() for one in (has_password, invited, expired, guest)] + [new]
    before = len(mails_to(studio, [address_of(invited), address_of(expired)]))

    seen = send(admin, list_of(emails), dry_run=True)
    assert members_with(studio, [new]) == 0, "a look writes nothing"
    done = send(admin, list_of(emails))

    expected = ["already_member", "already_invited", "invited", "invited", "new"]
    assert outcomes(seen) == outcomes(done) == expected
    assert seen.json == done.json
    assert len(mails_to(studio, [address_of(invited), address_of(expired)])) == before + 1
    assert len(mails_to(studio, [address_of(guest), new])) == 2
    row = studio.db.execute("SELECT name, guest FROM members WHERE id = %s", (guest.id,)).fetchone()
    assert row == (f"Member {guest.id}", True), "whoever is known keeps the name, and a guest is one until the password"


def test_one_bad_line_and_nobody_is_invited(admin: Caller, studio: Studio) -> None:
    emails = addresses(2)

    body = problem(send(admin, f"{list_of(emails)}Ann,nobody\n,\nBen\n"), 422, "invalid_input")

    assert body["errors"] == {
        "line 4": "No mail can be sent to “nobody”; write it like name@example.org.",
        "line 6": "There are 1 cells and should be two; a name with a comma needs quotation marks around it.",
    }
    assert members_with(studio, emails) == 0


def test_of_very_many_bad_lines_the_first_are_told_and_the_rest_counted(admin: Caller) -> None:
    body = problem(send(admin, HEADER + "Ann,nobody\n" * 150), 422, "invalid_input")

    assert len(body["errors"]) == 101
    assert body["errors"]["more"] == "50 more complaints are not listed."


def test_of_two_lists_at_once_everybody_is_invited_once(admin: Caller, studio: Studio) -> None:
    emails = addresses(50)
    answers = at_once(lambda: send(admin, list_of(emails)), lambda: send(admin, list_of(emails[::-1])))

    assert sum(answer.json["mailed"] for answer in answers) == 50, [answer.text for answer in answers]
    assert sorted(mails_to(studio, emails)) == sorted(f"invitation {email}" for email in emails)


def test_the_longest_list_is_taken_though_it_is_more_than_other_bodies_may_be(admin: Caller, studio: Studio) -> None:
    emails = addresses(ROWS_MAX)
    text = list_of(emails)
    assert len(text) > settings().body_bytes_max

    assert send(admin, text).json["mailed"] == ROWS_MAX
    assert len(mails_to(studio, emails)) == ROWS_MAX
    assert send(admin, text).json["mailed"] == 0


@pytest.mark.parametrize("times", [1, 4])
def test_what_is_larger_is_refused(admin: Caller, times: int) -> None:
    answer = send(admin, HEADER + "x" * (LIST_BYTES_MAX * times))

    assert answer.status_code == (422 if times == 1 else 413)


def test_nobody_who_may_not_invite_sends_large_bodies(me: Caller) -> None:
    problem(send(me, "x" * 200_000), 403, "not_permitted")
