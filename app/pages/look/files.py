"""Keeping the files of a page's look, and giving them to whoever shows the page."""

from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.errors import NotFound
from app.pages.address import PageAddress
from app.pages.look.logos import Picture
from app.pages.look.models import PageFile
from app.pages.models import Page

KEPT_AFTER_USE = timedelta(days=2)
"""Copies of the page may be served for a day while we are away (`app.web.caching`), and ask for what they name."""


def keep_file(scope: Scope, page: Page, file: Picture) -> str:
    """Keep a file, or take back into use what is known already; its name."""
    kept = insert(PageFile).values(
        organization_id=page.organization_id,
        page_id=page.id,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        created_at=clock.now(),
    )
    scope.session.execute(
        kept.on_conflict_do_update(
            index_elements=["organization_id", "page_id", "name"], set_={PageFile.retired_at: None}
        )
    )
    return file.name


def retire_unused_files(scope: Scope, page: Page) -> None:
    """Note which files the page has begun to do without, and delete those that nobody asks for any more."""
    now = clock.now()
    of_page = (PageFile.organization_id == page.organization_id, PageFile.page_id == page.id)
    used = [name for name in (page.logo_light, page.logo_dark, page.favicon, page.style) if name]
    scope.session.execute(
        update(PageFile)
        .where(*of_page, PageFile.name.not_in(used), PageFile.retired_at.is_(None))
        .values(retired_at=now)
    )
    scope.session.execute(delete(PageFile).where(*of_page, PageFile.retired_at < now - KEPT_AFTER_USE))


def get_file(page: PageAddress, name: str) -> PageFile:
    """A file of a page by its name.

    Raises:
        NotFound: there is none.
    """
    with organization_scope(Actor.visitor(page.organization_id), read_only=True) as scope:
        file = scope.session.get(PageFile, (page.organization_id, page.page_id, name))
    if file is None:
        raise NotFound
    return file
