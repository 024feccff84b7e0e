"""Builders that make a test read like the story: `team.service("API")`, `team.incident("Errors", affects={…})`.

They go through the product's own actions, so what they build is what the product would have built. People and
organizations are copies of what these actions have left (tests/founding.py).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask

from app import clock
from app.access.actions import NewAccess, set_access
from app.access.models import AccessLink, PageAccess
from app.access.rules import Way
from app.accounts.actions import Browser, sign_in
from app.accounts.queries import find_signed_in
from app.accounts.rules import Claims
from app.accounts.tokens import token_hash
from app.announcements import actions as announcements
from app.announcements.models import Announcement
from app.announcements.rules import Audience, Level
from app.database.actor import Actor, ActorRole
from app.database.ids import new_id
from app.database.scope import organization_scope, system_scope
from app.delivery.models import Delivery, DeliveryBatch, MailSender, Notification, ToldFigure
from app.delivery.rules import BatchState, DeliveryState
from app.domains.models import PageDomain
from app.incidents import actions as incidents
from app.incidents.drafts.actions import DraftContent, save_draft
from app.incidents.message_templates import actions as message_templates
from app.incidents.message_templates.models import MessageTemplate
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.models import Incident, IncidentDraft
from app.incidents.postmortems import actions as postmortems
from app.incidents.postmortems.models import Postmortem
from app.incidents.rules import Impact, Stage
from app.maintenance import actions as maintenance
from app.maintenance.models import Maintenance, MaintenanceSeries
from app.maintenance.rules import MaintenanceStage
from app.maintenance.series import create_series
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.overview.actions import note_look
from app.pages.actions import edit_page
from app.pages.address import PageAddress
from app.pages.finding import read_pages
from app.pages.languages import Languages
from app.pages.look.models import PageFile
from app.pages.models import PageItem
from app.pages.rules import Visibility
from app.push.actions import NewBrowser, subscribe_browser
from app.push.rules import Endpoint
from app.services import actions as services
from app.services import dependencies
from app.services.models import Service, ServiceGroup
from app.services.rollups.actions import add_zone
from app.services.rollups.models import ServiceDay
from app.services.rules import ServiceStatus
from app.subscribers.errands.actions import begin as begin_errand
from app.subscribers.errands.rules import Act
from app.subscribers.imports.actions import upload
from app.subscribers.listing import Filters
from app.subscribers.models import Subscriber, SubscriberChoice
from app.subscribers.rules import NewsKind, SubscriberState, SuppressionReason
from app.subscribers.suppression import suppress
from app.subscribers.tokens import manage_token
from app.teams import invitations
from app.teams.models import Invitation
from app.teams.tokens import invitation_token
from app.text.languages import PageLanguage
from app.translated.rules import OwnText
from tests.browsers import HttpBrowser
from tests.founding import EXTENSION as FOUNDING
from tests.founding import Founding

ISSUER = "https://accounts.google.com"
_numbers = count(1)


@dataclass
class Person:
    """Someone signed in, in a browser of their own."""

    app: Flask
    name: str
    email: str
    token: str

    @cached_property
    def user_id(self) -> UUID:
        """Looked up once: a test may let more time pass than a session lasts."""
        person = find_signed_in(self.token)
        assert person is not None
        return person.user_id

    def browser(self) -> HttpBrowser:
        """A browser in which they are signed in."""
        client = HttpBrowser(self.app, self.app.response_class)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.token
            cookie["_fresh"] = True
        return client


@dataclass
class World:
    """Makes people and organizations."""

    app: Flask

    def person(self, name: str = "Mara Lind") -> Person:
        number = next(_numbers)
        email = f"{name.split()[0].lower()}{number}@northwind.example"
        claims, browser = Claims(ISSUER, f"subject-{number}", email, name), Browser("Firefox", "127.0.0.1")
        if self._founding is None:
            return Person(self.app, name, email, sign_in(claims, browser))
        user_id, token = self._founding.sign_in(claims, browser)
        person = Person(self.app, name, email, token)
        person.user_id = user_id
        return person

    def another_session(self, person: Person) -> Person:
        """The same person, signed in on another device."""
        number = person.email.removesuffix("@northwind.example").lstrip("abcdefghijklmnopqrstuvwxyz")
        claims = Claims(ISSUER, f"subject-{number}", person.email, person.name)
        return Person(self.app, person.name, person.email, sign_in(claims, Browser("Chrome", "127.0.0.2")))

    def team(self, name: str = "Northwind Cloud", slug: str | None = None, time_zone: str = "Europe/Berlin") -> "Team":
        founder = self.person()
        slug = slug or f"team-number-{next(_numbers)}"
        create = create_organization if self._founding is None else self._founding.create_organization
        new = NewOrganization(name, slug, time_zone)
        return Team(self, create(new, user_id=founder.user_id, user_name=founder.name), founder)

    @property
    def _founding(self) -> Founding | None:
        """Where an application has none, people and organizations are made by the actions themselves."""
        return self.app.extensions.get(FOUNDING)


@dataclass
class Team:
    """One organization and its founder, who acts unless a test says otherwise."""

    world: World
    organization: Organization
    founder: Person
    _members: dict[Role, Person] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.organization.id

    @property
    def slug(self) -> str:
        return self.organization.slug

    @property
    def page(self) -> PageAddress:
        """Its first page, as it is now."""
        with organization_scope(self.actor(), read_only=True) as scope:
            return read_pages(scope)[0]

    def actor(self, role: ActorRole = ActorRole.ADMIN) -> Actor:
        return Actor(self.organization.id, role, self.founder.user_id, self.founder.name)

    def member(self, role: Role) -> Person:
        """A person with this role, made on first use; the founder is the admin."""
        if role is Role.ADMIN:
            return self.founder
        if role not in self._members:
            person = self.world.person({Role.EDITOR: "Jonas Berg", Role.VIEWER: "Vera Holt"}[role])
            with system_scope("a test adds a member") as scope:
                scope.session.add(
                    Membership(
                        organization_id=self.organization.id,
                        user_id=person.user_id,
                        role=role,
                        created_at=clock.now(),
                    )
                )
            self._members[role] = person
        return self._members[role]

    def join(self, person: Person, role: Role = Role.EDITOR) -> Person:
        """Invite somebody, who accepts."""
        invitation = self.invite(person.email, role)
        self.ask(invitation, person)
        invitations.accept(self.id, invitation.id)
        return person

    def ask(self, invitation: Invitation, person: Person) -> None:
        """Have somebody accept; a worker is still to make them a member."""
        token = invitation_token(invitation.id, invitation.sent_at)
        invitations.request_acceptance(token, invitations.Claimant(person.user_id, person.email, person.name, ""))

    def invite(self, email: str = "ana@customer.example", role: Role = Role.EDITOR) -> Invitation:
        return invitations.invite(email, role, by=self.actor())

    def group(self, name: str, inside: ServiceGroup | None = None) -> ServiceGroup:
        return services.create_group(name, parent_id=inside.id if inside else None, by=self.actor())

    def close_page(self, way: str = "members", **what: str) -> PageAddress:
        """Have only a few see the page, let in by what is given: `password="…"`, `addresses="…"`, `networks="…"`."""
        set_access(self.page.page_id, NewAccess(Visibility.PRIVATE, Way(way), **what), by=self.actor())
        return self.page

    def offer(self, *languages: str, own: str = "en") -> PageAddress:
        """Have the first page speak these languages, besides the one that is its own."""
        part = Languages(PageLanguage(own), frozenset(PageLanguage(word) for word in languages))
        edit_page(self.page.page_id, part, by=self.actor())
        return self.page

    def service(self, name: str = "API", group: ServiceGroup | None = None, description: str = "") -> Service:
        details = services.ServiceDetails(name, description, group.id if group else None)
        return services.create_service(details, by=self.actor())

    def set_status(self, service: Service, status: str, comment: str = "", by: Actor | None = None) -> Service:
        return services.set_status(service.id, ServiceStatus(status), comment=comment, by=by or self.actor())

    def incident(
        self,
        title: str = "Elevated error rates",
        *,
        affects: Mapping[Service, str] | None = None,
        message: str = "We are looking into it.",
        impact: str = "minor",
        stage: str = "investigating",
        notify: bool = True,
        follows: Incident | None = None,
    ) -> Incident:
        new = incidents.NewIncident(
            title=title,
            message=message,
            stage=Stage(stage),
            impact=Impact(impact),
            affected={service.id: ServiceStatus(status) for service, status in (affects or {}).items()},
            notify=notify,
            follows_id=follows.id if follows else None,
        )
        return incidents.report_incident(new, by=self.actor())

    def update(
        self,
        incident: Incident,
        stage: str = "identified",
        message: str = "We found the cause.",
        *,
        affects: Mapping[Service, str] | None = None,
        notify: bool = True,
        seen_version: int | None = None,
    ) -> Incident:
        affected = None
        if affects is not None:
            affected = {service.id: ServiceStatus(status) for service, status in affects.items()}
        new = incidents.NewUpdate(Stage(stage), message, affected=affected, notify=notify, seen_version=seen_version)
        return incidents.post_update(incident.id, new, by=self.actor())

    def resolve(self, incident: Incident, message: str = "It works again.") -> Incident:
        return self.update(incident, "resolved", message)

    def delete(self, incident: Incident) -> None:
        incidents.delete_incident(incident.id, by=self.actor())

    def status_of(self, service: Service) -> str:
        """What the service shows at present."""
        with organization_scope(self.actor()) as scope:
            return scope.get(Service, service.id).status.value

    def maintenance(
        self,
        title: str = "Network upgrade",
        *services: Service,
        in_hours: float = 72,
        hours: float = 2,
        message: str = "Short connection resets.",
        announce: bool = True,
        **options: Any,
    ) -> Maintenance:
        """A window that is still to come, two hours long. `options` are those of `MaintenanceDetails`."""
        starts_at = clock.now() + timedelta(hours=in_hours)
        details = maintenance.MaintenanceDetails(
            title=title,
            message=message,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
            service_ids=[service.id for service in services],
            **options,
        )
        return maintenance.schedule_maintenance(details, announce=announce, by=self.actor())

    def series(
        self,
        rule: str = "FREQ=WEEKLY",
        *services: Service,
        starts_at: datetime | None = None,
        hours: float = 2,
        title: str = "Database patches",
        announce: bool = True,
        **options: Any,
    ) -> MaintenanceSeries:
        """Windows that come again and again, the first one tomorrow unless `starts_at` says otherwise."""
        starts_at = starts_at or clock.now() + timedelta(days=1)
        details = maintenance.MaintenanceDetails(
            title=title,
            message="Each database fails over once.",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=hours),
            service_ids=[service.id for service in services],
            **options,
        )
        zone = ZoneInfo(self.organization.time_zone)
        return create_series(details, rule, zone, announce=announce, by=self.actor())

    def move_on(self, window: Maintenance, stage: str, message: str = "", *, notify: bool = True) -> Maintenance:
        """Post the next message of a window; with another stage it goes there."""
        new = maintenance.NewMessage(MaintenanceStage(stage), message, notify=notify)
        return maintenance.post_message(window.id, new, by=self.actor())

    def subscriber(
        self,
        email: str | None = None,
        *,
        chosen: tuple[Service | ServiceGroup, ...] = (),
        kinds: Collection[NewsKind] = tuple(NewsKind),
        state: SubscriberState = SubscriberState.CONFIRMED,
        page_id: UUID | None = None,
    ) -> Subscriber:
        """A subscriber of the first page, or another, told of everything unless services or groups are chosen."""
        number = next(_numbers)
        now = clock.now()
        with organization_scope(self.actor()) as scope:
            subscriber_id = new_id()
            subscriber = Subscriber(
                organization_id=self.id,
                id=subscriber_id,
                page_id=page_id or self.page.page_id,
                email=email or f"reader{number}@customer.example",
                state=state,
                all_services=not chosen,
                kinds=list(kinds),
                requested_at=now,
                manage_token_hash=token_hash(manage_token(subscriber_id)),
                confirmed_at=now,
                created_at=now,
            )
            scope.session.add(subscriber)
            scope.session.flush()
            scope.session.add_all(
                SubscriberChoice(
                    organization_id=self.id,
                    subscriber_id=subscriber.id,
                    service_id=one.id if isinstance(one, Service) else None,
                    group_id=one.id if isinstance(one, ServiceGroup) else None,
                    created_at=now,
                )
                for one in chosen
            )
        return subscriber

    def template(
        self,
        name: str = "API down",
        kind: str = "incident",
        *,
        title: str = "",
        message: str = "We are looking into it.",
        stage: str | None = None,
        impact: str | None = None,
        names: tuple[Service, ...] = (),
    ) -> MessageTemplate:
        """A template that names some services."""
        details = message_templates.TemplateDetails(
            TemplateKind(kind),
            name,
            message,
            title,
            Stage(stage) if stage else None,
            Impact(impact) if impact else None,
            frozenset(service.id for service in names),
        )
        return message_templates.create_template(details, by=self.actor())

    def postmortem(
        self, incident: Incident, message: str = "A disk was full.", *, published: bool = True, notify: bool = False
    ) -> Postmortem:
        new = postmortems.NewPostmortem(message, publish=published, notify=notify)
        return postmortems.write_postmortem(incident.id, new, by=self.actor())

    def announcement(
        self,
        title: str = "Support is closed tomorrow",
        message: str = "We answer on Friday.",
        *,
        level: str = "info",
        mail: bool = False,
        begins_in: timedelta | None = None,
        lasts: timedelta | None = None,
    ) -> Announcement:
        """A banner: at once, or after a while; until it is ended, or for some time."""
        now = clock.now()
        begins_at = None if begins_in is None else now + begins_in
        details = announcements.AnnouncementDetails(
            title=title,
            message=message,
            level=Level(level),
            audience=Audience.PAGE_AND_MAIL if mail else Audience.PAGE,
            begins_at=begins_at,
            ends_at=None if lasts is None else (begins_at or now) + lasts,
        )
        return announcements.announce(details, by=self.actor())

    def draft(self, title: str = "Something is slow", message: str = "") -> IncidentDraft:
        return save_draft(DraftContent(title, message), by=self.actor())

    def failed_telling(self, *addresses: str) -> tuple[UUID, UUID]:
        """A notification that reached none of these addresses, because the provider refused them; its id, and that of
        the first delivery."""
        now = clock.now()
        mine = {"organization_id": self.id, "created_at": now}
        with organization_scope(Actor.worker(self.id)) as scope:
            notification = Notification(
                **mine,
                id=new_id(),
                event_id=new_id(),
                page_id=self.page.page_id,
                kind="announcement.published",
                revision=1,
                service_ids=[],
                notice={"title": "Support is closed"},
                fanned_out_at=now,
            )
            scope.session.add(notification)
            scope.session.flush()
            batch = DeliveryBatch(
                **mine,
                id=new_id(),
                notification_id=notification.id,
                sequence=0,
                state=BatchState.FAILED,
                size=len(addresses),
                failed=len(addresses),
                next_attempt_at=now,
                finished_at=now,
            )
            scope.session.add(batch)
            scope.session.flush()
            deliveries = [
                Delivery(
                    **mine,
                    id=new_id(),
                    notification_id=notification.id,
                    batch_id=batch.id,
                    address=address,
                    state=DeliveryState.FAILED,
                    error="The mailbox does not exist",
                )
                for address in addresses
            ]
            scope.session.add_all(deliveries)
        return notification.id, deliveries[0].id

    def fill(self) -> None:
        """A row in every tenant table."""
        group = self.group("Platform")
        service = self.service("API", group)
        incident = self.incident(affects={service: "partial_outage"})
        dependencies.set_needs(service.id, [self.service("Database", group).id], by=self.actor())
        self.move_on(self.maintenance("Network upgrade", service), "scheduled", "Nothing changes for you.")
        self.series("FREQ=WEEKLY;COUNT=2", service)
        self.template(names=(service,))
        self.postmortem(self.incident("Over", stage="resolved"))
        self.draft()
        german = {PageLanguage.GERMAN: OwnText("Mehr Fehler")}
        incidents.edit_incident(incident.id, "Elevated errors", Impact.MINOR, translations=german, by=self.actor())
        subscriber = self.subscriber(chosen=(service,))
        upload(self.page, BytesIO(b"email\nada@customer.example\n"), "people.csv", "Asked at the fair", by=self.actor())
        begin_errand(Act.REMOVE, Filters(), subscriber.id, by=self.actor())
        subscribe_browser(self.page, NewBrowser(Endpoint("https://fcm.googleapis.com/a", b"", b""), "Firefox"))
        self.invite()
        self.announcement()
        note_look(by=self.actor())
        with organization_scope(self.actor()) as scope:
            item = PageItem(organization_id=self.id, page_id=self.page.page_id, service_id=service.id, position=0)
            mine = {"organization_id": self.id, "page_id": self.page.page_id}
            scope.session.add(PageAccess(**mine, way=Way.MEMBERS, changed_at=clock.now()))
            scope.session.add(PageDomain(**mine, host="status.customer.example", proof="0", entered_at=clock.now()))
            style = PageFile(name="style-0.css", media_type="text/css", content=b".page {}", created_at=clock.now())
            style.organization_id, style.page_id = self.id, self.page.page_id
            scope.session.add(style)
            scope.session.add(item)
        now = clock.now()
        with organization_scope(Actor.subscriber(self.id)) as scope:
            link = AccessLink(
                organization_id=self.id,
                page_id=self.page.page_id,
                email="ana@customer.example",
                token_hash=self.page.page_id.bytes,
                requested_at=now,
                access_version=1,
            )
            scope.session.add(link)
        with organization_scope(Actor.worker(self.id)) as scope:
            suppress(scope, "left@customer.example", SuppressionReason.UNSUBSCRIBED)
            mine = {"organization_id": self.id}
            add_zone(scope, ZoneInfo("UTC"))
            begin = datetime(2026, 1, 1, tzinfo=UTC)
            fine = {"operational": timedelta(days=1), "worst": ServiceStatus.OPERATIONAL}
            never = dict.fromkeys(
                ("under_maintenance", "degraded_performance", "partial_outage", "major_outage", "unknown"), timedelta()
            )
            where = {"service_id": service.id, "zone": "UTC", "day": begin.date()}
            scope.session.add(
                ServiceDay(**mine, **where, **fine, **never, starts_at=begin, ends_at=begin + timedelta(days=1))
            )
            notification = Notification(
                **mine,
                event_id=incident.id,
                kind="incident.created",
                revision=1,
                service_ids=[service.id],
                notice={},
                created_at=now,
            )
            scope.session.add(notification)
            scope.session.flush()
            batch = DeliveryBatch(
                **mine, notification_id=notification.id, sequence=0, size=1, next_attempt_at=now, created_at=now
            )
            scope.session.add(batch)
            scope.session.flush()
            scope.session.add(
                Delivery(
                    **mine,
                    notification_id=notification.id,
                    batch_id=batch.id,
                    subscriber_id=subscriber.id,
                    address=subscriber.email,
                    created_at=now,
                )
            )
            scope.session.add(
                ToldFigure(
                    **mine,
                    notification_id=notification.id,
                    page_id=subscriber.page_id,
                    story_id=incident.id,
                    update_id=incident.id,
                    sent=1,
                    total=1,
                    took_seconds=2,
                )
            )
        with organization_scope(self.actor()) as scope:
            scope.session.add(MailSender(organization_id=self.id, name="Northwind"))
