"""The pace of a channel: so many a second over all workers, counted in Redis."""

import fakeredis
import pytest

from domain.channels import Channel
from workers.pace import Pace


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("workers.pace.time.time", lambda: now[0])
    return now


def test_without_a_limit_everything_may_go() -> None:
    assert Pace(fakeredis.FakeRedis(), Channel.EMAIL, None).take(1_000_000) == 1_000_000


def test_two_workers_share_the_limit_of_each_second(now: list[float]) -> None:
    redis = fakeredis.FakeRedis()
    one, other = Pace(redis, Channel.EMAIL, 50), Pace(redis, Channel.EMAIL, 50)

    assert [one.take(30), other.take(30), one.take(30)] == [30, 20, 0]
    now[0] += 1
    assert other.take(30) == 30


def test_what_did_not_go_out_may_be_taken_by_others(now: list[float]) -> None:
    redis = fakeredis.FakeRedis()
    one, other = Pace(redis, Channel.EMAIL, 50), Pace(redis, Channel.EMAIL, 50)
    one.take(50)

    one.give_back(45)

    assert other.take(50) == 45


def test_each_channel_has_its_own_limit_and_no_count_stays(now: list[float]) -> None:
    redis = fakeredis.FakeRedis()
    assert Pace(redis, Channel.EMAIL, 5).take(9) == 5
    assert Pace(redis, Channel.PUSH, 5).take(9) == 5

    assert all(0 < redis.ttl(key) <= 10 for key in redis.scan_iter())
