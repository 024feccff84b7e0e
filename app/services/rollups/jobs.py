"""What workers and the clock do with days that are over. Every job may run twice, or be lost."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from app import bells, clock
from app.database.scope import system_scope
from app.organizations.models import Organization
from app.services.rollups import bell
from app.services.rollups.actions import check_days, roll_up
from app.services.rollups.models import DayZone

SECONDS_IN_A_ROW = 30.0
"""For so long a worker goes on with one organization before it looks for other work."""
ALONE_SECONDS = 2.0
"""With Redis away nobody hears a bell: for so long per sweep the clock then does it itself."""
MOST_AT_ONCE = 200

CHECKED_EVERY = timedelta(hours=23)


def keep_days(organization_id: str, zone: str) -> None:
    """Roll up the days that are over. Twice without harm: whoever comes second finds nothing to do."""
    organization = UUID(organization_id)
    if not roll_up(organization, ZoneInfo(zone), seconds=SECONDS_IN_A_ROW):
        bell.ring("keep_days", organization, zone)


def compare_days(organization_id: str, zone: str) -> None:
    """Compare tonight's share with the status changes. Twice without harm: it changes nothing that is right."""
    check_days(UUID(organization_id), ZoneInfo(zone))


def take_up_days() -> None:
    """Have those days rolled up that are over since the last time, or were forgotten because more is known of them."""
    _take_up(
        "days are over in each organization's zones at their own time",
        DayZone.due_at <= clock.now(),
        "keep_days",
        lambda organization_id, zone: roll_up(organization_id, zone, seconds=ALONE_SECONDS),
    )


def take_up_comparing() -> None:
    """Have roll-ups compared that were not for a day: the nightly check."""
    now = clock.now()
    _take_up(
        "roll-ups of all organizations are held against their history",
        or_(DayZone.checked_at.is_(None), DayZone.checked_at < now - CHECKED_EVERY) & (DayZone.due_at > now),
        "compare_days",
        lambda organization_id, zone: None,  # it can wait for Redis
    )


def _take_up(reason: str, due: ColumnElement[bool], job: str, alone: Callable[[UUID, ZoneInfo], object]) -> None:
    if bells.waiting(bells.CHORES):
        return
    with system_scope(reason) as scope:
        zones = scope.session.execute(
            select(DayZone.organization_id, DayZone.zone)
            .join(Organization, Organization.id == DayZone.organization_id)
            .where(due, Organization.closing_at.is_(None))
            .order_by(DayZone.due_at)
            .limit(MOST_AT_ONCE)
        ).all()
    for organization_id, zone in zones:
        if not bell.ring(job, organization_id, zone):
            alone(organization_id, ZoneInfo(zone))
