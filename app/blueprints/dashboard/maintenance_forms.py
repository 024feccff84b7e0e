"""The forms of planned maintenance: a window's plan, its next message, more time, and calling it off."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from app.blueprints.dashboard.forms import OnceForm
from app.blueprints.dashboard.repeats import Repeat, Repeats, repeat_of, rule_of
from app.blueprints.dashboard.translations import TranslatedMessage, TranslatedTitle
from app.maintenance.details import MaintenanceDetails
from app.maintenance.rules import DEFAULT_REMINDERS, MaintenanceStage
from app.web.forms import read_line, read_lines
from app.web.local_times import LocalTime, read_local_time, write_local_time

REMINDERS = {
    7 * 24 * 60: "A week before",
    3 * 24 * 60: "3 days before",
    24 * 60: "24 hours before",
    60: "1 hour before",
    15: "15 minutes before",
}
"""Minutes before the start, as the form offers them."""

WEEKDAYS = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat", "SU": "Sun"}


@dataclass(frozen=True, slots=True)
class Times:
    """The instants (aware UTC) that a form means."""

    starts_at: datetime
    ends_at: datetime


class PlanForm(TranslatedTitle, TranslatedMessage, OnceForm):
    """Everything of a window that can be planned. Its services are read by `touched`."""

    title = StringField("What will be done?", filters=[read_line])
    message = TextAreaField("Message", filters=[read_lines])
    starts_at = StringField("Starts", filters=[read_line])
    ends_at = StringField("Ends", filters=[read_line])
    services = HiddenField("Affected services")
    """Only to say what is wrong with them."""
    reminders = SelectMultipleField("Reminders", coerce=int)
    auto_start = BooleanField("Start by itself", default=True)
    auto_complete = BooleanField("Complete by itself", default=True)
    expects_failures = BooleanField("Failures of monitors are expected meanwhile")
    notify = BooleanField("Of reminders, start and completion", default=True)
    announce = BooleanField("Now, of this plan", default=True)

    def offer_reminders(self, kept: Iterable[int] = ()) -> None:
        """The usual ones, and those that a window has already."""
        offered = REMINDERS | {minutes: f"{minutes:,} minutes before" for minutes in kept if minutes not in REMINDERS}
        self.reminders.choices = [(minutes, offered[minutes]) for minutes in sorted(offered, reverse=True)]

    def read_times(self, zone: ZoneInfo, kept: Times | None = None) -> Times | None:
        """What was typed as instants; what cannot be one becomes a fault beside its field.

        A field that still shows a time of `kept` means that very instant, to the second, and the later one of two.
        """
        return _both(
            _read_field(self.starts_at, zone, kept.starts_at if kept else None),
            _read_field(self.ends_at, zone, kept.ends_at if kept else None),
        )

    def find_times(self, zone: ZoneInfo) -> Times | None:
        """The same while somebody is still typing: without faults."""
        starts_at, ends_at = (read_local_time(field.data or "", zone) for field in (self.starts_at, self.ends_at))
        if isinstance(starts_at, LocalTime) and isinstance(ends_at, LocalTime) and ends_at.at > starts_at.at:
            return Times(starts_at.at, ends_at.at)
        return None

    def suggest_end(self, zone: ZoneInfo) -> None:
        """Once there is a start, an end that was not given is an hour later."""
        starts_at = read_local_time(self.starts_at.data or "", zone)
        if isinstance(starts_at, LocalTime) and not self.ends_at.data:
            self.ends_at.data = write_local_time(starts_at.at + timedelta(hours=1), zone)

    def remarks(self, zone: ZoneInfo) -> dict[str, str]:
        """What is to be said of times that can be read, by field."""
        said = {}
        for name in ("starts_at", "ends_at"):
            at = read_local_time(self[name].data or "", zone)
            if isinstance(at, LocalTime) and at.remark:
                said[name] = at.remark
        return said

    def put_times(self, times: Times, zone: ZoneInfo) -> None:
        self.starts_at.data = write_local_time(times.starts_at, zone)
        self.ends_at.data = write_local_time(times.ends_at, zone)

    def to_details(self, times: Times, service_ids: Iterable[UUID]) -> MaintenanceDetails:
        return MaintenanceDetails(
            title=self.title.data,
            message=self.message.data,
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            service_ids=tuple(service_ids),
            reminders=tuple(timedelta(minutes=minutes) for minutes in self.reminders.data or ()),
            auto_start=self.auto_start.data,
            auto_complete=self.auto_complete.data,
            expects_failures=self.expects_failures.data,
            notify=self.notify.data,
            translations=self.to_own_texts(),
        )


class ScheduleForm(PlanForm):
    """A plan that may come again."""

    repeats = SelectField("Repeats", choices={one.value: one.label for one in Repeats}, default="")
    interval = StringField("Every", filters=[read_line], default="1")
    weekdays = SelectMultipleField("On", choices=WEEKDAYS)
    until = StringField("Last day, if there is one", filters=[read_line])
    rule = StringField("Rule (RFC 5545)", filters=[read_line])

    def put_rule(self, rule: str, first: datetime) -> None:
        """Show a rule as the fields that would make it for the wall time `first`; they must not change it unasked."""
        repeat = repeat_of(rule)
        if rule_of(repeat, first) != rule:
            repeat = Repeat(Repeats.RULE, rule=rule)
        self.repeats.data, self.interval.data, self.rule.data = repeat.kind.value, str(repeat.interval), repeat.rule
        self.weekdays.data = list(repeat.weekdays)
        self.until.data = repeat.until.isoformat() if repeat.until else ""

    @property
    def kind(self) -> Repeats:
        return Repeats(self.repeats.data) if self.repeats.data in set(Repeats) else Repeats.NEVER

    def read_rule(self, first: datetime) -> str:
        """The rule that the fields make, beginning at the wall time `first`; faults go beside their fields."""
        kind = self.kind
        interval = self.interval.data or "1"
        until = None
        if kind is not Repeats.RULE:
            if not (interval.isascii() and interval.isdecimal() and 1 <= int(interval[:3]) <= 60):
                self.interval.errors = ["Give a number from 1 to 60."]
                interval = "1"
            if self.until.data:
                until = _read_day(self.until.data)
                if until is None:
                    self.until.errors = ["Give a day, as in 2026-12-31."]
        return rule_of(
            Repeat(kind, int(interval[:3]), tuple(self.weekdays.data or ()), until, self.rule.data or ""), first
        )


class WindowMessageForm(TranslatedMessage, OnceForm):
    """The next message of a window, and where the window goes with it."""

    stage = RadioField("Where are you?", choices={stage.value: stage.label for stage in MaintenanceStage})
    message = TextAreaField("Message", filters=[read_lines])
    notify = BooleanField("Tell subscribers", default=True)

    def to_stage(self) -> MaintenanceStage:
        return MaintenanceStage(self.stage.data)


class ExtendForm(TranslatedMessage, OnceForm):
    """More time for a window that runs."""

    ends_at = StringField("New end", filters=[read_line])
    message = TextAreaField("Message", filters=[read_lines])
    notify = BooleanField("Tell subscribers", default=True)

    def read_end(self, zone: ZoneInfo) -> datetime | None:
        return _read_field(self.ends_at, zone, None)


class CallOffForm(TranslatedMessage, OnceForm):
    """Before a window or a whole series is called off."""

    message = TextAreaField("Message", filters=[read_lines])
    notify = BooleanField("Tell subscribers", default=True)


def _read_field(field: StringField, zone: ZoneInfo, kept: datetime | None) -> datetime | None:
    if kept is not None and field.data == write_local_time(kept, zone):
        return kept
    read = read_local_time(field.data or "", zone)
    if isinstance(read, LocalTime):
        return read.at
    field.errors = [*field.errors, read]
    return None


def _both(starts_at: datetime | None, ends_at: datetime | None) -> Times | None:
    return None if starts_at is None or ends_at is None else Times(starts_at, ends_at)


def new_plan() -> dict[str, object]:
    """What a fresh form holds."""
    minutes = [lead // timedelta(minutes=1) for lead in DEFAULT_REMINDERS]
    return {"reminders": minutes, "auto_start": True, "auto_complete": True, "notify": True, "announce": True}


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
