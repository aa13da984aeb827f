"""What every provider promises, whatever it sends over. The providers are listed in providers_under_test.py."""

import asyncio

import pytest

from tests.integration.providers.conftest import Run
from tests.integration.providers.providers_under_test import Mood, every_provider, those_whose_server
from tests.integration.providers.worlds import Moody, World
from workers.providers.outcomes import Attempt, GiveUp, Sent, TryAgain


async def all_at_once(world: World, count: int) -> list[Attempt]:
    return await asyncio.gather(*(world.provider.send(world.delivery(number)) for number in range(count)))


@every_provider
def test_what_is_sent_arrives_with_its_key_and_words(world: World, run: Run) -> None:
    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, Sent)
    (arrival,) = world.arrived()
    assert arrival.key
    assert "Evening yoga" in arrival.text


@every_provider
def test_a_second_sending_carries_the_same_key_and_another_delivery_another(world: World, run: Run) -> None:
    for delivery in (world.delivery(1), world.delivery(1), world.delivery(2)):
        assert isinstance(run(world.provider.send(delivery)), Sent)

    keys = [arrival.key for arrival in world.arrived()]
    assert len(set(keys)) == 2


@every_provider
def test_many_sendings_at_once_all_arrive(world: World, run: Run) -> None:
    attempts = run(all_at_once(world, 20))

    assert all(isinstance(attempt, Sent) for attempt in attempts)
    assert len({arrival.key for arrival in world.arrived()}) == 20


@every_provider
def test_a_name_with_line_ends_adds_no_header(world: World, run: Run) -> None:
    delivery = world.delivery(member_name="Eve\r\nBcc: eve@example.net\r\n\r\nmore", studio_name="Yoga\nBcc: eve")

    assert isinstance(run(world.provider.send(delivery)), Sent)

    (arrival,) = world.arrived()
    assert "bcc" not in arrival.headers


@every_provider
def test_it_can_be_closed_unused_and_twice_and_used_again(world: World, run: Run) -> None:
    run(world.provider.close())

    assert isinstance(run(world.provider.send(world.delivery())), Sent)
    run(world.provider.close())
    run(world.provider.close())
    assert isinstance(run(world.provider.send(world.delivery())), Sent)


@every_provider
def test_it_names_the_server_a_delivery_goes_to(world: World) -> None:
    server = world.provider.server_of(world.delivery())

    assert server
    assert world.provider.only_server in {None, server}


@those_whose_server(Mood.REFUSES)
def test_a_refusal_for_now_asks_to_try_again_and_is_not_held_against_the_server(world: Moody, run: Run) -> None:
    world.refuse_for_now()

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, TryAgain)
    assert not attempt.server_down
    assert isinstance(run(world.provider.send(world.delivery())), Sent)


@those_whose_server(Mood.REFUSES)
def test_a_refusal_for_good_gives_up_with_the_servers_words(world: Moody, run: Run) -> None:
    world.refuse_for_good("nobody lives here")

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, GiveUp)
    assert "nobody lives here" in attempt.why
    assert isinstance(run(world.provider.send(world.delivery())), Sent)


@those_whose_server(Mood.UNREACHABLE)
def test_an_unreachable_server_is_down_and_tried_again(world: World, run: Run) -> None:
    world.stop()

    attempt = run(world.provider.send(world.delivery()))

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    world.start()
    assert isinstance(run(world.provider.send(world.delivery())), Sent)


@those_whose_server(Mood.UNREACHABLE)
def test_a_server_that_restarted_meanwhile_costs_no_attempt(world: World, run: Run) -> None:
    run(all_at_once(world, 5))
    world.stop()
    world.start()

    attempts = run(all_at_once(world, 10))

    assert all(isinstance(attempt, Sent) for attempt in attempts)
    assert len({arrival.key for arrival in world.arrived()}) == 10


@those_whose_server(Mood.HANGS)
def test_a_call_that_hangs_can_be_cancelled_and_the_next_one_works(world: Moody, run: Run) -> None:
    world.hang()

    async def cancelled_while_it_hangs() -> None:
        call = asyncio.create_task(world.provider.send(world.delivery(1)))
        await asyncio.to_thread(world.wait_until_hanging)
        call.cancel()
        await call

    with pytest.raises(asyncio.CancelledError):
        run(cancelled_while_it_hangs())

    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)
    assert world.arrived()
