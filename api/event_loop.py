"""Whether gevent runs this process, as it does gunicorn's workers, or threads do, as in tests."""

import sys
from typing import Any


def gevent() -> Any | None:
    """Return gevent where threads are greenlets of its loop; else None. It has no types."""
    monkey = sys.modules.get("gevent.monkey")
    return sys.modules["gevent"] if monkey is not None and monkey.is_module_patched("threading") else None
