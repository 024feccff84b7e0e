"""When a provider wants to be asked again."""

from collections.abc import Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from app import clock


def read_retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """`Retry-After`, in seconds or as a date (RFC 9110, 10.2.3); None when missing or not understood."""
    value = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    try:
        return timedelta(seconds=max(0.0, float(value)))
    except (ValueError, OverflowError):
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    # A date without a zone is GMT.
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - clock.now())
