"""Where a list goes on, as it stands in an address."""

from datetime import datetime

from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.forms import find_uuid
from app.database.cursors import Cursor
from app.errors import NotFound


def read_cursor(text: str) -> Cursor | None:
    """A cursor that `write_cursor` put into an address; None where there is none: a list begins.

    Raises:
        NotFound: the address was not one of ours.
    """
    if not text:
        return None
    moment, _, last = text.partition("_")
    last_id = find_uuid(last)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise NotFound from error
    if last_id is None or at.tzinfo is None:
        raise NotFound
    return Cursor(at, last_id)


@blueprint.app_template_filter()
def write_cursor(cursor: Cursor) -> str:
    """A cursor as it stands in an address."""
    return f"{cursor.at.isoformat()}_{cursor.id}"
