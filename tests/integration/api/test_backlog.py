"""More commands wait than may: members are turned away until fewer do, and what was accepted stays accepted."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask

from api.backlog import LOOK_EVERY_SECONDS, REST_TIMES, Backlog
from domain.commands import ReconsiderWaitlist
from domain.roles import Role
from ops.doctor import _backlog as backlog_finding
from storage.command_log import accept_own
from storage.database import Db
from storage.queries.backlog import BacklogLimits, Fullness, limits_of, look_at_backlog
from storage.settings import settings
from storage.sign_ins import sign_out_everywhere
from tests.clock import Clock
from tests.integration.api.conftest import Caller, app_with, problem, services_of, staff
from tests.integration.api.test_health import figures
from tests.integration.pages.conftest import Browser
from tests.integration.studio import Studio

LIMITS = BacklogLimits(commands=5, in_session=3)


@pytest.fixture
def small(studio: Studio, clock: Clock) -> Iterator[APIFlask]:
    with app_with(settings()) as app:
        services = services_of(app)
        services.backlog = Backlog(LIMITS, services.ask, clock)
        yield app


@pytest.fixture
def me(small: APIFlask, studio: Studio) -> Caller:
    return Caller(small.test_client(), settings(), studio.a_member())


def fill(studio: Studio, session_id: Any, number: int) -> None:
    for member in studio.members(number):
        studio.book(session_id, member)


def commands(studio: Studio) -> int:
    row = studio.db.execute("SELECT count(*) FROM commands").fetchone()
    assert row is not None
    return int(row[0])


def test_counted_are_those_that_wait_up_to_the_limit(studio: Studio) -> None:
    busy, quiet = studio.a_session(), studio.a_session()
    assert look_at_backlog(studio.db, LIMITS) == Fullness(0, is_full=False)

    fill(studio, busy, 3)
    fill(studio, quiet, 1)
    assert look_at_backlog(studio.db, LIMITS) == Fullness(4, is_full=False, full_sessions=frozenset({busy}))
    fill(studio, quiet, 7)
    assert look_at_backlog(studio.db, LIMITS).waiting == LIMITS.commands
    assert look_at_backlog(studio.db, LIMITS).is_full

    for session_id in (busy, quiet):
        studio.serve(session_id)
    assert look_at_backlog(studio.db, LIMITS) == Fullness(0, is_full=False)


def test_a_full_session_turns_members_away_and_others_are_open(me: Caller, studio: Studio) -> None:
    full = studio.a_session()
    fill(studio, full, 3)
    before = commands(studio)

    answer = me.book(full)

    problem(answer, 503, "backlog_full")
    assert 5 <= int(answer.headers["Retry-After"]) < 15
    assert commands(studio) == before
    assert me.book(studio.a_session()).status_code == 202


def test_where_too_much_waits_in_all_members_are_turned_away_everywhere(me: Caller, studio: Studio) -> None:
    for _ in range(3):
        fill(studio, studio.a_session(), 2)

    problem(me.book(studio.a_session()), 503, "backlog_full")


def test_once_the_workers_are_through_commands_are_taken_again(me: Caller, studio: Studio, clock: Clock) -> None:
    full = studio.a_session()
    fill(studio, full, 3)
    problem(me.book(full), 503, "backlog_full")

    studio.serve(full)

    problem(me.book(full), 503, "backlog_full")
    clock.at += LOOK_EVERY_SECONDS
    assert me.book(full).status_code == 202


def test_who_sent_a_command_before_is_answered_and_may_still_read(me: Caller, studio: Studio, clock: Clock) -> None:
    full = studio.a_session()
    first = me.book(full, Idempotency_Key="mine")
    fill(studio, full, 3)
    clock.at += LOOK_EVERY_SECONDS

    again = me.book(full, Idempotency_Key="mine")

    assert (again.status_code, again.json["id"]) == (202, first.json["id"])
    problem(me.book(full, Idempotency_Key="another"), 503, "backlog_full")
    reused = me.post(f"/v1/bookings/{first.json['id']}/cancellation", {}, Idempotency_Key="mine")
    problem(reused, 422, "idempotency_key_reused")
    assert me.get(f"/v1/commands/{first.json['id']}").status_code == 200
    studio.serve(full)
    assert me.book(full, Idempotency_Key="mine", Prefer="wait=1").status_code == 201


def test_what_was_accepted_before_is_told_to_nobody_who_may_not_come(me: Caller, studio: Studio, clock: Clock) -> None:
    full = studio.a_session()
    me.book(full, Idempotency_Key="mine")
    fill(studio, full, 3)
    clock.at += LOOK_EVERY_SECONDS
    assert me.member is not None
    sign_out_everywhere(studio.db, me.member.id)

    for key in ("mine", "another"):
        problem(me.book(full, Idempotency_Key=key), 401, "token_ended")


def test_staff_and_seatline_itself_are_never_turned_away(small: APIFlask, studio: Studio) -> None:
    full = studio.a_session()
    fill(studio, full, 6)
    caller = Caller(small.test_client(), settings())
    problem(caller.of(studio.a_member()).book(full), 503, "backlog_full")

    cancelled = staff(caller, studio, Role.ADMIN).post(f"/v1/staff/sessions/{full}/cancellation", {"why": "a flood"})

    assert cancelled.status_code == 202
    assert accept_own(studio.db, [(full, ReconsiderWaitlist(studio.a_member().pass_id))])


def test_a_page_says_it_in_words(small: APIFlask, studio: Studio) -> None:
    full, member = studio.a_session(), studio.a_member()
    fill(studio, full, 3)
    browser = Browser(small.test_client())
    browser.sign_in(studio, member)
    form = browser.form(browser.open(f"/sessions/{full}"), f"/sessions/{full}/book")

    page = browser.send(form, status=503)

    assert "no more is taken" in page.get_data(as_text=True)
    assert int(page.headers["Retry-After"]) >= 5


def test_each_process_looks_once_a_second_and_a_tenth_of_the_time_at_most(studio: Studio, clock: Clock) -> None:
    looks = []

    def ask(question: Any) -> Any:
        looks.append(clock.at)
        clock.at += 0.5
        return question(studio.db)

    backlog = Backlog(LIMITS, ask, clock)
    session_id = studio.a_session()
    for _ in range(200):
        assert backlog.takes(session_id)
        clock.at += 0.1

    assert len(looks) == 5
    assert {round(later - earlier, 1) for earlier, later in itertools.pairwise(looks)} == {0.5 + REST_TIMES * 0.5}


def test_while_one_looks_others_go_by_what_was_known(studio: Studio, clock: Clock) -> None:
    session_id = studio.a_session()

    def ask(question: Any) -> Any:
        fill(studio, session_id, 3)
        assert backlog.takes(session_id)
        return question(studio.db)

    backlog = Backlog(LIMITS, ask, clock)

    assert not backlog.takes(session_id)


def test_a_database_that_cannot_say_changes_nothing(studio: Studio, clock: Clock) -> None:
    session_id = studio.a_session()
    fill(studio, session_id, 3)
    answers: list[Any] = [studio.db, None, studio.db]

    def ask(question: Any) -> Any:
        db: Db | None = answers.pop(0)
        if db is None:
            raise psycopg.OperationalError
        return question(db)

    backlog = Backlog(LIMITS, ask, clock)
    assert not backlog.takes(session_id)
    studio.serve(session_id)
    clock.at += LOOK_EVERY_SECONDS
    assert not backlog.takes(session_id)
    clock.at += LOOK_EVERY_SECONDS
    assert backlog.takes(session_id)


def test_the_limits_are_those_of_the_settings(studio: Studio) -> None:
    full = studio.a_session()
    fill(studio, full, 2)
    with app_with(replace(settings(), session_backlog_max=2)) as app:
        problem(Caller(app.test_client(), settings(), studio.a_member()).book(full), 503, "backlog_full")


def test_operators_see_how_much_waits_and_that_members_are_turned_away(studio: Studio) -> None:
    full = studio.a_session()
    fill(studio, full, 2)
    strict = replace(settings(), session_backlog_max=2)
    with app_with(strict) as app:
        anybody = Caller(app.test_client(), settings())
        admin = staff(anybody, studio, Role.ADMIN)

        def shown() -> tuple[bool, float, float]:
            samples = figures(anybody)
            wrong = admin.get("/v1/staff/operations").json["wrong"]
            return "backlog_full" in wrong, samples["seatline_commands_waiting",], samples["seatline_backlog_full",]

        assert shown() == (True, 2, 1)
        assert not backlog_finding(studio.db, limits_of(strict)).well
        studio.serve(full)
        assert shown() == (False, 0, 0)
        assert backlog_finding(studio.db, limits_of(strict)).found == "0 of at most 100,000 commands wait"
