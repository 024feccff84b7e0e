"""Subscribers as a table to take along: what somebody may look through, and import again."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from sqlalchemy import func, select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.organizations.membership import check_still_editor
from app.subscribers.listing import Filters, every_subscriber, has_address, is_found
from app.text.tables import csv_line
from app.text.times import machine_time

COLUMNS = (
    "email",
    "services",
    "groups",
    "kinds",
    "language",
    "state",
    "since",
    "page",
    "follows",
    "came_by",
    "consent",
    "not_reached_because",
)
"""The first five as an import reads them; of the state it believes who is not told."""
NO_KINDS = "none"
"""Of who follows an incident and hears of nothing else: an import refuses it, for the empty cell means everything."""


def begin_export(filters: Filters, *, by: Actor) -> None:
    """Write down that somebody takes subscribers along: how many, and which.

    Raises:
        Denied: they may not any more.
    """
    wanted = {
        # Who was looked for may ask to be forgotten, and the log cannot be changed.
        "search": "a part of the address" if filters.text else None,
        "state": filters.state,
        "page_id": filters.page_id,
        "service_id": filters.service_id,
    }
    with organization_scope(by) as scope:
        check_still_editor(scope)
        people = scope.session.scalar(select(func.count()).where(is_found(scope, filters), has_address()))
        narrowed = {name: (None, value) for name, value in wanted.items() if value}
        scope.record("subscriber.list_exported", changes={"people": (None, people), **narrowed})


def write_table(filters: Filters, page_names: Mapping[UUID, str], *, by: Actor) -> Iterator[str]:
    """The subscribers as CSV, line by line, newest first; times are UTC. Each line needs an application context."""
    yield csv_line(COLUMNS)
    for one in every_subscriber(by, filters):
        yield csv_line(
            (
                one.email,
                "; ".join(one.services),
                "; ".join(one.groups),
                "; ".join(kind.value for kind in one.kinds) or NO_KINDS,
                one.language or "",
                one.state.value,
                machine_time(one.since),
                page_names.get(one.page_id, ""),
                "; ".join(one.follows),
                one.source.value,
                one.consent,
                one.reason,
            )
        )
