"""For how long an address that was given up still counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

REDIRECT = timedelta(days=365)
"""For so long an old address leads to the new one."""

HOLD = timedelta(days=90)
"""For so long at least nobody else gets it: links and habits point there, and somebody could pass for its owner."""


class SlugKind(StrEnum):
    """What an address leads to."""

    ORGANIZATION = "organization"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Retirement:
    """Until when a retired address redirects, and until when it is kept from others."""

    redirects_until: datetime
    held_until: datetime


def retirement(now: datetime, *, leads_on: bool) -> Retirement:
    """Of an address given up now. One that still leads somewhere is held for as long as it does."""
    redirects_until = now + REDIRECT if leads_on else now
    return Retirement(redirects_until, max(redirects_until, now + HOLD))
