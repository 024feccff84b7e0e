"""RQ jobs for tables of subscribers, and what the clock does when a bell was lost.

They may run twice: who comes second finds the first one's lease and leaves.
"""

from uuid import UUID

from app import bells
from app.database.scope import system_scope
from app.subscribers.imports import bell, work
from app.subscribers.imports.claims import at_work, waiting_for_a_worker


def go_on(organization_id: str, import_id: str) -> None:
    """Do what is next for a table."""
    work.go_through(UUID(organization_id), UUID(import_id))


def take_up_imports() -> None:
    """Ring for tables whose bell was lost, whose worker died, or that waited until another one was done."""
    if bells.waiting(bells.CHORES):
        return  # workers are busy, and more bells would not make them faster
    with system_scope("tables of all organizations may have lost their bell") as scope:
        waiting = [] if at_work(scope) else waiting_for_a_worker(scope)
    for organization_id, import_id in waiting:
        bell.ring(organization_id, import_id)
