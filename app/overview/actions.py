"""What a new organization's first steps remember."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.overview.models import FirstSteps


def hide_steps(*, by: Actor) -> None:
    """Show nobody of the organization the first steps any more. Twice is once."""
    _note(by, hidden_at=clock.now())


def note_look(*, by: Actor) -> None:
    """Write down that somebody looked at the page. Only the first time counts."""
    _note(by, looked_at=clock.now())


def _note(by: Actor, **moment: datetime) -> None:
    (field,) = moment
    column = FirstSteps.__table__.c[field]
    with organization_scope(by) as scope:
        noting = insert(FirstSteps).values(organization_id=scope.organization_id, **moment)
        noted = scope.session.execute(
            noting.on_conflict_do_update(
                index_elements=["organization_id"], set_=moment, where=column.is_(None)
            ).returning(FirstSteps.organization_id)
        )
        if noted.one_or_none() is not None:
            # Raises no revision: no visitor sees it. Open dashboards notice within a minute.
            scope.record(f"first_steps.{field.removesuffix('_at')}", changes={field: (None, moment[field])})
