"""Finding incidents: by their words, and by what they were (decision 0020)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, func, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, OrganizationId
from app.database.scope import Scope
from app.incidents.drafts.queries import DraftRow
from app.incidents.models import Incident, IncidentService
from app.incidents.rules import Impact

MOST_COUNTED = 1_000
"""Beyond this a list says "more than": counting must not take longer the more there is."""


LONGEST_QUESTION = 200
"""Characters of a search that are looked at."""
MOST_WORDS = 20
"""Words of a search that are looked at: those of a "quoted" phrase are compared by place in each text."""

_WORD = re.compile(r"[^\W_]+")


class IncidentWords(Base):
    """All words of an incident: title, messages, postmortem. Triggers keep them; `find_incidents()` reads them."""

    __tablename__ = "incident_words"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "incident_id"], ["incidents.organization_id", "incidents.id"], ondelete="CASCADE"
        ),
        # Without its list of pending entries, which each search would have to walk through.
        Index("incident_words_idx", "words", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    organization_id: Mapped[OrganizationId]
    incident_id: Mapped[UUID] = mapped_column(primary_key=True)
    words: Mapped[str] = mapped_column(TSVECTOR)


class State(StrEnum):
    """Whether an incident is over."""

    OPEN = "open"
    RESOLVED = "resolved"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; each None, and no words, lets everything through."""

    state: State | None = None
    service_id: UUID | None = None
    impact: Impact | None = None
    began: tuple[datetime, datetime] | None = None
    """From the first moment on, up to but not at the second."""
    words: str = ""
    """As somebody types them into a search box: "quoted", -without, or; a word may be only begun."""


EVERYTHING = Filters()


@dataclass(frozen=True, slots=True)
class Found:
    """How many incidents there are; `more` when there are more than were counted."""

    count: int
    more: bool


def read_words(typed: str) -> str:
    """What a cleaned line asks to be found; "" when there is no word in it, and so nothing to look for."""
    typed = typed[:LONGEST_QUESTION]
    found = list(_WORD.finditer(typed))
    if len(found) > MOST_WORDS:
        return typed[: found[MOST_WORDS - 1].end()]
    return typed if found else ""


def conditions_of(filters: Filters) -> list[ColumnElement[bool]]:
    """What holds for the incidents that `filters` let through, beside those of their organization."""
    conditions: list[ColumnElement[bool]] = [Incident.deleted_at.is_(None)]
    if filters.state is not None:
        is_open = Incident.resolved_at.is_(None)
        conditions.append(is_open if filters.state is State.OPEN else ~is_open)
    if filters.service_id is not None:
        touches = select(IncidentService.service_id).where(
            IncidentService.organization_id == Incident.organization_id,
            IncidentService.incident_id == Incident.id,
            IncidentService.service_id == filters.service_id,
        )
        conditions.append(touches.exists())
    if filters.impact is not None:
        conditions.append(Incident.impact == filters.impact)
    if filters.began is not None:
        conditions += [Incident.started_at >= filters.began[0], Incident.started_at < filters.began[1]]
    if filters.words:
        conditions.append(Incident.id.in_(select(func.find_incidents(filters.words).column_valued("found"))))
    return conditions


def lets_through(filters: Filters, draft: DraftRow) -> bool:
    """Whether a draft is like what is asked for: drafts are few, so their words are compared as they are."""
    said = f"{draft.title} {draft.message}".casefold()
    return (
        (filters.service_id is None or filters.service_id in draft.affected)
        and filters.impact in (None, draft.impact)
        and (filters.began is None or filters.began[0] <= draft.changed_at < filters.began[1])
        and all(word.strip('"') in said for word in filters.words.casefold().split())
    )


def count_matching(scope: Scope, filters: Filters) -> Found:
    """How many incidents the filters let through, counted up to `MOST_COUNTED`."""
    matching = (
        select(Incident.id)
        .where(Incident.organization_id == scope.organization_id, *conditions_of(filters))
        .limit(MOST_COUNTED + 1)
    )
    counted = scope.session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    return Found(min(counted, MOST_COUNTED), counted > MOST_COUNTED)


def read_oldest_start(scope: Scope) -> datetime | None:
    """When the organization's first incident began."""
    return scope.session.scalar(
        select(func.min(Incident.started_at)).where(
            Incident.organization_id == scope.organization_id, Incident.deleted_at.is_(None)
        )
    )
