"""The facts a session opened with, as stored: what its first receipt is made of and the audit starts from."""

from typing import Any

from pydantic import TypeAdapter

from domain.facts import TrainingSession

_ADAPTER = TypeAdapter(TrainingSession)


def plain_opening(training_session: TrainingSession) -> dict[str, Any]:
    """Return the session as plain JSON values: instants and durations in ISO 8601."""
    plain: dict[str, Any] = _ADAPTER.dump_python(training_session, mode="json")
    return plain


def opened_as(plain: dict[str, Any]) -> TrainingSession:
    """Return the session that a stored opening speaks of."""
    return _ADAPTER.validate_python(plain)
