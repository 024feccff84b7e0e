"""What becomes of the log: it is taken along, and it is forgotten when its time is over."""

from sqlalchemy import text

from app.database.scope import system_scope

FORGOTTEN_AT_ONCE = 5_000
"""Entries that are deleted in one transaction."""


def forget_expired_entries() -> None:
    """Delete what is older than its organization keeps the log; a function of the database, which alone may do it."""
    while _forget_some() == FORGOTTEN_AT_ONCE:
        pass


def _forget_some() -> int:
    with system_scope("entries of all organizations that their retention has ended are not kept") as scope:
        forgetting = text("SELECT forget_expired_audit_entries(:at_most)")
        return int(scope.session.scalar(forgetting, {"at_most": FORGOTTEN_AT_ONCE}) or 0)
