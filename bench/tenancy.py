"""The hottest queries under row-level security, against the same SQL as the owner, whom no policy binds.

    python -m bench.tenancy [--rounds 9] [--times 60]

The product's own functions are called once, and the statements that they send are taken down. Then each is sent again
and again, in turn by the application's login behind its door (the settings of its transaction) and by the owner; all of
them name the organization themselves. Every try is rolled back. Statements are prepared by then, as in a web process.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import create_engine, event, select

from app.accounts.queries import find_signed_in, is_session_open
from app.database.actor import Actor, ActorRole
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.delivery.fan_out import write_chunk
from app.delivery.notify import notify
from app.delivery.queries import count_to_be_told
from app.delivery.sending import claim_next, prepare, record
from app.delivery.transports import BatchResult
from app.extensions import db
from app.live.announcements import read_revisions
from app.organizations.rules import Role
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.services import actions as services
from app.services.rules import ServiceStatus
from bench.bars import Bar, median_ratio, report
from bench.organization import report_incident, some_service
from bench.population import count_rows, populate, sign_in_somebody
from bench.site import Ground, ground

LIMIT = 1.3
SLUG = "northwind"
DOORS = ("set_config('app.organization_id'", "SET LOCAL ROLE")


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement as it left, and the door that was opened before it."""

    statement: str
    parameters: Any
    many: bool
    door: tuple[str, Any]


@dataclass(slots=True)
class Timed:
    """Seconds of one query: a median for each round, both ways."""

    secured: list[float] = field(default_factory=list)
    as_owner: list[float] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--times", type=int, default=60)
    arguments = parser.parse_args()
    with ground() as made:
        with made.application().app_context():
            hot = take_down_hottest(populate(made, SLUG).id)
        forget_inserted(made, hot)
        print("  " + ", ".join(f"{table} {rows:,}" for table, rows in count_rows(made).items() if rows >= 10_000))
        timed, door = measure(made, hot, arguments.rounds, arguments.times)
    print(f"  the door itself takes {door * 1e3:.3f} ms a transaction, and is not in the figures below")
    return report(
        Bar(
            name,
            median_ratio(each.secured, each.as_owner),
            LIMIT,
            f"{statistics.median(each.secured) * 1e3:.3f} ms, as owner {statistics.median(each.as_owner) * 1e3:.3f} ms",
        )
        for name, each in timed.items()
    )


def take_down_hottest(organization_id: UUID) -> Mapping[str, Sent]:
    """What the product asks all day, by a name for each. Every act below has done what it does once it is here."""
    with taking_down() as sent:
        hot: dict[str, Sent] = {}

        def take(act: Callable[[], Any], **marks: str) -> Any:
            """Do it, and keep those of its statements that hold these words."""
            sent.clear()
            outcome = act()
            for name, mark in marks.items():
                hot[name.replace("_", " ")] = next(each for each in sent if mark in each.statement)
            return outcome

        page = take(lambda: get_page(SLUG), page_by_address="FROM pages")
        take(
            lambda: build_page(page),
            page_services="FROM revisions LEFT OUTER JOIN services",
            page_history="FROM status_changes",
            page_incidents="FROM incidents JOIN LATERAL",
            page_maintenances="FROM maintenances JOIN LATERAL",
        )
        token = sign_in_somebody(SLUG)
        person = take(
            lambda: find_signed_in(token),
            session_and_person="FROM sessions JOIN users",
            memberships="JOIN memberships",
        )
        take(
            lambda: is_session_open(person.session_id, organization_id, Role.ADMIN), session_of_a_socket="FROM sessions"
        )
        take(lambda: read_revisions([organization_id]), newest_revisions="FROM revisions")
        service_id = some_service(organization_id)
        incident = take(
            lambda: report_incident(organization_id, service_id),
            lock_services="FOR UPDATE",
            raise_revision="UPDATE revisions",
            append_event="INSERT INTO events",
        )
        editor = Actor(organization_id, ActorRole.EDITOR, name="Bench")
        take(
            lambda: services.set_status(service_id, ServiceStatus.MAJOR_OUTAGE, by=editor),
            append_status_change="INSERT INTO status_changes",
        )
        take(lambda: count_to_be_told(editor, [service_id]), count_to_be_told="FROM subscribers")
        event_id = _event_of(organization_id, incident.id)
        (notification_id,) = take(lambda: notify(organization_id, event_id))
        take(
            lambda: write_chunk(organization_id, notification_id),
            subscribers_in_line="FROM subscribers",
            write_deliveries="INSERT INTO deliveries",
        )
        claim = take(claim_next, claim_next_batch="UPDATE delivery_batches")
        prepared = take(lambda: prepare(claim), members_of_batch="FROM deliveries")
        result = BatchResult(sent={place: f"provider-{place}" for place in range(len(prepared.delivery_ids))})
        take(lambda: record(claim, prepared, result), outcomes_of_batch="UPDATE deliveries")
        return hot


@contextmanager
def taking_down() -> Iterator[list[Sent]]:
    """Every statement that the product sends meanwhile, but for the doors themselves."""
    sent: list[Sent] = []
    doors: dict[int, tuple[str, Any]] = {}

    def take_down(connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if any(door in statement for door in DOORS):
            doors[id(connection)] = (statement, parameters)
        else:
            sent.append(Sent(statement, parameters, many, doors[id(connection)]))

    event.listen(db.engine, "before_cursor_execute", take_down)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", take_down)


def forget_inserted(made: Ground, hot: Mapping[str, Sent]) -> None:
    """Delete what was inserted while it was taken down, so that it can be inserted again."""
    with connected(made.owner_url) as owner:
        for sent in hot.values():
            words = sent.statement.split()
            rows = sent.parameters if sent.many else [sent.parameters]
            ids = [row["id"] for row in rows] if "id" in rows[0] else rows[0].get("ids")
            if words[0] == "INSERT" and ids:
                owner.execute(f"DELETE FROM {words[2]} WHERE id = ANY(%s)", [ids])
        owner.commit()


def measure(made: Ground, hot: Mapping[str, Sent], rounds: int, times: int) -> tuple[Mapping[str, Timed], float]:
    """Each query both ways, and the seconds that opening the door takes."""
    timed = {name: Timed() for name in hot}
    doors = []
    with connected(made.database_url) as application, connected(made.owner_url) as owner:
        stay_together(application, owner)
        for _ in range(rounds):
            for name, sent in hot.items():
                secured, as_owner = [], []
                for _ in range(times):
                    opened, took = _try(application, sent, with_door=True)
                    doors.append(opened)
                    secured.append(took)
                    as_owner.append(_try(owner, sent, with_door=False)[1])
                timed[name].secured.append(statistics.median(secured))
                timed[name].as_owner.append(statistics.median(as_owner))
    return timed, statistics.median(doors)


def stay_together(*connections: psycopg.Connection[Any]) -> None:
    """Keep this process and its servers on one processor: else a query's time is the way between two of them."""
    if not hasattr(os, "sched_setaffinity"):
        return
    one = {max(os.sched_getaffinity(0))}
    for process in (0, *(connection.info.backend_pid for connection in connections)):
        os.sched_setaffinity(process, one)


def _try(connection: psycopg.Connection[Any], sent: Sent, *, with_door: bool) -> tuple[float, float]:
    """Seconds for the door and for the statement, in a transaction that leaves nothing behind."""
    # Past the driver, which forgets what it has prepared when it sees a rollback; the product commits.
    connection.pgconn.exec_(b"BEGIN")
    with connection.cursor() as cursor:
        before = time.perf_counter()
        if with_door:
            cursor.execute(*sent.door)
        opened = time.perf_counter()
        if sent.many:
            cursor.executemany(sent.statement, sent.parameters)
        else:
            cursor.execute(sent.statement, sent.parameters)
            if cursor.description:
                cursor.fetchall()
        done = time.perf_counter()
    connection.pgconn.exec_(b"ROLLBACK")
    return opened - before, done - opened


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    """The driver's own connection, set up as the product's are."""
    engine = create_engine(url)
    connection = engine.raw_connection()
    driver = connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        yield driver
    finally:
        connection.close()
        engine.dispose()


def _event_of(organization_id: UUID, incident_id: UUID) -> UUID:
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        found: UUID = scope.session.scalars(
            select(Event.id).where(Event.payload["incident_id"].astext == str(incident_id)).limit(1)
        ).one()
        return found


if __name__ == "__main__":
    sys.exit(main())
