"""A shift: how often is looked for what is due, and what still goes out in it."""

import pytest

from domain.channels import Channel
from storage.database import Db
from storage.deliveries import Delivery, Unreadable, claim_due
from tests.integration.studio import Member, Studio
from tests.integration.workers.postroom import Answer, Desk, ScriptedProvider
from workers import courier, shift
from workers.providers.outcomes import Sent

LONG_SECONDS = 600.0


def test_what_comes_meanwhile_gathers_for_one_more_look_and_goes_out_in_the_same_shift(
    studio: Studio, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift, "SHIFT_SECONDS", LONG_SECONDS)
    # A courier by itself looks again no sooner: whoever finds more is the postroom, a tenth of a second later.
    monkeypatch.setattr(courier, "GLANCE_SECONDS", LONG_SECONDS)
    looks: list[int] = []

    def look(db: Db, channel: Channel, *, limit: int, lease_seconds: float) -> list[Delivery | Unreadable]:
        claimed = claim_due(db, channel, limit=limit, lease_seconds=lease_seconds)
        looks.append(len(claimed))
        return claimed

    monkeypatch.setattr(courier, "claim_due", look)
    session, (first, *others) = studio.a_session(capacity=6), studio.members(6)

    def book(member: Member) -> None:
        studio.book(session, member)
        studio.serve(session)

    def answer(_: Delivery) -> Answer:
        if len(provider.given) == 1:
            for member in others:
                book(member)
        return Sent()

    provider = ScriptedProvider(answer=answer)
    book(first)

    desk.postroom(provider).deliver_due()

    assert looks == [1, 5, 0]
    assert desk.count("sent") == 6
