"""Five readers of iCalendar that share no code: four libraries, and a strict one of line by line.

Each gives what a person would see of an event, so that they can be compared.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import icalendar
import ics
import vobject


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as one program reads it."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    status: str
    title: str
    text: str


def read_icalendar(feed: bytes) -> list[Entry]:
    return [
        Entry(
            str(event["UID"]),
            event.start,
            event.end,
            str(event["STATUS"]),
            str(event["SUMMARY"]),
            str(event["DESCRIPTION"]),
        )
        for event in icalendar.Calendar.from_ical(feed).walk("VEVENT")
    ]


def read_ical(feed: bytes) -> list[Entry]:
    # Only here: it reads every time zone there is when it is imported.
    from ical.calendar_stream import IcsCalendarStream

    calendar = IcsCalendarStream.calendar_from_ics(feed.decode())
    return [
        Entry(event.uid, event.dtstart, event.dtend, event.status.value, event.summary, event.description)
        for event in calendar.events
    ]


def read_ics(feed: bytes) -> list[Entry]:
    # Its times are of a library that is about to change how it compares; none of it concerns us.
    with warnings.catch_warnings(action="ignore"):
        events = ics.Calendar(feed.decode()).events
        return [
            Entry(
                event.uid,
                event.begin.datetime.astimezone(UTC),
                event.end.datetime.astimezone(UTC),
                event.status,
                event.name,
                event.description,
            )
            for event in events
        ]


def read_vobject(feed: bytes) -> list[Entry]:
    with warnings.catch_warnings(action="ignore"):
        calendar = vobject.readOne(feed.decode())
        return [
            Entry(
                event.uid.value,
                event.dtstart.value,
                event.dtend.value,
                event.status.value,
                event.summary.value,
                event.description.value,
            )
            for event in calendar.contents.get("vevent", ())
        ]


def read_strictly(feed: bytes) -> list[Entry]:
    """As RFC 5545 has it and no other way: whatever is written otherwise fails here.

    Raises:
        AssertionError: the feed breaks a rule, which is named.
    """
    entries = []
    event: dict[str, str] | None = None
    opened: list[str] = []
    for line in _content_lines(feed):
        name, _, value = line.partition(":")
        name = name.partition(";")[0]
        assert re.fullmatch("[A-Z-]+", name), f"§3.1: no name of a property: {line}"
        if name == "BEGIN":
            opened.append(value)
            event = {} if value == "VEVENT" else event
        elif name == "END":
            assert opened.pop() == value, f"§3.4: {value} ends, but is not open"
            if value == "VEVENT":
                assert event is not None
                entries.append(_entry(event))
        elif opened == ["VCALENDAR", "VEVENT"]:
            assert event is not None
            assert name not in event, f"§3.6.1: {name} may occur once"
            event[name] = value
    assert opened == [], "§3.4: something is still open"
    return entries


READERS: Mapping[str, Callable[[bytes], list[Entry]]] = {
    "icalendar": read_icalendar,
    "ical": read_ical,
    "ics": read_ics,
    "vobject": read_vobject,
    "line by line": read_strictly,
}


def _content_lines(feed: bytes) -> list[str]:
    """Lines, unfolded as bytes: a fold may come in the middle of a letter."""
    assert feed.endswith(b"\r\n"), "§3.1: the last line ends too"
    lines = feed.removesuffix(b"\r\n").split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines), "§3.1: lines end with CRLF"
    assert max(len(line) for line in lines) <= 75, "§3.1: no line is longer than 75 octets"
    unfolded = b"\r\n".join(lines).replace(b"\r\n ", b"").decode()
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", unfolded), "§3.1: no control characters"
    return unfolded.split("\r\n")


def _entry(event: Mapping[str, str]) -> Entry:
    required = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY"}
    assert required <= event.keys(), f"missing: {required - event.keys()}"
    assert event["STATUS"] in ("CONFIRMED", "TENTATIVE", "CANCELLED"), "§3.8.1.11"
    assert event["SEQUENCE"].isdecimal(), "§3.8.7.4"
    starts_at, ends_at = _instant(event["DTSTART"]), _instant(event["DTEND"])
    assert ends_at > starts_at, "§3.8.2.2"
    return Entry(
        event["UID"], starts_at, ends_at, event["STATUS"], _text(event["SUMMARY"]), _text(event.get("DESCRIPTION", ""))
    )


def _instant(value: str) -> datetime:
    assert re.fullmatch(r"\d{8}T\d{6}Z", value), f"§3.3.5: not UTC: {value}"
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _text(value: str) -> str:
    """What an escaped TEXT says (§3.3.11)."""
    assert re.fullmatch(r"(?:[^\\,;]|\\[\\;,nN])*", value), f"§3.3.11: not escaped: {value}"
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)
