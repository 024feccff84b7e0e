"""The part of an incident's form that says which services it touches, and how.

A service follows the suggestion until an editor chooses a status for it; that choice is kept and the suggestion is only
mentioned. Fields are `affected-<service id>`, and `add` for one more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from app.blueprints.dashboard.forms import find_uuid
from app.errors import NotFound
from app.incidents.queries import AffectedRow
from app.incidents.rules import Impact, Stage
from app.services.queries import Catalogue, GroupRow, get_catalogue
from app.services.rules import ServiceStatus
from app.suggestions.queries import Chosen, Proposal, get_suggestions
from app.suggestions.rules import Suggestion
from app.web.members import current_member

FIELD = "affected-"
ADD = "add"
MARK = "affected"
"""Sent along with the fields: without it a form says nothing about services, not that there are none."""
NOT_AFFECTED = ""


@dataclass(frozen=True, slots=True)
class AffectedChoice:
    """One service in the form. `chosen` is None while it follows the suggestion."""

    service_id: UUID
    name: str
    chosen: ServiceStatus | None
    suggestion: Suggestion

    @property
    def status(self) -> ServiceStatus:
        return self.chosen or self.suggestion.status

    @property
    def note(self) -> str:
        """What is said of the suggestion beside the choice."""
        suggestion = self.suggestion
        if self.chosen in (None, suggestion.status):
            return suggestion.reason or "Suggested from the impact."
        return f"Suggested: {suggestion.status.label.lower()}; you chose otherwise. {suggestion.reason}".strip()


@dataclass(frozen=True, slots=True)
class AffectedChoices:
    """All services in the form, and those that may be added."""

    choices: tuple[AffectedChoice, ...]
    others: tuple[GroupRow, ...]
    proposals: tuple[Proposal, ...]
    """Those that are probably touched too, since they need a service that is."""

    def to_asks(self) -> dict[UUID, ServiceStatus]:
        return {choice.service_id: choice.status for choice in self.choices}

    @property
    def service_ids(self) -> tuple[UUID, ...]:
        return tuple(choice.service_id for choice in self.choices)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(choice.name for choice in self.choices)


@dataclass(frozen=True, slots=True)
class FormState:
    """What of a form the suggestions depend on."""

    impact: Impact
    stage: Stage
    incident_id: UUID | None = None
    """The incident that the form belongs to, once there is one."""


def read_choices(fields: Mapping[str, str], state: FormState) -> AffectedChoices:
    """What was chosen in a form.

    Raises:
        NotFound: a field names a service that is missing or another organization's.
    """
    chosen: dict[UUID, ServiceStatus | None] = {}
    for name, value in fields.items():
        if name.startswith(FIELD) and value != NOT_AFFECTED:
            chosen[_service_id(name.removeprefix(FIELD))] = _status(value)
    if fields.get(ADD):
        chosen.setdefault(_service_id(fields[ADD]), None)
    return _make(chosen, state)


def suggested(service_ids: Iterable[UUID]) -> dict[str, str]:
    """Services that follow the suggestion, as fields of the form."""
    return {f"{FIELD}{service_id}": "suggested" for service_id in service_ids}


def as_fields(affected: Iterable[AffectedRow]) -> dict[str, str]:
    """What an incident asks at present, as the form of its next message begins."""
    return {f"{FIELD}{row.service_id}": row.asked.value for row in affected}


def _make(chosen: Chosen, state: FormState) -> AffectedChoices:
    catalogue = get_catalogue(current_member.actor)
    names = {service.id: service.name for service in (*catalogue.services, *catalogue.archived)}
    if not names.keys() >= chosen.keys():
        raise NotFound
    suggested = get_suggestions(
        current_member.actor,
        catalogue,
        chosen,
        impact=state.impact,
        stage=state.stage,
        incident_id=state.incident_id,
    )
    choices = tuple(
        AffectedChoice(service_id, name, chosen[service_id], suggested.of_services[service_id])
        for service_id, name in names.items()
        if service_id in chosen
    )
    return AffectedChoices(choices, tuple(_left_over(catalogue, chosen)), suggested.proposals)


def _left_over(catalogue: Catalogue, chosen: Chosen) -> Iterable[GroupRow]:
    """The services that may still be added, in their groups."""
    for group in catalogue.groups:
        services = tuple(service for service in group.services if service.id not in chosen)
        if services:
            yield replace(group, services=services)


def _service_id(text: str) -> UUID:
    service_id = find_uuid(text)
    if service_id is None:
        raise NotFound
    return service_id


def _status(value: str) -> ServiceStatus | None:
    """The status that was chosen; "suggested", and anything unknown, follows the suggestion."""
    return ServiceStatus(value) if value in set(ServiceStatus) else None
