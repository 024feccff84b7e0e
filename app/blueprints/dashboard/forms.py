"""The dashboard's forms: what was typed, cleaned, as the plain values that actions take."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)

from app.blueprints.dashboard.translations import TranslatedMessage, TranslatedTitle
from app.errors import Invalid, NotFound
from app.incidents.rules import Impact, Stage
from app.services.actions import ServiceDetails
from app.services.queries import GroupRow
from app.services.rules import ServiceStatus
from app.web.forms import add_faults, read_line, read_lines, read_version
from app.web.local_times import LocalTime, read_local_time


def find_uuid(text: str | None) -> UUID | None:
    """The id that a field or an address carries, if it is one."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def read_time(field: Field, zone: ZoneInfo) -> LocalTime | None:
    """The time that was typed. What cannot be one becomes the field's fault: then its form no longer validates."""
    read = read_local_time(field.data or "", zone)
    if isinstance(read, LocalTime):
        return read
    field.errors = [*field.errors, read]
    return None


class OnceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    """A form that counts once however often it is sent, and knows which state of things it was written in."""

    form_id = HiddenField()
    seen_version = HiddenField()

    def begin_anew(self) -> None:
        """Let what is sent next count as something new."""
        self.form_id.data = str(uuid4())

    def to_form_id(self) -> UUID | None:
        return find_uuid(self.form_id.data)

    def to_seen_version(self) -> int | None:
        return read_version(self.seen_version.data)


class ServiceForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    name = StringField("Name", filters=[read_line])
    description = StringField("Description", filters=[read_line])
    group = SelectField("Group")

    def offer_groups(self, groups: Iterable[GroupRow]) -> None:
        self.group.choices = {"": "No group"} | {str(group.id): group.path for group in groups}

    def to_details(self) -> ServiceDetails:
        return ServiceDetails(self.name.data, self.description.data, find_uuid(self.group.data))


class NeedsForm(FlaskForm):  # type: ignore[misc]
    """The services that one needs, as boxes to tick; whether they exist is the action's to say."""

    needs = SelectMultipleField("Services that it needs", coerce=find_uuid, validate_choice=False, choices=())

    def to_ids(self) -> frozenset[UUID]:
        """Those ticked.

        Raises:
            NotFound: one of them is no id.
        """
        ids = frozenset(self.needs.data or ())
        if None in ids:
            raise NotFound
        return ids


class StatusForm(FlaskForm):  # type: ignore[misc]
    status = SelectField("Status", choices={status.value: status.label for status in ServiceStatus})
    comment = StringField("Comment, for your team", filters=[read_line])

    def to_status(self) -> ServiceStatus:
        return ServiceStatus(self.status.data)


class GroupForm(FlaskForm):  # type: ignore[misc]
    name = StringField("Name of the group", filters=[read_line])
    parent = SelectField("In the group", validate_choice=False)

    def offer_parents(self, groups: Iterable[GroupRow], group_id: UUID | None = None) -> None:
        """Offer the groups that may hold another one: those that stand in none, and not the group itself."""
        offered = (group for group in groups if group.parent_id is None and group.id != group_id)
        self.parent.choices = {"": "None, on the page itself"} | {str(group.id): group.name for group in offered}

    def to_parent_id(self) -> UUID | None:
        return find_uuid(self.parent.data)


class TitleForm(FlaskForm):  # type: ignore[misc]
    title = StringField("What is wrong?", filters=[read_line])


class IncidentDetailsForm(TranslatedTitle, TitleForm, OnceForm):
    impact = SelectField("Impact", choices={impact.value: impact.label for impact in Impact})


class MessageForm(TranslatedMessage, OnceForm):
    message = TextAreaField("Message", filters=[read_lines])


PROMISES = {15: "In 15 minutes", 30: "In 30 minutes", 60: "In 1 hour", 120: "In 2 hours", 240: "In 4 hours"}
"""Minutes until the next update, as the form offers them."""


class PromiseForm(FlaskForm):  # type: ignore[misc]
    """When the next update is due: a while from now, or a time of one's own, which counts if there is one."""

    remark = ""
    """What is to be said of the time: that the clocks show it twice."""

    next_update = SelectField(
        "Next update",
        choices={"": "Promise none", **{str(minutes): words for minutes, words in PROMISES.items()}},
        default="",
    )
    next_update_at = StringField("Or at", filters=[read_line])

    def read_next_update(self, zone: ZoneInfo, now: datetime) -> datetime | None:
        """The promised time, if any. What cannot be one becomes a fault of the form, which then no longer validates."""
        if self.next_update_at.data:
            read = read_local_time(self.next_update_at.data, zone)
            if isinstance(read, LocalTime):
                self.remark = read.remark
                return read.at
            self.next_update_at.errors = [read]
            return None
        chosen = self.next_update.data or ""
        return now + timedelta(minutes=int(chosen)) if chosen else None

    def to_next_update_in(self) -> timedelta | None:
        """How long after it is sent the next update is promised; None where none is, or a time of one's own."""
        chosen = self.next_update.data or ""
        return timedelta(minutes=int(chosen)) if chosen.isdecimal() and not self.next_update_at.data else None

    def add_faults(self, refusal: Invalid) -> None:
        """Put what was refused beside its fields; of a promised time beside the one of the two that counted."""
        place = {"next_update": "next_update_at"} if self.next_update_at.data else {}
        add_faults(self, Invalid({place.get(name, name): fault for name, fault in refusal.faults.items()}))


class UpdateForm(TranslatedMessage, PromiseForm, OnceForm):
    """What every message of an incident comes with, in the order in which the page has it."""

    stage = RadioField("Where are you?", choices={stage.value: stage.label for stage in Stage})
    impact = SelectField("Impact", choices={impact.value: impact.label for impact in Impact})
    message = TextAreaField("Message", filters=[read_lines])
    notify = BooleanField("Tell subscribers", default=True)

    def to_stage(self) -> Stage:
        return Stage(self.stage.data)

    def to_impact(self) -> Impact:
        return Impact(self.impact.data)


class ReportForm(TranslatedTitle, TitleForm, UpdateForm):
    """The first message, with what the incident is called."""

    started_at = StringField("It began earlier", filters=[read_line])
    follows = HiddenField("The incident that it follows")

    def read_started_at(self, zone: ZoneInfo) -> datetime | None:
        """When it began, if that was not just now. What cannot be a time becomes a fault of the form."""
        read = read_time(self.started_at, zone) if self.started_at.data else None
        if read is None:
            return None
        self.remark = f"{self.remark} {read.remark}".strip()
        return read.at

    def to_follows_id(self) -> UUID | None:
        return find_uuid(self.follows.data)
