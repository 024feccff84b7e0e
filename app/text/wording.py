"""Times, lengths, shares and numbers in words.

A page is cached for all who read it, so nothing here looks at the clock or at the visitor: how long ago something was
is said by `js/times.js`. Only what members see may be written for the one who reads it (`write_for`).
"""

from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from zoneinfo import ZoneInfo

from flask import g, has_app_context

from app.text.languages import (
    Language,
    PageLanguage,
    write_date,
    write_day_of_year,
    write_full_day,
    write_long_date,
    write_month,
    write_number,
    write_share,
    write_short_day,
    write_time,
)
from app.text.speech import gettext, ngettext, spoken

# Not strftime: its names follow the locale of the process.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def write_for(language: Language | None) -> None:
    """Have dates and numbers written as in this language until the present request, or application context, is over."""
    g.language = language


def _language() -> Language | None:
    """The language of the one who reads; None where all read the same, and for British, which ours are written in."""
    language: Language | None = g.get("language") if has_app_context() else None
    return None if language is Language.BRITISH else language


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """ "10:08" """
    local = at.astimezone(zone)
    language = _language()
    return write_time(local, language) if language else f"{local:%H:%M}"


def moment(at: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
    """ "Tue 24 Nov, 02:00", or with the year "24 Nov 2026, 02:00" for what is read years later."""
    local = at.astimezone(zone)
    day = short_date(local) if year else short_day(local)
    return gettext("%(day)s, %(time)s", day=day, time=clock_time(at, zone))


def short_day(day: date) -> str:
    """ "Tue 24 Nov" """
    if language := _language():
        return write_short_day(day, language)
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def day_heading(day: date, today: date | None = None) -> str:
    """ "Friday, 20 November"; with the year when `today` lies in another one."""
    if language := _language():
        this_year = today is not None and today.year == day.year and spoken() is not PageLanguage.ENGLISH
        return write_day_of_year(day, language) if this_year else write_full_day(day, language)
    heading = f"{WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]}"
    return heading if today is None or today.year == day.year else f"{heading} {day.year}"


def long_day(day: date) -> str:
    """ "31 December 2026" """
    if language := _language():
        return write_long_date(day, language)
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_heading(day: date) -> str:
    """ "November 2026" """
    if language := _language():
        return write_month(day, language)
    return f"{_MONTHS[day.month - 1]} {day.year}"


def zone_label(zone: ZoneInfo, at: datetime) -> str:
    """ "Europe/Berlin (UTC+1)": the zone's name and what it is at that moment; "UTC" says both."""
    if zone.key == "UTC":
        return zone.key
    offset = at.astimezone(zone).utcoffset() or timedelta()
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    sign = "+" if offset >= timedelta() else "-"
    distance = f"{sign}{hours}" + (f":{minutes:02}" if minutes else "") if offset else ""
    return f"{zone.key.replace('_', ' ')} (UTC{distance})"


def short_date(day: date) -> str:
    """ "24 Nov 2026" """
    if language := _language():
        return write_date(day, language)
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def duration(length: timedelta) -> str:
    """A length in words, rounded down to the minute: "42 minutes", "1 h 12 min", "2 days 3 h"."""
    minutes = max(length // timedelta(minutes=1), 0)
    if minutes == 0:
        return gettext("less than a minute")
    if minutes < 60:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return short_duration(minutes)


def short_duration(minutes: int) -> str:
    """Whole minutes, for a column: "47 min", "1 h 12 min", "2 days 3 h"."""
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return gettext("%(minutes)s min", minutes=rest)
    if hours < 24:
        in_hours = gettext("%(hours)s h", hours=hours)
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest) if rest else in_hours
    days, hours = divmod(hours, 24)
    in_days = ngettext("%(num)s day", "%(num)s days", days)
    return gettext("%(days)s %(hours)s h", days=in_days, hours=hours) if hours else in_days


def percent(share: float) -> str:
    """A share from 0 to 1 as "99.94 %", never rounded up: only a perfect share reads "100 %"."""
    language = _language()
    if share >= 1:
        return write_share(Decimal(1), language) if language else "100 %"
    return write_share(cut_share(share), language) if language else f"{cut_share(share) * 100:.2f} %"


def cut_share(share: float) -> Decimal:
    """A share with the digits that are shown of it: 0.9994, never rounded up."""
    return (Decimal(repr(share)) * 10_000).to_integral_value(ROUND_FLOOR).scaleb(-4)


def count(number: int) -> str:
    """ "4,312" """
    language = _language()
    return write_number(number, language) if language else f"{number:,}"


def factor(number: float) -> str:
    """A weight: "1", "0.3"."""
    language = _language()
    return write_number(number, language) if language else f"{number:g}"
