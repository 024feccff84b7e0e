"""What is told to whom, and how it reads: one module for each family of notices, found by the kind of their events."""

from app.delivery.notices.access_links import ACCESS_LINKS
from app.delivery.notices.aftermath import MERGERS, POSTMORTEMS
from app.delivery.notices.announcements import ANNOUNCEMENTS
from app.delivery.notices.domains import DOMAINS
from app.delivery.notices.family import Family
from app.delivery.notices.incidents import INCIDENTS
from app.delivery.notices.invitations import INVITATIONS
from app.delivery.notices.maintenance import MAINTENANCE
from app.delivery.notices.members import OVERRUNS, REMINDERS
from app.delivery.notices.subscriptions import QUESTIONS, SUBSCRIPTIONS

FAMILIES: tuple[Family, ...] = (
    INCIDENTS, MERGERS, POSTMORTEMS, MAINTENANCE, ANNOUNCEMENTS, SUBSCRIPTIONS, QUESTIONS, INVITATIONS, ACCESS_LINKS,
    OVERRUNS, REMINDERS, DOMAINS,
)  # fmt: skip

_BY_KIND = {kind: family for family in FAMILIES for kind in family.kinds}

TOLD_KINDS = tuple(_BY_KIND)
"""The events that somebody is told of by mail."""


def family_of(kind: str) -> Family:
    """How events of this kind are told; `kind` is one of `TOLD_KINDS`."""
    return _BY_KIND[kind]
