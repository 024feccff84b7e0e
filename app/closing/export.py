"""Everything that an organization has, to take along, as JSON that is written while it is read.

Each table is read in pages by its key, each page in a transaction of its own: however much there is and however slowly
it is fetched, neither memory nor a connection is held. `docs/export.md` tells what stands in it.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Select, Table, select, tuple_

from app import clock
from app.accounts.models import User
from app.closing.emptying import tenant_tables
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.organizations.membership import check_still_admin
from app.organizations.models import Membership, Organization

FORMAT = 1
"""Raised when what stands in an export means something else than before."""

PAGE = 1_000
"""Rows read at once."""

LEFT_OUT = frozenset({"html", "form_id", "search"})
"""Columns that are made of others, or that say something to Upfront alone."""


MADE_OF_OTHERS = frozenset({"day_zones", "incident_words", "service_days", "subscriber_import_pieces"})
"""Tables that hold nothing of their own, or only as long as somebody is at it."""

SECRET = frozenset({"push_endpoints"})
"""Tables of what must not leave: whoever has the address of somebody's browser may write to it."""


def begin_export(by: Actor) -> None:
    """Write down that somebody takes everything along.

    Raises:
        Denied: they are no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        organization = scope.session.get_one(Organization, by.organization_id)
        scope.record("organization.exported", name=organization.name, subject_id=organization.id)


def write_export(by: Actor) -> Iterator[str]:
    """The export, piece by piece. Each needs an application context.

    Raises:
        Denied: whoever reads it is no admin any more; what has been sent breaks off and is no JSON.
    """
    with organization_scope(by, read_only=True) as scope:
        check_still_admin(scope, lock=False)
        organization = (
            scope.session.execute(
                select(*exported_columns(_table(Organization))).where(Organization.id == by.organization_id)
            )
            .mappings()
            .one()
        )
    head = {
        "format": "upfront-export",
        "version": FORMAT,
        "exported_at": _plain(clock.now()),
        "organization": _row(dict(organization)),
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "tables": {'
    for number, table in enumerate(exported_tables()):
        yield f"{', ' if number else ''}\n{json.dumps(table.name)}: ["
        yield from _write_rows(_pages(by, table))
        yield "]"
    yield ',\n"people": ['
    yield from _write_rows(_people(by))
    yield "]}}\n"


def exported_tables() -> tuple[Table, ...]:
    """Every table of the organization, parents before their children."""
    return tuple(table for table in reversed(tenant_tables()) if table.name not in MADE_OF_OTHERS | SECRET)


def exported_columns(table: Table) -> list[Column[Any]]:
    """What of a table is taken along: all but the organization, which stands at the head, and what opens something."""
    return [
        column
        for column in table.columns
        if column.name != "organization_id" and column.name not in LEFT_OUT and not column.name.endswith("_hash")
    ]


def _write_rows(pages: Iterator[Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    separator = "\n"
    for rows in pages:
        yield separator + ",\n".join(json.dumps(_row(row), ensure_ascii=False) for row in rows)
        separator = ",\n"


def _pages(by: Actor, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The organization's rows of a table, a page at a time, in the order of their key."""
    key = [column for column in table.primary_key if column.name != "organization_id"]
    rows = select(*exported_columns(table)).where(table.c.organization_id == by.organization_id)
    if not key:  # one row for each organization
        yield from _read(by, rows)
        return
    # The key is read beside what is exported, so that the next page begins after the last row.
    after: tuple[Any, ...] | None = None
    while True:
        page = rows.add_columns(*(column.label(f"_key_{column.name}") for column in key)).order_by(*key).limit(PAGE)
        if after is not None:
            page = page.where(tuple_(*key) > after)
        with organization_scope(by, read_only=True) as scope:
            check_still_admin(scope, lock=False)
            found = [dict(row) for row in scope.session.execute(page).mappings()]
        if not found:
            return
        after = tuple(found[-1][f"_key_{column.name}"] for column in key)
        yield [{name: value for name, value in row.items() if not name.startswith("_key_")} for row in found]


def _people(by: Actor) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Who belongs to it, by name: `memberships` has their ids."""
    yield from _read(
        by,
        select(User.id, User.name, User.email, User.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == by.organization_id)
        .order_by(User.id),
    )


def _read(by: Actor, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    with organization_scope(by, read_only=True) as scope:
        check_still_admin(scope, lock=False)
        found = [dict(row) for row in scope.session.execute(query).mappings()]
    if found:
        yield found


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: object) -> object:
    """A value as JSON has it: times in UTC by RFC 3339, lengths in seconds, bytes in Base64."""
    match value:
        case None | bool() | int() | float() | str():
            return value.value if isinstance(value, Enum) else value
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID():
            return str(value)
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return str(value)
