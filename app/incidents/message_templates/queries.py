"""Templates as editors see them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.incidents.message_templates.models import MessageTemplate, TemplateService
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.rules import Impact, Stage
from app.services.models import Service


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template with the services it names that still exist."""

    id: UUID
    kind: TemplateKind
    name: str
    title: str
    message: str
    stage: Stage | None
    impact: Impact | None
    version: int
    author_name: str
    services: tuple[tuple[UUID, str], ...]
    """Ids and names, in the page's order."""


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """A template in a picker."""

    id: UUID
    name: str


def list_templates(actor: Actor) -> tuple[TemplateRow, ...]:
    """All of the organization's, by kind and name."""
    with organization_scope(actor, read_only=True) as scope:
        mine = MessageTemplate.organization_id == scope.organization_id
        found = scope.session.scalars(select(MessageTemplate).where(mine).order_by(func.lower(MessageTemplate.name)))
        rows = _rows(scope, found.all())
    kinds = list(TemplateKind)
    return tuple(sorted(rows, key=lambda row: kinds.index(row.kind)))


def get_template(actor: Actor, template_id: UUID) -> TemplateRow:
    """One template.

    Raises:
        NotFound: there is none with this id.
    """
    with organization_scope(actor, read_only=True) as scope:
        return _rows(scope, [scope.get(MessageTemplate, template_id)])[0]


def list_choices(actor: Actor, kind: TemplateKind) -> tuple[TemplateChoice, ...]:
    """What a form of this kind offers, by name."""
    with organization_scope(actor, read_only=True) as scope:
        found = scope.session.execute(
            select(MessageTemplate.id, MessageTemplate.name)
            .where(MessageTemplate.organization_id == scope.organization_id, MessageTemplate.kind == kind)
            .order_by(func.lower(MessageTemplate.name))
        )
        return tuple(TemplateChoice(template_id, name) for template_id, name in found)


def _rows(scope: Scope, templates: Sequence[MessageTemplate]) -> tuple[TemplateRow, ...]:
    services = _read_services(scope, [template.id for template in templates])
    return tuple(
        TemplateRow(
            id=template.id,
            kind=template.kind,
            name=template.name,
            title=template.title,
            message=template.message,
            stage=template.stage,
            impact=template.impact,
            version=template.version,
            author_name=template.author_name,
            services=tuple(services[template.id]),
        )
        for template in templates
    )


def _read_services(scope: Scope, template_ids: Sequence[UUID]) -> defaultdict[UUID, list[tuple[UUID, str]]]:
    services: defaultdict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    rows = scope.session.execute(
        select(TemplateService.template_id, Service.id, Service.name)
        .join(
            Service,
            and_(Service.organization_id == TemplateService.organization_id, Service.id == TemplateService.service_id),
        )
        .where(
            TemplateService.organization_id == scope.organization_id,
            TemplateService.template_id.in_(template_ids),
            Service.archived_at.is_(None),
        )
        .order_by(Service.position, Service.id)
    )
    for template_id, service_id, name in rows:
        services[template_id].append((service_id, name))
    return services
