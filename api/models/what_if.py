"""What a command would do, before it is given."""

from uuid import UUID

from pydantic import Field

from api.models.common import Answer, Input, Reason
from workers import what_if


class DryRun(Input):
    """Whether the command is only looked at."""

    dry_run: bool = Field(
        default=False, description="`true` answers what would happen at this moment, and does nothing of it."
    )


class Concerned(Answer):
    """Somebody whom it concerns."""

    member_id: UUID
    name: str
    reasons: list[Reason] = Field(description="Why the pass could not pay; empty for all others.")


class People(Answer):
    """How many, and the first 20 of them in order."""

    count: int
    first: list[Concerned]

    @classmethod
    def of(cls, people: what_if.People) -> "People":
        """Return the group."""
        first = [
            Concerned(member_id=one.member_id, name=one.name, reasons=Reason.all_of(one.reasons))
            for one in people.first
        ]
        return cls(count=people.count, first=first)


class WhatIf(Answer):
    """What would happen; commands that wait, and whatever else changes until it is decided, may change it."""

    refused: list[Reason] = Field(description="Why nothing would happen; empty if something would.")
    promoted: People = Field(description="Who would move up from the line.")
    offered: People = Field(description="Who would be offered a place, to be accepted in time.")
    refunded: People = Field(description="Whose pass would get a session back.")
    released: People = Field(description="Who would leave the line, or a place without getting anything back.")
    skipped: People = Field(description="Who would be passed over.")
    told: People = Field(description="Who would get a notice.")
    may_follow: int = Field(description="How many more at most would move up, from farther back than was looked.")
    commands_waiting: int = Field(description="How many commands of the session are decided first; at most 1000.")

    @classmethod
    def of(cls, seen: what_if.WhatIf) -> "WhatIf":
        """Return what would happen."""
        return cls(
            refused=Reason.all_of(seen.refused),
            promoted=People.of(seen.promoted),
            offered=People.of(seen.offered),
            refunded=People.of(seen.refunded),
            released=People.of(seen.released),
            skipped=People.of(seen.skipped),
            told=People.of(seen.told),
            may_follow=seen.may_follow,
            commands_waiting=seen.commands_waiting,
        )
