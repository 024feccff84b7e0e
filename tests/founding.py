"""People and organizations as the product makes them: really made once for each test process, then copied.

Signing in and founding take two dozen statements, and nearly every test begins with them. What they leave in the tables
is taken down once, with stand-ins for whatever differs from one to the next, and written again by one statement.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import time_machine
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.orm import make_transient_to_detached

from app import clock
from app.accounts.actions import Browser, sign_in
from app.accounts.queries import find_signed_in
from app.accounts.rules import ABSOLUTE_LIMIT, Claims
from app.accounts.tokens import new_token, token_hash
from app.database.ids import new_id
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Organization
from app.tables import Base

EXTENSION = "tests.founding"
"""Where the application of a test process keeps its `Founding`."""

_MOMENT = datetime(2001, 1, 1, tzinfo=UTC)
_CLAIMS = Claims("https://issuer.example", "the-subject", "the-email@stand-in.example", "The Name")
_BROWSER = Browser("The Device", "192.0.2.1")
_NEW = NewOrganization("The Organization", "the-slug", "Pacific/Chatham")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Rows = Mapping[str, list[dict[str, Any]]]
"""Rows by the names of their tables, as JSON has them."""


@dataclass(frozen=True, slots=True)
class Mould:
    """Rows of several tables, and the statement that writes such rows."""

    rows: str
    ids: frozenset[str]
    statement: TextClause

    def pour(self, owner: Engine, values: Mapping[str, str]) -> Mapping[str, UUID]:
        """Write the rows with `values` instead of the stand-ins; gives the fresh ids by those that they stand for."""
        fresh = {old: new_id() for old in self.ids - set(values)}
        found = {**values, **{old: str(new) for old, new in fresh.items()}}
        stand_ins = re.compile("|".join(re.escape(one) for one in sorted(found, key=len, reverse=True)))
        rows = stand_ins.sub(lambda stand_in: json.dumps(found[stand_in[0]])[1:-1], self.rows)
        with owner.connect() as connection:
            connection.execute(self.statement, {"rows": rows})
        return fresh


class Founding:
    """What `World` copies from.

    Made in the application's context and on an empty database, which holds the originals afterwards.

    Args:
        owner: whoever may write into each table, whichever policies it has.
    """

    def __init__(self, owner: Engine) -> None:
        self._owner = owner
        with time_machine.travel(_MOMENT, tick=False):
            token = sign_in(_CLAIMS, _BROWSER)
            signed_in = find_signed_in(token)
            assert signed_in is not None
            self._user_id, self._token = str(signed_in.user_id), token
            before = rows_of_all(owner)
            organization = create_organization(_NEW, user_id=signed_in.user_id, user_name=_CLAIMS.name)
        after = rows_of_all(owner)
        made = {table: [row for row in rows if row not in before.get(table, ())] for table, rows in after.items()}
        self._organization = organization
        self._person_mould = _mould(owner, before)
        self._organization_mould = _mould(owner, {table: rows for table, rows in made.items() if rows})

    def sign_in(self, claims: Claims, browser: Browser) -> tuple[UUID, str]:
        """As the action of this name, for somebody who was never here: their id, and the session's token."""
        now, token = clock.now(), new_token()
        values = {
            _CLAIMS.issuer: claims.issuer, _CLAIMS.subject: claims.subject, _CLAIMS.email: claims.email,
            _CLAIMS.name: claims.name, _BROWSER.user_agent: browser.user_agent, _BROWSER.address: browser.address,
            token_hash(self._token).hex(): token_hash(token).hex(), _written(_MOMENT): _written(now),
            _written(_MOMENT + ABSOLUTE_LIMIT): _written(now + ABSOLUTE_LIMIT),
        }  # fmt: skip
        return self._person_mould.pour(self._owner, values)[self._user_id], token

    def create_organization(self, new: NewOrganization, *, user_id: UUID, user_name: str) -> Organization:
        """As the action of this name, for an address that nobody has."""
        now = clock.now()
        values = {
            _NEW.name: new.name, _NEW.slug: new.slug, _NEW.time_zone: new.time_zone, _CLAIMS.name: user_name,
            self._user_id: str(user_id), _written(_MOMENT): _written(now),
        }  # fmt: skip
        fresh = self._organization_mould.pour(self._owner, values)
        columns = {column.key: getattr(self._organization, column.key) for column in Organization.__table__.columns}
        differing = {"name": new.name, "slug": new.slug, "time_zone": new.time_zone, "created_at": now}
        organization = Organization(**columns | differing | {"id": fresh[str(self._organization.id)]})
        make_transient_to_detached(organization)
        return organization


def _written(moment: datetime) -> str:
    return moment.isoformat()


def rows_of_all(owner: Engine) -> Rows:
    """Whatever stands in the database."""
    with owner.connect() as connection:
        found = {
            table.name: list(connection.scalars(text(f"SELECT to_jsonb(one) FROM {table.name} AS one")))
            for table in Base.metadata.sorted_tables
        }
    return {table: rows for table, rows in found.items() if rows}


def _mould(owner: Engine, rows: Rows) -> Mould:
    parts = []
    with owner.connect() as connection:
        for table in rows:
            columns = connection.scalar(
                text(
                    "SELECT string_agg(attname, ', ') FROM pg_attribute"
                    " WHERE attrelid = CAST(:table AS regclass) AND attnum > 0"
                    " AND NOT attisdropped AND attgenerated = ''"
                ),
                {"table": table},
            )
            written = f"jsonb_populate_recordset(NULL::{table}, given.rows -> '{table}')"
            parts.append(f"in_{table} AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM given, {written})")
    given = "given AS MATERIALIZED (SELECT CAST(:rows AS jsonb) AS rows)"
    document = json.dumps(rows, ensure_ascii=False)
    return Mould(document, frozenset(_UUID.findall(document)), text(f"WITH {', '.join([given, *parts])} SELECT 1"))
