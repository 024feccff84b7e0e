"""Subscribing, confirming, choosing, leaving. A GET changes nothing: mail scanners open every link they find."""

from dataclasses import replace

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from app.blueprints.public import blueprint
from app.blueprints.public.forms import PreferencesForm, SubscribeForm
from app.blueprints.public.frame import frame_of
from app.errors import Invalid, NotFound
from app.extensions import limiter
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.pages.queries import build_page
from app.pages.views import PageAddress
from app.subscribers import actions, queries
from app.subscribers.queries import SubscriberView
from app.subscribers.rules import LinkExpired
from app.web.addresses import open_page
from app.web.forms import REFUSED

ASKING_LIMIT = "5 per minute; 30 per hour"
"""For one address of a visitor: an office behind one address may subscribe, a script may not try thousands."""
LINK_LIMIT = "60 per minute"


@blueprint.post("/<slug>/subscribe")
@limiter.limit(ASKING_LIMIT)
def subscribe(slug: str) -> ResponseReturnValue:
    """Ask for a confirmation mail. The answer is the same whoever the address belongs to, subscribed or not.

    It is the same, too, for an address that was asked too often: only its owner could tell what that says.
    """
    page = open_page(slug)
    form = SubscribeForm()
    template = "public/_subscribe.html" if htmx_request.htmx else "public/subscribe.html"
    if not form.validate():
        return render_template(template, page=frame_of(page), form=form), REFUSED
    if not form.is_from_a_robot and may_be_written_to(Asking.CONFIRMATION, form.email.data):
        actions.request_subscription(page, form.email.data)
    return render_template(template, page=frame_of(page), sent_to=form.email.data)


@blueprint.get("/<slug>/subscribe")
def show_subscribe(slug: str) -> ResponseReturnValue:
    """Where someone lands who loads the answer to their form again."""
    return redirect(f"{open_page(slug).home}#subscribe", 303)


@blueprint.get("/<slug>/subscribe/confirm/<token>")
@limiter.limit(LINK_LIMIT)
def show_confirmation(slug: str, token: str) -> Response:
    """A button to press: opening the link says nothing about who opened it."""
    page = open_page(slug)
    try:
        subscriber = queries.get_by_confirm_token(page, token)
    except (NotFound, LinkExpired) as error:
        return _dead_link(page, error.status)
    if subscriber.is_confirmed:
        return _confirmed(page, subscriber)
    return _personal(render_template("public/confirm.html", page=frame_of(page), email=subscriber.email))


@blueprint.post("/<slug>/subscribe/confirm/<token>")
@limiter.limit(LINK_LIMIT)
def confirm(slug: str, token: str) -> Response:
    page = open_page(slug)
    try:
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
    return _preferences(page, subscriber, saved="saved" in request.args)


@blueprint.post("/<slug>/subscribe/<token>")
@limiter.limit(LINK_LIMIT)
def save_preferences(slug: str, token: str) -> ResponseReturnValue:
    page, form = open_page(slug), PreferencesForm()
    try:
        subscriber = _get_confirmed(page, token)
        actions.choose_services(page, token, form.to_service_ids())
    except NotFound as error:
        return _dead_link(page, error.status)
    except Invalid as refusal:
        as_sent = replace(subscriber, chosen=form.ticked)
        return _preferences(page, as_sent, fault=refusal.detail), refusal.status
    return redirect(url_for("public.show_preferences", slug=page.slug, token=token, saved=1), 303)


@blueprint.get("/<slug>/unsubscribe/<token>")
def show_unsubscribe(slug: str, token: str) -> Response:
    page = open_page(slug)
    try:
        subscriber = queries.get_by_manage_token(page, token)
    except NotFound as error:
        return _dead_link(page, error.status)
    template = "public/unsubscribed.html" if subscriber.has_left else "public/unsubscribe.html"
    return _personal(render_template(template, page=frame_of(page), email=subscriber.email))


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
    return _personal(render_template("public/unsubscribed.html", page=frame_of(page), email=subscriber.email))


def _get_confirmed(page: PageAddress, token: str) -> SubscriberView:
    subscriber = queries.get_by_manage_token(page, token)
    if not subscriber.is_confirmed:
        raise NotFound
    return subscriber


def _confirmed(page: PageAddress, subscriber: SubscriberView) -> Response:
    preferences = url_for("public.show_preferences", slug=page.slug, token=subscriber.manage_token)
    html = render_template(
        "public/confirmed.html", page=frame_of(page), email=subscriber.email, preferences_url=preferences
    )
    return _personal(html)


def _preferences(page: PageAddress, subscriber: SubscriberView, *, saved: bool = False, fault: str = "") -> Response:
    html = render_template(
        "public/preferences.html",
        page=build_page(page),
        email=subscriber.email,
        chosen=subscriber.chosen,
        unsubscribe_url=url_for("public.show_unsubscribe", slug=page.slug, token=subscriber.manage_token),
        saved=saved,
        fault=fault,
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
