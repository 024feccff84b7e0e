"""From where members are signed in to a private page on a domain of its own, which gets none of our cookies."""

from uuid import UUID

from flask import redirect
from flask.typing import ResponseReturnValue

from app.access.grants import Grant, write_pass
from app.access.rules import Way
from app.blueprints.auth import blueprint
from app.errors import NotFound
from app.extensions import limiter
from app.pages.finding import find_page_by_id
from app.web.members import get_person


@blueprint.get("/auth/pages/<uuid:page_id>")
@limiter.limit("60 per minute")
def open_page(page_id: UUID) -> ResponseReturnValue:
    """Lead a member to their page. A page of others is as one that is not there."""
    person, page = get_person(), find_page_by_id(page_id)
    if page is None or all(one.organization_id != page.organization_id for one in person.memberships):
        raise NotFound
    if page.domain is None:
        return redirect(page.front)
    grant = Grant(page.page_id, page.access_version, Way.MEMBERS, person.session_id)
    return redirect(f"{page.url}/unlock/{write_pass(grant)}")
