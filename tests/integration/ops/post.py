"""Deliveries of bookings that were just made: due, being sent, failed, as a test needs them."""

from dataclasses import dataclass
from typing import Any

from domain.channels import Channel
from storage.deliveries import claim_due
from storage.notices import relay
from tests.integration.studio import Member, Studio
from tests.integration.workers.postroom import Desk, ScriptedProvider
from workers.providers.outcomes import GiveUp

NO_SUCH_MAILBOX = GiveUp("550 no such mailbox")


@dataclass
class Post:
    """What goes from the studio to its members, and how it stands."""

    studio: Studio
    desk: Desk

    def due(self, count: int = 1) -> list[int]:
        """Let members book, and return the ids of the deliveries by e-mail."""
        session = self.studio.a_session(capacity=count)
        return self.of(session, self.studio.members(count))

    def of(self, session: Any, members: list[Member]) -> list[int]:
        before = self.ids()
        for member in members:
            self.studio.book(session, member)
        self.studio.serve(session)
        relay(self.studio.db, limit=1000)
        return [id_ for id_ in self.ids() if id_ not in before]

    def failed(self, count: int = 1) -> list[int]:
        """Return deliveries whose provider gave up."""
        ids = self.due(count)
        self.works(ScriptedProvider(answer=lambda _: NO_SUCH_MAILBOX))
        return ids

    def sending(self) -> int:
        """Return a delivery that a worker is sending."""
        self.due()
        (claimed,) = claim_due(self.studio.db, Channel.EMAIL, limit=1, lease_seconds=60)
        return claimed.id

    def works(self, provider: ScriptedProvider) -> ScriptedProvider:
        """Let a worker deliver what is due."""
        self.desk.postroom(provider).deliver_due()
        return provider

    def ids(self, channel: Channel = Channel.EMAIL) -> list[int]:
        rows = self.studio.db.execute("SELECT id FROM deliveries WHERE channel = %s ORDER BY id", (str(channel),))
        return [row[0] for row in rows]

    def status(self, id_: int) -> tuple[str, str | None]:
        row = self.studio.db.execute("SELECT status, reason FROM deliveries WHERE id = %s", (id_,)).fetchone()
        assert row is not None
        return row[0], row[1]
