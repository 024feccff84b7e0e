"""The overview in pieces of HTML: shown in the page, pushed when something changes.

They are the same for all members who may do the same and whose times are in the same zone.
"""

from zoneinfo import ZoneInfo

from flask import render_template

from app.organizations.rules import Role
from app.overview.queries import OverviewView

PARTS = {
    "first-steps": "dashboard/overview/_steps.html",
    "attention": "dashboard/overview/_attention.html",
    "tiles": "dashboard/overview/_tiles.html",
    "services-now": "dashboard/overview/_services.html",
    "days": "dashboard/overview/_days.html",
    "activity": "dashboard/overview/_activity.html",
}
"""Element id and template of each piece."""


def render_parts(overview: OverviewView, zone: ZoneInfo | None = None) -> dict[str, str]:
    """Each piece's HTML by the id of its outermost element. Needs no request, so whoever pushes can call it.

    `zone` is the reader's, for times; the days of services are the organization's.
    """
    values = {
        "overview": overview,
        "zone": zone or overview.zone,
        "home": f"/dashboard/{overview.organization.slug}",
        "edits": overview.role.includes(Role.EDITOR),
    }
    return {part: render_template(template, **values) for part, template in PARTS.items()}
