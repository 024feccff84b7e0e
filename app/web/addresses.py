"""From what stands in an address to what is meant: the page of a slug or a host, a day."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from urllib.parse import quote

from flask import g, request, url_for
from werkzeug.routing import RequestRedirect

from app.addresses.queries import find_moved_organization, find_moved_page
from app.domains.hosts import asked_domain
from app.errors import NotFound
from app.pages.address import PageAddress
from app.pages.finding import find_page, find_page_at, get_page
from app.web.gate import pass_gate, wants_document
from app.web.languages import in_language
from app.web.limits import count_miss, count_refusal
from app.web.origin import SAFE_METHODS

_SLUG = re.compile("[A-Za-z0-9-]{1,60}")


class Moved(RequestRedirect):
    """What was asked for is at another address now. Not for good: an old address may be taken back (decision 0013)."""

    code = 302


class FormMoved(Moved):
    """The same for a form that was open when the address changed: browsers send it on as it is (RFC 9110 §15.4.8)."""

    code = 307


def open_page(slug: str) -> PageAddress:
    """The page that the request is about, for whoever may see it. Every public view begins with this.

    A form or a mail program that still sends to an earlier address is heard; whoever reads there is led on.

    Raises:
        NotFound: there is none.
        TooMany: they look for too many that are not there.
        Locked: it is private, and whoever asks has not shown that they may see it.
        RequestRedirect: there is one, and its address is written otherwise, in lower case.
        Moved: there was one, which has another address now, or a domain of its own.
    """
    try:
        page = get_asked_page(slug)
    except NotFound:
        count_miss()  # of a page that is not there nothing is kept: each such question costs us a look
        raise
    g.is_unlisted = page.settings.noindex
    return pass_gate(page)


def get_asked_page(slug: str) -> PageAddress:
    """The same without asking whether they may see it: for where they show that they may."""
    return in_language(_get_page_at(slug))


def find_page_around() -> PageAddress | None:
    """The page below whose address something was asked for that is not there.

    Raises:
        Locked: there is one, and whoever asks may not see it.
        TooMany: they look for too many things that are not there.
        NotFound: there is none.
    """
    if request.url_rule is not None:  # a view has looked already, or it is none of a page's
        known: PageAddress | None = g.get("page")
        return known
    count_miss()
    page = get_asked_page(request.path.strip("/").partition("/")[0])
    return pass_gate(page)


def find_page_asked_too_often() -> PageAddress | None:
    """The page of which whoever asks has asked too much, so that they are told so in its look.

    Raises:
        Locked: it is private, and they may not see it.
        TooMany: they go on asking: this look is one more, and they get few of them.
        NotFound: there is none.
    """
    known: PageAddress | None = g.get("page")
    if known is not None or request.blueprint != "public" or not wants_document():
        return known
    count_refusal()
    return pass_gate(get_asked_page((request.view_args or {}).get("slug", "")))


def _get_page_at(slug: str) -> PageAddress:
    domain = asked_domain(request.environ)
    if domain is not None:
        # The path's first part was put there by `app.domains.hosts`; whose the host is now is what counts.
        page = find_page_at(domain)
        if page is None:
            raise NotFound
        return page
    if not _SLUG.fullmatch(slug):
        raise NotFound
    page = find_page(slug)
    if page is None:
        moved_to = find_moved_page(slug)
        if moved_to is None:
            raise NotFound
        page = get_page(moved_to)
        if page.domain is None and _can_be_led_on():
            raise Moved(_address_with("slug", moved_to))
    elif page.slug != slug and page.domain is None and request.url_rule is not None:
        places = cast(Mapping[str, Any], request.view_args)
        raise RequestRedirect(url_for(cast(str, request.endpoint), **{**places, "slug": page.slug}))
    if page.domain is not None and _can_be_led_on():
        raise Moved(page.origin + _without_slug(_address_with("slug", page.slug), page.slug))
    return page


def _can_be_led_on() -> bool:
    """Whether what was asked for is somewhere else, and whoever asks can go there without losing what they sent."""
    return request.method in SAFE_METHODS and request.url_rule is not None


def _without_slug(address: str, slug: str) -> str:
    """What is at this address of ours, on a domain of its own: there the page is the root; JSON stays below /api."""
    own, behind = f"/{slug}", address.removeprefix(f"/{slug}")
    return (behind if behind[:1] in ("/", "?") else f"/{behind}") if address.startswith(own) else address


def find_moved_dashboard(slug: str) -> tuple[str, Moved] | None:
    """The present slug of the organization whose dashboard was at `slug`, and the way there, for forms as well.

    Tell it to nobody but its members: for others there never was anything.
    """
    moved_to = find_moved_organization(slug)
    if moved_to is None:
        return None
    way = Moved if request.method in SAFE_METHODS else FormMoved
    return moved_to, way(_address_with("organization", moved_to))


def _address_with(place: str, value: str) -> str:
    """The address of this request with another value at one place; what follows stays, and so does the query.

    Each segment is written as an address wants it: `request.path` is what it meant, where a line break or a `?` may be.
    """
    rule = request.url_rule
    assert rule is not None, "only asked for within a view"
    segments = request.path.split("/")
    segments[rule.rule.split("/").index(f"<{place}>")] = value
    query = request.query_string.decode("ascii", "ignore")
    return "/".join(quote(segment, safe="") for segment in segments) + (f"?{query}" if query else "")


def read_day(text: str) -> date:
    """A day as our own links write it; other spellings of ISO 8601 would be other addresses of the same answer.

    Raises:
        NotFound: it is none, or is spelled otherwise.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound from None
    if day.isoformat() != text:
        raise NotFound
    return day
