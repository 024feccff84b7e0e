"""What an entry of the log says of each field, before and after, in words; pure functions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

_FIELDS = {
    "accent_dark": "accent on dark ground",
    "accent_light": "accent on light ground",
    "affected": "services",
    "audit_days": "days that the log is kept",
    "auto_complete": "ends by itself",
    "auto_start": "begins by itself",
    "begins_at": "shown from",
    "cancelled_at": "cancelled",
    "completed_at": "completed",
    "email": "address",
    "ended_at": "ended",
    "ends_at": "until",
    "expects_failures": "failures are expected",
    "expires_at": "can be accepted until",
    "first_start": "begins for the first time",
    "follows_id": "goes back to",
    "follows_series": "goes by its series",
    "group_id": "group",
    "handler_user_id": "who handles it",
    "header_links": "links in the header",
    "items": "services and groups that it names",
    "lead_minutes": "reminders before the start",
    "logo_dark": "logo on dark ground",
    "logo_light": "logo on light ground",
    "manual_status": "status set by hand",
    "merged_at": "merged",
    "next_update_at": "next update promised for",
    "noindex": "hidden from search engines",
    "notify": "subscribers are told",
    "original_start": "planned by its series for",
    "page_id": "page",
    "parent_id": "group that it stands in",
    "past_days": "days that it tells of",
    "posted_at": "posted",
    "powered_by": "says that it is powered by Upfront",
    "published_at": "published",
    "reply_to": "address for answers",
    "resolved_at": "resolved",
    "rule": "comes again",
    "show_on_page": "shown on the page",
    "shows_all": "shows all services",
    "shows_figures": "how many were told is shown",
    "shows_response_times": "shows response times",
    "shows_uptime": "shows uptime",
    "slug": "address",
    "started_at": "began",
    "starts_at": "from",
    "style": "style sheet",
    "support_address": "where visitors get help",
    "visitor_time_zone": "times in each visitor's own zone",
}
"""What columns are called where their own names are words of ours. Those of the last kind say when: "posted"."""

_REPEATED = frozenset(
    {"due_at", "edited_at", "entered_at", "first_published_at", "manual_status_at", "overran_at", "planned_at"}
    | {"position", "reminded_through", "sent_at", "status_since", "title_edited_at"}
)
"""Fields that say once more when it was, or only what the clock goes by; they are in the table to take along."""

_LENGTHS: Mapping[str, timedelta] = MappingProxyType(
    {"lead_minutes": timedelta(minutes=1), "length": timedelta(seconds=1), "hours": timedelta(hours=1)}
)
"""Fields that are numbers of this much time."""

NO_NAMES: Mapping[UUID, str] = MappingProxyType({})

SHORT = 200
"""Letters of a value that are shown before it is cut."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field, before and after, as it can be shown. A moment stays one, to be told in the reader's zone."""

    field: str
    before: str | datetime
    after: str | datetime


def changes_of(changes: Mapping[str, Any], names: Mapping[UUID, str] = NO_NAMES) -> Iterator[Change]:
    """What changed, field by field. What is not two values, before and after, is left out, and so is nothing at all.

    `names` says what the things behind ids are called.
    """
    for field, values in changes.items():
        if isinstance(values, list) and len(values) == 2 and field not in _REPEATED:
            before, after = (_shown(_in_words(field, value), names) for value in values)
            if before or after:
                yield Change(_FIELDS.get(field, field.removesuffix("_id").replace("_", " ")), before, after)


def ids_in(value: object) -> Iterator[UUID]:
    """Every id in what changed, wherever it stands."""
    match value:
        case str():
            found = _read_id(value)
            if found is not None:
                yield found
        case list():
            for one in value:
                yield from ids_in(one)
        case Mapping():
            for key, one in value.items():
                yield from ids_in(key)
                yield from ids_in(one)


def _in_words(field: str, value: object) -> object:
    """A number of minutes, or several, as lengths of time; anything else as it is."""
    unit = _LENGTHS.get(field)
    if unit is None:
        return value
    several = value if isinstance(value, list) else [value]
    return [_length(one * unit) if isinstance(one, int | float) else one for one in several if one is not None]


def _length(length: timedelta) -> str:
    """ "1 day 12 h", "90 min": whatever is exact."""
    minutes = length // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    hours, rest = divmod(rest, 60)
    parts = [f"{days} {'day' if days == 1 else 'days'}" if days else "", f"{hours} h" if hours else ""]
    parts.append(f"{rest} min" if rest or not minutes else "")
    return " ".join(part for part in parts if part)


def _shown(value: object, names: Mapping[UUID, str]) -> str | datetime:
    match value:
        case None | "" | []:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return _cut(", ".join(_word(one, names) for one in value))
        case Mapping():
            return _cut(", ".join(f"{_word(key, names)}: {_word(one, names)}" for key, one in value.items()))
        case str():
            return _read_moment(value) or _cut(_word(value, names))
        case _:
            return _cut(str(value))


def _word(value: object, names: Mapping[UUID, str]) -> str:
    """One value: an id by its name, or its end, which tells two apart; a word of ours without underscores."""
    text = "" if value is None else str(value)
    found = _read_id(text)
    if found is not None:
        return names.get(found, f"…{found.hex[-6:]}")
    return text.replace("_", " ") if re.fullmatch("[a-z]+(_[a-z]+)+", text) else text


def _read_moment(text: str) -> datetime | None:
    if len(text) < 19 or text[10:11] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None


def _cut(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
