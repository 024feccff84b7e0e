"""In whose days histories are read: each organization's own zone, and those of its pages."""

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Subquery,
    delete,
    exists,
    literal,
    literal_column,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.scope import system_scope
from app.organizations.models import Organization
from app.pages.models import Page
from app.services.rollups.actions import LONG_AGO
from app.services.rollups.models import DayZone, ServiceDay

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When days of a zone that nobody reads in are rolled up next."""

ROWS_AT_ONCE = 5_000
ROUNDS = 20


def keep_zones() -> None:
    """Have days counted in each zone that came into use since the last time; they are rolled up soon after.

    Until then whoever reads them does so from the status changes.
    """
    in_use = _in_use()
    now = clock.now()
    known = exists().where(
        DayZone.organization_id == in_use.c.organization_id, DayZone.zone == in_use.c.zone, DayZone.due_at < NEVER
    )
    zero = literal(0)
    added = select(in_use.c.organization_id, in_use.c.zone, literal(LONG_AGO), literal(now), zero, zero).where(~known)
    columns = ("organization_id", "zone", "rolled_until", "due_at", "edits", "differences")
    with system_scope("pages and organizations choose their zones themselves") as scope:
        scope.session.execute(
            insert(DayZone)
            .from_select(columns, added)
            .on_conflict_do_update(index_elements=("organization_id", "zone"), set_={"due_at": now})
        )


def forget_zones() -> None:
    """Delete the roll-ups of zones that went out of use, a bounded number of them.

    The zone itself goes last: while it is there, what is learnt of the past still deletes the days that it changes.
    """
    in_use = _in_use()
    unused = tuple_(DayZone.organization_id, DayZone.zone).not_in(select(in_use.c.organization_id, in_use.c.zone))
    with system_scope("nobody reads days in zones that went out of use") as scope:
        scope.session.execute(update(DayZone).where(unused, DayZone.due_at < NEVER).values(due_at=NEVER))
    place: ColumnElement[str] = literal_column("service_days.ctid")
    some = (
        select(place)
        .select_from(ServiceDay)
        .join(DayZone, (DayZone.organization_id == ServiceDay.organization_id) & (DayZone.zone == ServiceDay.zone))
        .where(DayZone.due_at == NEVER)
        .limit(ROWS_AT_ONCE)
    )
    for _ in range(ROUNDS):
        with system_scope("nobody reads days in zones that went out of use") as scope:
            gone = cast("CursorResult[object]", scope.session.execute(delete(ServiceDay).where(place.in_(some))))
        if gone.rowcount < ROWS_AT_ONCE:
            break
    left = exists().where(ServiceDay.organization_id == DayZone.organization_id, ServiceDay.zone == DayZone.zone)
    with system_scope("nobody reads days in zones that went out of use") as scope:
        scope.session.execute(delete(DayZone).where(DayZone.due_at == NEVER, ~left))


def _in_use() -> Subquery:
    own = select(Organization.id.label("organization_id"), Organization.time_zone.label("zone")).where(
        Organization.closing_at.is_(None)
    )
    return union(own, select(Page.organization_id, Page.time_zone)).subquery()
