"""What cannot be done with a request for a pass, said as problems."""

from collections.abc import Iterator
from contextlib import contextmanager

from api.problem_codes import ProblemCode
from api.problems import ProblemError
from domain.pass_requests import RequestRefusal, RequestRefusedError

_CODES = {
    RequestRefusal.TYPE_NOT_FOUND: ProblemCode.PASS_TYPE_NOT_FOUND,
    RequestRefusal.OPEN_ALREADY: ProblemCode.PASS_REQUEST_OPEN,
    RequestRefusal.NOT_FOUND: ProblemCode.PASS_REQUEST_NOT_FOUND,
    RequestRefusal.ANSWERED: ProblemCode.PASS_REQUEST_ANSWERED,
}


@contextmanager
def told_as_problems() -> Iterator[None]:
    """End the request with the problem of what was refused inside."""
    try:
        yield
    except RequestRefusedError as error:
        raise ProblemError(_CODES[error.refusal]) from None
