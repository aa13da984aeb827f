"""Who serves each channel by the settings, and what becomes of a channel that nobody can serve."""

from pathlib import Path

import pytest

from domain.channels import Channel
from tests.integration.providers.conftest import Run
from tests.integration.providers.providers_under_test import PROVIDERS_UNDER_TEST
from tests.integration.providers.worlds import VAPID_KEY
from tests.messages.telling import a_delivery, some_settings
from workers.providers import PROVIDERS, opened
from workers.providers.outcomes import GiveUp, Sent
from workers.providers.unserved import Unserved


def test_the_contract_suite_is_run_over_every_provider() -> None:
    assert {one.provider for one in PROVIDERS_UNDER_TEST} == set(PROVIDERS)


def test_each_channel_is_served_as_the_settings_say(tmp_path: Path) -> None:
    settings = some_settings(smtp_url="smtp://127.0.0.1:25", vapid_private_key=VAPID_KEY, mail_folder=tmp_path)

    usual = opened(settings)
    other = opened(
        some_settings(providers={"email": "folder", "push": "console", "webhook": "console"}, mail_folder=tmp_path)
    )

    names = {channel: provider.name for channel, provider in usual.items()}
    assert names == {Channel.EMAIL: "smtp", Channel.PUSH: "web_push", Channel.WEBHOOK: "webhook"}
    assert [provider.name for provider in other.values()] == ["folder", "console", "console"]
    assert all(provider.channel is channel for channel, provider in (usual | other).items())


@pytest.mark.parametrize(
    ("channel", "name", "why"),
    [
        (Channel.EMAIL, "smtp", "SEATLINE_SMTP_URL is not set"),
        (Channel.EMAIL, "folder", "SEATLINE_MAIL_FOLDER is not set"),
        (Channel.PUSH, "web_push", "SEATLINE_VAPID_PRIVATE_KEY is not set"),
        (Channel.PUSH, "smtp", "the provider serves email, not push"),
        (Channel.EMAIL, "pigeon", "one of console, folder, smtp, web_push, webhook"),
    ],
)
def test_a_channel_that_cannot_be_served_gives_up_with_the_reason_and_the_others_go_on(
    run: Run, channel: Channel, name: str, why: str
) -> None:
    names = dict.fromkeys(("email", "push", "webhook"), "console") | {str(channel): name}
    providers = opened(some_settings(providers=names))

    unserved = providers.pop(channel)
    attempt = run(unserved.send(a_delivery(channel=channel)))
    run(unserved.close())

    assert isinstance(unserved, Unserved)
    assert (unserved.name, unserved.channel, unserved.server_of(a_delivery())) == (name, channel, name)
    assert isinstance(attempt, GiveUp)
    assert why in attempt.why
    for other, provider in providers.items():
        assert isinstance(run(provider.send(a_delivery(channel=other))), Sent)
