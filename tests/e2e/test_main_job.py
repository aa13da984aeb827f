"""The main job on the real processes: a club's real commands, a rush under fire, servers that die."""

import base64
import csv
import json
import os
import pickle
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from ops.stack import PROJECT
from tests.e2e.running_stack import KEYS, RunningStack, a_booking, call, running_stack, until
from workers import publish
from workers.queues import QueueName

GOALZONE = PROJECT.parent / "shared" / "data" / "goalzone"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="finds the processes through /proc"),
    pytest.mark.timeout(180),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with running_stack(tmp_path_factory.mktemp("stack") / "data") as stack:
        yield stack


def audit(stack: RunningStack) -> None:
    verdict = stack.seatline("audit", "--all", check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def rush_has_come_to(stack: RunningStack, rush: "subprocess.Popen[str]", commands: int) -> bool:
    return rush.poll() is not None or stack.ask("SELECT count(*) FROM commands")[0][0] > commands


def kill_the_broker(stack: RunningStack) -> None:
    with redis.Redis.from_url(stack.setting("redis_url"), retry=Retry(ConstantBackoff(0.1), 100)) as broker:
        os.kill(broker.info("server")["process_id"], signal.SIGKILL)


def nothing_waits(stack: RunningStack) -> bool:
    return stack.ask("SELECT count(*) FROM commands WHERE status = 'waiting'") == [(0,)]


def nothing_is_due(stack: RunningStack) -> bool:
    return stack.ask(
        "SELECT count(*) FROM notices LEFT JOIN deliveries ON notice_id = notices.id"
        " WHERE number IS NULL OR status IN ('due', 'sending')"
    ) == [(0,)]


def mails_about(stack: RunningStack, booking_id: str) -> list[int]:
    """Return the deliveries by e-mail that were sent about a booking."""
    rows = stack.ask(
        "SELECT deliveries.id FROM deliveries JOIN notices ON notices.id = notice_id"
        " WHERE booking_id = %s AND channel = 'email' AND status = 'sent'",
        booking_id,
    )
    return [row[0] for row in rows]


def test_each_process_speaks_to_the_database_with_a_role_of_its_own(stack: RunningStack) -> None:
    assert a_booking(stack, Prefer="wait=20")[0] in {200, 201, 202, 409}
    roles = {"seatline_api", "seatline_worker", "seatline_notifier"}

    def at_work() -> set[str]:
        rows = stack.ask(
            "SELECT usename FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        return {name for (name,) in rows}

    until(lambda: at_work() == roles, "every process has connected, and none as the owner")


@pytest.mark.skipif(not GOALZONE.exists(), reason="the club's data does not lie beside the project")
def test_a_clubs_real_commands_are_replayed_and_every_outcome_confirmed(stack: RunningStack, tmp_path: Path) -> None:
    stack.seatline("import", str(GOALZONE))

    replay = stack.seatline("replay", str(GOALZONE / "commands.csv"), "--json")
    stack.seatline("export", str(tmp_path))

    audit(stack)
    outcomes = stack.ask(
        """
        SELECT commands.kind, commands.status, count(*)
          FROM commands JOIN training_sessions ON training_sessions.id = commands.training_session_id
         WHERE training_sessions.key IS NOT NULL AND commands.idempotency_key IS NOT NULL
         GROUP BY 1, 2 ORDER BY 1
        """
    )
    assert outcomes == [("book_seat", "applied", 1487), ("cancel_booking", "applied", 529)]
    assert json.loads(replay.stdout)["commands"] == 2016
    with (tmp_path / "rosters.csv").open() as file:
        rosters = list(csv.DictReader(file))
    assert len(rosters) == 1487 - 529
    taken = Counter(row["session_key"] for row in rosters if row["status"] == "confirmed")
    assert max(taken.values()) <= 15
    for session, waiting in Counter(row["session_key"] for row in rosters if row["status"] == "waitlisted").items():
        assert taken[session] == 15, f"{session} has {waiting} waiting and a place free"


@pytest.mark.skipif(not GOALZONE.exists(), reason="the club's data does not lie beside the project")
def test_replaying_again_repeats_nothing(stack: RunningStack) -> None:
    before = stack.ask("SELECT count(*), max(position) FROM commands")

    stack.seatline("replay", str(GOALZONE / "commands.csv"))

    assert stack.ask("SELECT count(*), max(position) FROM commands") == before


def test_an_idle_stack_keeps_no_key_for_any_session(stack: RunningStack) -> None:
    """Before anything is killed: what a crash leaves is taken away at the session's next turn."""
    with redis.Redis.from_url(stack.setting("redis_url"), decode_responses=True) as broker:

        def keys_of_sessions() -> set[str]:
            return {str(key) for key in broker.scan_iter() if str(key).startswith(("lane:", "session."))}

        until(lambda: nothing_waits(stack) and keys_of_sessions() == set(), "no key of any session is left")


def test_the_doctor_finds_a_running_stack_well(stack: RunningStack) -> None:
    until(lambda: nothing_is_due(stack), "everything is delivered")

    examined = stack.seatline("doctor", "--json", check=False)

    assert examined.returncode == 0, examined.stdout + examined.stderr
    findings = {finding["name"]: finding["found"] for finding in json.loads(examined.stdout)}
    assert str(stack.data / "mail") in findings["mail"]
    assert {"workers", "notifier", "push", "webhooks", "deliveries"} <= set(findings)
    assert f"{stack.setting('url')}/mail" in (stack.data.parent / "up.log").read_text()


def test_a_notifier_that_stands_still_keeps_mails_but_no_command_waiting(stack: RunningStack) -> None:
    notifier = stack.pids("workers.app worker", "notifications")
    assert len(notifier) == 1
    for pid in notifier:
        os.kill(pid, signal.SIGSTOP)
    children = stack.pids("workers.app worker", "notifications", children=True)
    for pid in children:
        os.kill(pid, signal.SIGSTOP)
    try:
        status, body = a_booking(stack, Prefer="wait=30")
        findings = json.loads(stack.seatline("doctor", "--json", check=False).stdout)
    finally:
        for pid in notifier | children:
            os.kill(pid, signal.SIGCONT)

    assert status == 201, body
    assert [one["name"] for one in findings if not one["well"]] == ["notifier"]
    until(lambda: mails_about(stack, body["id"]) != [], "the mail lies in its folder")
    delivery = mails_about(stack, body["id"])[0]
    shown = json.loads(stack.seatline("deliveries", "show", str(delivery), "--json").stdout)
    assert (shown["status"], shown["booking_id"]) == ("sent", body["id"])
    assert (stack.data / "mail" / f"{delivery}.eml").exists()


def test_workers_killed_in_the_middle_of_a_rush_lose_double_and_reorder_nothing(stack: RunningStack) -> None:
    accepted_before = stack.ask("SELECT count(*) FROM commands")[0][0]
    rush = stack.begin("rush", "--members", "400", "--sessions", "3", "--clients", "40", "--json")
    killed = 0
    for round_ in range(4):
        goal = accepted_before + 100 * (round_ + 1)
        until(partial(rush_has_come_to, stack, rush, goal), "the rush goes on")
        killed += stack.kill("workers.app worker", children=bool(round_ % 2))
    output, errors = rush.communicate(timeout=150)

    assert killed >= 4
    assert rush.returncode == 0, output + errors
    assert nothing_waits(stack)
    audit(stack)


def test_the_broker_killed_under_running_workers_ends_no_worker_and_loses_no_command(stack: RunningStack) -> None:
    workers = stack.pids("workers.app worker")
    status, body = a_booking(stack)
    assert (status, len(workers)) == (202, 3), body

    for _ in range(3):
        kill_the_broker(stack)
        assert a_booking(stack)[0] == 202, "accepting needs no broker"
    until(lambda: nothing_waits(stack), "everything accepted is applied")

    status, body = a_booking(stack, Prefer="wait=30")
    assert status == 201, body
    assert stack.pids("workers.app worker") == workers
    audit(stack)


def test_a_wiped_broker_loses_no_command(stack: RunningStack) -> None:
    for _ in range(3):
        assert a_booking(stack)[0] == 202
        with redis.Redis.from_url(stack.setting("redis_url")) as broker:
            broker.flushall()
    until(lambda: nothing_waits(stack), "everything accepted is applied")
    audit(stack)


def test_a_broker_that_refuses_writes_ends_no_worker(stack: RunningStack) -> None:
    workers = stack.pids("workers.app worker")
    logs = [stack.data / "logs" / f"{name}.log" for name in ("worker1", "worker2", "notifier")]
    with redis.Redis.from_url(stack.setting("redis_url")) as broker:
        broker.config_set("min-replicas-to-write", 1)
        try:
            assert a_booking(stack)[0] == 202, "accepting needs no broker"
            until(lambda: all("NOREPLICAS" in log.read_text() for log in logs), "each worker is refused")
        finally:
            broker.config_set("min-replicas-to-write", 0)
    until(lambda: nothing_waits(stack), "everything accepted is applied")

    assert stack.pids("workers.app worker") == workers
    assert not any("Unrecoverable" in log.read_text() for log in logs)
    audit(stack)


def test_postgres_killed_refuses_kindly_and_goes_on(stack: RunningStack) -> None:
    key = f"key-{next(KEYS)}"
    path = "/v1/sessions"
    assert stack.kill("postgres", "-D") == 1
    status, body = call(stack, "GET", path)
    assert status in {200, 503}, body
    until(lambda: call(stack, "GET", "/ready")[0] == 200, "the stack is ready again")

    status, body = a_booking(stack, Prefer="wait=30", **{"Idempotency-Key": key})

    assert status == 201, body
    audit(stack)


def test_a_worker_pinned_to_a_session_serves_it(stack: RunningStack, tmp_path: Path) -> None:
    for pid in stack.pids("workers.app worker"):
        os.kill(pid, signal.SIGSTOP)
    for pid in stack.pids("workers.app worker", children=True):
        os.kill(pid, signal.SIGSTOP)
    status, body = a_booking(stack)
    assert status == 202
    environment = {
        **stack.environment,
        **{f"SEATLINE_{name.upper()}": stack.setting(name) for name in ("database_url", "redis_url", "secret_key")},
    }
    queue = f"session.{body['session_id']}"
    arguments = ["-A", "workers.app", "worker", "-Q", queue, "-n", "pinned@%h", "--pool", "solo", "--without-mingle"]
    with (tmp_path / "pinned.log").open("w") as log:
        pinned = subprocess.Popen(
            [sys.executable, "-m", "celery", *arguments], cwd=PROJECT, env=environment, stdout=log, stderr=log
        )
    try:
        until(lambda: nothing_waits(stack), "the pinned worker has served its session")
    finally:
        pinned.terminate()
        pinned.wait(timeout=20)
        for pid in stack.pids("workers.app worker") | stack.pids("workers.app worker", children=True):
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("queue", QueueName)
def test_a_pickle_in_a_queue_is_refused_and_does_nothing(stack: RunningStack, queue: QueueName, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(tmp_path / "evil"),)

    with redis.Redis.from_url(stack.setting("redis_url")) as broker:
        publish.delivery_token(broker)
        template = json.loads(publish._message("seatline.sweep", {}, str(queue)))
        for content_type in ("application/x-python-serialize", "application/x-yaml"):
            template["content-type"] = content_type
            template["content-encoding"] = "binary"
            template["body"] = base64.b64encode(pickle.dumps(([], {"evil": Evil()}, {}))).decode()
            broker.lpush(queue, json.dumps(template))
        until(lambda: not broker.llen(queue), "the messages are taken off")

    assert a_booking(stack, Prefer="wait=20")[0] in {200, 201, 409}, "whoever took them goes on"
    assert not (tmp_path / "evil").exists()


def test_no_process_asked_for_what_its_role_may_not(stack: RunningStack) -> None:
    """Last of all, when each has done all of its work."""
    assert "permission denied" not in (stack.data / "logs" / "postgres.log").read_text()
