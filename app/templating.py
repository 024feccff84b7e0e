"""What templates can say: addresses, and times, durations and shares in words.

A page is cached for all who read it, so nothing here looks at the clock or at the visitor: how long ago something was
is said by `js/times.js`. Only what members see may be written for the one who reads it (`write_for`).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask, g, has_app_context
from markupsafe import Markup

from app.extensions import settings
from app.organizations.rules import Role
from app.pages.badges import Badge
from app.pages.strips import NO_DATA, day_cells
from app.pages.views import DayDetail, GroupView, IncidentView, PageView, SpanView
from app.pages.weights import FAULTS
from app.push.keys import public_key
from app.sentences import Sentence
from app.services.history import DOWN_WEIGHTS, DayView, Weights, day_borders
from app.services.rollups.heat import HeatDay
from app.services.rules import ServiceStatus
from app.subscribers.rules import is_browser
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
from app.text.markdown import with_headings_from
from app.text.speech import gettext, ngettext, spoken, words
from app.text.times import machine_time

# Not strftime: its names follow the locale of the process.
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip

MANY_SERVICES = 24
"""On a page with more services than this, a group in which all is well starts folded."""

SPAN_WIDTH = 1000
"""Units of the drawing that a day's spans are laid out in."""


def register(app: Flask) -> None:
    """Give these functions to all templates: the wordings as filters, the rest by name."""
    wordings: tuple[Callable[..., object], ...] = (
        addressee, clock_time, count, day_heading, duration, factor, heat_label, initial, initials, machine_time,
        moment, month_heading, percent, short_date, short_day, short_duration, status_label, status_name, zone_label,
    )  # fmt: skip
    app.add_template_filter(with_headings_from)
    for wording in wordings:
        app.add_template_filter(wording)
    things: tuple[Callable[..., object], ...] = (
        base_url, calendar_path, count_days, day_cells, heat_cells, incident_path, is_unfolded, maintenance_path,
        page_path, postmortem_path, push_key, script_words, span_places, still_open, weighed, weights_in_words,
    )  # fmt: skip
    for thing in things:
        app.add_template_global(thing)
    app.jinja_env.globals.update(badge_of=Badge.of, Role=Role, ServiceStatus=ServiceStatus, DOWN_WEIGHTS=DOWN_WEIGHTS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def write_for(language: Language | None) -> None:
    """Have dates and numbers written as in this language until the present request, or application context, is over."""
    g.language = language


def _language() -> Language | None:
    """The language of the one who reads; None where all read the same, and for British, which ours are written in."""
    language: Language | None = g.get("language") if has_app_context() else None
    return None if language is Language.BRITISH else language


# Addresses. Fragments are rendered outside of requests too, where `url_for` knows no host; these need none.


def base_url() -> str:
    """Scheme and host under which people reach us, without a slash at the end: for canonical links."""
    return settings.base_url


def addressee(address: str) -> str:
    """Who an address of a subscriber or a delivery stands for: itself, or a browser, which has none."""
    return gettext("A browser") if is_browser(address) else address


def push_key() -> str:
    """What a browser must know of us before it can be told anything (`app.push`)."""
    return public_key(settings.secret_key)


def page_path(slug: str) -> str:
    return f"/{slug}"


def incident_path(slug: str, incident_id: UUID) -> str:
    return f"/{slug}/incidents/{incident_id}"


def maintenance_path(slug: str, maintenance_id: UUID) -> str:
    """A window's page; with ".ics" behind it, the window for a calendar."""
    return f"/{slug}/maintenance/{maintenance_id}"


def calendar_path(slug: str) -> str:
    """All windows of a page for calendar programs."""
    return f"/{slug}/maintenance.ics"


def postmortem_path(slug: str, incident_id: UUID) -> str:
    return f"{incident_path(slug, incident_id)}/postmortem"


# Times and days, in the page's zone.


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
    return f"{_WEEKDAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def day_heading(day: date, today: date | None = None) -> str:
    """ "Friday, 20 November"; with the year when `today` lies in another one."""
    if language := _language():
        this_year = today is not None and today.year == day.year and spoken() is not PageLanguage.ENGLISH
        return write_day_of_year(day, language) if this_year else write_full_day(day, language)
    heading = f"{_WEEKDAYS[day.weekday()]}, {day.day} {_MONTHS[day.month - 1]}"
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
    """ "Europe/Berlin (UTC+1)": the zone's name and what it is at that moment."""
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


# Amounts.


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


def script_words() -> dict[str, str]:
    """What scripts say, by its English, for pages in other languages: they look for it in `<meta name="words">`."""
    return {text: words(text) for text in _SCRIPT_WORDS}


_SCRIPT_WORDS = (
    *(status.label for status in ServiceStatus),
    Sentence("No data"),
    Sentence("Today"),
    Sentence("Loading …"),
    Sentence("The detail of this day could not be loaded."),
    Sentence("Connecting"),
    Sentence("Reconnecting"),
    Sentence("Live"),
    Sentence("Offline, last update %(time)s"),
    Sentence("Checked %(time)s"),
    Sentence("Updates have ended. Reload the page."),
    Sentence("just now"),
    Sentence("in less than a minute"),
    Sentence("%(time)s, your time"),
)


def factor(number: float) -> str:
    """A weight: "1", "0.3"."""
    language = _language()
    return write_number(number, language) if language else f"{number:g}"


def weighed(weights: Weights) -> list[tuple[ServiceStatus, float]]:
    """Each fault with its weight, the mildest first: what counts as down at all."""
    return [(status, weights[status]) for status in FAULTS]


def weights_in_words(weights: Weights) -> str:
    """ "Degraded performance × 1, Partial outage × 1, Major outage × 1" """
    return gettext(", ").join(f"{status_label(status)} × {factor(weight)}" for status, weight in weighed(weights))


def count_days(days: Iterable[DayView]) -> list[tuple[ServiceStatus | None, int]]:
    """How many days a strip has of each status, the worst first: what it says to those who do not see it."""
    counted = Counter(day.status for day in days)
    return sorted(counted.items(), key=lambda item: item[0].severity if item[0] else -1, reverse=True)


def heat_label(day: HeatDay) -> str:
    """What a cell of a heatmap says: "47 min not operational", "No downtime", "No data"."""
    if day.heat is None:
        return "No data"
    if not day.heat:
        return "No downtime"
    return f"{short_duration(day.minutes) if day.minutes else 'Under 1 min'} not operational"


def heat_cells(days: Iterable[HeatDay]) -> Markup:
    """One `<i>` for each day of a heatmap; ready-made, as in `day_cells`. Holds nothing that a user typed."""
    return Markup(
        "".join(
            "<i></i>"
            if day.heat == 0
            else f'<i data-heat="{"none" if day.heat is None else day.heat}" data-says="{heat_label(day)}"></i>'
            for day in days
        )
    )


# Names and states.


def initial(name: str) -> str:
    """The letter that stands for a logo."""
    return name.strip()[:1].upper()


def initials(name: str) -> str:
    """The letters that stand for a person without a picture: of the first and the last word."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def status_name(status: ServiceStatus | None) -> str:
    """For `data-status`, from which the style sheet takes colour and height."""
    return status.value if status else NO_DATA


def status_label(status: ServiceStatus | None) -> str:
    return words(status.label) if status else gettext("No data")


def is_unfolded(group: GroupView, page: PageView) -> bool:
    """Whether a group starts open: always where something is wrong, and on pages that are easy to overlook."""
    return group.status != ServiceStatus.OPERATIONAL or sum(1 for _ in page.services) <= MANY_SERVICES


def still_open(page: PageView, day: date) -> tuple[IncidentView, ...]:
    """The incidents that began on this day and are not over: a list of past days must not call it quiet."""
    return tuple(
        incident for incident in page.active_incidents if incident.started_at.astimezone(page.time_zone).date() == day
    )


def span_places(detail: DayDetail, zone: ZoneInfo) -> list[tuple[SpanView, float, float]]:
    """Each span of a day with where it begins and how wide it is, in `SPAN_WIDTH` units of the whole day.

    The day is the zone's own: it may have 23 or 25 hours. What is still to come of today stays empty.
    """
    calendar = day_borders(zone, detail.day, days=1)
    begin, end = calendar.start, calendar.end
    scale = SPAN_WIDTH / (end - begin).total_seconds()

    def place(at: datetime) -> float:
        return round((min(max(at, begin), end) - begin).total_seconds() * scale, 1)

    return [
        (span, place(span.starts_at), round(place(span.ends_at) - place(span.starts_at), 1)) for span in detail.spans
    ]
