"""Pages at addresses of their owners: a host of their own, proved by a record in DNS (decision 0028)."""

from app.database.outbox import listen
from app.domains.bell import ring_for_domains


def register() -> None:
    """Have a domain looked for as soon as it is entered: its event rings for a worker."""
    listen(ring_for_domains)
