"""What staff cannot do with a member, said as problems."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.language import gettext
from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.members import MemberRefusal, MemberRefusedError

_CODES = {
    MemberRefusal.NOT_FOUND: ProblemCode.MEMBER_NOT_FOUND,
    MemberRefusal.EMAIL_TAKEN: ProblemCode.INVALID_INPUT,
    MemberRefusal.HAS_PASSWORD: ProblemCode.MEMBER_HAS_PASSWORD,
    MemberRefusal.NO_EMAIL: ProblemCode.MEMBER_WITHOUT_EMAIL,
    MemberRefusal.IS_GUEST: ProblemCode.MEMBER_IS_GUEST,
    MemberRefusal.OUT_OF_REACH: ProblemCode.MEMBER_OUT_OF_REACH,
    MemberRefusal.LAST_OWNER: ProblemCode.LAST_OWNER,
}


@contextmanager
def told_as_problems() -> Iterator[None]:
    """End the request with the problem of what was refused inside."""
    try:
        yield
    except MemberRefusedError as error:
        errors = {"email": _taken(error.holder)} if error.refusal is MemberRefusal.EMAIL_TAKEN else None
        raise ProblemError(_CODES[error.refusal], errors=errors) from None


def _taken(holder: str) -> str:
    """Say in the language of this request whose address it is, and what to do instead."""
    return gettext("%(name)s has this e-mail address already; change or book for them instead.") % {"name": holder}
