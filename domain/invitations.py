"""What inviting many people at once comes to for each of them."""

from enum import StrEnum


class Invited(StrEnum):
    """What becomes, or would become, of one person on a list; only the first two are mailed."""

    NEW = "new"  # a member is made and invited
    INVITED = "invited"  # a member or guest is there without a password or an invitation that holds, and is invited
    ALREADY_INVITED = "already_invited"
    ALREADY_MEMBER = "already_member"

    @property
    def is_mailed(self) -> bool:
        """Whether an invitation goes out."""
        return self in {Invited.NEW, Invited.INVITED}
