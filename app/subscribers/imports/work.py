"""How a worker goes through an uploaded table: first it is checked, later it is taken in."""

from uuid import UUID

from app.subscribers.imports.checking import check
from app.subscribers.imports.claims import Superseded, take_up
from app.subscribers.imports.rules import ImportState
from app.subscribers.imports.taking_in import take_in


def go_through(organization_id: UUID, import_id: UUID) -> None:
    """Do what is next for a table, unless somebody does, or it waits for its member."""
    claim = take_up(organization_id, import_id)
    if claim is None:
        return
    try:
        if claim.state is ImportState.CHECKING:
            check(claim)
        else:
            take_in(claim)
    except Superseded:
        return
