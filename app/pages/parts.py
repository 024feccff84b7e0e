"""The parts of a page's settings, each a value: what is wrong with it is known before it is kept.

The same values make a preview of them (`app.pages.previews`): `settle` writes one to a page's row, leaving out what is
faulty. Two parts stand with the rest of what they are about: `Weighing` in `app.pages.weights` and `Languages` in
`app.pages.languages`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.organizations.rules import is_time_zone
from app.pages.look.rules import check_look
from app.pages.models import Page
from app.pages.settings import (
    MOST_HEADER_LINKS,
    PAST_DAYS_OFFERED,
    HeaderLink,
    Theme,
    check_footer,
    check_header_links,
    check_page_name,
    check_support_address,
    support_link,
)
from app.text.markdown import render_markdown

Faults = Mapping[str, str]
"""What is wrong, by the name of the field."""


class Part(Protocol):
    """A part of a page's settings."""

    def faults(self) -> Faults: ...
    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        """Write it to the row, but for the fields named."""


@dataclass(frozen=True, slots=True)
class Basics:
    """What a page is called, in which days it lives, and what it tells of them. `past_days` as it was chosen."""

    name: str
    time_zone: str
    visitor_time_zone: bool
    past_days: int | None
    shows_uptime: bool
    noindex: bool
    shows_response_times: bool = False

    def faults(self) -> Faults:
        faults = {}
        if fault := check_page_name(self.name):
            faults["name"] = fault
        if not is_time_zone(self.time_zone):
            faults["time_zone"] = "Choose a time zone from the list."
        if self.past_days not in PAST_DAYS_OFFERED:
            faults["past_days"] = "Choose a number of days from the list."
        return faults

    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        if "name" not in without:
            page.name = self.name
        if "time_zone" not in without:
            page.time_zone = self.time_zone
        if "past_days" not in without and self.past_days is not None:
            page.past_days = self.past_days
        page.visitor_time_zone, page.noindex = self.visitor_time_zone, self.noindex
        page.shows_uptime, page.shows_response_times = self.shows_uptime, self.shows_response_times


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around a page's content. `header_links` has a place for each line of the form, empty ones too."""

    header_links: tuple[HeaderLink, ...]
    support_address: str
    footer: str
    powered_by: bool

    def faults(self) -> Faults:
        faults = check_header_links(self.header_links)
        if fault := check_support_address(support_link(self.support_address)):
            faults["support_address"] = fault
        if fault := check_footer(self.footer):
            faults["footer"] = fault
        return faults

    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        links = enumerate(self.header_links[:MOST_HEADER_LINKS])
        page.header_links = [
            {"label": link.label, "url": link.url}
            for place, link in links
            if not {f"label_{place}", f"link_{place}"}.intersection(without) and (link.label or link.url)
        ]
        if "support_address" not in without:
            page.support_address = support_link(self.support_address)
        if "footer" not in without:
            page.footer, page.footer_html = self.footer, render_markdown(self.footer)
        page.powered_by = self.powered_by


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and custom CSS. An accent is empty where ours is kept; the dark one also where the light one makes it."""

    theme: Theme
    accent_light: str
    accent_dark: str
    css: str

    def faults(self) -> Faults:
        return check_look(self.accent_light, self.accent_dark, self.css)

    def settle(self, page: Page, without: Collection[str] = ()) -> None:
        page.theme = self.theme
        if "accent_light" not in without:
            page.accent_light = self.accent_light
        if "accent_dark" not in without:
            page.accent_dark = self.accent_dark
        if "css" not in without:
            page.css = self.css
