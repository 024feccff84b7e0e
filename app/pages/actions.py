"""What admins set of a page: a part of its settings, what it shows, its pictures."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from app.database.actor import Actor
from app.database.audit import Changes
from app.database.ids import new_id
from app.database.scope import Scope, organization_scope
from app.errors import Invalid
from app.organizations.membership import check_still_admin
from app.pages.arrangement import Item, ItemKind, without_doubles
from app.pages.look.files import keep_file, retire_unused_files
from app.pages.look.logos import Picture, Slot, make_picture
from app.pages.look.rules import make_style
from app.pages.models import Page, PageItem
from app.pages.parts import Look, Part
from app.services.queries import read_catalogue

MOST_ITEMS = 500
NO_PICTURE = "No file was chosen. Choose one for any of the three places."


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
        Invalid: a file is no picture that we take; or there is neither a file nor anything to take away.
        NotFound: no such page.
        Denied: whoever asks is no admin any more.
    """
    if not uploads and not removed:
        raise Invalid({"logo_light": NO_PICTURE})
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
