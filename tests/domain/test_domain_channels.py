from itertools import product

import pytest

from domain.channels import DEFAULTS, SWITCHABLE, Channel, Preferences
from domain.notices import OPEN_KINDS, NoticeKind

EVERY_KIND = pytest.mark.parametrize("kind", OPEN_KINDS)
NEVER_CHOSE = Preferences()


def test_every_kind_has_a_default_and_on_channels_that_can_be_switched_only() -> None:
    assert set(DEFAULTS) == set(OPEN_KINDS)
    assert frozenset[Channel]().union(*DEFAULTS.values()) <= set(SWITCHABLE)


def test_by_default_news_comes_by_push_too_and_leaving_the_line_is_shown_in_the_app_only() -> None:
    wanted = {kind: {channel for channel in Channel if NEVER_CHOSE.wants(kind, channel)} for kind in OPEN_KINDS}

    always = {Channel.IN_APP, Channel.WEBHOOK}
    assert wanted[NoticeKind.LEFT_WAITLIST] == always
    assert wanted[NoticeKind.PASS_RUNNING_LOW] == always | {Channel.EMAIL}
    assert wanted[NoticeKind.PROMOTED] == wanted[NoticeKind.REMINDER] == always | {Channel.EMAIL, Channel.PUSH}


@EVERY_KIND
def test_the_app_and_the_webhook_are_told_everything_whatever_members_chose(kind: NoticeKind) -> None:
    nothing = Preferences(frozenset(Channel), dict.fromkeys(product(NoticeKind, Channel), False))

    assert nothing.wants(kind, Channel.IN_APP)
    assert nothing.wants(kind, Channel.WEBHOOK)


@EVERY_KIND
@pytest.mark.parametrize("channel", SWITCHABLE)
def test_a_channel_switched_off_is_not_wanted_and_keeps_what_was_chosen(kind: NoticeKind, channel: Channel) -> None:
    chosen = Preferences(frozenset({channel}), {(kind, channel): True})

    assert not chosen.wants(kind, channel)
    assert chosen.chose(kind, channel)


@EVERY_KIND
@pytest.mark.parametrize("channel", SWITCHABLE)
def test_a_choice_goes_before_the_default_of_its_kind_and_channel_alone(kind: NoticeKind, channel: Channel) -> None:
    default = NEVER_CHOSE.wants(kind, channel)
    chosen = Preferences(choices={(kind, channel): not default})

    differs = [pair for pair in product(NoticeKind, Channel) if chosen.wants(*pair) != NEVER_CHOSE.wants(*pair)]
    assert differs == [(kind, channel)]
