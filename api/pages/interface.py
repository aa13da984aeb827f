"""The pages' only way to data and writes: the operations of `/v1` themselves, called without HTTP in between.

So whatever a page can show or do, every other client can too. Who calls is the visitor, as `visitors` put it.
"""

import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def v1(operation: Callable[P, T]) -> Callable[P, T]:
    """Return the function behind an operation: it takes the checked input, and returns the answer's model.

    Whether the caller may call it is the page's to check: `members_only` does. Raises `ProblemError` as it does.
    """
    behind: Callable[P, T] = inspect.unwrap(operation)
    return behind
