"""From what stands in an address to what is meant: the page of a slug, a day."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from flask import request, url_for
from werkzeug.routing import RequestRedirect

from app.errors import NotFound
from app.pages.queries import PageAddress, get_page

_SLUG = re.compile("[A-Za-z0-9-]{1,60}")


def open_page(slug: str) -> PageAddress:
    """The public page that the request is about.

    Raises:
        NotFound: there is none, or it is not public.
        RequestRedirect: there is one, and its address is written otherwise, in lower case.
    """
    if not _SLUG.fullmatch(slug):
        raise NotFound
    page = get_page(slug)
    if page.slug != slug:
        places = cast(Mapping[str, Any], request.view_args)
        raise RequestRedirect(url_for(cast(str, request.endpoint), **{**places, "slug": page.slug}))
    return page


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
