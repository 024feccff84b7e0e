"""Where else a page can be seen: badges for other sites, and what programs read."""

import re
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.addresses.catalogue import get_page_details
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import render_page
from app.blueprints.dashboard.forms import find_uuid
from app.organizations.rules import Role
from app.pages.badges import HEIGHT
from app.pages.queries import build_page
from app.web.members import current_member, requires


@dataclass(frozen=True, slots=True)
class Snippet:
    """A badge, and what to write where it shall be seen. There it leads to what it tells of."""

    drawn: str
    url: str
    target: str
    alt: str

    @property
    def source(self) -> str:
        """The picture itself: at its address it may be on a domain from which no page of the dashboard loads any."""
        return "data:image/svg+xml;base64," + b64encode(self.drawn.encode()).decode()

    @property
    def markdown(self) -> str:
        alt = re.sub(r"([\\\[\]])", r"\\\1", self.alt)
        return f"[![{alt}]({self.url})]({self.target})"

    @property
    def html(self) -> str:
        url, target, alt = escape(self.url), escape(self.target), escape(self.alt)
        return f'<a href="{target}"><img src="{url}" alt="{alt}" height="{HEIGHT}"></a>'


@blueprint.get("/pages/<uuid:page_id>/share")
@requires(Role.ADMIN)
def share_page(page_id: UUID) -> ResponseReturnValue:
    """`?of=` chooses one of the page's services."""
    details = get_page_details(current_member.actor, page_id)
    page = build_page(details.address)
    service = page.find_service(find_uuid(request.args.get("of")))
    target = f"{page.url}/services/{service.id}" if service else page.url
    badge = Snippet(
        drawn=render_template("public/badge.svg", page=page, service=service),
        url=f"{target}/badge.svg",
        target=target,
        alt=f"Status of {service.name if service else page.name}",
    )
    return render_page("dashboard/pages/share.html", details=details, page=page, chosen=service, badge=badge)
