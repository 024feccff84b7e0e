"""What becomes of the log: it is taken along, and it is forgotten when its time is over."""

import json
from collections.abc import Iterator

from sqlalchemy import text

from app.audit.queries import Filters, every_entry
from app.audit.sentences import said
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.organizations.membership import check_still_admin
from app.text.tables import csv_line
from app.text.times import machine_time

COLUMNS = ("at", "who", "role", "what", "action", "subject", "subject_id", "changes", "from")

FORGOTTEN_AT_ONCE = 5_000
"""Entries that are deleted in one transaction."""


def begin_export(filters: Filters, *, by: Actor) -> None:
    """Write down that somebody takes the log along, and which part of it.

    Raises:
        Denied: they are no admin any more.
    """
    asked = {"user_id", "role", "thing", "action", "subject_id", "subject", "since", "until"}
    wanted = {name: getattr(filters, name) for name in sorted(asked)}
    with organization_scope(by) as scope:
        check_still_admin(scope)
        scope.record("audit_log.exported", changes={name: (None, value) for name, value in wanted.items() if value})


def write_table(filters: Filters, *, by: Actor) -> Iterator[str]:
    """The log as CSV, line by line, newest first; times are UTC, what changed is JSON. Each needs an application
    context.

    Raises:
        Denied: whoever reads it is no admin any more; the answer breaks off.
    """
    yield csv_line(COLUMNS)
    for entry in every_entry(by, filters):
        yield csv_line(
            (
                machine_time(entry.at),
                entry.actor_name,
                entry.actor_role.value,
                said(entry.action, entry.subject_name, entry.actor_name),
                entry.action,
                entry.subject_name,
                entry.subject_id,
                json.dumps(entry.changes, ensure_ascii=False) if entry.changes else "",
                entry.address,
            )
        )


def forget_expired_entries() -> None:
    """Delete what is older than its organization keeps the log; a function of the database, which alone may do it."""
    while _forget_some() == FORGOTTEN_AT_ONCE:
        pass


def _forget_some() -> int:
    with system_scope("entries of all organizations that their retention has ended are not kept") as scope:
        forgetting = text("SELECT forget_expired_audit_entries(:at_most)")
        return int(scope.session.scalar(forgetting, {"at_most": FORGOTTEN_AT_ONCE}) or 0)
