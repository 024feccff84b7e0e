"""What can be done about announcements: write, edit, end and remove them; and what the clock does when it is time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from app import clock
from app.announcements.models import Announcement
from app.announcements.rules import (
    FULL,
    MOST_KEPT,
    TOO_MANY,
    Audience,
    Level,
    Period,
    Phase,
    check_begin,
    check_end,
    check_message,
    check_title,
    is_too_many,
    phase_of,
)
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope, system_scope
from app.database.sweeps import take_each
from app.edits.actions import keep_edit
from app.edits.rules import Subject
from app.errors import Conflict, Invalid, InvalidTransition, NotFound, refuse_faulty
from app.organizations.models import Organization
from app.text.markdown import render_markdown
from app.translated.actions import keep_translations
from app.translated.rules import OwnTexts, find_faults

MOST_DUE = 200
"""Announcements taken up in one sweep; the next one takes the rest."""

OVERTAKEN = "Somebody else has changed this announcement meanwhile. Look at it again before you save yours."


@dataclass(frozen=True, slots=True)
class AnnouncementDetails:
    """What a form says. `begins_at` None is at once; texts are clean."""

    title: str
    message: str = ""
    level: Level = Level.INFO
    audience: Audience = Audience.PAGE
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    page_id: UUID | None = None
    """The page that it is for, one of the organization's; None: all of them."""
    translations: OwnTexts = field(default_factory=dict)
    """Title and message in further languages."""


def announce(details: AnnouncementDetails, *, form_id: UUID | None = None, by: Actor) -> Announcement:
    """Put an announcement on the page, at once or when its time comes.

    Raises:
        Invalid: title, message or times are refused, or there are too many, or too many would be shown at once.
        Conflict: the same form has announced something else already.
    """
    now = clock.now()
    period = _period_of(details, now)
    refuse_faulty(_find_faults(details, period, now))
    with _naming_a_page(), organization_scope(by) as scope:
        scope.take_turns("announcements")
        if form_id is not None and (written := _written_before(scope, form_id)) is not None:
            if (written.title, written.message) != (details.title, details.message):
                raise Conflict("This form was sent already. Its announcement is in the list.")
            return written
        _check_room(scope, period, now)
        announcement = Announcement(
            organization_id=scope.organization_id,
            title=details.title,
            message=details.message,
            html=render_markdown(details.message),
            level=details.level,
            audience=details.audience,
            begins_at=period.begins_at,
            ends_at=period.ends_at,
            due_at=period.begins_at,
            created_at=now,
            created_by_user_id=by.user_id,
            created_by_name=by.name,
            page_id=details.page_id,
            form_id=form_id,
        )
        scope.session.add(announcement)
        scope.session.flush()
        keep_translations(scope, Subject.ANNOUNCEMENT, announcement.id, details.translations)
        scope.record("announcement.created", announcement, name=announcement.title)
        if period.covers(now):
            _publish(scope, announcement, now)
        else:
            scope.emit("announcement.created", _said(announcement), visible=False)
    return announcement


def edit_announcement(
    announcement_id: UUID, details: AnnouncementDetails, *, seen_version: int | None = None, by: Actor
) -> Announcement:
    """Change an announcement. Nobody is written to again; the page shows the new words at once.

    Raises:
        Invalid: something is refused, or it is shown already and its beginning is changed.
        NotFound: no such announcement.
        InvalidTransition: it is over.
        Conflict: someone else changed it since the form was opened.
    """
    now = clock.now()
    with _naming_a_page(), organization_scope(by) as scope:
        scope.take_turns("announcements")
        row = _lock(scope, announcement_id)
        if phase_of(row.published_at is not None, row.period, now) is Phase.PAST:
            raise InvalidTransition("This announcement is over. Write a new one.")
        if seen_version is not None and seen_version != row.version:
            raise Conflict(OVERTAKEN)
        period = row.period if row.published_at is not None else _period_of(details, now)
        period = Period(period.begins_at, details.ends_at)
        refuse_faulty(_find_faults(details, period, now) | _find_begin_faults(row, details))
        _check_room(scope, period, now, but=row.id)
        _apply(scope, row, details, period, now)
        translated = keep_translations(scope, Subject.ANNOUNCEMENT, row.id, details.translations)
        if not translated and not scope.session.is_modified(row):
            return row
        row.version += 1
        scope.record("announcement.edited", row, name=row.title)
        if row.published_at is None and period.covers(now):
            _publish(scope, row, now)
        else:
            scope.emit("announcement.edited", _said(row), visible=row.published_at is not None)
    return row


def end_announcement(announcement_id: UUID, *, by: Actor) -> Announcement:
    """Take an announcement off the page now; it stays among the past ones. Twice is once.

    Raises:
        NotFound: no such announcement.
        InvalidTransition: it has not begun; it can be removed.
    """
    now = clock.now()
    with organization_scope(by) as scope:
        row = _lock(scope, announcement_id)
        if row.published_at is None:
            raise InvalidTransition("This announcement has not begun. Remove it instead.")
        if row.ends_at is None or row.ends_at > now:
            row.ends_at, row.due_at = now, None
            row.version += 1
            scope.record("announcement.ended", row, name=row.title)
            scope.emit("announcement.ended", _said(row))
    return row


def remove_announcement(announcement_id: UUID, *, by: Actor) -> None:
    """Take an announcement away, also from the list. Twice is once, and mails that wait are not sent.

    Raises:
        NotFound: no such announcement.
    """
    with organization_scope(by) as scope:
        row = scope.lock(Announcement, announcement_id)
        if row.removed_at is None:
            row.removed_at, row.due_at = clock.now(), None
            row.version += 1
            scope.record("announcement.removed", row, name=row.title)
            scope.emit("announcement.removed", _said(row), visible=row.published_at is not None)


def keep_announcements() -> None:
    """Publish and end every announcement whose time has come: a sweep of the clock."""
    with system_scope("announcements of all organizations begin and end by themselves") as scope:
        due = scope.session.execute(
            select(Announcement.organization_id, Announcement.id)
            .join(Organization, Organization.id == Announcement.organization_id)
            .where(Announcement.due_at <= clock.now(), Organization.closing_at.is_(None))
            .order_by(Announcement.due_at)
            .limit(MOST_DUE)
        ).all()
    take_each(due, take_step)


def take_step(organization_id: UUID, announcement_id: UUID) -> None:
    """Publish or end one announcement if it is time. Two clocks at once do it once."""
    with organization_scope(Actor.clock(organization_id)) as scope:
        row = scope.find(Announcement, announcement_id, lock=True)
        now = clock.now()
        if row is None or row.due_at is None or row.due_at > now:
            return
        if row.ends_at is not None and row.ends_at <= now:
            # Also one that nobody has seen, because the clock stood still for all its time: it is no news any more.
            row.due_at = None
            scope.record("announcement.ended", row, name=row.title)
            scope.emit("announcement.ended", _said(row), visible=row.published_at is not None)
        else:
            _publish(scope, row, now)


def _publish(scope: Scope, row: Announcement, now: datetime) -> None:
    row.published_at = now
    row.due_at = row.ends_at
    scope.record("announcement.published", row, name=row.title)
    scope.emit("announcement.published", _said(row))


def _said(row: Announcement) -> dict[str, object]:
    return {"announcement_id": str(row.id), "notify": row.audience is Audience.PAGE_AND_MAIL}


def _period_of(details: AnnouncementDetails, now: datetime) -> Period:
    begins_at = now if details.begins_at is None else max(details.begins_at, now)
    return Period(begins_at, details.ends_at)


def _find_faults(details: AnnouncementDetails, period: Period, now: datetime) -> dict[str, str | None]:
    return {
        "title": check_title(details.title),
        "message": check_message(details.message),
        "begins_at": check_begin(period.begins_at, now),
        "ends_at": check_end(period, now),
        **find_faults(details.translations, check_title, check_message),
    }


def _find_begin_faults(row: Announcement, details: AnnouncementDetails) -> dict[str, str | None]:
    moved = row.published_at is not None and details.begins_at not in (None, row.begins_at)
    return {"begins_at": "It is on the page already: this cannot be changed any more."} if moved else {}


def _apply(scope: Scope, row: Announcement, details: AnnouncementDetails, period: Period, now: datetime) -> None:
    reworded = [
        keep_edit(scope, Subject.ANNOUNCEMENT, row.id, field, before=before, after=after)
        for field, before, after in (("title", row.title, details.title), ("message", row.message, details.message))
    ]
    if any(reworded):
        row.title, row.message, row.html = details.title, details.message, render_markdown(details.message)
        row.edited_at = now if row.published_at is not None else row.edited_at
    row.level, row.audience, row.page_id = details.level, details.audience, details.page_id
    row.begins_at, row.ends_at = period.begins_at, period.ends_at
    row.due_at = period.ends_at if row.published_at is not None else period.begins_at


@contextmanager
def _naming_a_page() -> Iterator[None]:
    """Refuse a page that somebody has deleted since the form was opened, or that never was: the database says so."""
    try:
        yield
    except IntegrityError as error:
        if "page_id_fkey" not in str(error.orig):
            raise
        raise Invalid({"page": "This page was deleted meanwhile. Choose another one, or all of them."}) from error


def _check_room(scope: Scope, period: Period, now: datetime, but: UUID | None = None) -> None:
    kept = scope.session.execute(
        select(Announcement.begins_at, Announcement.ends_at).where(
            Announcement.organization_id == scope.organization_id,
            Announcement.removed_at.is_(None),
            Announcement.id.is_distinct_from(but),
            or_(Announcement.ends_at.is_(None), Announcement.ends_at > now),
        )
    )
    others = [Period(begins_at, ends_at) for begins_at, ends_at in kept]
    if len(others) >= MOST_KEPT:
        raise Invalid({"title": FULL})
    if is_too_many(period, others):
        raise Invalid({"begins_at": TOO_MANY})


def _lock(scope: Scope, announcement_id: UUID) -> Announcement:
    row = scope.lock(Announcement, announcement_id)
    if row.removed_at is not None:
        raise NotFound
    return row


def _written_before(scope: Scope, form_id: UUID) -> Announcement | None:
    return scope.session.scalar(select(Announcement).filter_by(organization_id=scope.organization_id, form_id=form_id))
