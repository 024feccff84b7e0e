"""The audit log, for admins: who did what, before and after, when and from where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from app import clock
from app.audit.actions import begin_export, write_table
from app.audit.changes import Change, changes_of, ids_in
from app.audit.queries import EntryView, Filters, list_entries, list_people, read_names
from app.audit.sentences import THINGS, is_about_oneself, said_of_oneself, what_was_done
from app.blueprints.dashboard import blueprint
from app.blueprints.dashboard.answers import current_zone, render_page
from app.blueprints.dashboard.forms import find_uuid
from app.database.actor import ActorRole
from app.extensions import limiter
from app.organizations.rules import Role
from app.services.history import start_of_day
from app.text.clean import clean_text
from app.web.members import current_member, of_organization, requires
from app.web.streams import attachment

PARTS_OF_UPFRONT = {"worker": "The clock and workers", "subscriber": "Subscribers"}
"""Who acts without being a member, by their role."""

LONGEST = 100
"""Letters of a filter that are read."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the page has it."""

    entry: EntryView
    words: str
    """What was done; the thing's name follows, unless they are the words of a whole sentence."""
    names_thing: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the filters hold, as typed, what that means, and what of it makes no sense."""

    fields: Mapping[str, str]
    filters: Filters
    faults: Mapping[str, str]


@blueprint.get("/audit")
@requires(Role.ADMIN)
def audit() -> ResponseReturnValue:
    asked = _read_filters(request.args, current_zone())
    actor = current_member.actor
    listed = list_entries(actor, asked.filters, after=find_uuid(request.args.get("after")))
    names = read_names(actor, {one for entry in listed.entries for one in ids_in(entry.changes)})
    return render_page(
        "dashboard/audit.html",
        listed=listed,
        rows=[_row(entry, names) for entry in listed.entries],
        asked=asked,
        people=list_people(actor),
        parts=PARTS_OF_UPFRONT,
        things=sorted(THINGS.items(), key=lambda thing: thing[1]),
        today=clock.now().astimezone(current_zone()).date(),
    )


@blueprint.post("/audit/export")
@requires(Role.ADMIN)
@limiter.limit("20 per hour", key_func=of_organization("audit"))
def export_audit() -> ResponseReturnValue:
    """The entries that the filters ask for, as a table that is written while it is sent."""
    actor = current_member.actor
    filters = _read_filters(request.form, current_zone()).filters
    begin_export(filters, by=actor)
    name = f"audit-log-{current_member.membership.slug}-{clock.now():%Y-%m-%d}.csv"
    return attachment(write_table(filters, by=actor), name=name, content_type="text/csv; charset=utf-8")


def _row(entry: EntryView, names: Mapping[UUID, str]) -> Row:
    themselves = is_about_oneself(entry.action) and entry.subject_name == entry.actor_name
    words = said_of_oneself(entry.action) if themselves else what_was_done(entry.action)
    return Row(entry, words, not themselves, tuple(changes_of(entry.changes, names)))


def _read_filters(given: Mapping[str, str], zone: ZoneInfo) -> Asked:
    """The filters as an address or a form has them. What makes no sense is said, and asks for nothing."""
    fields = {
        name: clean_text(given.get(name, ""))[:LONGEST]
        for name in ("person", "thing", "action", "subject", "about", "from", "to")
    }
    since, until = _read_day(fields["from"]), _read_day(fields["to"])
    faults = {}
    for name, day in (("from", since), ("to", until)):
        if fields[name] and day is None:
            faults[name] = "Write a day as 2026-11-21."
    if since and until and until < since:
        faults["to"] = "This is before the first day. Choose a later one."
        until = None
    person = fields["person"]
    return Asked(
        fields,
        Filters(
            user_id=find_uuid(person),
            role=ActorRole(person) if person in PARTS_OF_UPFRONT else None,
            thing=fields["thing"] if fields["thing"] in THINGS else "",
            action=fields["action"],
            subject_id=find_uuid(fields["about"]),
            subject=fields["subject"],
            since=_start(zone, since),
            until=_start(zone, until + timedelta(days=1)) if until else None,
        ),
        faults,
    )


def _read_day(text: str) -> date | None:
    """A day of the years that a log can be about."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _start(zone: ZoneInfo, day: date | None) -> datetime | None:
    return None if day is None else start_of_day(zone, day).astimezone(UTC)
