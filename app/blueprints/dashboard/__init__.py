"""What members see and do, under `/dashboard/<organization>/` (decision 0004)."""

from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import request as htmx_request

from app.errors import NotFound
from app.text.wording import write_for
from app.web.addresses import find_moved_dashboard
from app.web.limits import count_drawing
from app.web.members import current_member, enter_organization, get_person

blueprint = Blueprint("dashboard", __name__, url_prefix="/dashboard/<organization>")


OPEN_PAGES = frozenset({"dashboard.live", "dashboard.fragments"})
"""What pages that are open ask for by themselves: they stop when it is not there, and cannot be led elsewhere."""

DRAWN_WHILE_WRITING = frozenset(
    {
        "dashboard.draft_earlier_update",
        "dashboard.draft_edit",
        "dashboard.draft_incident",
        "dashboard.draft_maintenance",
        "dashboard.draft_maintenance_edit",
        "dashboard.draft_page_services",
        "dashboard.draft_past_incident",
        "dashboard.draft_series_edit",
        "dashboard.draft_update",
        "dashboard.draw_draft",
        "dashboard.preview",
        "dashboard.preview_page",
        "dashboard.preview_page_languages",
        "dashboard.preview_page_look",
        "dashboard.preview_page_pictures",
        "dashboard.preview_page_services",
        "dashboard.preview_page_uptime",
        "dashboard.preview_page_words",
        "dashboard.preview_postmortem",
    }
)
"""What forms ask for by themselves while somebody types: it renders whatever was typed, and is counted."""


@blueprint.url_value_preprocessor
def take_organization(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Every address below names the organization; views need not."""
    if values:
        g.organization_slug = values.pop("organization")


@blueprint.url_defaults
def give_organization(_endpoint: str, values: dict[str, Any]) -> None:
    """Links stay in the organization of the request, unless they name another."""
    if "organization_slug" in g:
        values.setdefault("organization", g.organization_slug)


@blueprint.before_request
def enter() -> ResponseReturnValue | None:
    """Let members in, by an earlier address too; the others learn nothing, not even that it is one.

    An organization that is being deleted has nothing left to see but how far that is.
    """
    try:
        enter_organization(g.organization_slug)
    except NotFound:
        moved = find_moved_dashboard(g.organization_slug)
        if moved is not None and get_person().membership(moved[0]) is not None:
            raise moved[1] from None
        raise
    if current_member.membership.is_closing:
        if request.endpoint in OPEN_PAGES:
            raise NotFound
        address = url_for("auth.closing", organization_id=current_member.membership.organization_id)
        return ("", 204, {"HX-Redirect": address}) if htmx_request.htmx else redirect(address, 303)
    if request.endpoint in DRAWN_WHILE_WRITING:
        count_drawing(get_person().user_id)
    write_for(get_person().language)
    return None


# Views attach themselves to the blueprint.
from app.blueprints.dashboard import (  # noqa: E402
    access,  # noqa: F401
    account,  # noqa: F401
    activity,  # noqa: F401
    analytics,  # noqa: F401
    announcements,  # noqa: F401
    audit,  # noqa: F401
    deliveries,  # noqa: F401
    domains,  # noqa: F401
    drafts,  # noqa: F401
    earlier,  # noqa: F401
    groups,  # noqa: F401
    heatmap,  # noqa: F401
    incident_list,  # noqa: F401
    incidents,  # noqa: F401
    live,  # noqa: F401
    maintenance,  # noqa: F401
    maintenance_edit,  # noqa: F401
    maintenance_series,  # noqa: F401
    members,  # noqa: F401
    overview,  # noqa: F401
    page_services,  # noqa: F401
    page_settings,  # noqa: F401
    pages,  # noqa: F401
    palette,  # noqa: F401
    postmortems,  # noqa: F401
    preview,  # noqa: F401
    sender,  # noqa: F401
    services,  # noqa: F401
    settings,  # noqa: F401
    sharing,  # noqa: F401
    subscribers,  # noqa: F401
    subscribers_all,  # noqa: F401
    subscribers_import,  # noqa: F401
    subscribers_one,  # noqa: F401
    templates,  # noqa: F401
    together,  # noqa: F401
    updates,  # noqa: F401
    windows,  # noqa: F401
)
