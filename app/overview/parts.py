"""The overview in pieces of HTML: shown in the page, pushed when something changes.

They are the same for all members who may do the same and whose times are in the same zone.
"""

from zoneinfo import ZoneInfo

from flask import render_template

from app.overview.queries import OverviewView

PARTS = {
    "attention": "dashboard/overview/_attention.html",
    "tiles": "dashboard/overview/_tiles.html",
    "services-now": "dashboard/overview/_services.html",
    "days": "dashboard/overview/_days.html",
    "activity": "dashboard/overview/_activity.html",
}
"""Element id and template of each piece."""


def render_parts(overview: OverviewView, zone: ZoneInfo | None = None, *, edits: bool = True) -> dict[str, str]:
    """Each piece's HTML by the id of its outermost element. Needs no request, so whoever pushes can call it.

    `zone` is the reader's, for times; the days are the organization's. `edits` says whether the reader may write.
    """
    home = f"/dashboard/{overview.organization.slug}"
    return {
        part: render_template(template, overview=overview, zone=zone or overview.zone, home=home, edits=edits)
        for part, template in PARTS.items()
    }
