"""`seatline deliveries list` and `show`."""

import json
from typing import Any

import pytest

from ops.delivery_report import harmless
from storage.webhooks import add_webhook
from tests.integration.ops.conftest import Cli
from tests.integration.ops.post import Post
from tests.integration.workers.postroom import ScriptedProvider
from workers.providers.outcomes import GiveUp, TryAgain


def listed(cli: Cli, *options: object) -> list[dict[str, Any]]:
    status, out, err = cli("deliveries", "list", "--json", *options)
    assert status == 0, err
    rows: list[dict[str, Any]] = json.loads(out)
    return rows


def test_deliveries_are_listed_newest_first(cli: Cli, post: Post) -> None:
    first, second = post.failed(2)
    (third,) = post.due()

    rows = listed(cli)

    assert [row["id"] for row in rows] == [third, second, first]
    assert [row["status"] for row in rows] == ["due", "failed", "failed"]
    assert [row["calls"] for row in rows] == [0, 1, 1]
    assert rows[1]["reason"] == "550 no such mailbox"
    assert (rows[0]["kind"], rows[0]["channel"]) == ("booking_confirmed", "email")
    assert rows[0]["settled_at"] is None
    assert rows[1]["settled_at"] > rows[1]["created_at"]


def test_a_list_is_narrowed_by_status_channel_kind_member_and_length(cli: Cli, post: Post) -> None:
    studio = post.studio
    add_webhook(studio.db, url="https://hooks.example/", secret="s", kinds=[])
    (failed,) = post.failed()
    anna = studio.a_member(sessions=3)  # a place leaves her pass with two sessions, which is told too
    confirmed, runs_low = post.of(studio.a_session(), [anna])
    email = f"{anna.id}@example.test"

    assert [row["id"] for row in listed(cli, "--status", "failed")] == [failed]
    assert len(listed(cli, "--status", "failed", "--status", "due")) == 6
    assert {row["address"] for row in listed(cli, "--channel", "webhook")} == {"https://hooks.example/"}
    assert [row["id"] for row in listed(cli, "--kind", "pass_running_low", "--channel", "email")] == [runs_low]
    assert [row["id"] for row in listed(cli, "--member", email.upper(), "--channel", "email")] == [runs_low, confirmed]
    assert len(listed(cli, "--limit", 2)) == 2


def test_a_list_for_people_is_a_table(cli: Cli, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (id_,) = post.failed()

    status, out, _ = cli("deliveries", "list")

    assert status == 0
    (row,) = [line for line in out.splitlines() if f" {id_} " in line]
    assert "booking_confirmed" in row
    assert "550 no such mailbox" in row


def test_a_list_of_nothing_says_so(cli: Cli, post: Post) -> None:
    assert cli("deliveries", "list")[:2] == (0, "There is no such delivery.\n")


@pytest.mark.parametrize(
    "options",
    [("--status", "lost"), ("--channel", "pigeon"), ("--channel", "in_app"), ("--kind", "birthday"), ("--limit", 0)],
)
def test_a_word_nobody_knows_is_refused_with_those_that_are_known(cli: Cli, options: tuple[object, ...]) -> None:
    status, _, err = cli("deliveries", "list", *options)

    assert status == 2
    assert str(options[1]) in err


def test_deliveries_of_a_member_nobody_knows_get_a_sentence(cli: Cli) -> None:
    status, out, err = cli("deliveries", "list", "--member", "nobody@example.test")

    assert (status, out) == (1, "")
    assert "No member has the e-mail address 'nobody@example.test'" in err


def test_one_delivery_is_shown_with_its_session_its_attempts_and_its_words(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    post.works(ScriptedProvider([TryAgain("451 busy")]))
    post.desk.all_due()
    post.works(ScriptedProvider(name="second"))

    status, out, _ = cli("deliveries", "show", id_)
    shown = json.loads(cli("deliveries", "show", id_, "--json")[1])

    assert status == 0
    assert [(one["number"], one["provider"], one["outcome"], one["said"]) for one in shown["attempts"]] == [
        (1, "scripted", "try_again", "451 busy"),
        (2, "second", "sent", ""),
    ]
    assert (shown["status"], shown["calls"], shown["booking_status"]) == ("sent", 2, "confirmed")
    assert shown["notice_number"] is not None
    assert shown["training"] in out
    assert "451 busy" in out
    assert len(shown["words"]) >= 2
    for paragraph in shown["words"]:
        assert f"{'says':<12} {harmless(paragraph)}\n" in out


def test_a_delivery_of_a_newer_version_is_shown_as_far_as_it_can_be_read(cli: Cli, post: Post) -> None:
    (id_,) = post.failed()
    post.studio.db.execute("UPDATE notices SET kind = 'from the future'")
    post.studio.db.execute("UPDATE deliveries SET kind = 'from the future'")

    status, out, _ = cli("deliveries", "show", id_)
    shown = json.loads(cli("deliveries", "show", id_, "--json")[1])

    assert status == 0
    assert "from the future by email" in out
    assert "550 no such mailbox" in out
    assert "cannot read the notice" in out
    assert (shown["kind"], len(shown["attempts"])) == ("from the future", 1)
    assert listed(cli)[0]["kind"] == "from the future"


def test_a_message_that_cannot_be_written_is_shown_with_the_reason(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    post.studio.db.execute("UPDATE notices SET kind = 'pass_granted'")

    status, out, _ = cli("deliveries", "show", id_)

    assert status == 0
    assert "The message cannot be written: " in out
    assert "there is no pass" in out


def test_a_delivery_about_a_pass_names_the_pass(cli: Cli, post: Post) -> None:
    member = post.studio.a_member(sessions=3)
    _, runs_low = post.of(post.studio.a_session(), [member])

    assert str(member.pass_id) in cli("deliveries", "show", runs_low)[1]


def test_what_a_provider_said_does_not_command_the_terminal(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    post.works(ScriptedProvider([GiveUp("550\x1b[2J \x07no\r\nsuch [red]mailbox\x9b")]))

    shown = cli("deliveries", "show", id_)[1]
    table = cli("deliveries", "list")[1]

    assert "no such [red]mailbox" in shown
    for out in (shown, table):
        assert not any(character in out for character in "\x1b\x07\x9b\r")


def test_a_delivery_that_does_not_exist_gets_a_sentence(cli: Cli) -> None:
    status, out, err = cli("deliveries", "show", 2**62)

    assert (status, out) == (1, "")
    assert f"There is no delivery {2**62}" in err


@pytest.mark.parametrize("action", ["show", "retry", "drop"])
@pytest.mark.parametrize("id_", ["0", "abc", str(2**63)])
def test_what_is_no_id_is_refused(cli: Cli, action: str, id_: str) -> None:
    assert cli("deliveries", action, id_)[0] == 2
