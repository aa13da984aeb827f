"""New ids: UUIDs of version 7 (RFC 9562), which grow with time and so keep index writes together."""

import os
import time
from uuid import UUID


def new_id() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10))
    high = milliseconds << 16 | 0x7 << 12 | random >> 68 & 0xFFF
    low = 0b10 << 62 | random & (1 << 62) - 1
    return UUID(int=high << 64 | low)
