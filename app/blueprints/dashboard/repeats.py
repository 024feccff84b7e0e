"""How often a window comes again, between what a form asks and a rule of RFC 5545; and such rules in words."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.text.wording import WEEKDAYS, long_day

_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}


class Repeats(StrEnum):
    """The choices of the form."""

    NEVER = ""
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY_ON_DAY = "monthly_day"
    MONTHLY_ON_WEEKDAY = "monthly_weekday"
    RULE = "rule"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Repeats.NEVER: "Does not repeat",
    Repeats.DAILY: "Daily",
    Repeats.WEEKLY: "Weekly",
    Repeats.MONTHLY_ON_DAY: "Monthly, on the same day of the month",
    Repeats.MONTHLY_ON_WEEKDAY: "Monthly, on the same weekday of the month",
    Repeats.RULE: "By a rule of your own",
}

_UNITS = {
    Repeats.DAILY: "day",
    Repeats.WEEKLY: "week",
    Repeats.MONTHLY_ON_DAY: "month",
    Repeats.MONTHLY_ON_WEEKDAY: "month",
}


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a form asks."""

    kind: Repeats
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    """As RFC 5545 names them; empty: the one of the first start."""
    until: date | None = None
    rule: str = ""
    """Of `Repeats.RULE`: as it was typed."""


def unit_of(kind: Repeats) -> str:
    """What an interval counts: "week"."""
    return _UNITS.get(kind, "")


def rule_of(repeat: Repeat, first: datetime) -> str:
    """The rule for what a form asks, when the first one begins at the wall time `first`."""
    match repeat.kind:
        case Repeats.NEVER:
            return ""
        case Repeats.RULE:
            return repeat.rule
        case Repeats.DAILY:
            parts = ["FREQ=DAILY"]
        case Repeats.WEEKLY:
            days = [code for code in _CODES if code in repeat.weekdays] or [_CODES[first.weekday()]]
            parts = ["FREQ=WEEKLY", f"BYDAY={','.join(days)}"]
        case Repeats.MONTHLY_ON_DAY:
            parts = ["FREQ=MONTHLY", f"BYMONTHDAY={first.day}"]
        case Repeats.MONTHLY_ON_WEEKDAY:
            parts = ["FREQ=MONTHLY", f"BYDAY={_nth(first)}{_CODES[first.weekday()]}"]
    if repeat.interval > 1:
        parts.insert(1, f"INTERVAL={repeat.interval}")
    if repeat.until:
        parts.append(f"UNTIL={repeat.until:%Y%m%d}")
    return ";".join(parts)


def repeat_of(rule: str) -> Repeat:
    """The form that would make this rule, which is a valid one; `Repeats.RULE` when none of the others would."""
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    until = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", parts.get("UNTIL", ""))
    interval = parts.pop("INTERVAL", "1")
    own = Repeat(Repeats.RULE, rule=rule)
    if "UNTIL" in parts:
        if until is None:
            return own
        del parts["UNTIL"]
    try:
        last = date(*map(int, until.groups())) if until else None
    except ValueError:
        return own
    every = int(interval)
    match parts:
        case {"FREQ": "DAILY", **rest} if not rest:
            return Repeat(Repeats.DAILY, every, until=last)
        case {"FREQ": "WEEKLY", "BYDAY": days, **rest} if not rest:
            return Repeat(Repeats.WEEKLY, every, tuple(days.split(",")), until=last)
        case {"FREQ": "MONTHLY", "BYMONTHDAY": day, **rest} if not rest and day.isdecimal():
            return Repeat(Repeats.MONTHLY_ON_DAY, every, until=last)
        case {"FREQ": "MONTHLY", "BYDAY": day, **rest} if not rest and re.fullmatch(r"(-1|[1-4])[A-Z]{2}", day):
            return Repeat(Repeats.MONTHLY_ON_WEEKDAY, every, until=last)
    return own


def rule_in_words(rule: str) -> str:
    """ "Every 2 weeks on Tuesday and Thursday, until 31 December 2026"; a rule of one's own stays as it is."""
    repeat = repeat_of(rule)
    if repeat.kind is Repeats.RULE:
        return rule
    unit = unit_of(repeat.kind)
    words = f"Every {unit}" if repeat.interval == 1 else f"Every {repeat.interval} {unit}s"
    if found := re.search(r"BYMONTHDAY=(\d+)", rule):
        words += f" on day {found[1]}"
    elif found := re.search(r"BYDAY=(-?\d)([A-Z]{2})", rule):
        words += f" on the {_NTH[int(found[1])]} {WEEKDAYS[_CODES.index(found[2])]}"
    elif repeat.weekdays:
        names = [WEEKDAYS[_CODES.index(code)] for code in repeat.weekdays]
        words += " on " + " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"{words}, until {long_day(repeat.until)}" if repeat.until else words


def _nth(first: datetime) -> int:
    """Which of its weekday in its month a day is: 1 to 4, and -1 (the last) for a fifth, which few months have."""
    number = (first.day - 1) // 7 + 1
    return -1 if number == 5 else number
