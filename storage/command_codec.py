"""Commands to and from the plain JSON of the log."""

from typing import Any

from pydantic import TypeAdapter

from domain.commands import KINDS, Command

_ADAPTERS: dict[str, TypeAdapter[Command]] = {kind: TypeAdapter(shape) for kind, shape in KINDS.items()}
_KIND_OF = {shape: kind for kind, shape in KINDS.items()}


def encode_command(command: Command) -> tuple[str, dict[str, Any]]:
    """Return the command's stable kind and its payload as plain JSON values.

    What has its default is left out: a command is written as it was before it had the field, so that its key, sent
    again, still finds it.
    """
    kind = _KIND_OF[type(command)]
    payload: dict[str, Any] = _ADAPTERS[kind].dump_python(command, mode="json", exclude_defaults=True)
    return kind, payload


def decode_command(kind: str, payload: dict[str, Any]) -> Command:
    """Return the command again; raises `KeyError` or pydantic's `ValidationError` on what no code here wrote."""
    return _ADAPTERS[kind].validate_python(payload)
