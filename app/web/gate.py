"""The one gate of private pages: who asks for anything of theirs is let in here, or told how to be.

A visitor who was let in carries a grant in a cookie that only this page gets. Members of the page's organization need
none where they are signed in. What is behind the gate is kept by nobody: neither by us nor on the way.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from flask import Response, g, request

from app.access.grants import Grant, read_grant, write_grant
from app.access.queries import find_member, read_access
from app.access.rules import GRANT_LIFETIME, Way
from app.errors import NotFound, UpfrontError
from app.extensions import settings
from app.pages.address import PageAddress
from app.pages.cache import PERSONAL
from app.pages.finding import get_present
from app.pages.settings import DEFAULT_SETTINGS
from app.sentences import Sentence
from app.web.limits import count_miss
from app.web.members import find_person

OPEN_TO_LEAVE = frozenset(
    {"public.show_unsubscribe", "public.unsubscribe", "public.show_record", "public.be_forgotten"}
)
"""Who holds the token of one of our mails may leave and be forgotten, whatever else they may see (decision 0027)."""

# What programs, scripts and the page itself ask for: these get a status, not a page to read.
_NO_DOCUMENTS = ("/live", "/fragments", "/<day>", "/stamp", ".ics")


class Locked(UpfrontError):
    """The page is not for everybody, and nobody knows yet that whoever asks may see it."""

    title: str = Sentence("This page is private")

    def __init__(self, page: PageAddress, way: Way) -> None:
        super().__init__(_WHAT_TO_DO[way])
        self.page = page
        self.way = way
        # Where nothing that a visitor could show us would help, it is no question of who they are (RFC 9110 §15.5.4).
        self.status = 403 if way is Way.NETWORKS else 401


_WHAT_TO_DO = {
    Way.MEMBERS: Sentence("Only members of its organization see it. Sign in first."),
    Way.PASSWORD: Sentence("Whoever runs it can tell you its password."),
    Way.ADDRESSES: Sentence("Ask for a link by e-mail, if your address is on its list."),
    Way.NETWORKS: Sentence("It can be seen from certain networks only, and yours is none of them."),
}


@dataclass(frozen=True, slots=True)
class Admission:
    """Why somebody was let in: what has to be asked again while they stay."""

    grant: Grant | None
    peer: str
    user_id: UUID | None = None

    @property
    def keys(self) -> Collection[str]:
        """By which a socket is found when a session ends or a membership does."""
        session = self.grant.session_id if self.grant else None
        return [str(one) for one in (session, self.user_id) if one is not None]

    def still_holds(self, page: PageAddress) -> bool:
        """Whether they may stay: asked by open sockets, outside of any request."""
        try:
            get_present(page)
        except NotFound:
            return False
        if self.grant is not None and self.grant.session_id is not None:
            return find_member(self.grant.session_id, page.organization_id) is not None
        return read_access(page).admits(self.grant, page, self.peer)


def pass_gate(page: PageAddress) -> PageAddress:
    """Let the visitor of this request in to the page; `current_admission` then tells why.

    Returns:
        The page as they may see it: who only leaves sees nothing of its look, its links and what it says of itself.

    Raises:
        Locked: they may not see it, or have not shown yet that they may.
        TooMany: they ask for more than a person reads.
    """
    if page.is_private:
        keep_private()
        count_miss()
        if request.endpoint not in OPEN_TO_LEAVE:
            g.admission = _admit(page)
        elif find_admission(page) is None:
            page = replace(page, settings=DEFAULT_SETTINGS)
    g.page = page
    return page


def keep_private() -> None:
    """Have the answer of this request kept by nobody, neither by us nor on the way."""
    request.environ[PERSONAL] = True
    g.is_private = True


def current_admission() -> Admission | None:
    """Why the visitor of this request was let in; None on a page that is for everybody."""
    admission: Admission | None = g.get("admission")
    return admission


def find_admission(page: PageAddress) -> Admission | None:
    """Why the visitor of this request may see a private page, if they may."""
    try:
        return _admit(page)
    except Locked:
        return None


def give_grant(response: Response, grant: Grant, page: PageAddress) -> Response:
    """Have the visitor carry a grant to this page and its JSON, and to nothing else of ours."""
    for path in _paths_of(page):
        response.set_cookie(
            _cookie_name(page),
            write_grant(grant),
            max_age=GRANT_LIFETIME,
            path=path,
            secure=settings.is_https,
            httponly=True,
            samesite="Lax",  # a link in a chat must open the page
        )
    return response


def is_private_answer() -> bool:
    """Whether the answer of this request is of a private page."""
    return bool(g.get("is_private"))


def wants_document() -> bool:
    """Whether a person is to read the answer of this request, and could do what it says."""
    rule = request.url_rule.rule if request.url_rule else ""
    if request.blueprint == "api" or rule.endswith(_NO_DOCUMENTS):
        return False
    return "." not in rule.rpartition("/")[2] and "-<" not in rule


def _admit(page: PageAddress) -> Admission:
    peer = request.remote_addr or ""
    person = find_person() if page.domain is None else None
    if person is not None and any(one.organization_id == page.organization_id for one in person.memberships):
        as_member = Grant(page.page_id, page.access_version, Way.MEMBERS, person.session_id)
        return Admission(as_member, peer, person.user_id)
    access = read_access(page)
    grant = read_grant(request.cookies.get(_cookie_name(page), ""))
    if not access.admits(grant, page, peer):
        raise Locked(page, access.way)
    user_id = find_member(grant.session_id, page.organization_id) if grant and grant.session_id else None
    return Admission(grant, peer, user_id)


def _cookie_name(page: PageAddress) -> str:
    name = f"page-{page.page_id.hex[:16]}"
    return f"__Secure-{name}" if settings.is_https else name


def _paths_of(page: PageAddress) -> Collection[str]:
    return ("/",) if page.domain else (page.home, f"/api/{page.slug}")
