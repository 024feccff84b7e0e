"""From the slug in an address to the page behind it."""

import re
from collections.abc import Mapping
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
