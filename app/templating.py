"""What templates can say: the wordings of `app.text.wording`, and what only they need."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
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
from app.services.rules import ServiceStatus, group_path
from app.subscribers.rules import is_browser
from app.text.markdown import with_headings_from
from app.text.speech import gettext, words
from app.text.times import machine_time
from app.text.wording import (
    clock_time,
    count,
    day_heading,
    duration,
    factor,
    moment,
    month_heading,
    percent,
    short_date,
    short_day,
    short_duration,
    zone_label,
)

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
        base_url, count_days, day_cells, group_path, heat_cells, is_unfolded, push_key, script_words, span_places,
        still_open, weighed, weights_in_words,
    )  # fmt: skip
    for thing in things:
        app.add_template_global(thing)
    app.jinja_env.globals.update(badge_of=Badge.of, Role=Role, ServiceStatus=ServiceStatus, DOWN_WEIGHTS=DOWN_WEIGHTS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def base_url() -> str:
    """Scheme and host under which people reach us, without a slash at the end: for canonical links.

    Fragments are rendered outside of requests, too, where `url_for` knows no host.
    """
    return settings.base_url


def addressee(address: str) -> str:
    """Who an address of a subscriber or a delivery stands for: itself, or a browser, which has none."""
    return gettext("A browser") if is_browser(address) else address


def push_key() -> str:
    """What a browser must know of us before it can be told anything (`app.push`)."""
    return public_key(settings.secret_key)


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
