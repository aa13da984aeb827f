"""Policies to and from the JSON of their column."""

from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from domain.policies import Policies

_ADAPTER = TypeAdapter(Policies)


def plain_policies(policies: Policies) -> dict[str, Any]:
    """Return the policies as plain JSON values, without those there are none of."""
    plain: dict[str, Any] = _ADAPTER.dump_python(policies, mode="json", exclude_defaults=True)
    return plain


@lru_cache(maxsize=256)
def policies_from(text: str) -> Policies:
    """Return the policies that a column holds, read as text: a studio has few, and equal ones are read once."""
    return _ADAPTER.validate_json(text)
