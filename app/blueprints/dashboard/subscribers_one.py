"""One subscriber: added by hand, looked at, changed as they asked for it; what is known of them, to hand over."""

import json
from collections.abc import Sequence
from uuid import UUID

from flask import Response, make_response, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField, TextAreaField

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.delivery.personal import list_sent, read_record_of
from app.errors import Invalid
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages.address import PageAddress
from app.pages.finding import find_pages
from app.pages.queries import build_page
from app.pages.views import PageView
from app.subscribers import managing
from app.subscribers.listing import get_listed
from app.subscribers.managing import Consent, NewSubscriber
from app.subscribers.rules import Choices, NewsKind
from app.text.addresses import normalize_address
from app.web.choices import ChoicesForm, offered_by
from app.web.forms import REFUSED, add_faults, read_lines
from app.web.members import current_member, of_organization, requires

ADDING_LIMIT = "120 per hour"


class NewSubscriberForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is not typed
    email = StringField("E-mail address", filters=[lambda typed: normalize_address(typed or "")])
    page = SelectField("Page", validate_choice=False)
    consent = RadioField(
        "How do they say yes?",
        choices={
            Consent.ASKED.value: "We ask them by mail, and they hear nothing until they say yes",
            Consent.GIVEN.value: "They have said so already",
        },
        default=Consent.ASKED,
    )
    statement = TextAreaField("Where did they say so?", filters=[read_lines])

    def offer(self, pages: Sequence[PageAddress]) -> None:
        self.page.choices = [(str(page.page_id), page.name) for page in pages]

    def to_new(self) -> NewSubscriber:
        if self.consent.data not in set(Consent):
            raise Invalid({"consent": "Say how they agree."})
        return NewSubscriber(self.email.data, Consent(self.consent.data), self.statement.data)


@blueprint.get("/subscribers/new")
@requires(Role.EDITOR)
def new_subscriber() -> ResponseReturnValue:
    return _show_new(NewSubscriberForm(formdata=None))


@blueprint.post("/subscribers/new")
@requires(Role.EDITOR)
@limiter.limit(ADDING_LIMIT, key_func=of_organization("subscribers"))
def add_subscriber() -> ResponseReturnValue:
    form = NewSubscriberForm()
    try:
        page = get_named_page(form.page.data, find_pages(current_member.actor))
        new = form.to_new()
        subscriber_id = managing.add_subscriber(page, new, offered_by(build_page(page)), by=current_member.actor)
    except Invalid as refusal:
        add_faults(form, refusal)
        return _show_new(form, REFUSED)
    said = f"{new.address} was asked by mail." if new.consent is Consent.ASKED else f"{new.address} is subscribed."
    return done(said, "subscriber", subscriber_id=subscriber_id)


@blueprint.get("/subscribers/<uuid:subscriber_id>")
def subscriber(subscriber_id: UUID) -> ResponseReturnValue:
    return _show_one(subscriber_id, ChoicesForm(formdata=None))


@blueprint.post("/subscribers/<uuid:subscriber_id>")
@requires(Role.EDITOR)
def choose_for_subscriber(subscriber_id: UUID) -> ResponseReturnValue:
    """Change what they hear of."""
    actor, form = current_member.actor, ChoicesForm()
    page = _page_of(subscriber_id)
    chosen = None
    try:
        chosen = form.to_choices(page)
        managing.choose_for(subscriber_id, chosen, offered_by(page), by=actor)
    except Invalid as refusal:
        for name, fault in refusal.faults.items():
            form[name].errors = [fault]
        return _show_one(subscriber_id, form, chosen, REFUSED)
    return done("Their choices are saved.", "subscriber", subscriber_id=subscriber_id)


@blueprint.post("/subscribers/<uuid:subscriber_id>/data")
@requires(Role.EDITOR)
def export_subscriber(subscriber_id: UUID) -> Response:
    """What we know of them, to hand over to them. The log says that somebody took it."""
    record = read_record_of(current_member.actor, subscriber_id)
    response = make_response(json.dumps(record, ensure_ascii=False, indent=2))
    response.content_type = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="subscriber-{subscriber_id}.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def get_named_page(page_id: str | None, pages: Sequence[PageAddress]) -> PageAddress:
    """The page that a form names; the first where it names none, as forms of those who have one do.

    Raises:
        Invalid: it is none of theirs, or not any more.
    """
    if not page_id:
        return pages[0]
    for page in pages:
        if page.page_id == find_uuid(page_id):
            return page
    raise Invalid({"page": "This page was deleted meanwhile. Choose another one."})


def _page_of(subscriber_id: UUID) -> PageView:
    listed, _ = get_listed(current_member.actor, subscriber_id)
    return build_page(get_named_page(str(listed.page_id), find_pages(current_member.actor)))


def _show_new(form: NewSubscriberForm, status: int = 200) -> ResponseReturnValue:
    pages = find_pages(current_member.actor)
    form.offer(pages)
    return render_page("dashboard/subscribers/new.html", status, form=form, pages=pages)


def _show_one(
    subscriber_id: UUID, form: ChoicesForm, chosen: Choices | None = None, status: int = 200
) -> ResponseReturnValue:
    listed, choices = get_listed(current_member.actor, subscriber_id)
    address = get_named_page(str(listed.page_id), find_pages(current_member.actor))
    return render_page(
        "dashboard/subscribers/one.html",
        status,
        address=url_for("dashboard.subscribers"),
        one=listed,
        chosen=chosen or choices,
        page=build_page(address),
        form=form,
        kinds=tuple(NewsKind),
        sent=list_sent(current_member.actor, subscriber_id),
    )
