"""When windows come again: rules of RFC 5545 as pure functions over what clocks on the wall show.

A rule speaks of wall time in a zone; only at the very end does each start become an instant (decision 0016).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from types import MappingProxyType
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from app.text.local_times import instants_of, wall_time

LONGEST_RULE = 250
HIGHEST_INTERVAL = 60
HIGHEST_COUNT = 1000
FIRST_WITHIN = timedelta(days=5 * 366)
"""A rule that has no start for so long is a mistake."""

HORIZON = timedelta(days=90)
"""How far ahead occurrences are planned as windows of their own."""
MOST_COMING = 10
"""How many of one series are planned ahead."""

_COMPARED = 60
"""How many starts are looked at to find the least time between two."""

_WEEKDAYS = "MO|TU|WE|TH|FR|SA|SU"
_DAY_OF_MONTH = "-?(?:[1-9]|[12][0-9]|3[01])"
_NTH_WEEKDAY = f"-?[1-5]?(?:{_WEEKDAYS})"


def _list_of(one: str) -> str:
    return f"{one}(?:,{one}){{0,30}}"


_ANY = {"INTERVAL": r"[1-9]\d?", "COUNT": r"[1-9]\d{0,3}", "UNTIL": r"\d{8}(?:T\d{6}Z?)?", "WKST": _WEEKDAYS}
_PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "DAILY": _ANY,
        "WEEKLY": _ANY | {"BYDAY": _list_of(f"(?:{_WEEKDAYS})")},
        "MONTHLY": _ANY
        | {"BYDAY": _list_of(_NTH_WEEKDAY), "BYMONTHDAY": _list_of(_DAY_OF_MONTH), "BYSETPOS": _list_of("-?[1-5]")},
        "YEARLY": _ANY
        | {
            "BYMONTH": _list_of("(?:[1-9]|1[0-2])"),
            "BYMONTHDAY": _list_of(_DAY_OF_MONTH),
            "BYDAY": _list_of(_NTH_WEEKDAY),
        },
    }
)
"""What each frequency may be followed by. Less than RFC 5545 allows: nothing oftener than daily, and only rules whose
emptiness shows quickly, since the library looks for a next start until the year 9999."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule with what it begins from."""

    rule: str
    first: datetime
    """What the clock on the wall shows at the first start: naive."""
    zone: ZoneInfo


def clean_rule(rule: str) -> str:
    """A rule as people and programs write it, as we keep it: "FREQ=WEEKLY;BYDAY=SU"."""
    return "".join(rule.upper().split()).removeprefix("RRULE:").strip(";")


def check_rule(recurrence: Recurrence, length: timedelta) -> str | None:
    """What is wrong with a rule that went through `clean_rule`, for windows of this length, in words."""
    if fault := _form_fault(recurrence.rule):
        return fault
    try:
        _expand(recurrence)
    except (ValueError, OverflowError):
        return "This rule cannot be followed. Choose how often it comes again, and on which days."
    walls = _walls(recurrence)
    first = next(walls, None)
    if first is None or first - recurrence.first > FIRST_WITHIN:
        return "By this rule it never comes again. Choose other days, or a later end."
    shortest = _shortest_gap(recurrence)
    if shortest is not None and length > shortest:
        return "Each one must be over before the next begins. Make them shorter, or let them come less often."
    return None


def starts(recurrence: Recurrence, *, after: datetime) -> Iterator[datetime]:
    """The instants (aware UTC) at which occurrences begin, those after `after`, in order and each once.

    The wall time stays the same across changes of the clocks. One that they jump over is taken as the offset before
    the jump has it, so 02:30 becomes 03:30; of one that they show twice the first is taken (RFC 5545 §3.3.5).
    """
    # A day of grace on either side: no zone is further than that from UTC.
    edge = wall_time(after, recurrence.zone) - timedelta(days=1)
    last = after
    for wall in _expand(recurrence).xafter(edge, inc=True):
        at = instant_of(wall, recurrence.zone)
        if at > last:
            yield at
            last = at


def instant_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant (aware UTC) that stands for a wall time, also for one that is skipped or doubled."""
    instants = instants_of(wall, zone)
    return instants[0] if instants else wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def upcoming(recurrence: Recurrence, now: datetime) -> tuple[tuple[datetime, ...], datetime | None]:
    """Which occurrences are to be planned at `now`, and when to look again; None: there will be no more.

    Those within the horizon, but no more than `MOST_COMING`; and always the next one, however far it is.
    """
    ahead = list(islice(starts(recurrence, after=now), MOST_COMING + 1))
    near = list(takewhile(lambda at: at <= now + HORIZON, ahead))[:MOST_COMING] or ahead[:1]
    rest = ahead[len(near) :]
    if not rest:
        return tuple(near), None
    # With room for more the next one comes in when the horizon reaches it; and a new next one when this one begins.
    enters = near[0] if len(near) == MOST_COMING else min(near[0], rest[0] - HORIZON)
    return tuple(near), enters


def _form_fault(rule: str) -> str | None:
    if not rule or len(rule) > LONGEST_RULE:
        return "Say how often it comes again."
    parts = [part.partition("=") for part in rule.split(";")]
    named = {name: value for name, _, value in parts}
    if len(named) < len(parts):
        return "Say each part of the rule once."
    frequency = named.pop("FREQ", "")
    if frequency in ("HOURLY", "MINUTELY", "SECONDLY"):
        return "Maintenance comes again once a day at most."
    allowed = _PARTS.get(frequency)
    if allowed is None:
        return "Say how often it comes again: daily, weekly, monthly or yearly."
    for name, value in named.items():
        if name not in allowed:
            return f"{name} cannot be used in a {frequency.lower()} rule."
        if not re.fullmatch(allowed[name], value, re.ASCII):
            return f"{name} cannot be {value[:40] or 'empty'} in a {frequency.lower()} rule."
    if "COUNT" in named and "UNTIL" in named:
        return "Give a number of times or a last day, not both."
    if int(named.get("INTERVAL", 1)) > HIGHEST_INTERVAL:
        return f"Give an interval of at most {HIGHEST_INTERVAL}."
    if int(named.get("COUNT", 1)) > HIGHEST_COUNT:
        return f"Let it come at most {HIGHEST_COUNT} times."
    if "BYSETPOS" in named and "BYDAY" not in named:
        return "BYSETPOS needs days to choose from: give BYDAY as well."
    return None


def _expand(recurrence: Recurrence) -> rrule:
    rule = _with_naive_until(recurrence.rule, recurrence.zone)
    expanded = rrulestr(rule, dtstart=recurrence.first)
    assert isinstance(expanded, rrule)  # one line makes one rule
    return expanded


def _with_naive_until(rule: str, zone: ZoneInfo) -> str:
    """The rule with its last instant or last day as wall time, the day included: what we compare is wall time."""
    found = re.search(r"UNTIL=(\d{8})(T\d{6})?(Z)?", rule)
    if found is None:
        return rule
    day, hour, utc = found.groups()
    if hour is None:
        until = datetime.combine(_day(day), time(23, 59, 59))
    else:
        until = datetime.strptime(day + hour, "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- wall time
        if utc:
            until = wall_time(until.replace(tzinfo=UTC), zone)
    return rule.replace(found.group(), f"UNTIL={until:%Y%m%dT%H%M%S}")


def _day(written: str) -> date:
    return date(int(written[:4]), int(written[4:6]), int(written[6:]))


def _walls(recurrence: Recurrence) -> Iterator[datetime]:
    return iter(_expand(recurrence))


def _shortest_gap(recurrence: Recurrence) -> timedelta | None:
    """The least time between two starts, None for a single one. Wall time will do: clocks change by an hour or so."""
    instants = [instant_of(wall, recurrence.zone) for wall in islice(_walls(recurrence), _COMPARED)]
    return min((later - earlier for earlier, later in pairwise(instants)), default=None)
