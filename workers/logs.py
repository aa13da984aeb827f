"""One line for each thing that happens, `key=value`, on standard error; a fault brings its traceback along."""

import sys

# structlog would load rich, to colour tracebacks in a terminal: 5 MB of each process that logs as below.
_loaded = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _loaded is None:
    del sys.modules["rich"]
else:
    sys.modules["rich"] = _loaded


def set_up_logs() -> None:
    """Let every process of Seatline log the same way; safe to call twice."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], drop_missing=True),
        ],
        # Looked up for each logger: a test or a supervisor may have put another stream in its place.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
