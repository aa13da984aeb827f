"""Staff, for the tests of what they may do."""

from domain.roles import Role
from tests.integration.studio import Member, Studio


def with_role(studio: Studio, member: Member, role: Role) -> Member:
    """Give the member this role."""
    studio.db.execute("UPDATE members SET role = %s WHERE id = %s", (role, member.id))
    return member


def named(studio: Studio, member: Member, name: str) -> Member:
    """Call the member so."""
    studio.db.execute("UPDATE members SET name = %s WHERE id = %s", (name, member.id))
    return member
