"""A command that kills the process that applies it ends as failed, and takes nobody else with it."""

import os
import subprocess
import sys

from tests.integration.studio import Studio

SERVE_AND_DIE = """
import os, sys
from uuid import UUID
from domain.decide import decide
from workers import batch, lane
from workers.resources import redis_client, lane_pool

session, deadly = UUID(sys.argv[1]), UUID(sys.argv[2])

def decide_or_die(facts, accepted):
    if accepted.id == deadly:
        os._exit(9)
    return decide(facts, accepted)

batch.decide = decide_or_die
while lane.serve(lane_pool(), redis_client(), session).commands:
    pass
"""


def serve_in_a_process_of_its_own(*ids: object) -> int:
    process = subprocess.run(
        [sys.executable, "-c", SERVE_AND_DIE, *map(str, ids)], env=os.environ, timeout=60, check=False
    )
    return process.returncode


def test_a_deadly_command_is_given_up_after_three_deaths_and_the_lane_goes_on(studio: Studio) -> None:
    session = studio.a_session(capacity=9)
    bookings = [studio.book(session, member) for member in studio.members(6)]
    deadly = bookings[3]

    deaths = 0
    while serve_in_a_process_of_its_own(session, deadly) == 9:
        deaths += 1
        assert deaths < 10

    assert deaths == 4, "once in a whole batch, and three times alone"
    assert [studio.status(booking) for booking in bookings] == ["applied"] * 3 + ["failed"] + ["applied"] * 2
    assert "died 3 times" in studio.outcome(deadly)["error"]
    assert studio.counts(session) == (5, 0, 0)
    again = studio.a_member()
    studio.book(session, again)
    assert studio.serve(session).commands == 1


def test_an_innocent_command_survives_two_deaths(studio: Studio) -> None:
    session = studio.a_session(capacity=9)
    booking = studio.book(session, studio.a_member())
    for _ in range(2):
        assert serve_in_a_process_of_its_own(session, booking) == 9

    studio.serve(session)

    assert studio.status(booking) == "applied"
