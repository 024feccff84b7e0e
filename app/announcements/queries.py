"""What members see of announcements."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app import clock
from app.announcements.models import Announcement
from app.announcements.rules import Audience, Level, Period, Phase, phase_of
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.edits.queries import EditRow, read_edits
from app.errors import NotFound
from app.translated.queries import read_wordings

PAST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement, as its writers see it."""

    id: UUID
    title: str
    message: str
    html: str
    level: Level
    audience: Audience
    begins_at: datetime
    ends_at: datetime | None
    phase: Phase
    edited_at: datetime | None
    version: int
    created_by_name: str
    page_id: UUID | None = None
    """The page that it is for; None: all of them."""


@dataclass(frozen=True, slots=True)
class AnnouncementHistory:
    """One announcement, with what its words were before each edit."""

    announcement: AnnouncementRow
    edits: tuple[EditRow, ...]


@dataclass(frozen=True, slots=True)
class AnnouncementList:
    """Those shown now, those to come, soonest first, and the latest of those that are past."""

    active: tuple[AnnouncementRow, ...]
    upcoming: tuple[AnnouncementRow, ...]
    past: tuple[AnnouncementRow, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.active or self.upcoming or self.past)


def list_announcements(actor: Actor) -> AnnouncementList:
    """Two statements, however many there are."""
    now = clock.now()
    with organization_scope(actor, read_only=True) as scope:
        mine = select(Announcement).where(
            Announcement.organization_id == scope.organization_id, Announcement.removed_at.is_(None)
        )
        is_over = func.coalesce(Announcement.ends_at <= now, False)
        by_begin = (Announcement.begins_at, Announcement.id)
        open_ones = scope.session.scalars(mine.where(~is_over).order_by(*by_begin)).all()
        latest = Announcement.ends_at.desc(), Announcement.id.desc()
        past = scope.session.scalars(mine.where(is_over).order_by(*latest).limit(PAST_SHOWN)).all()
    rows = [_view(row, now) for row in open_ones]
    return AnnouncementList(
        active=tuple(row for row in rows if row.phase is Phase.ACTIVE),
        upcoming=tuple(row for row in rows if row.phase is Phase.UPCOMING),
        past=tuple(_view(row, now) for row in past),
    )


def get_announcement(actor: Actor, announcement_id: UUID) -> AnnouncementHistory:
    """One announcement with the history of its words.

    Raises:
        NotFound: there is none, or it was removed.
    """
    with organization_scope(actor, read_only=True) as scope:
        row = scope.get(Announcement, announcement_id)
        if row.removed_at is not None:
            raise NotFound
        texts = {(row.id, "title"): row.title, (row.id, "message"): row.message}
        edits = read_edits(scope, texts | read_wordings(scope, [row.id]))
    return AnnouncementHistory(_view(row, clock.now()), edits)


def _view(row: Announcement, now: datetime) -> AnnouncementRow:
    return AnnouncementRow(
        id=row.id,
        title=row.title,
        message=row.message,
        html=row.html,
        level=row.level,
        audience=row.audience,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        phase=phase_of(row.published_at is not None, Period(row.begins_at, row.ends_at), now),
        edited_at=row.edited_at,
        version=row.version,
        created_by_name=row.created_by_name,
        page_id=row.page_id,
    )
