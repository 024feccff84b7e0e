"""What happened lately, for every member: the part of the log that says nothing but what they can see anyway.

Functions of the database decide which entries and which of their words those are: the log itself is for admins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    and_,
    cast,
    column,
    func,
    literal,
    select,
    true,
    union_all,
)

from app.announcements.models import Announcement
from app.audit.sentences import happened
from app.database.actor import Actor
from app.database.cursors import Cursor
from app.database.scope import Scope, organization_scope
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.postmortems.models import Postmortem
from app.maintenance.models import Maintenance, MaintenanceSeries, MaintenanceUpdate
from app.services.models import Service

ACTIVITY_PAGE = 50


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One thing that happened: who did it, the words for what they did, and what it was called then."""

    id: UUID
    at: datetime
    who: str
    did: str
    name: str
    then: str
    """What comes behind the name: " to partial outage"; often nothing."""
    comment: str
    path: str | None
    """Where the thing is, below the dashboard's address; None when it is gone, or has no page."""


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """A page of it, newest first, and where it goes on."""

    rows: tuple[ActivityRow, ...]
    next_page: Cursor | None


@dataclass(frozen=True, slots=True)
class ActivityDay:
    """What happened on one day, newest first."""

    day: date
    rows: tuple[ActivityRow, ...]


def get_activity(actor: Actor, *, after: Cursor | None = None) -> ActivityPage:
    """A page, by the rights of any member."""
    with organization_scope(actor, read_only=True) as scope:
        return read_activity(scope, ACTIVITY_PAGE, after=after)


def read_activity(scope: Scope, limit: int, *, after: Cursor | None = None) -> ActivityPage:
    """The newest things that happened, or those before a cursor: two statements, however long the log is."""
    entries = func.read_activity(
        cast(literal(after.at if after else None), DateTime(timezone=True)),
        cast(literal(after.id if after else None), Uuid()),
        cast(literal(limit + 1), Integer()),
    ).table_valued(
        column("id", Uuid()),
        column("at", DateTime(timezone=True)),
        column("action", String()),
        column("subject_id", Uuid()),
        column("subject_name", String()),
        column("actor_name", String()),
        column("word", String()),
        column("comment", String()),
    )
    found = scope.session.execute(select(entries).order_by(entries.c.at.desc(), entries.c.id.desc())).all()
    shown = found[:limit]
    paths = _read_paths(scope, {entry.subject_id for entry in shown if entry.subject_id})
    rows = []
    for entry in shown:
        did, then = happened(entry.action, entry.word or "")
        path = paths.get(entry.subject_id)
        rows.append(
            ActivityRow(entry.id, entry.at, entry.actor_name, did, entry.subject_name, then, entry.comment or "", path)
        )
    return ActivityPage(tuple(rows), Cursor(shown[-1].at, shown[-1].id) if len(found) > limit else None)


def by_day(rows: Sequence[ActivityRow], zone: ZoneInfo) -> tuple[ActivityDay, ...]:
    """The rows under the days of the reader's zone."""
    days = groupby(rows, key=lambda row: row.at.astimezone(zone).date())
    return tuple(ActivityDay(day, tuple(of_day)) for day, of_day in days)


def _read_paths(scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Where each of these things is shown. What is gone is shown nowhere."""
    if not ids:
        return {}
    mine = scope.organization_id
    live = Incident.deleted_at.is_(None)
    own_pages: tuple[tuple[str, Any, ColumnElement[bool]], ...] = (
        ("/incidents/", Incident, live),
        ("/maintenance/", Maintenance, true()),
        ("/maintenance/series/", MaintenanceSeries, true()),
        ("/services/", Service, true()),
        ("/announcements/", Announcement, Announcement.removed_at.is_(None)),
    )
    places = [
        select(table.id, literal(below).label("below"), table.id.label("target")).where(
            table.organization_id == mine, table.id.in_(ids), condition
        )
        for below, table, condition in own_pages
    ]
    # What was said of an incident goes with it.
    places += [
        select(said.id, literal("/incidents/").label("below"), said.incident_id.label("target"))
        .join(Incident, and_(Incident.organization_id == said.organization_id, Incident.id == said.incident_id))
        .where(said.organization_id == mine, said.id.in_(ids), live)
        for said in (IncidentUpdate, Postmortem)
    ]
    places.append(
        select(MaintenanceUpdate.id, literal("/maintenance/").label("below"), MaintenanceUpdate.maintenance_id).where(
            MaintenanceUpdate.organization_id == mine, MaintenanceUpdate.id.in_(ids)
        )
    )
    return {found: f"{below}{target}" for found, below, target in scope.session.execute(union_all(*places))}
