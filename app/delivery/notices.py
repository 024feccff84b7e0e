"""What there is to tell, as a snapshot: made once from the tables, kept with the notification, read by its mails.

A retry must have the same bytes as the first try (the provider compares them), so a mail is made of nothing but its
notice, its recipient and the settings: what changes in the tables afterwards does not reach it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.incidents.rules import Stage
from app.services.rules import ServiceStatus


@dataclass(frozen=True, slots=True)
class NoticeUpdate:
    """One public message of the incident: sanitised HTML, and the same as plain text without its marks."""

    stage: Stage
    text: str
    html: str
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentNotice:
    """An incident as it stands with its newest update: stage, what it does to services, and what was said earlier."""

    organization_name: str
    page_url: str
    """Absolute address of the public page, without a slash at the end."""
    time_zone: str
    title: str
    incident_url: str
    status: ServiceStatus | None
    """The worst status that it asks for; None once it is resolved, and when it touches no service."""
    affected: tuple[str, ...]
    """Names of the affected services, in the page's order."""
    updates: tuple[NoticeUpdate, ...]
    """Newest first; the first one is what the mail is about. Never empty."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def stage(self) -> Stage:
        return self.updates[0].stage

    def to_json(self) -> dict[str, Any]:
        """As kept in `Notification.notice`."""
        return {
            "organization_name": self.organization_name,
            "page_url": self.page_url,
            "time_zone": self.time_zone,
            "title": self.title,
            "incident_url": self.incident_url,
            "status": self.status,
            "affected": list(self.affected),
            "updates": [
                {
                    "stage": update.stage,
                    "text": update.text,
                    "html": update.html,
                    "posted_at": update.posted_at.isoformat(),
                }
                for update in self.updates
            ],
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "IncidentNotice":
        status = kept["status"]
        return cls(
            organization_name=kept["organization_name"],
            page_url=kept["page_url"],
            time_zone=kept["time_zone"],
            title=kept["title"],
            incident_url=kept["incident_url"],
            status=None if status is None else ServiceStatus(status),
            affected=tuple(kept["affected"]),
            updates=tuple(
                NoticeUpdate(
                    stage=Stage(update["stage"]),
                    text=update["text"],
                    html=update["html"],
                    posted_at=datetime.fromisoformat(update["posted_at"]),
                )
                for update in kept["updates"]
            ),
        )


@dataclass(frozen=True, slots=True)
class ConfirmationNotice:
    """Somebody gave an address to be told at: its owner is asked whether they want that."""

    organization_name: str
    page_url: str
    requested_at: datetime

    def to_json(self) -> dict[str, Any]:
        """As kept in `Notification.notice`."""
        return {
            "organization_name": self.organization_name,
            "page_url": self.page_url,
            "requested_at": self.requested_at.isoformat(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "ConfirmationNotice":
        return cls(
            organization_name=kept["organization_name"],
            page_url=kept["page_url"],
            requested_at=datetime.fromisoformat(kept["requested_at"]),
        )


@dataclass(frozen=True, slots=True)
class Recipient:
    """One subscriber as one mail needs them. The links carry their tokens: never log one."""

    address: str
    manage_url: str = ""
    unsubscribe_url: str = ""
    confirm_url: str = ""
    about: str = ""
    """The services they chose, in words; empty when they chose all."""
