"""The part of an incident's form that says which services it touches, and how.

A service follows the suggestion, which the impact makes, until an editor chooses a status for it; that choice is kept
and the suggestion is only mentioned. Fields are `affected-<service id>`, and `add` for one more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.blueprints.dashboard.forms import find_uuid
from app.errors import NotFound
from app.incidents.queries import AffectedRow
from app.services.queries import Catalogue, GroupRow
from app.services.rules import ServiceStatus

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
    suggestion: ServiceStatus

    @property
    def status(self) -> ServiceStatus:
        return self.chosen or self.suggestion

    @property
    def note(self) -> str:
        """What is said of the suggestion beside the choice."""
        if self.chosen is None:
            return "Suggested from the impact."
        if self.chosen is self.suggestion:
            return "As the impact suggests."
        return f"Suggested: {self.suggestion.label.lower()}; you chose otherwise."


@dataclass(frozen=True, slots=True)
class AffectedChoices:
    """All services in the form, and those that may be added."""

    choices: tuple[AffectedChoice, ...]
    others: tuple[GroupRow, ...]

    def to_asks(self) -> dict[UUID, ServiceStatus]:
        return {choice.service_id: choice.status for choice in self.choices}

    @property
    def service_ids(self) -> tuple[UUID, ...]:
        return tuple(choice.service_id for choice in self.choices)


def read_choices(fields: Mapping[str, str], catalogue: Catalogue, suggestion: ServiceStatus) -> AffectedChoices:
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
    return _make(chosen, catalogue, suggestion)


def choices_of(affected: Iterable[AffectedRow], catalogue: Catalogue, suggestion: ServiceStatus) -> AffectedChoices:
    """What an incident asks at present, as the beginning of its next message."""
    return _make({row.service_id: row.asked for row in affected}, catalogue, suggestion)


def no_choices(catalogue: Catalogue, suggestion: ServiceStatus) -> AffectedChoices:
    """A form in which nothing is chosen yet."""
    return _make({}, catalogue, suggestion)


def _make(
    chosen: Mapping[UUID, ServiceStatus | None], catalogue: Catalogue, suggestion: ServiceStatus
) -> AffectedChoices:
    names = {service.id: service.name for service in (*catalogue.services, *catalogue.archived)}
    if not names.keys() >= chosen.keys():
        raise NotFound
    choices = tuple(
        AffectedChoice(service_id, name, chosen[service_id], suggestion)
        for service_id, name in names.items()
        if service_id in chosen
    )
    others = (
        GroupRow(group.id, group.name, tuple(service for service in group.services if service.id not in chosen))
        for group in catalogue.groups
    )
    return AffectedChoices(choices, tuple(group for group in others if group.services))


def _service_id(text: str) -> UUID:
    service_id = find_uuid(text)
    if service_id is None:
        raise NotFound
    return service_id


def _status(value: str) -> ServiceStatus | None:
    """The status that was chosen; "suggested", and anything unknown, follows the suggestion."""
    return ServiceStatus(value) if value in set(ServiceStatus) else None
