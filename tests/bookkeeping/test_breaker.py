"""The circuit breaker: when a server is left alone, tried, and trusted again; time is a number here."""

from workers.breaker import FAILURES_MAX, PAUSE_SECONDS_FIRST, PAUSE_SECONDS_MAX, TRIAL_SECONDS_MAX, Breaker


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def down(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(FAILURES_MAX):
        assert breaker.may_call("mail")
        breaker.is_down("mail")
    return breaker


def test_a_few_failures_change_nothing_and_one_answer_forgives_them() -> None:
    breaker = Breaker(Clock())
    for _ in range(FAILURES_MAX - 1):
        breaker.is_down("mail")
    assert breaker.worth_claiming("mail", 100) == 100

    breaker.works("mail")
    breaker.is_down("mail")

    assert breaker.may_call("mail")


def test_a_server_that_fails_in_a_row_is_left_alone_and_no_other() -> None:
    breaker = down(Clock())

    assert breaker.worth_claiming("mail", 100) == 0
    assert not breaker.may_call("mail")
    assert breaker.seconds_left("mail") == PAUSE_SECONDS_FIRST
    assert breaker.worth_claiming("other", 100) == 100


def test_after_the_pause_one_call_is_made_for_trial_and_no_second_one() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now += PAUSE_SECONDS_FIRST

    assert breaker.worth_claiming("mail", 100) == 1
    assert breaker.worth_claiming("mail", 0) == 0
    assert breaker.may_call("mail")
    assert not breaker.may_call("mail")
    assert breaker.worth_claiming("mail", 100) == 0
    breaker.works("mail")
    assert breaker.worth_claiming("mail", 100) == 100


def test_a_failed_trial_doubles_the_pause_up_to_its_bound() -> None:
    clock = Clock()
    breaker = down(clock)
    pauses = []
    for _ in range(8):
        pauses.append(breaker.seconds_left("mail"))
        clock.now += pauses[-1]
        assert breaker.may_call("mail")
        breaker.is_down("mail")

    assert pauses[:4] == [10.0, 20.0, 40.0, 80.0]
    assert pauses[-1] == PAUSE_SECONDS_MAX


def test_calls_that_fail_after_the_pause_began_do_not_make_it_longer() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now += 1
    for _ in range(7):
        breaker.is_down("mail")

    assert breaker.seconds_left("mail") == PAUSE_SECONDS_FIRST - 1


def test_a_trial_that_never_came_back_is_made_again() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now += PAUSE_SECONDS_FIRST
    assert breaker.may_call("mail")

    clock.now += TRIAL_SECONDS_MAX

    assert breaker.may_call("mail")


def test_a_trial_that_never_got_to_the_server_proves_nothing() -> None:
    clock = Clock()
    breaker = down(clock)
    clock.now += PAUSE_SECONDS_FIRST
    assert breaker.may_call("mail")

    breaker.untried("mail")
    breaker.untried("other")

    assert breaker.worth_claiming("mail", 100) == 1, "it is still on trial"
    assert breaker.may_call("mail")
