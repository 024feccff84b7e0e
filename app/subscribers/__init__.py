"""Who is told, of what, and how they said so; who is never written to again (decision 0032)."""

from app.database.outbox import listen
from app.subscribers.errands.bell import ring_for_errands
from app.subscribers.imports.bell import ring_for_imports


def register() -> None:
    """Have uploaded tables gone through, and errands done: their events ring for a worker."""
    listen(ring_for_imports)
    listen(ring_for_errands)
