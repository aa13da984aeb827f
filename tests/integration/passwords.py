"""Members who can sign in."""

from functools import cache

from api.auth import hash_password
from tests.integration.studio import Member, Studio

PASSWORD = "correct horse battery staple"


def with_password(studio: Studio, member: Member, password: str = PASSWORD) -> Member:
    """Let the member sign in with this password."""
    studio.db.execute("UPDATE members SET password_hash = %s WHERE id = %s", (_hash_of(password), member.id))
    return member


@cache
def _hash_of(password: str) -> str:
    """Hash it once: that takes as long as all else that a test needs, and no test is about who has the same salt."""
    return hash_password(password)
