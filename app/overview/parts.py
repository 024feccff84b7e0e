"""The overview in pieces of HTML, the same for all members whose times are in the same zone: shown in the page, pushed
when something changes."""

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
"""Element id and template of each piece. What only editors may use carries the class `for-editors`: the style sheet
hides it under `data-role="viewer"`, and the routes refuse it."""


def render_parts(overview: OverviewView, zone: ZoneInfo | None = None) -> dict[str, str]:
    """Each piece's HTML by the id of its outermost element. Needs no request, so whoever pushes can call it.

    `zone` is the reader's, for times; the days are the organization's.
    """
    home = f"/dashboard/{overview.organization.slug}"
    return {
        part: render_template(template, overview=overview, zone=zone or overview.zone, home=home)
        for part, template in PARTS.items()
    }
