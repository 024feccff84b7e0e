"""The same for all subscribers that were found: counted first, with a question, then followed while it is done."""

from collections.abc import Mapping
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.blueprints.dashboard.subscribers import asked_of, read_filters
from app.errors import Conflict, NotFound
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages.finding import find_pages
from app.services.queries import get_catalogue
from app.subscribers.errands import actions, queries
from app.subscribers.errands.rules import Act, concerned
from app.subscribers.listing import count_found
from app.web.members import current_member, of_organization, requires

BEGINNING_LIMIT = "30 per hour"


@blueprint.get("/subscribers/all")
@requires(Role.EDITOR)
def confirm_errand() -> ResponseReturnValue:
    """How many it is about, and what cannot be undone."""
    actor, act, filters = current_member.actor, _read_act(request.args), read_filters(request.args)
    counts, newest_id = count_found(actor, filters)
    return render_page(
        "dashboard/subscribers/all.html",
        address=url_for("dashboard.subscribers"),
        act=act,
        filters=filters,
        asked=asked_of(filters),
        counts_found=counts,
        found=sum(counts.values()),
        people=concerned(act, counts),
        newest_id=newest_id,
        page_names={page.page_id: page.name for page in find_pages(actor)},
        service_names={service.id: service.name for service in get_catalogue(actor).services},
    )


@blueprint.post("/subscribers/all")
@requires(Role.EDITOR)
@limiter.limit(BEGINNING_LIMIT, key_func=of_organization("errands"))
def begin_errand() -> ResponseReturnValue:
    """Have a worker do it."""
    filters = read_filters(request.form)
    newest_id = find_uuid(request.form.get("newest"))
    if newest_id is None:
        raise Conflict(actions.NOBODY)
    errand_id = actions.begin(_read_act(request.form), filters, newest_id, by=current_member.actor)
    return done("", "subscriber_errand", errand_id=errand_id)


def _read_act(given: Mapping[str, str]) -> Act:
    """What is to be done.

    Raises:
        NotFound: nothing that can be.
    """
    act = given.get("act", Act.REMOVE)
    if act not in set(Act):
        raise NotFound
    return Act(act)


@blueprint.get("/subscribers/errands/<uuid:errand_id>")
@requires(Role.EDITOR)
def subscriber_errand(errand_id: UUID) -> ResponseReturnValue:
    """How far it is. While it is at work the page asks for this again and takes its part."""
    return render_page(
        "dashboard/subscribers/errand.html",
        found=queries.get_errand(current_member.actor, errand_id),
        address=url_for("dashboard.subscriber_errand", errand_id=errand_id),
    )


@blueprint.post("/subscribers/errands/<uuid:errand_id>/stop")
@requires(Role.EDITOR)
def stop_errand(errand_id: UUID) -> ResponseReturnValue:
    """Leave the rest as they are."""
    actions.stop(errand_id, by=current_member.actor)
    return done("", "subscriber_errand", errand_id=errand_id)
