"""What the palette looks through: for each kind of thing one search, all in the same shape."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, String, and_, cast, func, literal, null, select

from app.accounts.models import User
from app.announcements.models import Announcement
from app.incidents.message_templates.models import MessageTemplate
from app.incidents.models import Incident, IncidentDraft
from app.incidents.search import read_words
from app.maintenance.models import Maintenance
from app.maintenance.rules import OPEN, MaintenanceStage
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.pages.finding import url_column
from app.pages.models import Page
from app.palette.rules import words_of
from app.services.models import Service

Column = SQLColumnExpression[Any]
"""A column of any table, or what is made of some: they differ from kind to kind."""

Found = Select[str, str, str, str, str, str | None]
"""Heading, where such things are and which one it is, its name, what is told beside it, and its status."""

INCIDENTS = "Incidents"
AT_MOST = 6
"""Of each kind of thing; whoever wants more types more."""


def searches(mine: UUID, role: Role, typed: str) -> Iterator[Found]:
    """A search for each kind of thing that members of this role may see, in the order in which they are told."""
    words = words_of(typed)
    yield _services(mine, words)
    if read_words(typed):
        yield _incidents(mine, typed)
    if role.includes(Role.EDITOR):
        yield _drafts(mine, words)
    yield _windows(mine, words)
    yield _pages(mine, words)
    yield _announcements(mine, words)
    if role.includes(Role.EDITOR):
        yield _templates(mine, words)
    if role.includes(Role.ADMIN):
        yield _settings_of_pages(mine, words)
        yield _people(mine, words)


def _services(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Services",
        "/services/",
        Service.id,
        Service.name,
        (Service.organization_id == mine, Service.archived_at.is_(None), *_has(words, Service.name)),
        by=(~Service.name.istartswith(words[0], autoescape=True), func.lower(Service.name), Service.id),
        status=Service.status,
    )


def _incidents(mine: UUID, typed: str) -> Found:
    matching = Incident.id.in_(select(func.find_incidents(read_words(typed)).column_valued("found")))
    return _search(
        INCIDENTS,
        "/incidents/",
        Incident.id,
        Incident.title,
        (Incident.organization_id == mine, Incident.deleted_at.is_(None), matching),
        by=(Incident.resolved_at.is_not(None), Incident.started_at.desc(), Incident.id),
        detail=func.to_char(Incident.started_at, "FMDD Mon YYYY"),
    )


def _drafts(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Drafts",
        "/incidents/drafts/",
        IncidentDraft.id,
        IncidentDraft.title,
        (IncidentDraft.organization_id == mine, *_has(words, IncidentDraft.title)),
        by=(IncidentDraft.changed_at.desc(), IncidentDraft.id),
    )


def _windows(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
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


def _pages(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Pages",
        "",
        url_column(),
        Page.name,
        (Page.organization_id == mine, *_has(words, Page.name + " " + Page.slug)),
        by=(Page.created_at, Page.id),
        detail="/" + Page.slug,
    )


def _announcements(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Announcements",
        "/announcements/",
        Announcement.id,
        Announcement.title,
        (Announcement.organization_id == mine, Announcement.removed_at.is_(None), *_has(words, Announcement.title)),
        by=(Announcement.begins_at.desc(), Announcement.id),
    )


def _templates(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Templates",
        "/templates/",
        cast(MessageTemplate.id, String) + "/edit",
        MessageTemplate.name,
        (MessageTemplate.organization_id == mine, *_has(words, MessageTemplate.name)),
        by=(func.lower(MessageTemplate.name), MessageTemplate.id),
    )


def _settings_of_pages(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "Settings of pages",
        "/pages/",
        Page.id,
        Page.name,
        (Page.organization_id == mine, *_has(words, Page.name + " " + Page.slug)),
        by=(Page.created_at, Page.id),
    )


def _people(mine: UUID, words: Sequence[str]) -> Found:
    return _search(
        "People",
        "/members#member-",
        User.id,
        func.coalesce(func.nullif(User.name, ""), User.email),
        (_is_member(mine), *_has(words, User.name + " " + User.email)),
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
