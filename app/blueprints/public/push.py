"""News for a browser that asks for it: it chooses, subscribes, leaves, and has its service worker from here.

Only scripts ask for these addresses; what they send is the browser's own subscription (Push API, `toJSON`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, current_app, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from app import clock
from app.access.queries import read_access
from app.access.rules import GRANT_LIFETIME, Way
from app.accounts.devices import device_name
from app.assets import read_static
from app.blueprints.public import blueprint
from app.blueprints.public.forms import OwnChoicesForm
from app.errors import Invalid
from app.extensions import limiter, settings
from app.pages.address import PageAddress
from app.pages.queries import build_page
from app.push.actions import NewBrowser, forget_browser, subscribe_browser
from app.push.rules import PUSH_SERVICES, Admitted, Endpoint, read_endpoint
from app.sentences import Sentence
from app.subscribers.rules import Choices, NewsKind
from app.subscribers.tokens import manage_token
from app.text.speech import words
from app.web.addresses import open_page
from app.web.caching import cached, page_fresh_until, shared_read
from app.web.choices import offered_by
from app.web.forms import REFUSED
from app.web.gate import current_admission
from app.web.limits import count_asking, limited_misses

ASKING_LIMIT = "10 per minute; 60 per hour"

NO_BROWSER = Sentence("This browser cannot be reached by us.")


@blueprint.get("/<slug>/push/choices")
@shared_read
@limited_misses
def show_push_choices(slug: str) -> Response:
    """What a browser may choose to hear of, as the fields that its box opens."""
    page = build_page(open_page(slug))
    chosen = Choices(language=None if page.spoken is page.language else page.spoken)
    form = OwnChoicesForm(formdata=None)
    html = render_template("public/_push_choices.html", page=page, form=form, chosen=chosen, kinds=tuple(NewsKind))
    return cached(make_response(html), page.address, page_fresh_until(page))


@blueprint.post("/<slug>/push")
@limiter.limit(ASKING_LIMIT)
def subscribe_push(slug: str) -> ResponseReturnValue:
    """Tell this browser from now on; answers where its choices are made. The same again changes nothing."""
    page = open_page(slug)
    count_asking(page.page_id)
    sent = _read_sent()
    endpoint, replaces = _read_endpoint(sent), sent.get("replaces")
    new = NewBrowser(
        endpoint,
        device_name(request.user_agent.string),
        language=page.spoken,
        replaces=replaces if isinstance(replaces, str) else None,
        admitted=_admitted(page),
    )
    try:
        subscriber_id = _subscribe(page, new, sent.get("choices"))
    except Invalid as refusal:
        return jsonify(faults=[words(fault) for fault in refusal.faults.values()]), REFUSED
    answer = jsonify(
        choices=f"{page.home}/subscribe/{manage_token(subscriber_id)}",
        until=new.admitted.until.isoformat() if new.admitted and _ends_by_itself(page) else None,
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer, 201


@blueprint.post("/<slug>/push/forget")
@limiter.limit(ASKING_LIMIT)
def forget_push(slug: str) -> ResponseReturnValue:
    """This browser is not to be told any more. It answers the same whether it was."""
    page = open_page(slug)
    url = _read_sent().get("endpoint")
    if isinstance(url, str):
        forget_browser(page, url)
    return "", 204


@blueprint.get("/<slug>/push-worker.js")
@limited_misses
def push_worker(slug: str) -> Response:
    """What shows the notifications, also while the page is closed. It lies below the page, so it may speak for it."""
    page = open_page(slug)
    response = make_response(read_static(current_app, "js/push-worker.js"))
    response.headers["Content-Type"] = "text/javascript; charset=utf-8"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = f"{page.home}/"
    return response


def _subscribe(page: PageAddress, new: NewBrowser, sent: object) -> UUID:
    """Have it told of what it has chosen, if it has: the fields of `show_push_choices`, each with what stands in it.

    Raises:
        Invalid: that is nothing, or something that the page does not show.
    """
    if not isinstance(sent, dict):
        return subscribe_browser(page, new)
    typed = [(name, one) for name, several in sent.items() if isinstance(several, list) for one in several]
    form = OwnChoicesForm(MultiDict([(name, one) for name, one in typed if isinstance(one, str)]))
    shown = build_page(page)
    return subscribe_browser(page, replace(new, chosen=form.to_choices(shown)), offered_by(shown))


def _admitted(page: PageAddress) -> Admitted | None:
    """Why this browser may see a private page, and for how long that is known; it asks again with each visit."""
    admission = current_admission()
    if admission is None:
        return None
    ends_at = admission.grant.ends_at if admission.grant else None
    return Admitted(page.access_version, ends_at or clock.now() + GRANT_LIFETIME, admission.user_id)


def _ends_by_itself(page: PageAddress) -> bool:
    """Whether a browser is told only as long as it is admitted: a list cannot be asked about it (decision 0034)."""
    return read_access(page).way is Way.ADDRESSES


def _read_endpoint(sent: Mapping[str, Any]) -> Endpoint:
    keys = sent.get("keys")
    keys = keys if isinstance(keys, dict) else {}
    services = (*PUSH_SERVICES, *settings.push_services)
    endpoint = read_endpoint(sent.get("endpoint"), keys.get("p256dh"), keys.get("auth"), services)
    if endpoint is None:
        raise Invalid({"endpoint": NO_BROWSER})
    return endpoint


def _read_sent() -> Mapping[str, Any]:
    """The object that was sent; empty for all else, also for what is nested too deep to be read."""
    try:
        sent = request.get_json(silent=True)
    except RecursionError:
        return {}
    return sent if isinstance(sent, dict) else {}
