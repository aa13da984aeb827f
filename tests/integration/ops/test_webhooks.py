import base64
import json
from uuid import UUID

import pytest

from domain.channels import Channel
from storage.database import Db
from storage.deliveries import forget_addresses
from storage.identifiers import new_id
from storage.notices import relay
from storage.settings import settings
from tests.integration.ops.conftest import Cli
from tests.integration.studio import Studio

URL = "https://hooks.example/seatline"


def added(cli: Cli, url: str, *options: str) -> dict[str, str]:
    status, out, err = cli("webhooks", "add", url, "--json", *options)
    assert status == 0, err
    webhook: dict[str, str] = json.loads(out)
    return webhook


def told(studio: Studio) -> list[tuple[str, str]]:
    """Let a member book, which leaves the pass with two sessions, and return which URLs are told what."""
    session = studio.a_session()
    studio.book(session, studio.a_member(sessions=3))
    studio.serve(session)
    relay(studio.db, limit=100)
    return studio.db.execute(
        "SELECT address, kind FROM deliveries WHERE channel = 'webhook' ORDER BY address, id"
    ).fetchall()


def test_a_webhook_is_told_every_notice_from_now_on(cli: Cli, studio: Studio) -> None:
    added(cli, URL)

    assert told(studio) == [(URL, "booking_confirmed"), (URL, "pass_running_low")]


def test_a_webhook_is_told_the_kinds_it_asked_for(cli: Cli, studio: Studio) -> None:
    added(cli, URL, "--kind", "pass_running_low", "--kind", "promoted", "--kind", "promoted")

    assert told(studio) == [(URL, "pass_running_low")]
    assert json.loads(cli("webhooks", "list", "--json")[1])[0]["kinds"] == ["pass_running_low", "promoted"]


def test_each_webhook_has_a_secret_of_its_own_that_is_shown_once(cli: Cli, db: Db) -> None:
    first, second = added(cli, URL), added(cli, f"{URL}/2")

    for webhook in (first, second):
        assert webhook["secret"].startswith("whsec_")
        assert len(base64.b64decode(webhook["secret"].removeprefix("whsec_"), validate=True)) == 32
    assert first["secret"] != second["secret"]
    assert set(db.execute("SELECT secret FROM webhooks")) == {(first["secret"],), (second["secret"],)}
    for shown in (cli("webhooks", "list")[1], cli("webhooks", "list", "--json")[1]):
        assert first["secret"] not in shown


def test_adding_one_is_told_in_words(cli: Cli, db: Db) -> None:
    status, out, _ = cli("webhooks", "add", URL)

    (secret,) = db.execute("SELECT secret FROM webhooks").fetchone() or ("none",)
    assert status == 0
    assert f"tells {URL} every notice." in out
    assert secret in out


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1/hook", "private network"),
        ("https://10.0.0.8/hook", "private network"),
        ("https://[::1]/hook", "private network"),
        ("https://localhost/hook", "private network"),
        ("http://hooks.example/", "https://"),
        ("ftp://hooks.example/", "https://"),
        ("hooks.example", "URL"),
        ("https://me:secret@hooks.example/", "user or password"),
        ("https://hooks.example/\x1b[2J", "control characters"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused_with_the_reason(cli: Cli, db: Db, url: str, why: str) -> None:
    status, out, err = cli("webhooks", "add", url)

    assert (status, out) == (1, "")
    assert why in err
    assert db.execute("SELECT count(*) FROM webhooks").fetchone() == (0,)


def test_a_url_in_the_private_network_is_taken_where_the_setting_allows_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATLINE_PRIVATE_TARGETS", "1")
    settings.cache_clear()

    assert added(cli, "http://127.0.0.1:9000/hook")["url"] == "http://127.0.0.1:9000/hook"


def test_a_url_is_told_once(cli: Cli, db: Db) -> None:
    first = added(cli, URL)

    status, out, err = cli("webhooks", "add", URL)

    assert (status, out) == (1, "")
    assert f"{URL} is told already" in err
    assert db.execute("SELECT id, secret FROM webhooks").fetchall() == [(UUID(first["id"]), first["secret"])]


def test_webhooks_are_listed_with_their_kinds_and_state(cli: Cli, db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert "There is no webhook" in cli("webhooks", "list")[1]
    first, second = added(cli, URL, "--kind", "reminder"), added(cli, f"{URL}/2")
    forget_addresses(db, Channel.WEBHOOK, [UUID(second["id"])])

    status, out, _ = cli("webhooks", "list")
    plain = json.loads(cli("webhooks", "list", "--json")[1])

    assert status == 0
    rows = [line for line in out.splitlines() if URL in line]
    assert all(word in rows[0] for word in (first["id"], "reminder", "active"))
    assert all(word in rows[1] for word in (second["id"], "every kind", "switched off"))
    assert [(one["id"], one["kinds"], one["active"]) for one in plain] == [
        (first["id"], ["reminder"], True),
        (second["id"], None, False),
    ]


def test_a_removed_webhook_is_told_nothing_any_more(cli: Cli, studio: Studio) -> None:
    webhook = added(cli, URL)

    status, out, _ = cli("webhooks", "remove", webhook["id"])

    assert (status, out) == (0, f"{URL} is told nothing any more.\n")
    assert told(studio) == []


def test_a_webhook_that_was_switched_off_is_told_again_once_enabled(cli: Cli, studio: Studio) -> None:
    webhook = added(cli, URL)
    forget_addresses(studio.db, Channel.WEBHOOK, [UUID(webhook["id"])])
    assert told(studio) == []

    status, out, _ = cli("webhooks", "enable", webhook["id"])

    assert status == 0
    assert f"{URL} is told every notice of its kinds from now on." in out
    assert "/v1/staff/events?after=N" in out
    assert len(told(studio)) == 2


@pytest.mark.parametrize("action", ["remove", "enable"])
def test_a_webhook_nobody_knows_gets_a_sentence(cli: Cli, action: str) -> None:
    id_ = new_id()

    status, out, err = cli("webhooks", action, id_)

    assert (status, out) == (1, "")
    assert f"There is no webhook {id_}" in err
    assert cli("webhooks", action, "one")[0] == 2


def test_a_kind_nobody_knows_is_refused(cli: Cli) -> None:
    status, _, err = cli("webhooks", "add", URL, "--kind", "birthday")

    assert status == 2
    assert "birthday" in err
