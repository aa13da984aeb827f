"""What is answered instead of what was asked, as problem details (RFC 9457); its kinds are in `problem_kinds`."""

from collections.abc import Mapping, Sequence
from typing import Any

from api.language import gettext
from api.problem_codes import ProblemCode
from api.problem_kinds import HEADERS_OF_STATUS, PROBLEMS
from domain.refusals import SENTENCES, RefusalReason

PROBLEM_JSON = "application/problem+json"


class ProblemError(Exception):
    """Ends the request with this problem; raise it anywhere while answering.

    `errors` maps each bad field to its sentence, `reasons` are why a command was refused, and `command` is that
    command as the API shows it. `conflicts` are the sessions in the way of one that was planned.
    """

    def __init__(
        self,
        code: ProblemCode,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
        reasons: Sequence[RefusalReason] = (),
        command: dict[str, Any] | None = None,
        conflicts: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = PROBLEMS[code]
        self.detail = detail or self.kind.sentence
        self.headers = {**HEADERS_OF_STATUS.get(self.kind.status, {}), **(headers or {})}
        self.errors = dict(errors or {})
        self.reasons = tuple(reasons)
        self.command = command
        self.conflicts = list(conflicts)

    def body(self) -> dict[str, Any]:
        """Return the problem's members; those that say nothing are left out."""
        body: dict[str, Any] = problem_members(self.code) | {"detail": self.detail}
        if self.reasons:
            body["reasons"] = explained(self.reasons)
        if self.errors:
            body["errors"] = self.errors
        if self.command:
            body["command"] = self.command
        if self.conflicts:
            body["conflicts"] = self.conflicts
        return body


def retry_after(problem: ProblemError) -> Mapping[str, str]:
    """Return the header that says when to try again, where the problem has it."""
    return {name: value for name, value in problem.headers.items() if name == "Retry-After"}


def problem_members(code: ProblemCode) -> dict[str, Any]:
    """Return what every problem of this code says."""
    kind = PROBLEMS[code]
    return {
        "type": f"/docs#{code}",
        "title": kind.title,
        "status": int(kind.status),
        "detail": kind.sentence,
        "code": str(code),
    }


def explained(reasons: Sequence[RefusalReason]) -> list[dict[str, str]]:
    """Return each reason as its stable code with its sentence, in the language of this request."""
    return [{"code": str(reason), "sentence": gettext(SENTENCES[reason])} for reason in reasons]
