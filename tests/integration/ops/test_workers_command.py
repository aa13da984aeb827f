"""`seatline workers`: who works, by what the workers say of themselves."""

import json

import pytest

from tests.integration.ops.conftest import Cli
from tests.integration.studio import Studio
from workers.heartbeat import Heart


def test_each_worker_is_shown_with_what_it_does(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    heart = Heart(studio.redis, queues=("sessions", "upkeep"))
    with heart.busy("serve", session):
        heart.settled(1234)
        heart.beat()

    status, out, _ = cli("workers", "--json")

    (worker,) = json.loads(out)["workers"]
    assert status == 0
    assert (worker["busy_with"], worker["session_id"], worker["settled"]) == ("serve", str(session), 1234)
    assert worker["queues"] == ["sessions", "upkeep"]
    assert "1 processes settled 1,234 commands in the last minute" in " ".join(cli("workers")[1].split())


def test_a_container_asks_for_its_own_workers(cli: Cli, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    Heart(studio.redis, queues=("sessions",)).beat()
    assert cli("workers", "--here", "--json")[0] == 0

    monkeypatch.setattr("socket.gethostname", lambda: "another")

    assert cli("workers", "--here", "--json")[:2] == (1, '{"workers": []}\n')
    assert cli("workers", "--json")[0] == 0


def test_without_any_worker_it_says_so_with_status_1(cli: Cli, studio: Studio) -> None:
    status, out, _ = cli("workers")

    assert status == 1
    assert "No worker said a word" in out
