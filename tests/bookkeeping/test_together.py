"""Who comes while others are served is served with the next."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from api import together
from api.together import Together


class Doubling:
    """Doubles numbers, those that come together in one go; the first go lasts until it is let on."""

    def __init__(self) -> None:
        self.goes: list[list[int]] = []
        self.has_begun, self.may_end = Event(), Event()
        self.double = Together(self._double)

    def _double(self, numbers: Sequence[int]) -> list[int | BaseException]:
        self.goes.append(list(numbers))
        self.has_begun.set()
        assert self.may_end.wait(20)
        if 0 in numbers:
            raise ZeroDivisionError
        return [ValueError(number) if number < 0 else 2 * number for number in numbers]

    @contextmanager
    def while_one_is_served(self, first: int, others: list[int]) -> Iterator[list[Future[int]]]:
        """Let others come while the first is being served."""
        with ThreadPoolExecutor(1 + len(others)) as threads:
            leading = threads.submit(self.double, first)
            assert self.has_begun.wait(20)
            following = []
            for number in others:
                following.append(threads.submit(self.double, number))
                self._wait_until_gathered(len(following))
            self.may_end.set()
            yield [leading, *following]

    def _wait_until_gathered(self, count: int) -> None:
        while len(self.double._gathered) < count:
            Event().wait(0.001)


def test_who_comes_while_another_is_served_is_served_with_all_who_came_by_then() -> None:
    doubling = Doubling()
    with doubling.while_one_is_served(1, [2, 3, 4]) as futures:
        assert [future.result(20) for future in futures] == [2, 4, 6, 8]
    assert doubling.goes == [[1], [2, 3, 4]]


def test_nobody_waits_for_others_to_come() -> None:
    doubling = Doubling()
    doubling.may_end.set()
    assert [doubling.double(1), doubling.double(2)] == [2, 4]
    assert doubling.goes == [[1], [2]]


def test_at_most_so_many_are_served_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "TOGETHER_MAX", 2)
    doubling = Doubling()
    with doubling.while_one_is_served(1, [2, 3, 4]) as futures:
        assert [future.result(20) for future in futures] == [2, 4, 6, 8]
    assert doubling.goes == [[1], [2, 3], [4]]


def test_what_is_wrong_with_one_is_told_to_that_one() -> None:
    doubling = Doubling()
    with doubling.while_one_is_served(1, [2, -3, 4]) as (_, two, three, four):
        assert (two.result(20), four.result(20)) == (4, 8)
        with pytest.raises(ValueError, match="-3"):
            three.result(20)


def test_what_ends_the_work_is_told_to_all_of_it_and_the_next_are_served() -> None:
    doubling = Doubling()
    with doubling.while_one_is_served(1, [2, 0]) as (_, *failing):
        for one in failing:
            with pytest.raises(ZeroDivisionError):
                one.result(20)
    assert doubling.double(5) == 10
