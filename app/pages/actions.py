"""What admins set of a page. Each part of the settings is a value; what is wrong with it is known before it is kept.

The same functions that keep a value make the preview of it (`app.pages.previews`): `settle` writes it to a page's row,
leaving out what is faulty.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import delete, insert, select

from app.database.actor import Actor
from app.database.audit import Changes
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.organizations.membership import check_still_admin
from app.organizations.rules import is_time_zone
from app.pages.arrangement import Item, ItemKind, without_doubles
from app.pages.look.files import keep_file, retire_unused_files
from app.pages.look.logos import Picture, Slot, make_picture
from app.pages.look.rules import check_look, make_style
from app.pages.models import Page, PageItem
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
from app.services.queries import read_catalogue
from app.text.markdown import render_markdown

MOST_ITEMS = 500

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
        page.visitor_time_zone, page.shows_uptime, page.noindex = (
            self.visitor_time_zone,
            self.shows_uptime,
            self.noindex,
        )


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


def edit_page(page_id: UUID, part: Part, *, by: Actor) -> None:
    """Set a part of a page's settings.

    Raises:
        Invalid: a field is refused.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    if faults := part.faults():
        raise Invalid(faults)
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page = scope.lock(Page, page_id)
        part.settle(page)
        if isinstance(part, Look):
            _keep_style(scope, page)
        _finish(scope, page)


def choose_services(page_id: UUID, items: Sequence[Item] | None, *, by: Actor) -> None:
    """Say what a page shows and in which order: what is named, or everything in the organization's order (None).

    Raises:
        Invalid: more is named than a page may name.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page = scope.lock(Page, page_id)
        changes = settle_selection(scope, page, items)
        scope.record("page.edited", page, name=page.name, changes=changes)
        scope.emit("page.edited", {"page_id": str(page.id)})


def settle_selection(scope: Scope, page: Page, items: Sequence[Item] | None) -> Changes:
    """Write what a page names, and say what of it has changed. Kept when everything is shown: one can go back to it."""
    mine = (PageItem.organization_id == page.organization_id, PageItem.page_id == page.id)
    page.shows_all = items is None
    if items is None:
        return {}
    catalogue = read_catalogue(scope)
    named = without_doubles(items, catalogue)
    if len(named) > MOST_ITEMS:
        raise Invalid({"items": f"Name at most {MOST_ITEMS} services and groups; take whole groups."})
    before = [
        row.service_id or row.group_id
        for row in scope.session.scalars(select(PageItem).where(*mine).order_by(PageItem.position))
    ]
    after = [item.id for item in named]
    if before == after:
        return {}
    scope.session.execute(delete(PageItem).where(*mine))
    rows = [
        {
            "organization_id": page.organization_id,
            "id": new_id(),
            "page_id": page.id,
            "service_id": item.id if item.kind is ItemKind.SERVICE else None,
            "group_id": item.id if item.kind is ItemKind.GROUP else None,
            "position": position,
        }
        for position, item in enumerate(named, start=1)
    ]
    if rows:
        scope.session.execute(insert(PageItem), rows)
    names = {group.id: group.path for group in catalogue.named_groups}
    names |= {service.id: service.name for service in (*catalogue.services, *catalogue.archived)}
    return {"items": ([names.get(one) for one in before], [names.get(one) for one in after])}


def set_pictures(page_id: UUID, uploads: Mapping[Slot, bytes], removed: Collection[Slot] = (), *, by: Actor) -> None:
    """Give a page other logos or another favicon, or take them away.

    Raises:
        Invalid: a file is no picture that we take.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    pictures = make_pictures(uploads)
    with organization_scope(by) as scope:
        check_still_admin(scope)
        page = scope.lock(Page, page_id)
        for slot in removed:
            setattr(page, slot.value, None)
        for slot, picture in pictures.items():
            setattr(page, slot.value, keep_file(scope, page, picture))
        retire_unused_files(scope, page)
        _finish(scope, page)


def make_pictures(uploads: Mapping[Slot, bytes]) -> Mapping[Slot, Picture]:
    """What is made of uploaded files.

    Raises:
        Invalid: some are no pictures that we take; each is named.
    """
    pictures: dict[Slot, Picture] = {}
    faults: dict[str, str] = {}
    for slot, upload in uploads.items():
        try:
            pictures[slot] = make_picture(slot, upload)
        except Invalid as refusal:
            faults |= refusal.faults
    if faults:
        raise Invalid(faults)
    return pictures


def _keep_style(scope: Scope, page: Page) -> None:
    """Make the style sheet anew of what the page has now."""
    style = make_style(page.accent_light, page.accent_dark, page.css)
    page.style = keep_file(scope, page, style) if style else None
    retire_unused_files(scope, page)


def _finish(scope: Scope, page: Page) -> None:
    scope.record("page.edited", page, name=page.name)
    scope.emit("page.edited", {"page_id": str(page.id)})
