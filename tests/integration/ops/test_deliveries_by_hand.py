"""`seatline deliveries retry` and `drop`."""

import json

import pytest
from redis import Redis

from domain.channels import Channel
from ops import cli_deliveries
from storage.deliveries import ATTEMPTS_ALLOWED, Delivery, DeliveryStatus, Settlement, claim_due, settle
from storage.webhooks import add_webhook
from tests.integration.ops.conftest import Cli
from tests.integration.ops.post import Post
from tests.integration.workers.postroom import ScriptedProvider
from workers import publish
from workers.metrics import read_counters
from workers.providers.outcomes import GiveUp, TryAgain
from workers.queues import QueueName


def test_a_failed_delivery_tried_again_is_sent_under_a_number_of_its_own(cli: Cli, post: Post) -> None:
    (id_,) = post.failed()
    post.studio.redis.delete(QueueName.NOTIFICATIONS)

    status, out, err = cli("deliveries", "retry", id_)

    assert (status, out, err) == (0, "1 delivery is due now.\n", "")
    assert post.status(id_) == ("due", "to be tried again, by hand")
    assert post.studio.redis.llen(QueueName.NOTIFICATIONS) == 1, "no worker was called"
    assert len(post.works(ScriptedProvider()).given) == 1
    assert post.status(id_) == ("sent", None)
    assert [(number, outcome) for number, _, outcome, _ in post.desk.attempts()] == [(1, "give_up"), (2, "sent")]


def test_a_delivery_tried_again_has_all_its_attempts_before_it(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    down = ScriptedProvider(answer=lambda _: TryAgain("451 busy"))

    def fail() -> None:
        for _ in range(ATTEMPTS_ALLOWED):
            assert post.status(id_)[0] == "due"
            post.desk.all_due()
            post.works(down)
        assert post.status(id_)[0] == "failed"

    fail()
    assert cli("deliveries", "retry", "--failed")[0] == 0
    fail()

    assert [number for number, *_ in post.desk.attempts()] == list(range(1, 2 * ATTEMPTS_ALLOWED + 1))


def settlement(claimed: object, status: DeliveryStatus) -> Settlement:
    assert isinstance(claimed, Delivery)
    return Settlement(claimed.id, claimed.notice.kind, claimed.attempts, claimed.lease_ends_at, status)


def test_a_worker_that_comes_too_late_settles_nothing_of_a_delivery_tried_again(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    db = post.studio.db
    (late,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=0)
    (next_,) = claim_due(db, Channel.EMAIL, limit=1, lease_seconds=60)
    settle(db, [settlement(next_, DeliveryStatus.FAILED)])
    assert cli("deliveries", "retry", id_)[0] == 0
    claim_due(db, Channel.EMAIL, limit=1, lease_seconds=60)

    settle(db, [settlement(late, DeliveryStatus.DUE)])

    assert post.status(id_)[0] == "sending"


def test_a_dropped_delivery_that_no_longer_holds_is_dropped_again(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    assert cli("deliveries", "drop", id_)[0] == 0
    post.studio.db.execute("UPDATE bookings SET status = 'cancelled', cancelled_at = now()")

    assert cli("deliveries", "retry", id_)[0] == 0
    provider = post.works(ScriptedProvider())

    assert provider.given == []
    assert post.status(id_) == ("dropped", "the booking is cancelled")


def test_what_cannot_be_tried_again_is_named_with_the_reason_and_the_rest_is_done(cli: Cli, post: Post) -> None:
    (failed,) = post.failed()
    (sent,) = post.due()
    post.works(ScriptedProvider())
    sending = post.sending()
    (due,) = post.due()

    status, out, err = cli("deliveries", "retry", sent, failed, sending, due, 2**40)

    assert (status, out) == (1, "1 delivery is due now.\n")
    assert err.splitlines() == [
        f"Delivery {sent} was not changed: it was sent.",
        f"Delivery {sending} was not changed: it is being sent right now.",
        f"Delivery {due} was not changed: it is due already.",
        f"Delivery {2**40} was not changed: there is none with this id.",
    ]
    assert [post.status(id_)[0] for id_ in (failed, sent, sending, due)] == ["due", "sent", "sending", "due"]


def test_all_that_failed_is_tried_again_or_some_channel_or_kind_of_it(cli: Cli, post: Post) -> None:
    add_webhook(post.studio.db, url="https://hooks.example/", secret="s", kinds=[])
    ids = post.failed(3)
    post.works(ScriptedProvider(channel=Channel.WEBHOOK, answer=lambda _: GiveUp("404")))

    def changed(*options: str) -> int:
        status, out, _ = cli("deliveries", "retry", "--failed", *options, "--json")
        assert status == 0
        assert json.loads(out)["refused"] == []
        return int(json.loads(out)["changed"])

    assert changed("--kind", "promoted") == 0
    assert changed("--channel", "webhook", "--kind", "booking_confirmed") == 3
    assert {post.status(id_)[0] for id_ in ids} == {"failed"}
    assert changed() == 3
    assert {post.status(id_)[0] for id_ in ids} == {"due"}


def test_a_retry_that_reaches_no_worker_says_so_and_is_done(
    cli: Cli, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: Redis) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(publish, "delivery_token", nobody)
    (id_,) = post.failed()

    status, _, err = cli("deliveries", "retry", id_)

    assert status == 0
    assert "No worker could be called (connection refused)" in err
    assert post.status(id_)[0] == "due"


def test_due_and_failed_deliveries_are_dropped_with_the_reason_and_counted(cli: Cli, post: Post) -> None:
    (failed,) = post.failed()
    sending = post.sending()
    due, other = post.due(2)

    status, out, err = cli("deliveries", "drop", failed, due, sending, "--why", "the studio closed")

    assert (status, out) == (1, "2 deliveries are dropped.\n")
    assert err == f"Delivery {sending} was not changed: it is being sent right now.\n"
    assert [post.status(id_) for id_ in (failed, due)] == [("dropped", "the studio closed")] * 2
    assert [post.status(id_)[0] for id_ in (sending, other)] == ["sending", "due"]
    assert read_counters(post.studio.redis)["delivery:email:booking_confirmed:dropped"] == 2
    assert cli("deliveries", "drop", failed)[2] == f"Delivery {failed} was not changed: it is dropped already.\n"


def test_dropping_needs_no_redis(cli: Cli, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_deliveries, "redis_client", lambda: Redis(port=9))
    (id_,) = post.due()

    assert cli("deliveries", "drop", id_)[0] == 0
    assert post.status(id_)[0] == "dropped"


def test_a_dropped_delivery_is_not_sent(cli: Cli, post: Post) -> None:
    (id_,) = post.due()
    assert cli("deliveries", "drop", id_)[0] == 0

    assert post.works(ScriptedProvider()).given == []
    assert post.status(id_) == ("dropped", "dropped by hand")


def test_all_that_failed_is_dropped(cli: Cli, post: Post) -> None:
    ids = post.failed(2)
    (due,) = post.due()

    assert cli("deliveries", "drop", "--failed", "--channel", "push")[1] == "0 deliveries are dropped.\n"
    assert cli("deliveries", "drop", "--failed")[1] == "2 deliveries are dropped.\n"

    assert {post.status(id_)[0] for id_ in ids} == {"dropped"}
    assert post.status(due)[0] == "due"


@pytest.mark.parametrize("action", ["retry", "drop"])
@pytest.mark.parametrize("options", [(), ("1", "--failed"), ("1", "--channel", "email"), ("1", "--kind", "reminder")])
def test_a_change_by_hand_needs_to_know_of_what(cli: Cli, action: str, options: tuple[str, ...]) -> None:
    assert cli("deliveries", action, *options)[0] == 2
