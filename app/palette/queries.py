"""Everything that has a name, found by parts of it: for the palette and for the page that does the same.

One statement for all kinds of things; nothing of other organizations, and nothing that the role may not see.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from app.accounts.models import User
from app.announcements.models import Announcement
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.incidents.message_templates.models import MessageTemplate
from app.incidents.models import Incident, IncidentDraft
from app.incidents.search import read_words
from app.maintenance.models import Maintenance
from app.maintenance.rules import OPEN, MaintenanceStage
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.pages.finding import url_column
from app.pages.models import Page
from app.palette.rules import commands_for, words_of
from app.services.models import Service
from app.services.rules import ServiceStatus

Column = SQLColumnExpression[Any]
"""A column of any table, or what is made of some: they differ from kind to kind."""

Found = Select[str, str, str, str, str, str | None]
"""Heading, where such things are and which one it is, its name, what is told beside it, and its status."""

INCIDENTS = "Incidents"
AT_MOST = 6
"""Of each kind of thing; whoever wants more types more."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something to go to."""

    name: str
    path: str
    """Below the dashboard's address; of what is elsewhere, the whole address."""
    detail: str = ""
    status: ServiceStatus | None = None

    @property
    def leads_out(self) -> bool:
        """Whether it leads out of the dashboard."""
        return not self.path.startswith("/")


@dataclass(frozen=True, slots=True)
class Kind:
    """Hits of one kind, under what people call it."""

    heading: str
    hits: tuple[Hit, ...]

    def is_called(self, words: Sequence[str]) -> bool:
        """Whether one of them has all these words in what it is listed by."""
        return any(all(word in f"{hit.name} {hit.detail}".casefold() for word in words) for hit in self.hits)


@dataclass(frozen=True, slots=True)
class Results:
    """What was found for a question, by kind."""

    typed: str
    kinds: tuple[Kind, ...]

    @property
    def count(self) -> int:
        return sum(len(kind.hits) for kind in self.kinds)


def find_anything(actor: Actor, role: Role, typed: str) -> Results:
    """What members of this role may go to, by the words of a question; without one, what they can do."""
    things = tuple(_read(actor, role, typed)) if words_of(typed) else ()
    actions = Kind("Actions", tuple(Hit(one.label, one.path) for one in commands_for(typed, role)))
    # Whoever types a service's name wants it before anything that is done with services; but what is only written in
    # some old incident comes after what is called so.
    kinds = sorted((*things, actions), key=lambda kind: not kind.is_called(words_of(typed)))
    search = Hit(f"Search all incidents for “{typed}”", f"/incidents?q={quote(typed)}")
    more = Kind("More", (search,) if any(kind.heading == INCIDENTS for kind in things) else ())
    return Results(typed, tuple(kind for kind in (*kinds, more) if kind.hits))


def _read(actor: Actor, role: Role, typed: str) -> Iterator[Kind]:
    """One statement, whatever is found."""
    with organization_scope(actor, read_only=True) as scope:
        found = scope.session.execute(union_all(*_searches(actor.organization_id, role, typed))).all()
    for heading, rows in groupby(found, key=lambda row: row.heading):
        hits = [
            Hit(row.name, f"{row.below}{row.key}", row.detail, ServiceStatus(row.status) if row.status else None)
            for row in rows
        ]
        yield Kind(heading, tuple(hits))


def _searches(mine: UUID, role: Role, typed: str) -> Iterator[Found]:
    words = words_of(typed)
    yield _search(
        "Services",
        "/services/",
        Service.id,
        Service.name,
        (Service.organization_id == mine, Service.archived_at.is_(None), *_has(words, Service.name)),
        by=(~Service.name.istartswith(words[0], autoescape=True), func.lower(Service.name), Service.id),
        status=Service.status,
    )
    if read_words(typed):
        matching = Incident.id.in_(select(func.find_incidents(read_words(typed)).column_valued("found")))
        yield _search(
            INCIDENTS,
            "/incidents/",
            Incident.id,
            Incident.title,
            (Incident.organization_id == mine, Incident.deleted_at.is_(None), matching),
            by=(Incident.resolved_at.is_not(None), Incident.started_at.desc(), Incident.id),
            detail=func.to_char(Incident.started_at, "FMDD Mon YYYY"),
        )
    if role.includes(Role.EDITOR):
        yield _search(
            "Drafts",
            "/incidents/drafts/",
            IncidentDraft.id,
            IncidentDraft.title,
            (IncidentDraft.organization_id == mine, *_has(words, IncidentDraft.title)),
            by=(IncidentDraft.changed_at.desc(), IncidentDraft.id),
        )
    yield _search(
        "Maintenance",
        "/maintenance/",
        Maintenance.id,
        Maintenance.title,
        (
            Maintenance.organization_id == mine,
            Maintenance.stage != MaintenanceStage.CANCELLED,
            *_has(words, Maintenance.title),
        ),
        by=(Maintenance.stage.not_in(OPEN), Maintenance.starts_at.desc(), Maintenance.id),
        detail=func.to_char(Maintenance.starts_at, "FMDD Mon YYYY"),
    )
    yield _search(
        "Pages",
        "",
        url_column(),
        Page.name,
        (Page.organization_id == mine, *_has(words, Page.name + " " + Page.slug)),
        by=(Page.created_at, Page.id),
        detail="/" + Page.slug,
    )
    yield _search(
        "Announcements",
        "/announcements/",
        Announcement.id,
        Announcement.title,
        (Announcement.organization_id == mine, Announcement.removed_at.is_(None), *_has(words, Announcement.title)),
        by=(Announcement.begins_at.desc(), Announcement.id),
    )
    if role.includes(Role.EDITOR):
        yield _search(
            "Templates",
            "/templates/",
            cast(MessageTemplate.id, String) + "/edit",
            MessageTemplate.name,
            (MessageTemplate.organization_id == mine, *_has(words, MessageTemplate.name)),
            by=(func.lower(MessageTemplate.name), MessageTemplate.id),
        )
    if role.includes(Role.ADMIN):
        yield _search(
            "Settings of pages",
            "/pages/",
            Page.id,
            Page.name,
            (Page.organization_id == mine, *_has(words, Page.name + " " + Page.slug)),
            by=(Page.created_at, Page.id),
        )
        person = User.name + " " + User.email
        yield _search(
            "People",
            "/members#member-",
            User.id,
            func.coalesce(func.nullif(User.name, ""), User.email),
            (_is_member(mine), *_has(words, person)),
            by=(func.lower(User.name), User.id),
            detail=User.email,
        )


def _search(
    heading: str,
    below: str,
    key: Column,
    name: Column,
    conditions: Iterable[ColumnElement[bool]],
    *,
    by: Iterable[Column],
    detail: Column | None = None,
    status: Column | None = None,
) -> Found:
    """The first hits of one kind, in its own order, in the shape that all kinds share."""
    columns: tuple[Column, ...] = (
        literal(heading).label("heading"),
        literal(below).label("below"),
        cast(key, String).label("key"),
        name.label("name"),
        (literal("") if detail is None else cast(detail, String)).label("detail"),
        (cast(null(), String) if status is None else cast(status, String)).label("status"),
    )
    found = select(*columns).where(and_(*conditions)).order_by(*by).limit(AT_MOST).subquery()
    return select(*found.c)


def _has(words: Iterable[str], text: Column) -> Iterator[ColumnElement[bool]]:
    """Each word somewhere in the text: people remember the middle of a name, too."""
    for word in words:
        yield text.icontains(word, autoescape=True)


def _is_member(mine: UUID) -> ColumnElement[bool]:
    return select(Membership.user_id).where(Membership.organization_id == mine, Membership.user_id == User.id).exists()
