"""What was told to whom: the notifications, how each one goes, who could not be told, and trying again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_zone, done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.delivery.log.actions import retry
from app.delivery.log.queries import (
    NotificationRow,
    Readers,
    Which,
    get_notification,
    get_progress,
    list_notifications,
    list_people,
)
from app.extensions import limiter
from app.organizations.rules import Role
from app.text.clean import clean_text
from app.web.members import current_member, of_organization, requires

LONGEST_SEARCH = 100

READERS = {
    Readers.SUBSCRIBERS: "Subscribers",
    Readers.TEAM: "Your team",
    Readers.ONE: "Single answers",
}

WHICH = {
    Which.ALL: "Everybody",
    Which.SENT: "Sent",
    Which.WAITING: "On their way",
    Which.FAILED: "Failed",
    Which.RETURNED: "Came back",
    Which.DROPPED: "Not told",
}

SUBJECTS = {
    "incident.created": "Incident reported",
    "incident.updated": "Incident updated",
    "incident.resolved": "Incident resolved",
    "incident.merged": "Incident merged",
    "incident.postmortem_published": "Postmortem",
    "maintenance.scheduled": "Maintenance planned",
    "maintenance.edited": "Maintenance changed",
    "maintenance.cancelled": "Maintenance cancelled",
    "maintenance.reminded": "Reminder of maintenance",
    "maintenance.started": "Maintenance started",
    "maintenance.updated": "Maintenance updated",
    "maintenance.verifying": "Maintenance is checked",
    "maintenance.extended": "Maintenance extended",
    "maintenance.completed": "Maintenance completed",
    "announcement.published": "Announcement",
    "subscriber.requested": "Confirmation of an address",
    "subscribers.asked": "Confirmation of addresses",
    "page.link_requested": "Link to a private page",
    "page.domain_missing": "Reminder: a domain's record is missing",
    "page.domain_released": "A domain was let go",
    "invitation.sent": "Invitation",
    "maintenance.overran": "Reminder: maintenance runs over",
    "incident.update_due": "Reminder: an update is due",
    "incident.update_overdue": "Reminder: a promised update is late",
    "incident.forgotten": "Reminder: an incident is forgotten",
}
"""What each kind of notification tells of."""


@dataclass(frozen=True, slots=True)
class Told:
    """One notification in words."""

    row: NotificationRow

    @property
    def subject(self) -> str:
        return SUBJECTS.get(self.row.kind, "Notification")

    @property
    def about(self) -> str:
        """The path of what it tells of, below the dashboard's own; empty where that has no page."""
        if self.row.story_id is None or self.row.page_name == "":
            return ""
        kind = self.row.kind.partition(".")[0]
        return {"incident": f"/incidents/{self.row.story_id}", "maintenance": f"/maintenance/{self.row.story_id}"}.get(
            kind, ""
        )

    @property
    def state(self) -> str:
        tally = self.row.tally
        if not self.row.is_complete or tally.waiting:
            return "Going out"
        if not tally.total:
            return "Replaced by a later one" if tally.superseded else "Nobody was to be told"
        return "Sent" if not tally.failed else "Sent, not to all" if tally.sent else "Failed"

    @property
    def took(self) -> str:
        """ "40 s": whole seconds, rounded up, as long as they can be grasped."""
        length = self.row.took
        if length is None:
            return ""
        seconds = max(-(-length // timedelta(seconds=1)), 1)
        if seconds < 120:
            return f"{seconds} s"
        minutes = seconds // 60
        return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


@blueprint.get("/deliveries")
def deliveries() -> ResponseReturnValue:
    wanted = request.args.get("readers", "")
    readers = Readers(wanted) if wanted in set(Readers) else Readers.SUBSCRIBERS
    listed = list_notifications(current_member.actor, readers, after=find_uuid(request.args.get("after")))
    return render_page(
        "dashboard/deliveries/list.html",
        notifications=[Told(row) for row in listed.rows],
        next_page=listed.next_page,
        is_first="after" not in request.args,
        readers=readers,
        all_readers=READERS,
    )


@blueprint.get("/deliveries/<uuid:notification_id>")
def notification(notification_id: UUID) -> ResponseReturnValue:
    actor = current_member.actor
    detail = get_notification(actor, notification_id)
    wanted = request.args.get("which", "")
    which = Which(wanted) if wanted in set(Which) else Which.ALL
    typed = clean_text(request.args.get("address", ""))[:LONGEST_SEARCH]
    return render_page(
        "dashboard/deliveries/notification.html",
        told=Told(detail.row),
        detail=detail,
        people=list_people(actor, notification_id, which, typed=typed, after=find_uuid(request.args.get("after"))),
        which=which,
        all_which=WHICH,
        typed=typed,
    )


@blueprint.get("/deliveries/<uuid:notification_id>/progress")
def notification_progress(notification_id: UUID) -> ResponseReturnValue:
    """How far it is, for a page that is open while it goes out."""
    row = get_progress(current_member.actor, notification_id)
    return render_template("dashboard/deliveries/_progress.html", told=Told(row), zone=current_zone())


@blueprint.post("/deliveries/<uuid:notification_id>/retry")
@requires(Role.EDITOR)
@limiter.limit("60 per hour", key_func=of_organization("retries"))
def retry_notification(notification_id: UUID) -> ResponseReturnValue:
    """Send again to all who could not be told."""
    people = retry(notification_id, by=current_member.actor)
    said = "It is sent once more." if people == 1 else f"It is sent once more, to {people:,} people."
    return done(said, "notification", notification_id=notification_id)


@blueprint.post("/deliveries/<uuid:notification_id>/people/<uuid:delivery_id>/retry")
@requires(Role.EDITOR)
@limiter.limit("600 per hour", key_func=of_organization("retries of one"))
def retry_delivery(notification_id: UUID, delivery_id: UUID) -> ResponseReturnValue:
    """Send again to one who could not be told."""
    retry(notification_id, delivery_id=delivery_id, by=current_member.actor)
    return done("It is sent once more.", "notification", notification_id=notification_id)
