"""A page as it would be with settings that nobody has saved: built like the real one, and nothing of it is kept."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from app.database.actor import Actor, ActorRole
from app.database.scope import Scope, organization_scope
from app.errors import Invalid, NotFound
from app.organizations.models import Organization
from app.pages.actions import make_pictures, settle_selection
from app.pages.arrangement import Item
from app.pages.finding import address_of
from app.pages.look.logos import Slot
from app.pages.look.rules import style_text
from app.pages.models import Page
from app.pages.parts import Look, Part
from app.pages.queries import read_page
from app.pages.settings import PageSettings
from app.pages.views import PageView


@dataclass(frozen=True, slots=True)
class Preview:
    """The page, with its own style sheet as text: what is not saved has no address."""

    page: PageView
    style: str
    faulty: bool = False
    """Whether something of what was asked for cannot be, and is left out."""


def preview_part(page_id: UUID, part: Part, *, by: Actor) -> Preview:
    """The page with a part of its settings as they are in a form. What is faulty there stays as it was.

    Raises:
        NotFound: no such page.
    """
    faults = part.faults()
    css = part.css if isinstance(part, Look) else None  # of which what can be kept is shown
    return _preview(page_id, by, lambda _, page: part.settle(page, faults.keys()), css=css, faulty=bool(faults))


def preview_selection(page_id: UUID, items: Sequence[Item] | None, *, by: Actor) -> Preview:
    """The page with other services, or in another order.

    Raises:
        NotFound: no such page.
        Invalid: more is named than a page may name.
    """
    return _preview(page_id, by, lambda scope, page: settle_selection(scope, page, items))


def preview_pictures(page_id: UUID, uploads: Mapping[Slot, bytes], removed: Sequence[Slot], *, by: Actor) -> Preview:
    """The page with other logos, or without.

    Raises:
        NotFound: no such page.
    """
    try:
        pictures, faulty = make_pictures(uploads), False
    except Invalid:
        pictures, faulty = {}, True
    shown = dict.fromkeys(removed, "") | {
        slot: f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"
        for slot, picture in pictures.items()
    }

    def adapt(settings: PageSettings) -> PageSettings:
        light = shown.get(Slot.LOGO_LIGHT, settings.logo_light)
        dark = shown.get(Slot.LOGO_DARK, settings.logo_dark)
        return replace(settings, logo_light=light or dark, logo_dark=dark or light)

    return _preview(page_id, by, lambda _, __: None, adapt, faulty=faulty)


def _preview(
    page_id: UUID,
    by: Actor,
    settle: Callable[[Scope, Page], object],
    adapt: Callable[[PageSettings], PageSettings] = lambda settings: settings,
    *,
    css: str | None = None,
    faulty: bool = False,
) -> Preview:
    with organization_scope(by) as scope:
        found = scope.session.execute(
            select(Page, Organization.name)
            .join(Organization, Organization.id == Page.organization_id)
            .where(Page.organization_id == scope.organization_id, Page.id == page_id)
            .options(undefer(Page.css))
        ).one_or_none()
        if found is None:
            raise NotFound
        page, organization_name = found
        settle(scope, page)
        scope.session.flush()
        # From here on it is read as visitors read it.
        scope.session.execute(select(func.set_config("app.actor_role", ActorRole.VISITOR.value, True)))
        address = address_of(page, organization_name)
        address = replace(address, settings=adapt(replace(address.settings, style_url="")))
        shown = read_page(scope, address)
        style = style_text(page.accent_light, page.accent_dark, page.css if css is None else css)
        scope.session.rollback()
    return Preview(shown, style, faulty)
