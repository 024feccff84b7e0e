"""The frame of a page, for whatever stands in it: also for what is said when something is not there."""

from dataclasses import dataclass
from datetime import date, datetime

from app import clock
from app.pages.address import OfPage, PageAddress


@dataclass(frozen=True, slots=True)
class Frame(OfPage):
    """What the frame of a page shows, where the whole `PageView` would be more work than the page itself."""

    address: PageAddress
    built_at: datetime

    @property
    def today(self) -> date:
        return self.built_at.astimezone(self.time_zone).date()


def frame_of(page: PageAddress) -> Frame:
    return Frame(page, clock.now())
