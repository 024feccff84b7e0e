"""An organization of a given size and age, written straight into the tables: a benchmark needs history at once."""

import hashlib
import random
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import clock
from app.accounts.actions import Browser, sign_in
from app.accounts.queries import find_signed_in
from app.accounts.rules import Claims
from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope
from app.incidents import actions as incidents
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import Impact, Stage
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Organization
from app.pages.finding import read_pages
from app.services.models import Service, ServiceGroup, StatusChange
from app.services.rules import ServiceStatus, Source
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState


def make_organization(
    slug: str, *, services: int = 12, groups: int = 4, history: timedelta = timedelta(days=90)
) -> Organization:
    """An organization with one trouble per service and week, and an incident for each third of them.

    The same slug gives the same history, so that two runs measure the same thing.
    """
    dice = random.Random(slug)
    token = sign_in(Claims("https://bench.example", slug, f"{slug}@bench.example", "Bench"), Browser("bench", ""))
    founder = find_signed_in(token)
    assert founder is not None
    organization = create_organization(
        NewOrganization("Northwind Cloud", slug, "Europe/Berlin"), user_id=founder.user_id, user_name=founder.name
    )
    now = clock.now()
    began = now - history
    mine = {"organization_id": organization.id}
    with organization_scope(Actor.worker(organization.id)) as scope:
        made_groups = [
            ServiceGroup(**mine, name=f"Group {number}", position=number, created_at=began) for number in range(groups)
        ]
        scope.session.add_all(made_groups)
        scope.session.flush()
        made = [
            Service(
                **mine,
                group_id=made_groups[number * groups // services].id if groups else None,
                name=f"Service {number}",
                position=number,
                status_since=began,
                created_at=began,
            )
            for number in range(services)
        ]
        scope.session.add_all(made)
        scope.session.flush()
        for service in made:
            _write_history(scope.session, service, began, now, dice)
        scope.emit("bench.made", {})
    return organization


AT_ONCE = 5_000
"""Rows in one statement: more would take longer than a statement may."""


def add_subscribers(organization_id: UUID, count: int) -> None:
    """Confirmed ones, to everything."""
    for first in range(0, count, AT_ONCE):
        _add_some(organization_id, range(first, min(first + AT_ONCE, count)))


def _add_some(organization_id: UUID, numbers: range) -> None:
    now = clock.now()
    with organization_scope(Actor.worker(organization_id)) as scope:
        page_id = read_pages(scope)[0].page_id
        scope.session.execute(
            insert(Subscriber),
            [
                {
                    "organization_id": organization_id,
                    "page_id": page_id,
                    "email": f"reader{number}@customer.example",
                    "state": SubscriberState.CONFIRMED,
                    "requested_at": now,
                    "manage_token_hash": hashlib.sha256(f"{organization_id} {number}".encode()).digest(),
                    "confirmed_at": now,
                    "created_at": now,
                }
                for number in numbers
            ],
        )


def some_service(organization_id: UUID) -> UUID:
    """The last one on the page."""
    with organization_scope(Actor.visitor(organization_id), read_only=True) as scope:
        return scope.session.scalars(select(Service.id).order_by(Service.position.desc()).limit(1)).one()


def report_incident(organization_id: UUID, service_id: UUID, *, notify: bool = True) -> Incident:
    """What an editor does when something breaks."""
    new = incidents.NewIncident(
        title="Errors at checkout",
        message="About 6 % of requests fail with status 503. We are moving reads to healthy replicas.",
        impact=Impact.MAJOR,
        affected={service_id: ServiceStatus.PARTIAL_OUTAGE},
        notify=notify,
    )
    return incidents.report_incident(new, by=Actor(organization_id, ActorRole.EDITOR, name="Bench"))


def _write_history(session: Session, service: Service, began: datetime, now: datetime, dice: random.Random) -> None:
    changes = [_change(service, None, ServiceStatus.OPERATIONAL, began)]
    at = began + timedelta(days=dice.uniform(0, 7))
    while at < now - timedelta(hours=6):
        trouble = dice.choice(
            [ServiceStatus.DEGRADED_PERFORMANCE, ServiceStatus.PARTIAL_OUTAGE, ServiceStatus.MAJOR_OUTAGE]
        )
        end = at + timedelta(minutes=dice.uniform(5, 300))
        changes += [
            _change(service, ServiceStatus.OPERATIONAL, trouble, at),
            _change(service, trouble, ServiceStatus.OPERATIONAL, end),
        ]
        if dice.random() < 1 / 3:
            _write_incident(session, service, trouble, at, end)
        at += timedelta(days=dice.uniform(3, 11))
    session.execute(insert(StatusChange), changes)


def _change(service: Service, old: ServiceStatus | None, new: ServiceStatus, at: datetime) -> dict[str, object]:
    return {
        "organization_id": service.organization_id,
        "service_id": service.id,
        "old_status": old,
        "new_status": new,
        "at": at,
        "source": Source.MANUAL,
        "actor_name": "Bench",
    }


def _write_incident(session: Session, service: Service, trouble: ServiceStatus, at: datetime, end: datetime) -> None:
    mine = {"organization_id": service.organization_id}
    incident = Incident(
        **mine,
        title="Elevated error rates",
        stage=Stage.RESOLVED,
        impact=Impact.MAJOR,
        started_at=at,
        resolved_at=end,
        created_at=at,
        created_by_name="Bench",
    )
    session.add(incident)
    session.flush()
    texts = [(Stage.INVESTIGATING, at), (Stage.IDENTIFIED, at + (end - at) / 2), (Stage.RESOLVED, end)]
    session.add_all(
        IncidentUpdate(
            **mine,
            incident_id=incident.id,
            stage=stage,
            message="About 6 % of requests fail with status 503. We are moving reads to healthy replicas.",
            html="<p>About 6 % of requests fail with status 503. We are moving reads to healthy replicas.</p>",
            notify=False,
            posted_at=posted_at,
            author_name="Bench",
        )
        for stage, posted_at in texts
    )
    session.add(
        IncidentService(
            **mine,
            incident_id=incident.id,
            service_id=service.id,
            status=trouble,
            asked_at=at,
            from_status=ServiceStatus.OPERATIONAL,
        )
    )
