"""The forms around an incident: what is entered later, merging, and who handles it. Its messages are in `forms`."""

from collections.abc import Iterable
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField

from app.blueprints.dashboard.forms import IncidentDetailsForm, MessageForm, OnceForm, find_uuid, read_time
from app.incidents.backdating import PastMessage
from app.incidents.relations import Handler
from app.incidents.rules import Impact, Stage
from app.incidents.views import IncidentLink
from app.web.forms import read_line, read_lines

NOBODY = ""


class StartForm(OnceForm):
    """When an incident began."""

    started_at = StringField("Began at", filters=[read_line])


class TimeForm(OnceForm):
    """When a message was posted."""

    posted_at = StringField("Time of the message", filters=[read_line])


class EarlierForm(MessageForm):
    """A message that belongs among those that are there."""

    posted_at = StringField("Time of the message", filters=[read_line])
    stage = RadioField("Where were you?", choices={stage.value: stage.label for stage in Stage})
    notify = BooleanField("Tell subscribers", default=False)

    def to_stage(self) -> Stage:
        return Stage(self.stage.data)


class PastForm(IncidentDetailsForm):
    """An incident of the past with a message for each stage; only the first one is needed."""

    remark = ""
    """What to say once it is sent, about times that the clocks show twice."""
    notify = BooleanField("Tell subscribers", default=False)
    investigating_at = StringField("Began at", filters=[read_line])
    investigating_message = TextAreaField("What users saw", filters=[read_lines])
    identified_at = StringField("Cause found at", filters=[read_line])
    identified_message = TextAreaField("What it was", filters=[read_lines])
    monitoring_at = StringField("Fixed at", filters=[read_line])
    monitoring_message = TextAreaField("What was done", filters=[read_lines])
    resolved_at = StringField("Over at", filters=[read_line])
    resolved_message = TextAreaField("How it ended", filters=[read_lines])

    def of_stage(self, stage: Stage) -> tuple[Field, Field]:
        """The time and the message of a stage."""
        return self[f"{stage.value}_at"], self[f"{stage.value}_message"]

    @property
    def stages(self) -> Iterable[tuple[Stage, Field, Field]]:
        """The rows of the form."""
        return ((stage, *self.of_stage(stage)) for stage in Stage)

    @property
    def texts(self) -> dict[Stage, str]:
        """The messages that are there, and the first one, which must be."""
        return {
            stage: text.data or ""
            for stage, at, text in self.stages
            if stage is Stage.INVESTIGATING or at.data or text.data
        }

    def read_messages(self, zone: ZoneInfo) -> tuple[PastMessage, ...]:
        """What was typed. A stage without time and message was skipped; the first one cannot be."""
        messages, remarks = [], []
        for stage, at, text in self.stages:
            if stage is Stage.INVESTIGATING or at.data or text.data:
                read = read_time(at, zone)
                if read is not None:
                    messages.append(PastMessage(read.at, stage, text.data))
                    remarks.append(read.remark)
        self.remark = " ".join(filter(None, remarks))
        return tuple(messages)

    def to_impact(self) -> Impact:
        return Impact(self.impact.data)


class MergeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    """Where a duplicate goes on; whether that can be is the action's to say."""

    into = SelectField("Merge it into", validate_choice=False)
    notify = BooleanField("Tell subscribers", default=True)

    def offer(self, targets: Iterable[IncidentLink]) -> None:
        self.into.choices = {"": "Choose …"} | {str(target.id): target.title for target in targets}

    def to_into_id(self) -> UUID | None:
        return find_uuid(self.into.data)


class HandlerForm(FlaskForm):  # type: ignore[misc]
    """Who handles an incident from now on; nobody when it is empty."""

    handler = SelectField("Hand over to", validate_choice=False)

    def offer(self, handlers: Iterable[Handler]) -> None:
        self.handler.choices = {NOBODY: "Choose …"} | {str(one.user_id): one.name for one in handlers}
