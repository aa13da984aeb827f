"""The folder provider: writes each mail as a file that mail programs open. For the local stack."""

import asyncio
import email.policy
import os
from pathlib import Path
from tempfile import mkstemp

from domain.channels import Channel
from storage.deliveries import Delivery
from storage.settings import Settings, SettingsError
from workers.messages.mail import mail_for
from workers.providers.outcomes import Attempt, Sent, TryAgain


class FolderProvider:
    """Writes `<delivery id>.eml` into `settings.mail_folder`, which is made when it is missing.

    The delivery's id is the provider key: a second sending writes the same file again, so nothing is there twice.
    A reader sees a whole mail or none; a crash in the middle leaves a file `.<delivery id>.*` that nobody reads.
    """

    name = "folder"
    channel = Channel.EMAIL
    calls_at_once = 4
    call_seconds = 20.0

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self.only_server: str | None = str(folder)

    @classmethod
    def open(cls, settings: Settings) -> "FolderProvider":
        """Serve e-mail; raises `SettingsError` where no folder is set."""
        if settings.mail_folder is None:
            raise SettingsError("SEATLINE_MAIL_FOLDER is not set. Set it to the folder that mails are written into.")
        return cls(settings.mail_folder, settings)

    def server_of(self, _: Delivery) -> str:
        """Return the folder, for all deliveries."""
        return str(self._folder)

    async def send(self, delivery: Delivery) -> Attempt:
        """Write the mail; raises `MessageError` where it cannot be composed."""
        content = mail_for(delivery, self._settings).as_bytes(policy=email.policy.SMTP)
        try:
            path = await asyncio.to_thread(self._write, delivery.id, content)
        except OSError as error:
            return TryAgain(f"cannot write into the mail folder {self._folder}: {error}", server_down=True)
        return Sent(path.name)

    def _write(self, delivery_id: int, content: bytes) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{delivery_id}.eml"
        # Each writer has a file of its own: two workers may be at the same delivery when a lease has run out.
        descriptor, name = mkstemp(prefix=f".{delivery_id}.", dir=self._folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return path

    async def close(self) -> None:
        """Close nothing."""
