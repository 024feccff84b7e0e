"""What can be done to templates. Visitors see nothing of it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import Conflict, Invalid, NotFound, refuse_faulty
from app.incidents.message_templates.models import MessageTemplate, TemplateService
from app.incidents.message_templates.rules import (
    TemplateKind,
    check_name,
    check_template_message,
    check_template_title,
)
from app.incidents.rules import Impact, Stage
from app.services.models import Service

MOST_TEMPLATES = 200
MOST_SERVICES = 200


@dataclass(frozen=True, slots=True)
class TemplateDetails:
    """What the form asks for; texts are cleaned already."""

    kind: TemplateKind
    name: str
    message: str
    title: str = ""
    stage: Stage | None = None
    impact: Impact | None = None
    service_ids: frozenset[UUID] = frozenset()


def create_template(details: TemplateDetails, *, by: Actor) -> MessageTemplate:
    """Keep a text for later.

    Raises:
        Invalid: a text is refused, the name is taken, or there are too many templates.
        NotFound: a service is missing.
    """
    _check(details)
    with organization_scope(by) as scope:
        _lock_names(scope)
        _check_name_is_free(scope, details.name)
        _check_room(scope)
        template = MessageTemplate(organization_id=by.organization_id, created_at=clock.now())
        _write(scope, template, details)
        scope.session.add(template)
        scope.session.flush()
        _write_services(scope, template, details.service_ids)
        said = _record(scope, "template.created", template, before=())
        scope.emit("template.created", said, visible=False)
    return template


def edit_template(
    template_id: UUID, details: TemplateDetails, *, seen_version: int | None = None, by: Actor
) -> MessageTemplate:
    """Change a template. What was written with it before stays as it is.

    Raises:
        Invalid: a text is refused, or the name is taken.
        NotFound: no such template, or a service is missing.
        Conflict: somebody else changed it since `seen_version`.
    """
    _check(details)
    with organization_scope(by) as scope:
        _lock_names(scope)
        template = scope.lock(MessageTemplate, template_id)
        if seen_version is not None and seen_version != template.version:
            raise Conflict(
                f"{template.author_name} has changed this template while you were writing."
                " Your text is kept below; save again to replace theirs."
            )
        _check_name_is_free(scope, details.name, but_of=template_id)
        before = _names_of(scope, template)
        _write(scope, template, details)
        template.version += 1
        _write_services(scope, template, details.service_ids)
        scope.emit("template.edited", _record(scope, "template.edited", template, before=before), visible=False)
    return template


def delete_template(template_id: UUID, *, by: Actor) -> None:
    """Take a template away. What was written with it stays.

    Raises:
        NotFound: no such template.
    """
    with organization_scope(by) as scope:
        template = scope.lock(MessageTemplate, template_id)
        name = template.name
        scope.session.delete(template)
        scope.record("template.deleted", template, name=name)
        scope.emit("template.deleted", {"template_id": str(template_id)}, visible=False)


def _check(details: TemplateDetails) -> None:
    too_many = len(details.service_ids) > MOST_SERVICES
    refuse_faulty(
        {
            "name": check_name(details.name),
            "title": check_template_title(details.title, details.kind),
            "message": check_template_message(details.message, details.kind),
            "services": f"Choose at most {MOST_SERVICES} services." if too_many else None,
        }
    )


def _lock_names(scope: Scope) -> None:
    """Two who take the same name at once wait for each other: the second is told beside the field."""
    scope.take_turns("template names")


def _check_name_is_free(scope: Scope, name: str, but_of: UUID | None = None) -> None:
    taken = scope.session.scalar(
        select(MessageTemplate.id).where(
            MessageTemplate.organization_id == scope.organization_id,
            func.lower(MessageTemplate.name) == func.lower(name),
        )
    )
    if taken is not None and taken != but_of:
        raise Invalid({"name": f"Another template is called {name} already. Choose another name, or edit that one."})


def _check_room(scope: Scope) -> None:
    mine = MessageTemplate.organization_id == scope.organization_id
    number = scope.session.scalar(select(func.count()).select_from(MessageTemplate).where(mine)) or 0
    if number >= MOST_TEMPLATES:
        raise Invalid({"name": f"There are {MOST_TEMPLATES} templates already: delete one that nobody uses."})


def _write(scope: Scope, template: MessageTemplate, details: TemplateDetails) -> None:
    template.kind, template.name = details.kind, details.name
    template.title, template.message = details.title, details.message
    template.stage, template.impact = details.stage, details.impact
    template.author_user_id, template.author_name = scope.actor.user_id, scope.actor.name


def _write_services(scope: Scope, template: MessageTemplate, service_ids: Collection[UUID]) -> None:
    mine = (
        TemplateService.organization_id == scope.organization_id,
        TemplateService.template_id == template.id,
    )
    known = scope.session.scalars(
        select(Service.id).where(Service.organization_id == scope.organization_id, Service.id.in_(service_ids))
    ).all()
    if len(known) < len(set(service_ids)):
        raise NotFound
    scope.session.execute(delete(TemplateService).where(*mine))
    scope.session.add_all(
        TemplateService(organization_id=scope.organization_id, template_id=template.id, service_id=service_id)
        for service_id in known
    )
    scope.session.flush()


def _names_of(scope: Scope, template: MessageTemplate) -> tuple[str, ...]:
    names = scope.session.scalars(
        select(Service.name)
        .join(
            TemplateService,
            (TemplateService.organization_id == Service.organization_id) & (TemplateService.service_id == Service.id),
        )
        .where(TemplateService.organization_id == scope.organization_id, TemplateService.template_id == template.id)
        .order_by(Service.position, Service.id)
    )
    return tuple(names)


def _record(scope: Scope, action: str, template: MessageTemplate, *, before: tuple[str, ...]) -> dict[str, str]:
    """Write the change down; returns what the event says of it."""
    after = _names_of(scope, template)
    changed = {"services": (list(before), list(after))} if before != after else {}
    scope.record(action, template, name=template.name, changes=changed)
    return {"template_id": str(template.id)}
