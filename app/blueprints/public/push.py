"""News for a browser that asks for it: it subscribes, leaves, and has its service worker from here.

Only scripts ask for these addresses; what they send is the browser's own subscription (Push API, `toJSON`).
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from app.accounts.devices import device_name
from app.assets import read_static
from app.blueprints.public import blueprint
from app.errors import Invalid
from app.extensions import limiter, settings
from app.push.actions import forget_browser, subscribe_browser
from app.push.rules import PUSH_SERVICES, Endpoint, read_endpoint
from app.sentences import Sentence
from app.subscribers.tokens import manage_token
from app.web.addresses import open_page
from app.web.limits import count_asking, limited_misses

ASKING_LIMIT = "10 per minute; 60 per hour"

NO_BROWSER = Sentence("This browser cannot be reached by us.")


@blueprint.post("/<slug>/push")
@limiter.limit(ASKING_LIMIT)
def subscribe_push(slug: str) -> ResponseReturnValue:
    """Tell this browser from now on; answers where its choices are made. The same again changes nothing."""
    page = open_page(slug)
    count_asking(page.page_id)
    endpoint = _read_subscription()
    browser = device_name(request.user_agent.string)
    subscriber_id = subscribe_browser(page, endpoint, browser=browser, language=page.spoken)
    answer = jsonify(choices=f"{page.home}/subscribe/{manage_token(subscriber_id)}")
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


def _read_subscription() -> Endpoint:
    sent = _read_sent()
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
