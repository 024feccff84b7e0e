"""What anybody sees of an organization, and what subscribers do by the links in their mails.

Nobody is signed in here: no view reads or sets a cookie, so there is no session that a forged request could use, and a
CSRF token would protect nothing. Writes are held to our own pages by `app.web.origin`, and need a token or do nothing
but ask for one by mail.
"""

from flask import Blueprint

from app.extensions import csrf

blueprint = Blueprint("public", __name__)
csrf.exempt(blueprint)

from app.blueprints.public import (  # noqa: E402 -- views attach themselves to the blueprint
    badges,  # noqa: F401
    domains,  # noqa: F401
    feeds,  # noqa: F401
    files,  # noqa: F401
    history,  # noqa: F401
    live,  # noqa: F401
    maintenance,  # noqa: F401
    page,  # noqa: F401
    postmortems,  # noqa: F401
    push,  # noqa: F401
    subscribers,  # noqa: F401
    unlock,  # noqa: F401
)
