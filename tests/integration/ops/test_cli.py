import json
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest

from api.auth import read_token
from ops.stack import supervisor
from ops.stack.errors import StackError
from storage.identifiers import new_id
from storage.settings import settings
from tests.integration.ops.conftest import Cli
from tests.integration.ops.folders import ANNA, BORYS, a_folder
from tests.integration.studio import Studio


class WithoutBenchmarks(MetaPathFinder):
    """Finds everything but the benchmarks, as where only the package is installed."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "benchmarks":
            raise ModuleNotFoundError(name=fullname)


def test_help_names_every_command(cli: Cli) -> None:
    status, out, _ = cli("--help")
    assert status == 0
    for name in (
        "up",
        "migrate",
        "seed",
        "import",
        "export",
        "replay",
        "token",
        "rush",
        "audit",
        "lanes",
        "workers",
        "doctor",
        "chaos",
        "deliveries",
        "webhooks",
        "bench",
    ):
        assert f"\n  {name}" in out


def test_bench_takes_what_the_benchmarks_take(cli: Cli) -> None:
    status, out, _ = cli("bench", "run", "--help")
    assert status == 0
    assert out.startswith("Usage: seatline bench run [OPTIONS] {floors|rush")
    assert cli("bench", "run", "nothing")[0] == 2


def test_bench_says_where_it_can_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "benchmarks.__main__", raising=False)
    monkeypatch.delitem(sys.modules, "benchmarks", raising=False)
    monkeypatch.setattr(sys, "meta_path", [WithoutBenchmarks(), *sys.meta_path])
    status, _, err = cli("bench", "run", "rush")
    assert status == 1
    assert "Error: The benchmarks are not part of the installed package. Run this from a checkout of Seatline" in err


def test_import_and_export_go_through(cli: Cli, tmp_path: Path) -> None:
    assert cli("import", a_folder(tmp_path))[0] == 0
    status, out, _ = cli("import", tmp_path)
    assert status == 0
    assert out.startswith("Nothing to import: the database has all of it already, and nothing differs.")
    status, out, _ = cli("export", tmp_path / "out", "--json")
    assert (status, json.loads(out)) == (0, {"rosters": 0, "passes": 2})


def test_import_speaks_json(cli: Cli, tmp_path: Path) -> None:
    status, out, _ = cli("import", a_folder(tmp_path), "--json")
    assert status == 0
    assert json.loads(out)["added"] == {"training_sessions": 2, "members": 2, "passes": 2}


def test_bad_rows_are_told_line_by_line_with_status_1(cli: Cli, tmp_path: Path) -> None:
    status, out, err = cli("import", a_folder(tmp_path, members=[ANNA, BORYS + ",[red]x"]))
    assert (status, out) == (1, "")
    assert "Error: Nothing was imported (one complaint). Correct what is named here and try again." in err
    assert "members.csv, line 3: 9 cells where the header has 8." in err
    assert "Traceback" not in err


def test_a_token_is_its_members(cli: Cli, tmp_path: Path, studio: Studio) -> None:
    cli("import", a_folder(tmp_path))
    status, out, _ = cli("token", "ANNA@example.test")
    row = studio.db.execute("SELECT id FROM members WHERE key = 'anna'").fetchone()
    assert row is not None
    assert status == 0
    assert read_token(settings(), out.strip()).member_id == row[0]


def test_a_token_for_nobody_gets_a_sentence(cli: Cli) -> None:
    status, out, err = cli("token", "nobody@example.test")
    assert (status, out) == (1, "")
    assert "No member has the e-mail address 'nobody@example.test'" in err


def test_an_audit_that_finds_nothing_ends_well(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)
    status, out, _ = cli("audit", "--all")
    assert status == 0
    assert "All is as the rules make it" in out
    status, out, _ = cli("audit", session, "--json")
    assert (status, json.loads(out)["commands"]) == (0, 1)


def test_an_audit_that_finds_something_names_it_and_ends_with_1(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.serve(session)
    studio.db.execute("UPDATE bookings SET position = 9")
    status, out, _ = cli("audit", "--all")
    assert status == 1
    assert "1 differences" in out
    status, out, _ = cli("audit", "--all", "--json")
    (difference,) = json.loads(out)["differences"]
    assert (status, difference["what"], difference["expected"], difference["found"]) == (
        1,
        "booking's position",
        "1",
        "9",
    )


def test_an_audit_needs_to_know_of_what(cli: Cli) -> None:
    assert cli("audit")[0] == 2
    assert cli("audit", new_id(), "--all")[0] == 2


def test_a_session_that_does_not_exist_fails_its_audit(cli: Cli) -> None:
    assert cli("audit", new_id())[0] == 1


def test_lanes_show_what_waits_and_who_was_called(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    for member in studio.members(3):
        studio.book(session, member)
    status, out, _ = cli("lanes", "--json")
    lanes = json.loads(out)
    assert status == 0
    assert (lanes["waiting"], lanes["tokens_waiting"]) == (3, 1)
    (lane,) = lanes["lanes"]
    assert (lane["session_id"], lane["waiting"], lane["queue_length"]) == (str(session), 3, 3)
    assert lane["tokens"] == ["armed"]
    assert lane["armed_seconds"] >= 0
    assert cli("lanes")[0] == 0
    studio.serve(session)
    assert json.loads(cli("lanes", "--json")[1])["lanes"] == []


def test_a_lane_whose_flags_are_lost_shows_no_token(cli: Cli, studio: Studio) -> None:
    session = studio.a_session()
    studio.book(session, studio.a_member())
    studio.redis.flushdb()
    (lane,) = json.loads(cli("lanes", "--json")[1])["lanes"]
    assert (lane["tokens"], lane["queue_length"], lane["armed_seconds"]) == (["none"], 0, None)


def test_the_doctor_says_what_is_not_well_and_what_to_do(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLINE_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    status, out, _ = cli("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(out)}
    assert status == 1
    for name in ("database", "schema", "isolation", "clocks", "redis", "persistence"):
        assert findings[name]["well"], findings[name]
    for name in ("api", "workers"):
        assert not findings[name]["well"]
        assert findings[name]["advice"]


def test_the_doctor_survives_without_any_server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("SEATLINE_DATABASE_URL", "postgresql://seatline@127.0.0.1:9/none"),
        ("SEATLINE_REDIS_URL", "redis://127.0.0.1:9/0"),
        ("SEATLINE_URL", "http://127.0.0.1:9"),
    ):
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    status, out, _ = cli("doctor")
    assert status == 1
    assert "correct SEATLINE_DATABASE_URL" in out
    assert "correct SEATLINE_REDIS_URL" in out


def test_a_database_that_is_away_gets_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLINE_DATABASE_URL", "postgresql://seatline@127.0.0.1:9/none")
    settings.cache_clear()
    status, _, err = cli("audit", "--all")
    assert status == 1
    assert "The database does not answer" in err


def test_a_missing_setting_gets_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SEATLINE_DATABASE_URL")
    monkeypatch.setenv("SEATLINE_DATA", str(tmp_path))
    settings.cache_clear()
    status, _, err = cli("seed")
    assert status == 1
    assert "SEATLINE_DATABASE_URL is not set" in err


def test_a_rush_against_an_api_that_is_not_there_gets_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATLINE_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    status, _, err = cli("rush", "--members", "3", "--sessions", "1")
    assert status == 1
    assert "The API at http://127.0.0.1:9 is not ready" in err


def test_a_stack_that_cannot_start_gets_a_sentence(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def cannot(**_: object) -> int:
        raise StackError("Port 8000 is in use.")

    monkeypatch.setattr(supervisor, "run_stack", cannot)
    status, _, err = cli("up", "--data", tmp_path)
    assert (status, err) == (1, "Error: Port 8000 is in use.\n")


def test_up_takes_its_options_from_the_environment_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: dict[str, object] = {}

    def started(**options: object) -> int:
        asked.update(options)
        return 0

    monkeypatch.setattr(supervisor, "run_stack", started)
    for name, value in (("PORT", "8123"), ("WORKERS", "3"), ("NO_SEED", "1"), ("DATA", str(tmp_path))):
        monkeypatch.setenv(f"SEATLINE_{name}", value)
    assert cli("up")[0] == 0
    assert asked == {"port": 8123, "workers": 3, "seed": False, "data": tmp_path}


def test_a_wrong_option_ends_with_status_2(cli: Cli) -> None:
    assert cli("up", "--port", "99999")[0] == 2
