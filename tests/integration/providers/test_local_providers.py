"""The providers of the local stack: mails as files, and deliveries as lines of the log."""

from pathlib import Path

import pytest

from domain.channels import Channel
from tests.integration.providers.conftest import Run
from tests.messages.telling import a_delivery, a_told_notice, some_settings
from workers.logs import set_up_logs
from workers.providers.console import ConsoleProvider
from workers.providers.folder import FolderProvider
from workers.providers.outcomes import Sent, TryAgain


def test_a_mail_is_one_file_however_often_it_is_sent(run: Run, tmp_path: Path) -> None:
    provider = FolderProvider.open(some_settings(mail_folder=tmp_path / "made" / "mail"))

    attempts = [run(provider.send(a_delivery(id=7, attempts=attempts))) for attempts in (1, 2)]

    assert attempts == [Sent("7.eml"), Sent("7.eml")]
    assert [path.name for path in (tmp_path / "made" / "mail").iterdir()] == ["7.eml"]


def test_a_mail_that_cannot_be_written_leaves_nothing_half_done(run: Run, tmp_path: Path) -> None:
    provider = FolderProvider.open(some_settings(mail_folder=tmp_path))
    (tmp_path / "7.eml").mkdir()

    attempt = run(provider.send(a_delivery(id=7)))

    assert isinstance(attempt, TryAgain)
    assert attempt.server_down
    assert str(tmp_path) in attempt.why
    assert [path.name for path in tmp_path.iterdir()] == ["7.eml"]


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.PUSH, Channel.WEBHOOK])
def test_a_delivery_is_one_line_of_the_log(run: Run, channel: Channel, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs()
    notice = a_told_notice(member_name="Eve\nlevel=error", studio_name="Yoga\r\nlevel=error")

    run(ConsoleProvider.open(some_settings(), channel).send(a_delivery(notice, channel, id=7)))

    (line,) = capsys.readouterr().err.splitlines()
    assert "delivery_id=7" in line
    assert f"channel={channel} " in line
    assert "kind=booking_confirmed" in line
