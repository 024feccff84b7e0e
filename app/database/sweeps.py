"""How the clock goes through what is due in all organizations."""

from collections.abc import Callable, Iterable
from uuid import UUID

from app.errors import NotFound


def take_each(due: Iterable[tuple[UUID, UUID]], step: Callable[[UUID, UUID], object]) -> None:
    """Take one step with each row, by organization and id; one that fails does not keep the others waiting.

    Raises:
        Exception: the first that failed. It is still due, and so tried again in the next round.
    """
    failure: Exception | None = None
    for organization_id, row_id in due:
        try:
            step(organization_id, row_id)
        except NotFound:
            continue  # its organization has gone meanwhile
        except Exception as error:  # whatever is wrong with one organization's row, the others must not wait
            error.add_note(f"{row_id} of organization {organization_id}")
            failure = failure or error
    if failure is not None:
        raise failure
