"""Where a page is, whose it is and how it is set: known before anything that it shows is read."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from app.pages.settings import DEFAULT_SETTINGS, PageSettings
from app.text.languages import PageLanguage


@dataclass(frozen=True, slots=True)
class PageAddress:
    """Where a page is, whose it is and how it is set: all that must be known before its organization's door opens."""

    organization_id: UUID
    organization_name: str
    page_id: UUID
    slug: str
    name: str
    time_zone: ZoneInfo
    shows_all: bool = True
    """Each service of its organization; else those that its items name (`app.pages.selection`)."""
    language: PageLanguage = PageLanguage.ENGLISH
    """What its texts are written in, and its own words said in for whoever reads none of the others."""
    languages: tuple[PageLanguage, ...] = (PageLanguage.ENGLISH,)
    """All that it is offered in."""
    spoken: PageLanguage = PageLanguage.ENGLISH
    """The one that whoever asks reads it in (`app.web.languages`)."""
    settings: PageSettings = DEFAULT_SETTINGS
    domain: str | None = None
    """The host that is its own: it is found there, and nowhere else."""
    is_private: bool = False
    access_version: int = 1
    """Raised by whatever changes who may see it."""
    origin: str = ""
    """Scheme, host and port under which it is reached."""
    revision: int = 0
    """Its organization's, of the moment when it was found. What is made of it is kept under that: an answer may be
    newer than its revision, never older. Else a page that is closed meanwhile would be kept as an open one."""

    @property
    def home(self) -> str:
        """The path that all its own begin with, without a slash at the end: "/northwind"; "" on a domain of its own."""
        return "" if self.domain else f"/{self.slug}"

    @property
    def front(self) -> str:
        """The path of the page itself."""
        return self.home or "/"

    @property
    def url(self) -> str:
        """Its absolute address, without a slash at the end."""
        return self.origin + self.home

    @classmethod
    def of_everything(cls, organization_id: UUID, time_zone: ZoneInfo) -> Self:
        """No page that visitors have, but what members see: all of an organization, in its own days."""
        return cls(organization_id, "", organization_id, "", "", time_zone, shows_all=True)


class OfPage:
    """Whatever is shown of a page knows where that is."""

    __slots__ = ()

    address: PageAddress

    @property
    def organization_id(self) -> UUID:
        return self.address.organization_id

    @property
    def organization_name(self) -> str:
        return self.address.organization_name

    @property
    def page_id(self) -> UUID:
        return self.address.page_id

    @property
    def language(self) -> PageLanguage:
        """What its texts are written in."""
        return self.address.language

    @property
    def languages(self) -> tuple[PageLanguage, ...]:
        """All that it is offered in."""
        return self.address.languages

    @property
    def spoken(self) -> PageLanguage:
        """The one that it is shown in."""
        return self.address.spoken

    @property
    def slug(self) -> str:
        return self.address.slug

    @property
    def name(self) -> str:
        return self.address.name

    @property
    def time_zone(self) -> ZoneInfo:
        """Its days begin and end in it."""
        return self.address.time_zone

    @property
    def settings(self) -> PageSettings:
        """How it looks and what it says of itself."""
        return self.address.settings

    @property
    def home(self) -> str:
        """The path that its links begin with, without a slash at the end."""
        return self.address.home

    @property
    def front(self) -> str:
        """The path of the page itself."""
        return self.address.front

    @property
    def url(self) -> str:
        """Its absolute address, without a slash at the end."""
        return self.address.url
