"""What may still be taken."""

from sqlalchemy import exists, select

from app.database.scope import system_scope
from app.organizations.models import Organization
from app.pages.models import Page


def is_slug_taken(slug: str) -> bool:
    """Whether an organization or a page of anybody has this address already."""
    with system_scope("addresses are one namespace over all organizations") as scope:
        taken = select(exists().where(Organization.slug == slug) | exists().where(Page.slug == slug))
        return bool(scope.session.scalar(taken))
