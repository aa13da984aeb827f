"""What each reply of a mail server comes to, and that none of them touches the next mail."""

from dataclasses import replace

import pytest

from tests.integration.providers.conftest import Opened, Run
from tests.integration.providers.mail_server import BREAK_OFF, HANG, MailServer
from tests.integration.providers.server_thread import ServerThread
from tests.integration.providers.worlds import MailWorld
from workers.messages import MessageError
from workers.providers import smtp_connections
from workers.providers.outcomes import GiveUp, Sent, TryAgain
from workers.providers.smtp_server import Security


@pytest.fixture
def world(opened: Opened, server_thread: ServerThread) -> MailWorld:
    return opened(MailWorld.around(MailServer(server_thread, Security.NONE)))


def test_what_is_taken_is_sent_with_the_servers_reply(world: MailWorld, run: Run) -> None:
    attempt = run(world.provider.send(world.delivery()))

    assert attempt == Sent("250 taken as 0")
    (mail,) = world.server.mails
    assert (mail.sender, mail.recipients) == ("hello@book.example.com", ("maria@example.com",))


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("MAIL", "451 4.3.0 queue file is not writable"),
        ("MAIL", "452 4.3.1 the disk is full"),
        ("RCPT", "450 4.2.0 greylisted"),
        ("RCPT", "452 4.2.2 the mailbox is full"),
        ("DATA", "451 4.7.1 the scanner is busy"),
    ],
)
def test_a_reply_of_4xx_is_tried_again(world: MailWorld, run: Run, command: str, reply: str) -> None:
    world.server.will_reply(command, reply)

    assert run(world.provider.send(world.delivery(1))) == TryAgain(reply)

    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)
    assert [mail.recipients for mail in world.server.mails] == [("maria@example.com",)]


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("RCPT", "550 5.1.1 no such mailbox"),
        ("RCPT", "553 5.1.3 not a mailbox"),
        ("DATA", "552 5.3.4 too big"),
        ("DATA", "554 5.7.1 looks like spam"),
    ],
)
def test_a_reply_of_5xx_to_recipient_or_content_gives_up(world: MailWorld, run: Run, command: str, reply: str) -> None:
    world.server.will_reply(command, reply)

    assert run(world.provider.send(world.delivery(1))) == GiveUp(reply)

    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)
    assert [mail.recipients for mail in world.server.mails] == [("maria@example.com",)]


@pytest.mark.parametrize(
    ("command", "reply", "hint"),
    [
        ("MAIL", "553 5.7.1 this is not your address", "SEATLINE_MAIL_FROM"),
        ("MAIL", "530 5.7.0 sign in first", "SEATLINE_SMTP_URL"),
        ("RCPT", "530 5.7.0 sign in first", "SEATLINE_SMTP_URL"),
        ("DATA", "421 4.3.2 going down", "421"),
        ("RCPT", "421 4.3.2 going down", "421"),
        ("RCPT", "hello", "no proper reply"),
        ("RCPT", "354 a reply to something else", "354"),
        ("RCPT", BREAK_OFF, "broke off"),
        ("DATA", BREAK_OFF, "broke off"),
    ],
)
def test_what_would_meet_each_mail_loses_none_and_is_held_against_the_server(
    world: MailWorld, run: Run, command: str, reply: str, hint: str
) -> None:
    world.server.will_reply(command, reply)

    attempt = run(world.provider.send(world.delivery(1)))

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    assert hint in attempt.why
    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)
    assert [mail.recipients for mail in world.server.mails] == [("maria@example.com",)]


def test_a_server_that_closes_at_each_mail_is_down(world: MailWorld, run: Run) -> None:
    world.server.usual["MAIL"] = "421 4.3.2 no more mails today"

    for _ in range(2):
        attempt = run(world.provider.send(world.delivery()))

        assert isinstance(attempt, TryAgain)
        assert attempt.server_down
        assert "no more mails today" in attempt.why


def test_a_refused_mail_leaves_its_connection_to_the_next(world: MailWorld, run: Run) -> None:
    world.server.will_reply("RCPT", "550 no such mailbox")

    run(world.provider.send(world.delivery(1)))
    run(world.provider.send(world.delivery(2)))

    assert (world.server.connections, world.server.commands["RSET"]) == (1, 1)


def test_a_connection_that_cannot_be_reset_is_not_used_again(world: MailWorld, run: Run) -> None:
    world.server.will_reply("RCPT", "550 no such mailbox")
    world.server.will_reply("RSET", "500 what?")

    assert isinstance(run(world.provider.send(world.delivery(1))), GiveUp)
    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)

    assert world.server.connections == 2


@pytest.mark.parametrize(
    "address",
    ["", "maria", "@example.com", "maria@", "Maria <maria@example.com>", "maria@example.com, eve@example.net"],
)
def test_what_is_not_one_address_is_given_up_before_any_server_is_asked(
    world: MailWorld, run: Run, address: str
) -> None:
    attempt = run(world.provider.send(replace(world.delivery(), address=address)))

    assert attempt == GiveUp(f"{address!r} is not an e-mail address")
    assert world.server.connections == 0


@pytest.mark.parametrize("address", ["maría@example.com", "maria@exämple.com"])
def test_an_address_beyond_ascii_fails_as_a_message_that_cannot_be_written(
    world: MailWorld, run: Run, address: str
) -> None:
    with pytest.raises(MessageError, match="ASCII"):
        run(world.provider.send(replace(world.delivery(), address=address)))

    assert world.server.connections == 0


def test_an_address_with_a_command_in_it_is_given_up(world: MailWorld, run: Run) -> None:
    address = "maria@example.com>\r\nRCPT TO:<eve@example.net"

    assert isinstance(run(world.provider.send(replace(world.delivery(), address=address))), GiveUp)

    assert world.server.commands["RCPT"] == 0


def test_a_server_that_does_not_reply_is_down(world: MailWorld, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "REPLY_SECONDS_MAX", 1.0)
    world.server.will_reply("RCPT", HANG)

    attempt = run(world.provider.send(world.delivery(1)))

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    assert isinstance(run(world.provider.send(world.delivery(2))), Sent)
