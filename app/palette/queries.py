"""Everything that has a name, found by parts of it: for the palette and for the page that does the same.

One statement for all kinds of things; nothing of other organizations, and nothing that the role may not see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from sqlalchemy import union_all

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.organizations.rules import Role
from app.palette.rules import commands_for, words_of
from app.palette.searches import INCIDENTS, searches
from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class Hit:
    """Something to go to."""

    name: str
    path: str
    """Below the dashboard's address; of what is elsewhere, the whole address."""
    detail: str = ""
    status: ServiceStatus | None = None

    @property
    def leads_out(self) -> bool:
        """Whether it leads out of the dashboard."""
        return not self.path.startswith("/")


@dataclass(frozen=True, slots=True)
class Kind:
    """Hits of one kind, under what people call it."""

    heading: str
    hits: tuple[Hit, ...]

    def is_called(self, words: Sequence[str]) -> bool:
        """Whether one of them has all these words in what it is listed by."""
        return any(all(word in f"{hit.name} {hit.detail}".casefold() for word in words) for hit in self.hits)


@dataclass(frozen=True, slots=True)
class Results:
    """What was found for a question, by kind."""

    typed: str
    kinds: tuple[Kind, ...]

    @property
    def count(self) -> int:
        return sum(len(kind.hits) for kind in self.kinds)


def find_anything(actor: Actor, role: Role, typed: str) -> Results:
    """What members of this role may go to, by the words of a question; without one, what they can do."""
    things = tuple(_read(actor, role, typed)) if words_of(typed) else ()
    actions = Kind("Actions", tuple(Hit(one.label, one.path) for one in commands_for(typed, role)))
    # Whoever types a service's name wants it before anything that is done with services; but what is only written in
    # some old incident comes after what is called so.
    kinds = sorted((*things, actions), key=lambda kind: not kind.is_called(words_of(typed)))
    search = Hit(f"Search all incidents for “{typed}”", f"/incidents?q={quote(typed)}")
    more = Kind("More", (search,) if any(kind.heading == INCIDENTS for kind in things) else ())
    return Results(typed, tuple(kind for kind in (*kinds, more) if kind.hits))


def _read(actor: Actor, role: Role, typed: str) -> Iterator[Kind]:
    """One statement, whatever is found."""
    with organization_scope(actor, read_only=True) as scope:
        found = scope.session.execute(union_all(*searches(actor.organization_id, role, typed))).all()
    for heading, rows in groupby(found, key=lambda row: row.heading):
        hits = [
            Hit(row.name, f"{row.below}{row.key}", row.detail, ServiceStatus(row.status) if row.status else None)
            for row in rows
        ]
        yield Kind(heading, tuple(hits))
