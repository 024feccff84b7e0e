"""How a private page asks who wants to see it."""

from urllib.parse import quote

from flask import Response, make_response, render_template, request, url_for

from app.access.queries import read_access
from app.access.rules import Way
from app.extensions import settings
from app.pages.address import PageAddress
from app.web.gate import Locked
from app.web.members import find_person


def ask_for_access(locked: Locked) -> Response:
    """The challenge in place of what was asked for, which it leads to once it is answered."""
    return challenge(locked.page, locked.way, locked.status, leads_to=_own_path(locked.page))


def challenge(page: PageAddress, way: Way | None = None, status: int = 200, **shown: object) -> Response:
    """The page that asks; `shown` are the template's values. It tells the page's name, and nothing else of it."""
    way = way or read_access(page).way
    person = find_person() if page.domain is None else None
    values = {"leads_to": page.front, "fault": "", "email": "", "sent_to": "", **shown}
    html = render_template(
        "public/unlock.html",
        page=page,
        way=way.value,
        sign_in_url=_sign_in_url(page, str(values["leads_to"])),
        signed_in_as=person.email if person else "",
        **values,
    )
    response = make_response(html, status)
    response.headers["Referrer-Policy"] = "same-origin"
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Form realm="status page"'  # RFC 9110 §15.5.2 wants one
    return response


def safe_path(page: PageAddress, wanted: str) -> str:
    """Where to go on: to what was asked for if that is a path of this page, else to the page itself."""
    is_own = wanted == page.front or wanted.startswith(f"{page.home}/")
    is_path = not wanted.startswith("//") and wanted.isprintable() and "\\" not in wanted
    return wanted if is_own and is_path and len(wanted) <= 2_000 else page.front


def _own_path(page: PageAddress) -> str:
    """What was asked for, as a path of the page."""
    if request.method != "GET":
        return page.front
    behind = request.path.removeprefix(f"/{page.slug}")
    path = quote(page.home + behind, safe="/:@!$&'()*+,;=-._~") or "/"
    query = request.query_string.decode("ascii", "ignore")
    return safe_path(page, f"{path}?{query}" if query else path)


def _sign_in_url(page: PageAddress, leads_to: str) -> str:
    """Where members sign in; from a domain of the page's own by way of our host, where they are signed in."""
    if page.domain:
        return f"{settings.base_url}{url_for('auth.open_page', page_id=page.page_id)}"
    return url_for("auth.sign_in", next=leads_to)
