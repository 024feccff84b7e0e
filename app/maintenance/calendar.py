"""Windows as an iCalendar feed (RFC 5545, with RFC 7986's properties of the calendar as a whole).

What calendar programs agree on, and nothing else: each occurrence of a series is an event of its own and times are UTC,
so that no program has to expand a rule or to know a zone (decision 0017). The same windows give the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vText

from app.text.clean import clean_text
from app.text.speech import gettext

CONTENT_TYPE = "text/calendar; charset=utf-8"

REFRESH_INTERVAL = timedelta(hours=1)
"""How often a program that listens to us is asked to look again."""

SHORTEST = timedelta(minutes=1)
"""What took no time at all is still drawn; and an event must end after it began (RFC 5545 §3.8.2.2)."""


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """One window as a calendar shows it. Times are aware."""

    id: UUID
    title: str
    text: str
    """The message, as text."""
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    version: int
    """Rises with each change, from 0 (RFC 5545 §3.8.7.4)."""
    created_at: datetime
    changed_at: datetime
    address: str
    """Where its page is."""


@dataclass(frozen=True, slots=True)
class CalendarFrame:
    """What belongs to the calendar as a whole."""

    name: str
    address: str
    """Where the page is that it belongs to."""
    host: str
    """Makes the ids of windows unique in the world."""
    zone: ZoneInfo
    """What the page counts in: a hint for programs that ask in which zone to show times."""


def write_calendar(frame: CalendarFrame, windows: Iterable[CalendarWindow]) -> bytes:
    """The feed, ready to be sent."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Upfront//Maintenance//EN")
    calendar.add("calscale", "GREGORIAN")
    name = vText(clean_text(gettext("%(page)s maintenance", page=frame.name)))
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)  # what programs read that came before RFC 7986
    calendar.add("x-wr-timezone", frame.zone.key)
    calendar.add("url", frame.address)
    calendar.add("refresh-interval", REFRESH_INTERVAL, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")  # the same for Outlook
    for window in windows:
        calendar.add_component(_event(frame, window))
    written: bytes = calendar.to_ical()
    return written


def _event(frame: CalendarFrame, window: CalendarWindow) -> Event:
    event = Event()
    event.add("uid", f"{window.id}@{frame.host}")
    # Without a METHOD this says when the event was last revised (RFC 5545 §3.8.7.2): not the time of the request, so
    # that a feed in which nothing changed keeps its ETag.
    event.add("dtstamp", window.changed_at)
    event.add("created", window.created_at)
    event.add("last-modified", window.changed_at)
    event.add("sequence", window.version)
    event.add("status", "CANCELLED" if window.is_cancelled else "CONFIRMED")
    event.add("dtstart", window.starts_at)
    event.add("dtend", max(window.ends_at, window.starts_at + SHORTEST))
    event.add("summary", _summary(window))
    event.add("description", _description(window))
    event.add("url", window.address)
    event.add("transp", "TRANSPARENT")  # our work keeps nobody else busy
    return event


def _summary(window: CalendarWindow) -> str:
    """Cancelled ones say so in words too: not every program shows the state."""
    title = clean_text(window.title)
    return gettext("Cancelled: %(title)s", title=title) if window.is_cancelled else title


def _description(window: CalendarWindow) -> str:
    affects = ""
    if window.services:
        affects = gettext(
            "%(sentence)s.", sentence=gettext("Affects %(services)s", services=gettext(", ").join(window.services))
        )
    parts = (window.text, affects, window.address)
    return "\n\n".join(part for part in parts if part)
