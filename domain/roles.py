"""What members may do in the studio, from least to most: each role may do what those before it may."""

from enum import StrEnum


class Role(StrEnum):
    """A member's role; the order of definition is the order of power."""

    MEMBER = "member"
    TRAINER = "trainer"
    ADMIN = "admin"
    OWNER = "owner"

    def reaches(self, needed: "Role") -> bool:
        """Whether whoever has this role may do what needs that one."""
        return _RANKS[self] >= _RANKS[needed]


_RANKS = {role: rank for rank, role in enumerate(Role)}
