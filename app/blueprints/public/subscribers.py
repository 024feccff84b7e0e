"""Subscribing, confirming, choosing, leaving, being forgotten. A GET changes nothing: mail scanners open every link."""

import json
from dataclasses import replace
from uuid import UUID

from flask import Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from app import clock
from app.blueprints.public import blueprint
from app.blueprints.public.forms import OwnChoicesForm, SubscribeForm
from app.blueprints.public.frame import frame_of
from app.delivery.personal import read_record
from app.errors import Invalid, NotFound
from app.extensions import limiter
from app.pages.address import PageAddress
from app.pages.details import find_told, get_incident
from app.pages.queries import build_page
from app.pages.views import IncidentView
from app.subscribers import actions, queries
from app.subscribers.queries import SubscriberView
from app.subscribers.rules import Choices, LinkExpired, NewsKind, may_be_followed
from app.web.addresses import open_page
from app.web.choices import offered_by
from app.web.forms import REFUSED
from app.web.limits import count_asking, limited_misses
from app.web.stamps import is_ripe, kept_stamp, new_stamp

ASKING_LIMIT = "5 per minute; 30 per hour"
"""For one address of a visitor: an office behind one address may subscribe, a script may not try thousands."""
LINK_LIMIT = "60 per minute"
RECORD_LIMIT = "10 per minute"


@blueprint.post("/<slug>/subscribe")
@limiter.limit(ASKING_LIMIT)
def subscribe(slug: str) -> ResponseReturnValue:
    """Ask for a confirmation mail. The answer is the same whoever the address belongs to, subscribed or not.

    It is the same, too, for an address that was asked too often: only its owner could tell what that says.
    """
    page = open_page(slug)
    count_asking(page.page_id)
    form = SubscribeForm()
    template = "public/_subscribe.html" if htmx_request.htmx else "public/subscribe.html"
    shown = {"page": frame_of(page), "form": form, "stamp": kept_stamp(form.stamp.data)}
    if not form.validate():
        return render_template(template, **shown), REFUSED
    if not is_ripe(form.stamp.data):
        return render_template(template, **shown, asks_again=True)
    _ask(page, form)
    return render_template(template, page=frame_of(page), sent_to=form.email.data)


@blueprint.get("/<slug>/subscribe")
def show_subscribe(slug: str) -> ResponseReturnValue:
    """Where someone lands who loads the answer to their form again."""
    return redirect(f"{open_page(slug).front}#subscribe", 303)


@blueprint.get("/<slug>/subscribe/stamp")
@limited_misses
def stamp(slug: str) -> Response:
    """What a form carries once somebody begins to fill it in (`app.web.stamps`)."""
    open_page(slug)
    return Response(new_stamp(), content_type="text/plain; charset=utf-8")


@blueprint.post("/<slug>/incidents/<uuid:incident_id>/follow")
@limiter.limit(ASKING_LIMIT)
def follow(slug: str, incident_id: UUID) -> ResponseReturnValue:
    """Ask for a confirmation mail to hear of one incident alone; the same answer for everybody, as above."""
    page = open_page(slug)
    count_asking(page.page_id)
    incident = get_incident(page, incident_id)
    if not can_be_followed(incident):
        raise NotFound
    form = SubscribeForm()
    template = "public/_follow.html" if htmx_request.htmx else "public/follow.html"
    shown = {"page": frame_of(page), "incident": incident, "form": form, "stamp": kept_stamp(form.stamp.data)}
    if not form.validate():
        return render_template(template, **shown), REFUSED
    if not is_ripe(form.stamp.data):
        return render_template(template, **shown, asks_again=True)
    _ask(page, form, incident_id=incident_id)
    return render_template(template, page=frame_of(page), incident=incident, sent_to=form.email.data)


@blueprint.get("/<slug>/incidents/<uuid:incident_id>/follow")
def show_follow(slug: str, incident_id: UUID) -> ResponseReturnValue:
    return redirect(f"{open_page(slug).home}/incidents/{incident_id}#follow", 303)


@blueprint.get("/<slug>/subscribe/confirm/<token>")
@limiter.limit(LINK_LIMIT)
def show_confirmation(slug: str, token: str) -> Response:
    """A button to press: opening the link says nothing about who opened it."""
    page = open_page(slug)
    try:
        subscriber = _get_asked(page, token)
    except (NotFound, LinkExpired) as error:
        return _dead_link(page, error.status)
    if subscriber.is_answered:
        return _confirmed(page, subscriber)
    return _personal(render_template("public/confirm.html", page=frame_of(page), subscriber=subscriber))


@blueprint.post("/<slug>/subscribe/confirm/<token>")
@limiter.limit(LINK_LIMIT)
def confirm(slug: str, token: str) -> Response:
    page = open_page(slug)
    try:
        _get_asked(page, token)
        return _confirmed(page, actions.confirm(page, token))
    except (NotFound, LinkExpired) as error:
        return _dead_link(page, error.status)


@blueprint.get("/<slug>/subscribe/<token>")
@limiter.limit(LINK_LIMIT)
def show_preferences(slug: str, token: str) -> Response:
    page = open_page(slug)
    try:
        subscriber = _get_confirmed(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    return _preferences(
        page, subscriber, subscriber.choices, OwnChoicesForm(formdata=None), saved="saved" in request.args
    )


@blueprint.post("/<slug>/subscribe/<token>")
@limiter.limit(LINK_LIMIT)
def save_preferences(slug: str, token: str) -> ResponseReturnValue:
    page, form = open_page(slug), OwnChoicesForm()
    try:
        subscriber = _get_confirmed(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    shown, chosen = build_page(page), subscriber.choices
    try:
        chosen = form.to_choices(shown)
        actions.choose(page, token, chosen, offered_by(shown))
    except Invalid as refusal:
        for name, fault in refusal.faults.items():
            form[name].errors = [fault]
        return _preferences(page, subscriber, chosen, form), refusal.status
    return redirect(f"{page.home}/subscribe/{token}?saved=1", 303)


@blueprint.get("/<slug>/subscribe/<token>/data")
@limiter.limit(RECORD_LIMIT)
def show_record(slug: str, token: str) -> Response:
    """What we know of whoever holds the token, to keep: themselves, their choices, what was sent to them and when."""
    page = open_page(slug)
    try:
        record = read_record(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    response = _personal(json.dumps(record, ensure_ascii=False, indent=2))
    response.content_type = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="subscription-{page.slug}.json"'
    return response


@blueprint.post("/<slug>/subscribe/<token>/forget")
@limiter.limit(LINK_LIMIT)
def be_forgotten(slug: str, token: str) -> Response:
    """Erase all of it. They are not written to again, which is all that stays known."""
    page = open_page(slug)
    try:
        actions.be_forgotten(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    return _personal(render_template("public/forgotten.html", page=frame_of(page)))


@blueprint.get("/<slug>/unsubscribe/<token>")
def show_unsubscribe(slug: str, token: str) -> Response:
    page = open_page(slug)
    try:
        subscriber = queries.get_by_manage_token(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    template = "public/unsubscribed.html" if subscriber.has_left else "public/unsubscribe.html"
    return _personal(render_template(template, page=frame_of(page), email=subscriber.email, token=token))


@blueprint.post("/<slug>/unsubscribe/<token>")
def unsubscribe(slug: str, token: str) -> Response:
    """Leave, by our button or by a mail program's (RFC 8058), which has no page behind it.

    Leaving has no limit: many people's mail programs share an address, and it must work while Redis is away.
    """
    page = open_page(slug)
    try:
        subscriber = actions.unsubscribe(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    return _personal(
        render_template("public/unsubscribed.html", page=frame_of(page), email=subscriber.email, token=token)
    )


def can_be_followed(incident: IncidentView) -> bool:
    """Whether the box to follow an incident stands on its page."""
    over = incident.postmortem_at is not None or incident.merged_into is not None
    return may_be_followed(incident.resolved_at, is_told_to_the_end=over, now=clock.now())


def _ask(page: PageAddress, form: SubscribeForm, *, incident_id: UUID | None = None) -> None:
    """Have the owner of the address asked, unless nobody means it."""
    if form.is_from_a_robot:
        return
    language = None if page.spoken is page.language else page.spoken
    actions.request_subscription(page, form.email.data, incident_id=incident_id, language=language)


def _get_asked(page: PageAddress, token: str) -> SubscriberView:
    """Who has asked, as long as the page tells of the incident that they want to follow, if it is one.

    Raises:
        NotFound, LinkExpired: there is nothing to say yes to.
    """
    subscriber = queries.get_by_confirm_token(page, token)
    asked = subscriber.asked_incident_id
    if asked is not None and not find_told(page, [asked]):
        raise NotFound
    return subscriber


def _get_confirmed(page: PageAddress, token: str) -> SubscriberView:
    subscriber = queries.get_by_manage_token(page, token)
    if not subscriber.is_confirmed:
        raise NotFound
    return subscriber


def _confirmed(page: PageAddress, subscriber: SubscriberView) -> Response:
    preferences = f"{page.home}/subscribe/{subscriber.manage_token}"
    html = render_template(
        "public/confirmed.html", page=frame_of(page), subscriber=subscriber, preferences_url=preferences
    )
    return _personal(html)


def _preferences(
    page: PageAddress, subscriber: SubscriberView, chosen: Choices, form: OwnChoicesForm, *, saved: bool = False
) -> Response:
    # What they follow may have left the page since: then nobody is told here what it is called by now.
    told = find_told(page, subscriber.follows)
    follows = {one: title for one, title in subscriber.follows.items() if one in told}
    html = render_template(
        "public/preferences.html",
        page=build_page(page),
        subscriber=replace(subscriber, follows=follows),
        chosen=chosen,
        form=form,
        kinds=tuple(NewsKind),
        saved=saved,
    )
    return _personal(html)


def _dead_link(page: PageAddress, status: int) -> Response:
    """Unknown, replaced, or another organization's: all read the same."""
    return _personal(render_template("public/link_expired.html", page=frame_of(page)), status)


def _personal(html: str, status: int = 200) -> Response:
    """An answer under an address that is a secret: it is neither kept, listed, nor told to other sites."""
    response = make_response(html, status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
