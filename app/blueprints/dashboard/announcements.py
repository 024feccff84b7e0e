"""Announcements: the list, one with its history, writing and editing it, ending it now, removing it."""

from datetime import datetime
from uuid import UUID

from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField, TextAreaField

from app.announcements import actions
from app.announcements.actions import AnnouncementDetails
from app.announcements.queries import AnnouncementHistory, AnnouncementRow, get_announcement, list_announcements
from app.announcements.rules import Audience, Level, Phase
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, done_elsewhere, render_page, typed_zone
from app.blueprints.dashboard.forms import OnceForm, find_uuid
from app.blueprints.dashboard.translations import TranslatedMessage, TranslatedTitle
from app.delivery.queries import count_to_be_told
from app.errors import Conflict, Invalid, InvalidTransition
from app.organizations.rules import Role
from app.pages.finding import list_page_names
from app.subscribers.rules import NewsKind
from app.text.markdown import render_message
from app.translated.queries import list_own_texts
from app.web.forms import REFUSED, add_faults, read_line, read_lines
from app.web.local_times import LocalTime, read_local_time, write_local_time
from app.web.members import current_member, requires


class AnnouncementForm(TranslatedTitle, TranslatedMessage, OnceForm):
    """Everything of an announcement. Times are the page's; an empty begin is at once, an empty end never."""

    title = StringField("Title", filters=[read_line])
    message = TextAreaField("Message", filters=[read_lines])
    level = SelectField("How loud?", choices={one.value: one.label for one in Level})
    audience = SelectField("Where is it said?", choices={one.value: one.label for one in Audience})
    page = SelectField("On which page?", default="", validate_choice=False)
    begins_at = StringField("From", filters=[read_line])
    ends_at = StringField("Until", filters=[read_line])

    def __init__(self, **fields: object) -> None:
        super().__init__(**fields)
        self.page.choices = {"": "On all pages"} | {
            str(page_id): name for page_id, name in list_page_names(current_member.actor).items()
        }

    def to_details(self, known: AnnouncementRow | None = None) -> AnnouncementDetails:
        """What was typed; a time that cannot be one becomes a fault beside its field, and `errors` is not empty.

        A time that still shows what `known` has means that very instant, to the second.
        """
        return AnnouncementDetails(
            title=self.title.data,
            message=self.message.data,
            level=Level(self.level.data),
            audience=Audience(self.audience.data),
            begins_at=self._read(self.begins_at, known.begins_at if known else None),
            ends_at=self._read(self.ends_at, known.ends_at if known else None),
            translations=self.to_own_texts(),
            page_id=find_uuid(self.page.data),
        )

    def remarks(self) -> dict[str, str]:
        """What is to be said of times that can be read, by field."""
        read = {name: read_local_time(self[name].data or "", typed_zone()) for name in ("begins_at", "ends_at")}
        return {name: at.remark for name, at in read.items() if isinstance(at, LocalTime)}

    def _read(self, field: StringField, kept: datetime | None) -> datetime | None:
        if not field.data:
            return None
        if kept is not None and field.data == write_local_time(kept, typed_zone()):
            return kept
        read = read_local_time(field.data, typed_zone())
        if isinstance(read, LocalTime):
            return read.at
        field.errors = [*field.errors, read]
        return None


@blueprint.get("/announcements")
def list_all_announcements() -> ResponseReturnValue:
    listed = list_announcements(current_member.actor)
    page_names = list_page_names(current_member.actor)
    return render_page("dashboard/announcements/list.html", listed=listed, page_names=page_names)


@blueprint.get("/announcements/<uuid:announcement_id>")
def show_announcement(announcement_id: UUID) -> ResponseReturnValue:
    """One announcement as the page shows it, with what it said before it was edited."""
    return _render_one(get_announcement(current_member.actor, announcement_id))


@blueprint.get("/announcements/new")
@requires(Role.EDITOR)
def new_announcement() -> ResponseReturnValue:
    form = AnnouncementForm()
    form.begin_anew()
    return _render_form(form)


@blueprint.post("/announcements")
@requires(Role.EDITOR)
def announce() -> ResponseReturnValue:
    form = AnnouncementForm()
    if not form.validate():
        return _render_form(form, status=REFUSED)
    details = form.to_details()
    if form.errors:
        return _render_form(form, status=REFUSED)
    try:
        announcement = actions.announce(details, form_id=form.to_form_id(), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, status=REFUSED)
    except Conflict as conflict:
        form.begin_anew()
        return _render_form(form, status=conflict.status, conflict=conflict)
    said = "It is on your page." if announcement.published_at else "It will be on your page when its time comes."
    return done_elsewhere(said, "show_announcement", announcement_id=announcement.id)


@blueprint.get("/announcements/<uuid:announcement_id>/edit")
@requires(Role.EDITOR)
def edit_announcement(announcement_id: UUID) -> ResponseReturnValue:
    known = get_announcement(current_member.actor, announcement_id).announcement
    form = AnnouncementForm(data=_typed(known))
    form.put_own_texts(list_own_texts(current_member.actor, announcement_id))
    return _render_form(form, known)


@blueprint.post("/announcements/<uuid:announcement_id>/edit")
@requires(Role.EDITOR)
def save_announcement(announcement_id: UUID) -> ResponseReturnValue:
    known = get_announcement(current_member.actor, announcement_id).announcement
    form = AnnouncementForm()
    if not form.validate():
        return _render_form(form, known, REFUSED)
    details = form.to_details(known)
    if form.errors:
        return _render_form(form, known, REFUSED)
    try:
        actions.edit_announcement(
            announcement_id, details, seen_version=form.to_seen_version(), by=current_member.actor
        )
    except Invalid as refusal:
        add_faults(form, refusal)
        return _render_form(form, known, REFUSED)
    except (Conflict, InvalidTransition) as conflict:
        # Sent again, it takes the place of what the other one wrote: their words are a link away.
        form.seen_version.data = str(known.version)
        return _render_form(form, known, conflict.status, conflict)
    return done_elsewhere("The announcement is saved.", "show_announcement", announcement_id=announcement_id)


@blueprint.post("/announcements/<uuid:announcement_id>/end")
@requires(Role.EDITOR)
def end_announcement(announcement_id: UUID) -> ResponseReturnValue:
    actions.end_announcement(announcement_id, by=current_member.actor)
    return done("The announcement is off your page.", "show_announcement", announcement_id=announcement_id)


@blueprint.get("/announcements/<uuid:announcement_id>/remove")
@requires(Role.EDITOR)
def confirm_announcement_removal(announcement_id: UUID) -> ResponseReturnValue:
    known = get_announcement(current_member.actor, announcement_id).announcement
    return render_page("dashboard/announcements/remove.html", announcement=known)


@blueprint.post("/announcements/<uuid:announcement_id>/remove")
@requires(Role.EDITOR)
def remove_announcement(announcement_id: UUID) -> ResponseReturnValue:
    actions.remove_announcement(announcement_id, by=current_member.actor)
    return done_elsewhere("The announcement is removed.", "list_all_announcements")


def _typed(known: AnnouncementRow) -> dict[str, str]:
    """What the form shows of an announcement."""
    return {
        "title": known.title,
        "message": known.message,
        "level": known.level.value,
        "audience": known.audience.value,
        "page": str(known.page_id or ""),
        "begins_at": write_local_time(known.begins_at, typed_zone()),
        "ends_at": write_local_time(known.ends_at, typed_zone()) if known.ends_at else "",
        "seen_version": str(known.version),
    }


def _render_one(history: AnnouncementHistory) -> ResponseReturnValue:
    page_names = list_page_names(current_member.actor)
    return render_page("dashboard/announcements/announcement.html", history=history, page_names=page_names)


def _render_form(
    form: AnnouncementForm,
    known: AnnouncementRow | None = None,
    status: int = 200,
    conflict: Conflict | InvalidTransition | None = None,
) -> ResponseReturnValue:
    is_shown = known is not None and known.phase is Phase.ACTIVE
    return render_page(
        "dashboard/announcements/form.html",
        status,
        form=form,
        known=known,
        is_shown=is_shown,
        recipients=0 if is_shown else count_to_be_told(current_member.actor, None, kind=NewsKind.ANNOUNCEMENTS),
        remarks=form.remarks(),
        preview=render_message(form.message.data) if form.message.data else None,
        conflict=conflict,
    )
