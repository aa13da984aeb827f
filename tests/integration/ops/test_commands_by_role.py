"""What an operator may ask with the role of a process, and what is said where that is not enough."""

import pytest

from storage.process_roles import Process
from storage.settings import settings
from tests.databases import url_of
from tests.integration.ops.conftest import Cli
from tests.integration.studio import NOBODYS


@pytest.fixture(params=Process, ids=str)
def cli_of_process(request: pytest.FixtureRequest, cli: Cli, own_url: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("SEATLINE_DATABASE_URL", url_of(request.param, own_url))
    settings.cache_clear()
    return cli


@pytest.mark.parametrize("command", ["doctor", "lanes", "workers"])
def test_whoever_only_looks_may_do_so_in_any_container(cli_of_process: Cli, command: str) -> None:
    status, out, err = cli_of_process(command)

    assert "permission denied" not in out + err
    assert status == 0 or command != "lanes", "no worker runs here"


def test_what_takes_the_owner_says_so(cli_of_process: Cli) -> None:
    status, _, err = cli_of_process("webhooks", "remove", NOBODYS)

    assert status == 1
    assert "permission denied" in err
    assert "the database's owner" in err
