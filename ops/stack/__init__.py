"""The local stack: embedded Postgres and Valkey, and the supervisor that keeps every process of it running.

`servers.EmbeddedServers` gives the two servers alone (tests use it); `supervisor.run_stack` gives the whole of it.
"""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
