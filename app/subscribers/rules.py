"""What a subscription goes through, what may be chosen, how long a request holds, and how often one may be made.

Pure functions over plain values.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.errors import UpfrontError
from app.mailboxes import rules as mailboxes
from app.sentences import Sentence
from app.text.languages import PageLanguage

LINK_LIFETIME = timedelta(hours=24)
"""For so long the link in a confirmation mail works."""
PAUSE = mailboxes.PAUSE
"""Between two confirmation mails to one subscriber; the same as between those of all organizations to one mailbox."""

FOLLOWED_AFTER_POSTMORTEM = timedelta(days=1)
"""For so long an incident is followed after its postmortem is published: that one is the last that there is to tell."""
FOLLOWED_AFTER_RESOLVED = timedelta(days=30)
"""For so long it is followed when no postmortem comes."""

NOT_OFFERED = Sentence("Choose one of the languages of this page.")
GONE = Sentence("One of these services is not here any more. Choose again.")
"""Said of an id that is unknown, another organization's, archived or not on the page: nobody can tell which."""


class PageKey(Protocol):
    """Which page somebody subscribes to."""

    @property
    def organization_id(self) -> UUID: ...

    @property
    def page_id(self) -> UUID: ...


class SubscriberState(StrEnum):
    """Only the confirmed are told anything (double opt-in)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"
    QUARANTINED = "quarantined"
    """Their mail does not arrive, or they called it spam: nothing is sent until that is mended."""


class NewsKind(StrEnum):
    """What there is to hear of."""

    INCIDENTS = "incidents"
    MAINTENANCE = "maintenance"
    ANNOUNCEMENTS = "announcements"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    NewsKind.INCIDENTS: Sentence("Incidents"),
    NewsKind.MAINTENANCE: Sentence("Maintenance"),
    NewsKind.ANNOUNCEMENTS: Sentence("Announcements"),
}


class SubscriberChannel(StrEnum):
    """How a subscriber is told."""

    EMAIL = "email"
    PUSH = "push"
    """By a notification of the browser that they subscribed with."""


_BROWSER = "browser:"


def browser_address(subscriber_id: UUID) -> str:
    """What stands for the address of a browser, which has none."""
    return f"{_BROWSER}{subscriber_id}"


def is_browser(address: str) -> bool:
    """Whether this stands for a browser: no e-mail address has a colon there."""
    return address.startswith(_BROWSER)


class SubscriberSource(StrEnum):
    """How a subscriber came to be one."""

    FORM = "form"
    """They asked for it themselves, on the page."""
    IMPORT = "import"
    MEMBER = "member"


class SuppressionReason(StrEnum):
    """Why a mailbox is not to be written to."""

    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    BOUNCED = "bounced"

    @property
    def weight(self) -> int:
        """Of two reasons the heavier one stays."""
        return _WEIGHTS[self]


_WEIGHTS = {SuppressionReason.BOUNCED: 1, SuppressionReason.UNSUBSCRIBED: 2, SuppressionReason.COMPLAINED: 3}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a subscriber wants to hear of. A group stands for whatever is in it, now or later."""

    all_services: bool = True
    services: frozenset[UUID] = frozenset()
    groups: frozenset[UUID] = frozenset()
    kinds: frozenset[NewsKind] = frozenset(NewsKind)
    language: PageLanguage | None = None
    """None: the page's own."""
    follows: frozenset[UUID] = frozenset()
    """Incidents that they hear of whatever else they chose."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a page has to choose from."""

    services: Set[UUID] = field(default_factory=frozenset)
    groups: Set[UUID] = field(default_factory=frozenset)
    languages: Set[PageLanguage] = field(default_factory=frozenset)


class LinkExpired(UpfrontError):
    """A confirmation link that is older than a day."""

    status = 410
    title = Sentence("This link no longer works")


def check_choices(chosen: Choices, offered: Offered) -> Mapping[str, str]:
    """What is wrong with choices, by the field it is about."""
    faults: dict[str, str] = {}
    only_follows = bool(chosen.follows) and not chosen.kinds
    if not chosen.kinds and not only_follows:
        faults["kinds"] = Sentence("Choose at least one kind of news, or unsubscribe.")
    if not only_follows and not chosen.all_services and not (chosen.services or chosen.groups):
        faults["services"] = Sentence("Choose at least one service, or unsubscribe.")
    if not chosen.all_services and not (chosen.services <= offered.services and chosen.groups <= offered.groups):
        faults["services"] = GONE
    if chosen.language is not None and chosen.language not in offered.languages:
        faults["language"] = NOT_OFFERED
    return faults


def may_be_followed(resolved_at: datetime | None, *, is_told_to_the_end: bool, now: datetime) -> bool:
    """Whether there may be more to tell of an incident.

    Args:
        resolved_at: when it was resolved, if it was.
        is_told_to_the_end: it has its postmortem, or goes on elsewhere.
        now: the present moment.
    """
    return not is_told_to_the_end and (resolved_at is None or now - resolved_at < FOLLOWED_AFTER_RESOLVED)


def may_ask_again(requested_at: datetime, unsubscribed_at: datetime | None, now: datetime) -> bool:
    """Whether an address that was asked before may get another confirmation mail.

    Who has left since then has shown that the mails are theirs to ask for, and need not wait.
    """
    has_left = unsubscribed_at is not None and unsubscribed_at >= requested_at
    return has_left or now - requested_at >= PAUSE


def is_expired(requested_at: datetime, now: datetime) -> bool:
    """Whether the link of a confirmation that was asked for at `requested_at` no longer works."""
    return now - requested_at >= LINK_LIFETIME
