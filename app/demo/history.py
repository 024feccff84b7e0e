"""A year of Northwind Cloud, written with the times at which it happened.

The product's actions speak of now; a past is written row by row. What it says is what the actions would have written:
each status change begins where the last one of its service ended, and open incidents hold claims.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from app.accounts.tokens import token_hash
from app.database.ids import new_id
from app.database.scope import Scope
from app.demo import catalogue
from app.demo.catalogue import AGE, COMING_WORK, GROUPS, PAST_WORK, TIME_ZONE, Work
from app.demo.others import write_others
from app.demo.people import Colleague
from app.demo.stories import PAST_STORIES
from app.demo.stories.present import BEGAN_MINUTES_AGO, OPEN_STORY
from app.demo.stories.telling import JONAS, MARA, Story
from app.demo.told import Message, Reader, write_told
from app.incidents.models import Incident, IncidentService, IncidentUpdate
from app.incidents.rules import Stage
from app.maintenance.models import Maintenance, MaintenanceService
from app.maintenance.rules import MaintenanceStage
from app.maintenance.windows import touch
from app.services.claims import NewClaim, put_claims
from app.services.models import Service, ServiceGroup, StatusChange
from app.services.rules import ServiceStatus, Source
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import SubscriberState
from app.subscribers.tokens import manage_token
from app.text.markdown import render_markdown

SEED = 20
PENDING, LEFT = 4, 3
"""How many readers have not confirmed yet, and how many have left again."""


@dataclass
class _Shown:
    """A change of what one service shows."""

    service: str
    status: ServiceStatus
    at: datetime
    source: Source
    by: Colleague | None = None
    comment: str = ""
    incident_id: UUID | None = None
    maintenance_id: UUID | None = None


@dataclass
class Past:
    """What is being written, in one transaction."""

    scope: Scope
    people: Mapping[str, Colleague]
    now: datetime
    page_id: UUID
    services: dict[str, Service] = field(default_factory=dict)
    shown: list[_Shown] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    readers: list[Reader] = field(default_factory=list)

    def write(self) -> None:
        """All of it."""
        self._write_services()
        for story in PAST_STORIES:
            self._write_incident(story, self._at(-story.days_ago, story.at))
        open_incident_id = self._write_incident(OPEN_STORY, self.now - timedelta(minutes=BEGAN_MINUTES_AGO))
        for work in (*PAST_WORK, COMING_WORK):
            self._write_work(work)
        self._set_by_hand()
        self._write_changes()
        self._write_subscribers()
        group_id = next(service.group_id for service in self.services.values() if service.group_id is not None)
        write_others(self.scope, self.page_id, self.now, group_id=group_id, incident_id=open_incident_id)
        write_told(self.scope, self.page_id, self.messages, self.readers)

    @property
    def _mine(self) -> dict[str, Any]:
        return {"organization_id": self.scope.organization_id}

    def _at(self, days: int, at: time) -> datetime:
        """A time of day so many days from today, in the page's zone."""
        today: date = self.now.astimezone(TIME_ZONE).date()
        return datetime.combine(today + timedelta(days=days), at, TIME_ZONE)

    def _write_services(self) -> None:
        began = self.now - AGE
        place = 0
        for number, (name, services) in enumerate(GROUPS.items(), start=1):
            group = ServiceGroup(**self._mine, name=name, position=number, created_at=began)
            self.scope.session.add(group)
            self.scope.session.flush()
            for service_name, description in services.items():
                place += 1
                self.services[service_name] = Service(
                    **self._mine,
                    group_id=group.id,
                    name=service_name,
                    description=description,
                    position=place,
                    status_since=began,
                    created_at=began,
                )
        self.scope.session.add_all(self.services.values())
        self.scope.session.flush()

    def _write_incident(self, story: Story, began: datetime) -> UUID:
        """Returns its id."""
        first, last = story.said[0], story.said[-1]
        author = self.people[first.by]
        resolved = last.stage is Stage.RESOLVED
        incident = Incident(
            **self._mine,
            title=story.title,
            stage=last.stage,
            impact=story.impact,
            started_at=began,
            resolved_at=began + timedelta(minutes=last.minutes) if resolved else None,
            version=len(story.said),
            created_at=began,
            created_by_user_id=author.user_id,
            created_by_name=author.name,
        )
        self.scope.session.add(incident)
        self.scope.session.flush()
        asks: dict[str, tuple[ServiceStatus, datetime]] = {}
        for said in story.said:
            at, by = began + timedelta(minutes=said.minutes or story.told_after_minutes), self.people[said.by]
            update = IncidentUpdate(
                **self._mine,
                id=new_id(),
                incident_id=incident.id,
                stage=said.stage,
                message=said.message,
                html=render_markdown(said.message),
                notify=True,
                posted_at=at,
                author_user_id=by.user_id,
                author_name=by.name,
            )
            self.scope.session.add(update)
            ended = dict.fromkeys(asks, ServiceStatus.OPERATIONAL) if said.stage is Stage.RESOLVED else {}
            for name, status in (ended or said.shows or {}).items():
                since = began if said is first else at
                self.shown.append(_Shown(name, status, since, Source.INCIDENT, by, story.title, incident.id))
                if not ended:
                    asks[name] = (status, since)
            self.messages.append(self._message(update, story.title, said is first, asks))
        self._write_asks(incident, asks)
        return incident.id

    def _message(self, update: IncidentUpdate, title: str, is_first: bool, asks: Iterable[str]) -> Message:
        resolved = update.stage is Stage.RESOLVED
        kind = "incident.created" if is_first else "incident.resolved" if resolved else "incident.updated"
        services = frozenset(self.services[name].id for name in asks)
        return Message(update.incident_id, update.id, kind, title, update.posted_at, services)

    def _write_asks(self, incident: Incident, asks: Mapping[str, tuple[ServiceStatus, datetime]]) -> None:
        for name, (status, at) in asks.items():
            self.scope.session.add(
                IncidentService(
                    **self._mine,
                    incident_id=incident.id,
                    service_id=self.services[name].id,
                    status=status,
                    asked_at=at,
                    from_status=ServiceStatus.OPERATIONAL,
                )
            )
        if incident.resolved_at is None:
            claims = [NewClaim(self.services[name].id, status, at) for name, (status, at) in asks.items()]
            put_claims(self.scope, Source.INCIDENT, incident.id, claims)

    def _write_work(self, work: Work) -> None:
        starts_at = self._at(work.days, work.at)
        ends_at = starts_at + work.length
        done = ends_at < self.now
        planned_at = min(self.now, starts_at) - timedelta(days=7)
        mara = self.people[MARA]
        window = Maintenance(
            **self._mine,
            title=work.title,
            message=work.message,
            html=render_markdown(work.message),
            stage=MaintenanceStage.COMPLETED if done else MaintenanceStage.SCHEDULED,
            starts_at=starts_at,
            ends_at=ends_at,
            planned_at=planned_at,
            started_at=starts_at if done else None,
            completed_at=ends_at if done else None,
            lead_minutes=[24 * 60, 60],
            reminded_through=self.now,
            auto_start=True,
            auto_complete=True,
            expects_failures=False,
            notify=False,
            created_at=planned_at,
            created_by_user_id=mara.user_id,
            created_by_name=mara.name,
        )
        touch(window, ends_at if done else planned_at)
        self.scope.session.add(window)
        self.scope.session.flush()
        for name in work.services:
            self.scope.session.add(
                MaintenanceService(**self._mine, maintenance_id=window.id, service_id=self.services[name].id)
            )
            if done:
                for status, at in ((ServiceStatus.UNDER_MAINTENANCE, starts_at), (ServiceStatus.OPERATIONAL, ends_at)):
                    self.shown.append(
                        _Shown(name, status, at, Source.MAINTENANCE, comment=work.title, maintenance_id=window.id)
                    )

    def _set_by_hand(self) -> None:
        """Twelve minutes for which nobody reported an incident."""
        began, jonas = self._at(-61, time(0, 4)), self.people[JONAS]
        for status, minutes, comment in (
            (ServiceStatus.MAJOR_OUTAGE, 0, "The certificate has expired."),
            (ServiceStatus.OPERATIONAL, 12, "Renewed. It renews itself from now on."),
        ):
            at = began + timedelta(minutes=minutes)
            self.shown.append(_Shown(catalogue.DOCUMENTATION, status, at, Source.MANUAL, jonas, comment))

    def _write_changes(self) -> None:
        """The history of each service, in the order in which it happened: ids rise with time."""
        mara, began = self.people[MARA], self.now - AGE
        created = [_Shown(name, ServiceStatus.OPERATIONAL, began, Source.MANUAL, mara) for name in self.services]
        showing: dict[str, ServiceStatus] = {}
        rows = []
        for change in sorted([*created, *self.shown], key=lambda change: change.at):
            old = showing.get(change.service)
            if old is change.status:
                continue
            rows.append(self._change_row(change, old))
            showing[change.service] = change.status
            service = self.services[change.service]
            service.status, service.status_since = change.status, change.at
            if change.source is Source.MANUAL and old is not None:
                service.manual_status, service.manual_status_at = change.status, change.at
        self.scope.session.execute(insert(StatusChange), rows)

    def _change_row(self, change: _Shown, old: ServiceStatus | None) -> dict[str, Any]:
        return {
            **self._mine,
            "service_id": self.services[change.service].id,
            "old_status": old,
            "new_status": change.status,
            "at": change.at,
            "source": change.source,
            "actor_user_id": change.by.user_id if change.by else None,
            "actor_name": change.by.name if change.by else self.scope.actor.name,
            "comment": change.comment,
            "incident_id": change.incident_id,
            "maintenance_id": change.maintenance_id,
        }

    def _write_subscribers(self) -> None:
        random = Random(SEED)
        states = [SubscriberState.PENDING] * PENDING + [SubscriberState.UNSUBSCRIBED] * LEFT
        states += [SubscriberState.CONFIRMED] * (len(catalogue.READERS) - len(states))
        random.shuffle(states)
        for name, state in zip(catalogue.READERS, states, strict=True):
            chosen = random.sample(sorted(self.services), random.randint(1, 4)) if random.random() < 0.3 else []
            age = timedelta(hours=random.randint(30, 24 * AGE.days))
            if state is SubscriberState.PENDING:  # whoever does not answer within a day is forgotten
                age = timedelta(minutes=random.randint(10, 600))
            self._write_subscriber(f"{name}@{catalogue.READERS_DOMAIN}", state, self.now - age, chosen)

    def _write_subscriber(self, email: str, state: SubscriberState, asked_at: datetime, chosen: Iterable[str]) -> None:
        subscriber_id = new_id()
        pending, left = state is SubscriberState.PENDING, state is SubscriberState.UNSUBSCRIBED
        services = [] if pending else [self.services[name].id for name in chosen]
        left_at = asked_at + (self.now - asked_at) / 2 if left else None
        if not pending:
            self.readers.append(Reader(subscriber_id, email, asked_at, left_at, frozenset(services)))
        self.scope.session.add(
            Subscriber(
                **self._mine,
                id=subscriber_id,
                page_id=self.page_id,
                email=email,
                state=state,
                all_services=not services,
                requested_at=asked_at,
                manage_token_hash=token_hash(manage_token(subscriber_id)),
                confirmed_at=None if pending else asked_at + timedelta(minutes=3),
                unsubscribed_at=left_at,
                created_at=asked_at,
            )
        )
        self.scope.session.flush()
        self.scope.session.add_all(
            SubscriberChoice(**self._mine, subscriber_id=subscriber_id, service_id=service_id, created_at=asked_at)
            for service_id in services
        )
