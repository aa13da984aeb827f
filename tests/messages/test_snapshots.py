"""Every kind on every channel looks as its snapshot shows."""

import json

import pytest

from domain.channels import Channel
from domain.notices import OPEN_KINDS, WITH_A_LINK, NoticeKind
from tests.messages.cases import CASES
from tests.messages.reading import readable, received
from tests.messages.snapshot import assert_snapshot, kept_snapshots
from tests.messages.telling import a_delivery, some_settings
from workers.messages import words_for
from workers.messages.events import event_of
from workers.messages.push import push_for

EVERY_CASE = pytest.mark.parametrize("name", CASES)
OPEN_CASES = {name for name, notice in CASES.items() if notice.kind not in WITH_A_LINK}
EVERY_OPEN_CASE = pytest.mark.parametrize("name", sorted(OPEN_CASES))


@EVERY_CASE
def test_an_e_mail_looks_like_its_snapshot(name: str) -> None:
    mail = received(a_delivery(CASES[name]))

    assert_snapshot(Channel.EMAIL, name, readable(mail))


@EVERY_OPEN_CASE
def test_a_push_message_looks_like_its_snapshot(name: str) -> None:
    message = push_for(a_delivery(CASES[name], Channel.PUSH), some_settings())

    shown = "\n".join(f"{key}: {value}" for key, value in json.loads(message.payload).items())
    sent = f"ttl_seconds: {message.ttl_seconds}\nurgency: {message.urgency}\ntopic: {message.topic}"
    assert_snapshot(Channel.PUSH, name, f"{shown}\n\n{sent}\n")


@EVERY_OPEN_CASE
def test_an_event_looks_like_its_snapshot(name: str) -> None:
    event = event_of(CASES[name])

    assert_snapshot(Channel.WEBHOOK, name, json.dumps(event, indent=2, ensure_ascii=False) + "\n")


@EVERY_OPEN_CASE
def test_the_inbox_looks_like_its_snapshot(name: str) -> None:
    words = words_for(CASES[name])

    assert_snapshot(Channel.IN_APP, name, "\n\n".join([words.headline, *words.paragraphs]) + "\n")


@pytest.mark.parametrize("channel", Channel)
def test_every_kind_has_its_snapshot_and_none_is_stale(channel: Channel) -> None:
    kept = kept_snapshots(channel)

    by_mail = channel is Channel.EMAIL
    assert kept == (set(CASES) if by_mail else OPEN_CASES)
    assert kept >= {str(kind) for kind in (NoticeKind if by_mail else OPEN_KINDS)}
