"""What a table may name of an organization, and a table that shows it."""

from collections.abc import Iterator

from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import Scope, organization_scope
from app.services.models import Service, ServiceGroup
from app.services.queries import path_column
from app.subscribers.imports.columns import TEMPLATE, Catalogue
from app.text.tables import csv_line

EXAMPLE = "name@example"
"""No address, so that nobody is added for whoever leaves the line in."""


def read_catalogue(scope: Scope) -> Catalogue:
    """What a table may name, a group in another one also by both names. Of two with one name the upper one is meant."""
    services = scope.session.execute(
        select(Service.name, Service.id)
        .where(Service.organization_id == scope.organization_id, Service.archived_at.is_(None))
        .order_by(Service.position.desc())
    ).all()
    groups = scope.session.execute(
        select(ServiceGroup.name, path_column(), ServiceGroup.id)
        .where(ServiceGroup.organization_id == scope.organization_id)
        .order_by(ServiceGroup.position.desc())
    ).all()
    return Catalogue(
        {name.casefold(): row_id for name, row_id in services},
        {called.casefold(): row_id for name, path, row_id in groups for called in (name, path)},
        [*(name for name, _ in reversed(services)), *(path for _, path, _ in reversed(groups))],
    )


def write_template(actor: Actor) -> Iterator[str]:
    """A table with every column, and a line with names of this organization, as CSV."""
    with organization_scope(actor, read_only=True) as scope:
        catalogue = read_catalogue(scope)
    services = [name for name in catalogue.names if name.casefold() in catalogue.services]
    groups = [name for name in catalogue.names if name.casefold() in catalogue.groups]
    yield csv_line(TEMPLATE)
    yield csv_line((EXAMPLE, "; ".join(services[:2]), "; ".join(groups[:1]), "incidents; maintenance", "en"))
