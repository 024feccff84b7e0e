"""The overview in pieces of HTML, the same for every member: shown in the page, pushed when something changes."""

from flask import render_template

from app.organizations.queries import OrganizationView
from app.overview.queries import OverviewView, read_overview

PARTS = {
    "attention": "dashboard/overview/_attention.html",
    "tiles": "dashboard/overview/_tiles.html",
    "services-now": "dashboard/overview/_services.html",
    "days": "dashboard/overview/_days.html",
    "activity": "dashboard/overview/_activity.html",
}
"""Element id and template of each piece. What only editors may use carries the class `for-editors`: the style sheet
hides it under `data-role="viewer"`, and the routes refuse it."""


def render_overview_parts(organization: OrganizationView) -> dict[str, str]:
    """Each piece's HTML by the id of its outermost element. Needs no request, so whoever pushes can call it."""
    return render_parts(read_overview(organization))


def render_parts(overview: OverviewView) -> dict[str, str]:
    """The same, of an overview that was read already."""
    home = f"/dashboard/{overview.organization.slug}"
    return {
        part: render_template(template, overview=overview, zone=overview.zone, home=home)
        for part, template in PARTS.items()
    }
