"""Identifiers that sort by time (RFC 9562, version 7), so that new rows land at the end of an index."""

import os
import time
from datetime import datetime
from uuid import UUID


def new_id(at: datetime | None = None) -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, then 74 random bits. `at` is for what happened before now."""
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1_000)
    random = int.from_bytes(os.urandom(10))
    high = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    low = 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=high | low)
