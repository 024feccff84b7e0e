"""What is known of a subscriber, handed over and erased: nothing that a table holds is left out without a reason."""

import re
from datetime import UTC, datetime, timedelta
from io import BytesIO

from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from app import clock
from app.access.links import request_link
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.models import Delivery
from app.delivery.personal import read_record, read_record_of
from app.delivery.reports.rules import Fate
from app.incidents.actions import edit_incident
from app.incidents.rules import Impact
from app.mailboxes.actions import _keyed_hash, may_be_written_to
from app.mailboxes.rules import Asking
from app.push.actions import NewBrowser, subscribe_browser
from app.push.rules import Admitted, Endpoint
from app.subscribers.actions import be_forgotten, request_subscription
from app.subscribers.imports.actions import agree, upload
from app.subscribers.imports.work import go_through
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.suppression import mailbox_hash
from app.subscribers.tokens import manage_token
from app.tables import Base
from tests.builders import Team
from tests.delivery.conftest import PostOffice

ADA = "ada@customer.example"

IN_THE_RECORD = {
    "access_links",
    "deliveries",
    "page_access",
    "push_endpoints",
    "subscriber_choices",
    "subscriber_imports",
    "subscribers",
    "suppressions",
}

NOT_IN_THE_RECORD = {
    "asked_mailboxes": "counts over all organizations, and would tell one of them what was asked of another; for a day",
    "audit_entries": "names no subscriber; the addresses in it are those that members' requests came from",
    "identities": "people who sign in have an account, and see what is known of them there",
    "invitations": "people who are asked to become members are no subscribers by it",
    "mail_senders": "an address of the organization's own",
    "notifications": "of those that are for one subscriber, the record has what was made of them: what was sent",
    "pages": "an address of the organization's own",
    "provider_reports": "names no address; what it says of a mail is written down with the mail, which the record has",
    "sessions": "people who sign in have an account, and see what is known of them there",
    "subscriber_errands": "what a member looks for at this moment; forgotten when it is done",
    "subscriber_import_pieces": "who was taken in is a subscriber; what was wrong in a table goes by itself",
    "users": "people who sign in have an account, and see what is known of them there",
}

STAYS = {
    "access_links": "whoever asks for links can be let in; forgotten after a day",
    "asked_mailboxes": "so that nobody can be mail-bombed through us; a keyed hash, forgotten after a day",
    "audit_entries": "by an id that leads nowhere any more: that somebody was erased has to be provable",
    "events": "by an id that leads nowhere any more",
    "notifications": "by an id that leads nowhere any more",
    "page_access": "whom a private page lets in, its admins decide",
    "suppressions": "a hash, so that they are never written to again",
}
"""Tables in which something still points to whoever was erased, and why."""

NAMES_SOMEBODY = re.compile(r"(^|_)(e?mail|mailbox|address(es)?|subscriber|reply_to|provider_id)(_|$)")
HOLDS_THEIR_TABLES = {"subscriber_imports", "subscriber_import_pieces", "subscriber_errands", "identities"}


def test_of_every_table_that_may_name_a_subscriber_it_is_said_where_that_is_told():
    pointing = {
        table.name
        for table in Base.metadata.tables.values()
        if any(NAMES_SOMEBODY.search(column.name) for column in table.columns)
        or any(key.referred_table.name == "subscribers" for key in table.foreign_key_constraints)
    }

    assert pointing | HOLDS_THEIR_TABLES == IN_THE_RECORD | NOT_IN_THE_RECORD.keys()
    assert not IN_THE_RECORD & NOT_IN_THE_RECORD.keys()


def test_the_record_tells_all_that_is_known(team: Team, post: PostOffice):
    known = make_known(team, post)

    record = read_record(team.page, manage_token(known.id))

    (subscription,) = record["subscriptions"]
    assert (subscription["address"], subscription["told_by"], subscription["came_by"]) == (ADA, "email", "import")
    assert subscription["table"]["name"] == "people.csv"
    assert subscription["consent"] == "Asked at the fair"
    assert [one["title"] for one in subscription["follows"]] == ["Errors"], "as they were told, not as it is called now"
    told = subscription["sent"][0]
    assert (told["title"], told["to"], told["by"], told["reported"]) == ("Errors", ADA, "email", "soft_bounced")
    assert told["reported_because"] == "Mailbox full"
    assert [(link["page"], link["used_at"]) for link in record["links_to_private_pages"]] == [("Northwind Cloud", None)]
    assert record["on_lists_of_private_pages"] == ["Northwind Cloud"]
    assert record["not_written_to_because"] is None


def test_a_member_hands_over_the_same(team: Team, post: PostOffice):
    known = make_known(team, post)

    assert read_record_of(team.actor(), known.id) == read_record(team.page, manage_token(known.id))


def test_of_a_browser_the_record_tells_its_name_and_not_where_it_is_reached(team: Team):
    endpoint = Endpoint("https://fcm.googleapis.com/secret", b"", b"")
    admitted = Admitted(1, datetime(2026, 12, 21, 9, tzinfo=UTC))
    subscriber_id = subscribe_browser(team.page, NewBrowser(endpoint, "Firefox on Linux", admitted=admitted))

    record = read_record(team.page, manage_token(subscriber_id))

    (subscription,) = record["subscriptions"]
    assert subscription["browser"]["name"] == "Firefox on Linux"
    assert subscription["browser"]["may_see_a_private_page_until"] == "2026-12-21T09:00:00Z"
    assert "secret" not in str(record)


def test_erased_is_whatever_points_to_them_but_for_what_has_a_reason(team: Team, post: PostOffice, owner_url: str):
    known = make_known(team, post)
    before = tables_that_name(known, owner_url)

    be_forgotten(team.page, manage_token(known.id))

    after = tables_that_name(known, owner_url)
    assert after == STAYS.keys()
    assert before - after == {"deliveries", "subscriber_choices", "subscribers"}


def make_known(team: Team, post: PostOffice) -> Subscriber:
    """Ada stood in a table, follows an incident that has another title by now, was told of it, and asked for a link."""
    table = BytesIO(f"email\n{ADA}\n".encode())
    import_id = upload(team.page, table, "people.csv", "Asked at the fair", by=team.actor())
    go_through(team.id, import_id)
    agree(import_id, by=team.actor())
    go_through(team.id, import_id)
    incident = team.incident("Errors")
    post.tell()
    post.traveller.shift(timedelta(hours=1))
    request_subscription(team.page, ADA)
    post.tell()
    with organization_scope(team.actor()) as scope:
        known = scope.session.scalars(select(Subscriber)).one()
        choice = {"subscriber_id": known.id, "incident_id": incident.id, "created_at": clock.now()}
        scope.session.add(SubscriberChoice(organization_id=team.id, **choice))
    edit_incident(incident.id, "All is lost", Impact.MINOR, by=team.actor())
    with organization_scope(Actor.worker(team.id)) as scope:
        for delivery in scope.session.scalars(select(Delivery)):
            delivery.fate, delivery.fate_at, delivery.fate_reason = Fate.SOFT_BOUNCED, clock.now(), "Mailbox full"
    request_link(team.close_page("addresses", addresses=ADA), ADA)
    may_be_written_to(Asking.ACCESS_LINK, ADA)
    return known


def tables_that_name(known: Subscriber, owner_url: str) -> set[str]:
    """In which there is a row with their address, their id or a hash of their mailbox, however it is kept."""
    signs = [ADA, ADA.encode().hex(), str(known.id), mailbox_hash(known.organization_id, ADA).hex()]
    signs.append(_keyed_hash(ADA).hex())
    looks = " UNION ALL ".join(
        f"SELECT '{table}' AS name WHERE EXISTS (SELECT FROM {table} AS one WHERE one::text ~ :signs)"
        for table in Base.metadata.tables
    )
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.connect() as owner:
        return set(owner.scalars(text(looks), {"signs": "|".join(map(re.escape, signs))}))
