"""Links to a password, and whether the notices that carry them are sent."""

from datetime import timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from domain.channels import DEFAULTS, SWITCHABLE, Channel, Preferences
from domain.notices import OPEN_KINDS, WITH_A_LINK, NoticeKind
from domain.password_links import HOLDS, LinkEnding, LinkPurpose, PasswordLink
from domain.sending import CAN_WAIT, Drop, Send, Told, before_sending
from tests.builders import NOW, TICK, an_id

KYIV = ZoneInfo("Europe/Kyiv")
HOUR = timedelta(hours=1)
EVERY_KIND = pytest.mark.parametrize("kind", sorted(WITH_A_LINK))
NOTHING = Preferences(frozenset(SWITCHABLE), dict.fromkeys(product(NoticeKind, SWITCHABLE), False))


def a_link(ended: LinkEnding | None = None) -> PasswordLink:
    return PasswordLink(an_id("link"), NOW + HOUR, ended)


def told(kind: NoticeKind, link: PasswordLink | None) -> Told:
    return Told(kind=kind, starts_at=None, expires_at=None, booking=None, training_session=None, pass_=None, link=link)


def test_a_reset_holds_for_an_hour_and_an_invitation_for_two_weeks() -> None:
    assert {LinkPurpose.RESET: HOUR, LinkPurpose.INVITATION: timedelta(days=14)} == HOLDS


def test_kinds_with_a_link_are_apart_from_those_that_members_choose_about() -> None:
    assert {NoticeKind.PASSWORD_RESET, NoticeKind.INVITATION} == WITH_A_LINK
    assert set(OPEN_KINDS) == set(NoticeKind) - WITH_A_LINK == set(DEFAULTS)
    assert not WITH_A_LINK & CAN_WAIT


@EVERY_KIND
def test_a_link_goes_by_e_mail_whatever_the_member_chose(kind: NoticeKind) -> None:
    assert before_sending(told(kind, a_link()), Channel.EMAIL, NOTHING, zone=KYIV, now=NOW) == Send()


@EVERY_KIND
def test_a_link_never_waits_for_quiet_hours(kind: NoticeKind) -> None:
    night = NOW.astimezone(KYIV).replace(hour=3)

    assert before_sending(told(kind, a_link()), Channel.EMAIL, Preferences(), zone=KYIV, now=night) == Send()


@EVERY_KIND
@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.WEBHOOK, Channel.IN_APP])
def test_a_link_goes_nowhere_else(kind: NoticeKind, channel: Channel) -> None:
    everything = Preferences(choices=dict.fromkeys(product(NoticeKind, SWITCHABLE), True))

    decided = before_sending(told(kind, a_link()), channel, everything, zone=KYIV, now=NOW)

    assert decided == Drop("a secret link goes by e-mail alone")
    assert not everything.wants(kind, channel)


@EVERY_KIND
@pytest.mark.parametrize(
    ("ended", "why"),
    [
        (LinkEnding.USED, "the link was used"),
        (LinkEnding.REPLACED, "a newer link has taken its place"),
        (LinkEnding.PASSWORD_CHANGED, "the password was changed"),
    ],
)
def test_a_link_that_ended_is_not_sent(kind: NoticeKind, ended: LinkEnding, why: str) -> None:
    notice = told(kind, a_link(ended))

    assert before_sending(notice, Channel.EMAIL, Preferences(), zone=KYIV, now=NOW) == Drop(why)


@EVERY_KIND
def test_a_link_is_sent_up_to_the_moment_it_expires_and_not_later(kind: NoticeKind) -> None:
    def decided(link: PasswordLink | None, after: timedelta) -> object:
        return before_sending(told(kind, link), Channel.EMAIL, Preferences(), zone=KYIV, now=NOW + after)

    assert decided(a_link(), HOUR - TICK) == Send()
    assert decided(a_link(), HOUR) == Drop("the link has expired")
    assert decided(None, HOUR - TICK) == Drop("the link is gone")


def test_every_ending_has_its_reason() -> None:
    assert all(a_link(ended).why_dead(NOW) for ended in LinkEnding)
    assert a_link().why_dead(NOW) is None
