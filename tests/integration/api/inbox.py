"""Notices put into a member's inbox directly, for tests that need many or odd ones."""

from typing import Any
from uuid import uuid4

from domain.notices import Notice, NoticeKind
from storage.notices import WrittenNotice, write_notices, written_notices
from tests.integration.studio import Member, Studio


def notices_to(
    studio: Studio, member: Member, number: int = 1, kind: NoticeKind = NoticeKind.PASS_EXPIRING, **details: Any
) -> list[WrittenNotice]:
    """Write notices about the member's pass, each with a cause of its own."""
    told = [(uuid4(), Notice(kind, member.id, None, details, member.pass_id)) for _ in range(number)]
    return written_notices(write_notices(studio.db, told, starts_at=[None] * number))
