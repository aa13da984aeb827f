"""`seatline passes` and `seatline reminders`, as the shell runs them."""

import json
from datetime import timedelta

from storage.identifiers import new_id
from tests.integration.ops.conftest import Cli
from tests.integration.ops.granting import (
    email,
    end_of_day,
    skipped_for_an_empty_pass,
    type_of,
)
from tests.integration.studio import KYIV, Studio
from workers.flags import armed_key


def test_the_command_line_grants_extends_and_lists(cli: Cli, studio: Studio) -> None:
    address = email(studio, studio.a_member(sessions=1))

    granted = cli("passes", "grant", address.upper(), type_of(studio), "--sessions", 5, "--days", 30, "--json")
    new = json.loads(granted[1])
    extended = cli("passes", "extend", new["id"], "--sessions", 2, "--days", 1)
    listed = json.loads(cli("passes", "list", address, "--json")[1])

    assert (granted[0], extended[0], len(listed)) == (0, 0, 2)
    assert new["sessions_left"] == 5
    last_day = (end_of_day(31) - timedelta(seconds=1)).astimezone(KYIV).date()
    assert extended[1] == f"Extended: pass {new['id']}, {type_of(studio)}, 7 sessions left, good until: {last_day}.\n"
    assert {
        "id": new["id"],
        "name": type_of(studio),
        "active": True,
        "sessions_left": 7,
        "sessions_granted": 7,
        "expires_at": end_of_day(31).isoformat(),
    } in listed
    status, out, _ = cli("passes", "list", address)
    assert status == 0
    assert new["id"][:8] in out


def test_the_command_line_calls_the_session_of_a_skipped_waiter(cli: Cli, studio: Studio) -> None:
    session, waiter, _ = skipped_for_an_empty_pass(studio)
    studio.redis.flushdb()

    status, out, _ = cli("passes", "extend", waiter.pass_id, "--sessions", 1)

    assert status == 0
    assert "Sessions asked to look again at a waiter who was skipped for it: 1" in out
    assert studio.redis.exists(armed_key(session))


def test_the_command_line_adds_a_type_when_asked_to(cli: Cli, studio: Studio) -> None:
    address = email(studio, studio.a_member())

    refused = cli("passes", "grant", address, "Sauna", "--unlimited")
    granted = cli("passes", "grant", address, "Sauna", "--unlimited", "--new-type")

    assert refused[0] == 1
    assert "There is no pass type 'Sauna'" in refused[2]
    assert granted[0] == 0
    assert "Sauna, any number of sessions, good until: ever." in granted[1]


def test_the_command_line_refuses_in_sentences(cli: Cli, studio: Studio) -> None:
    address = email(studio, studio.a_member())

    assert "No member has the e-mail address" in cli("passes", "list", "nobody@example.test")[2]
    assert "No member has the e-mail address" in cli("passes", "grant", "nobody@example.test", "X", "--unlimited")[2]
    assert "There is no pass" in cli("passes", "extend", new_id(), "--days", 3)[2]
    assert "Nothing would be added" in cli("passes", "extend", new_id())[2]
    assert cli("passes", "extend", "not-an-id", "--days", 3)[0] == 2
    assert cli("passes", "grant", address, type_of(studio))[0] == 2
    assert cli("passes", "grant", address, type_of(studio), "--unlimited", "--sessions", 3)[0] == 2
    assert cli("passes", "grant", address, type_of(studio), "--sessions", 0)[0] == 2


def test_the_command_line_shows_and_sets_when_reminders_go_out(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)

    assert cli("reminders") == (0, "Reminders go out 1 day and 2 hours before.\n", "")
    assert json.loads(cli("reminders", 90, 2880, "--json")[1]) == {
        "reminder_minutes": [2880, 90],
        "bookings_looked_at_anew": 1,
    }
    assert cli("reminders", "--off")[1] == "No reminders.\nBookings that are looked at anew for it: 1\n"
    assert json.loads(cli("reminders", "--json")[1]) == {"reminder_minutes": [], "bookings_looked_at_anew": None}


def test_leads_that_make_no_sense_get_a_sentence(cli: Cli, studio: Studio) -> None:
    for minutes, said in (
        ([0], "from 1 to 20160"),
        ([60, 60], "twice"),
        (range(1, 7), "At most 5"),
        ([20161], "20161"),
    ):
        status, _, err = cli("reminders", *minutes)
        assert status == 1
        assert said in err
    assert cli("reminders", "60", "--off")[0] == 2
    assert cli("reminders", "soon")[0] == 2
    assert cli("reminders")[1] == "Reminders go out 1 day and 2 hours before.\n"


def test_without_a_studio_there_is_nothing_to_set_or_grant(cli: Cli, studio: Studio) -> None:
    address = email(studio, studio.a_member())
    studio.db.execute("DELETE FROM studio")

    assert cli("reminders")[1] == "No reminders.\n"
    assert "There is no studio yet" in cli("reminders", 60)[2]
    assert "There is no studio yet" in cli("passes", "grant", address, type_of(studio), "--unlimited")[2]
