"""What there is to tell, as a snapshot: made once from the tables, kept with the notification, read by its mails.

A retry must have the same bytes as the first try (the provider compares them), so a mail is made of nothing but its
notice, its recipient and the settings: what changes in the tables afterwards does not reach it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Self, get_args, get_origin, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

from app.text.languages import PageLanguage


class Kept:
    """A frozen dataclass that goes into JSON and comes back equal.

    Its fields may be texts, numbers, times, ids, enumerations, others of its kind, and tuples of these.
    """

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """As kept in `Notification.notice`."""
        kept: dict[str, Any] = _plain(self)
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What `to_json` made; a field that it did not know yet gets its default."""
        hints = get_type_hints(cls)
        return cls(**{name: _read(hint, kept[name]) for name, hint in hints.items() if name in kept})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Kept):
    """What each notice knows: who tells."""

    organization_name: str
    page_url: str
    """Absolute address of the public page, without a slash at the end."""
    time_zone: str
    """The page's: times in mails are written in it."""
    page_name: str = ""
    """Of the page whose subscribers are told; empty for what is no page's."""
    sender_name: str = ""
    """What stands before our address in `From`; empty for our own name."""
    reply_to: str = ""
    """Where answers go; empty for nowhere in particular."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def told_by(self) -> str:
        """What its readers know it by: the page that they subscribed to."""
        return self.page_name or self.organization_name


@dataclass(frozen=True, slots=True)
class Brief:
    """A notice in two lines: a mail's subject with the words beside it, a notification of a browser."""

    title: str
    text: str
    url: str
    """Where all of it is to be read."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One person as one mail needs them. The links carry their tokens: never log one."""

    address: str
    manage_url: str = ""
    unsubscribe_url: str = ""
    action_url: str = ""
    """Where the mail's button leads, when it is theirs alone: to confirm, to accept."""
    about: str = ""
    """The services they chose, in words; empty when they chose all."""
    language: PageLanguage = PageLanguage.ENGLISH
    """Written to in this one."""


def _plain(value: object) -> Any:
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case tuple():
            return [_plain(one) for one in value]
        case Kept() if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return value


def _read(hint: Any, kept: Any) -> Any:
    if get_origin(hint) is UnionType:
        (hint,) = (one for one in get_args(hint) if one is not NoneType)
        return None if kept is None else _read(hint, kept)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], one) for one in kept)
    if issubclass(hint, Kept):
        return hint.from_json(kept)
    if issubclass(hint, datetime):
        return datetime.fromisoformat(kept)
    return hint(kept) if issubclass(hint, Enum | UUID) else kept
