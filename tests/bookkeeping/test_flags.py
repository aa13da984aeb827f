"""The lane's flags alone, on a Redis of this process: what is armed, rerun and served, and what a crash leaves."""

from uuid import UUID

import pytest
from fakeredis import FakeRedis

from domain.ids import TrainingSessionId
from workers import flags
from workers.queues import session_queue_name

LANE = TrainingSessionId(UUID(int=7))
OTHER = TrainingSessionId(UUID(int=8))


@pytest.fixture
def redis() -> FakeRedis:
    return FakeRedis(decode_responses=True)


def test_of_many_who_arm_a_lane_one_publishes_the_token(redis: FakeRedis) -> None:
    assert [flags.arm(redis, LANE) is not None for _ in range(3)] == [True, False, False]
    assert flags.arm(redis, OTHER) is not None


def test_a_lane_can_be_armed_again_once_its_batch_has_begun(redis: FakeRedis) -> None:
    flags.arm(redis, LANE)
    flags.begin(redis, LANE, position=3)

    assert flags.arm(redis, LANE) is not None


def test_rearming_does_not_ask(redis: FakeRedis) -> None:
    first = flags.arm(redis, LANE)

    assert first is not None
    assert flags.rearm(redis, LANE) >= first


def test_a_token_used_up_before_the_batch_began_is_forgotten_and_one_after_it_is_not(redis: FakeRedis) -> None:
    flags.token_used(redis, LANE)
    flags.begin(redis, LANE, position=3)
    assert not flags.take_rerun(redis, LANE)

    flags.token_used(redis, LANE)
    assert flags.take_rerun(redis, LANE)
    assert not flags.take_rerun(redis, LANE), "it is taken once"


def test_only_a_batch_that_never_ended_tells_of_a_death(redis: FakeRedis) -> None:
    assert not flags.begin(redis, LANE, position=3)
    flags.ended(redis, LANE)
    assert not flags.begin(redis, LANE, position=3)
    assert flags.begin(redis, LANE, position=3)
    assert not flags.begin(redis, OTHER, position=3)


def test_a_batch_that_was_committed_but_could_not_say_so_tells_of_no_death(redis: FakeRedis) -> None:
    flags.begin(redis, LANE, position=3)

    assert not flags.begin(redis, LANE, position=5)
    assert flags.begin(redis, LANE, position=5), "the one after it did die"


def test_a_served_lane_leaves_no_key(redis: FakeRedis) -> None:
    redis.lpush(session_queue_name(LANE), "stale")
    flags.arm(redis, LANE)
    flags.token_used(redis, LANE)
    flags.begin(redis, LANE, position=3)
    flags.ended(redis, LANE)

    assert not flags.leave_empty(redis, LANE), "no token was used up since the batch began"

    assert redis.keys("*") == []
