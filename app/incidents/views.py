"""Incidents as links, for whoever shows one: plain values, which rules may know as well."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class IncidentLink:
    """Another incident to go on to."""

    id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What began before and after. Whatever is deleted, or merged into another, is passed over."""

    previous: IncidentLink | None
    next: IncidentLink | None
