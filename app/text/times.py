"""Times as programs read them."""

from datetime import UTC, datetime


def machine_time(at: datetime) -> str:
    """UTC to the second (RFC 3339): "2026-11-21T08:42:00Z"."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
