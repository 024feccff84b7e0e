"""What the log says of a table of subscribers that somebody took along."""

import json

from sqlalchemy import select

from app.database.audit import AuditEntry
from app.database.scope import organization_scope
from app.subscribers.exporting import begin_export
from app.subscribers.listing import Filters
from app.subscribers.rules import SubscriberState
from tests.builders import Team


def test_the_log_tells_how_many_and_by_what_they_were_narrowed_but_never_an_address(team: Team):
    team.subscriber("ada@customer.example", state=SubscriberState.PENDING)

    begin_export(Filters(text="ada@customer.example", state=SubscriberState.PENDING), by=team.actor())

    with organization_scope(team.actor(), read_only=True) as scope:
        changes = scope.session.scalar(
            select(AuditEntry.changes).where(AuditEntry.action == "subscriber.list_exported")
        )
    assert changes["people"] == [None, 1]
    assert changes["state"] == [None, "pending"]
    assert changes["search"] == [None, "a part of the address"]
    assert "ada" not in json.dumps(changes)
