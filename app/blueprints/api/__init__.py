"""For programs: what a page says, as JSON. Described in docs/api.md."""

from flask import Blueprint

from app.extensions import csrf

blueprint = Blueprint("api", __name__, url_prefix="/api")
csrf.exempt(blueprint)  # no view here reads a cookie

from app.blueprints.api import status  # noqa: E402, F401 -- views attach themselves to the blueprint
