"""The one clock. Rules are given the time; everybody else asks here, and tests freeze it here."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
