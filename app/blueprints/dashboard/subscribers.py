"""Subscribers, to look at: who they are, and whom a mail did not reach."""

from flask import request
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import render_page
from app.blueprints.dashboard.forms import find_uuid
from app.delivery.queries import read_failures
from app.subscribers.queries import list_subscribers
from app.subscribers.rules import SubscriberState
from app.web.members import current_member

FAILURES = 20


@blueprint.get("/subscribers")
def subscribers() -> ResponseReturnValue:
    wanted = request.args.get("state", "")
    state = SubscriberState(wanted) if wanted in set(SubscriberState) else None
    after = find_uuid(request.args.get("after"))
    actor = current_member.actor
    return render_page(
        "dashboard/subscribers.html",
        listed=list_subscribers(actor, state=state, after=after),
        state=state,
        states=list(SubscriberState),
        failures=read_failures(actor, FAILURES),
    )
