"""Subscribers: to look through, to take along, and to act on several of them."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import done, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.database.actor import Actor
from app.delivery.queries import read_failures
from app.extensions import limiter
from app.organizations.rules import Role
from app.pages.finding import find_pages
from app.services.queries import get_catalogue
from app.subscribers import managing
from app.subscribers.errands.queries import list_under_way
from app.subscribers.errands.rules import Act
from app.subscribers.exporting import begin_export, write_table
from app.subscribers.listing import Filters, list_subscribers
from app.subscribers.rules import SubscriberState
from app.text.addresses import normalize_address
from app.text.clean import clean_text
from app.web.members import current_member, of_organization, requires
from app.web.streams import attachment

FAILURES = 20
LONGEST = 100
"""Letters of a search that are read."""
EXPORT_LIMIT = "20 per hour"


@blueprint.get("/subscribers")
def subscribers() -> ResponseReturnValue:
    actor = current_member.actor
    filters = read_filters(request.args)
    pages = find_pages(actor)
    return render_page(
        "dashboard/subscribers/list.html",
        address=url_for("dashboard.subscribers"),
        listed=list_subscribers(actor, filters, after=find_uuid(request.args.get("after"))),
        filters=filters,
        asked=asked_of(filters),
        states=list(SubscriberState),
        pages=pages,
        page_names={page.page_id: page.name for page in pages},
        services=get_catalogue(actor).services,
        under_way=list_under_way(actor) if current_member.may("editor") else (),
        failures=read_failures(actor, FAILURES) if not any(asked_of(filters)) else (),
    )


@blueprint.post("/subscribers/selected")
@requires(Role.EDITOR)
def act_on_subscribers() -> ResponseReturnValue:
    """Do the same with each of those that are ticked; with all who were found only once they were counted."""
    ids = [one for one in map(find_uuid, request.form.getlist("subscribers")) if one is not None]
    back = asked_of(read_filters(request.form))
    act = request.form.get("act", "")
    if request.form.get("everybody") and act in set(Act):
        return done("", "confirm_errand", act=act, **back)
    if not ids:
        return done("Nobody was ticked, so nothing has changed.", "subscribers", **back)
    said = _act(act, ids)
    return done(said, "subscribers", **back)


@blueprint.post("/subscribers/export")
@requires(Role.EDITOR)
@limiter.limit(EXPORT_LIMIT, key_func=of_organization("subscribers"))
def export_subscribers() -> ResponseReturnValue:
    """Those that the filters ask for, as a table that is written while it is sent."""
    actor, filters = current_member.actor, read_filters(request.form)
    begin_export(filters, by=actor)
    name = f"subscribers-{current_member.membership.slug}-{clock.now():%Y-%m-%d}.csv"
    return attachment(_table(filters, actor), name=name, content_type="text/csv; charset=utf-8")


def _table(filters: Filters, actor: Actor) -> Iterator[str]:
    return write_table(filters, {page.page_id: page.name for page in find_pages(actor)}, by=actor)


def _act(act: str, ids: list[UUID]) -> str:
    """What was done, in words."""
    actor = current_member.actor
    match act:
        case "ask":
            return _counted(managing.ask_again(ids, by=actor), "was asked again", "were asked again")
        case "try":
            return _counted(managing.try_again(ids, by=actor), "is written to again", "are written to again")
        case "remove":
            return _counted(managing.remove(ids, by=actor), "was removed", "were removed")
        case _:
            return "Choose what to do with them."


def _counted(number: int, one: str, many: str) -> str:
    if not number:
        return "There was nobody among them for whom that could be done."
    return f"1 subscriber {one}." if number == 1 else f"{number} subscribers {many}."


def read_filters(given: Mapping[str, str]) -> Filters:
    """The filters as an address or a form has them; what makes no sense asks for nothing."""
    state = given.get("state", "")
    text = normalize_address(clean_text(given.get("text", "")[:LONGEST]))
    return Filters(
        text=text,
        state=SubscriberState(state) if state in set(SubscriberState) else None,
        page_id=find_uuid(given.get("page")),
        service_id=find_uuid(given.get("service")),
    )


def asked_of(filters: Filters) -> Mapping[str, str]:
    """What a link to the list carries to ask for the same; nothing where nothing is asked for."""
    asked = {
        "text": filters.text,
        "state": filters.state or "",
        "page": str(filters.page_id or ""),
        "service": str(filters.service_id or ""),
    }
    return {name: value for name, value in asked.items() if value}
