"""Members of one organization, each in a browser of their own."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from app import clock
from app.database.actor import Actor
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.delivery.fan_out import write_chunk
from app.delivery.models import Delivery
from app.delivery.notify import notify
from app.delivery.rules import DeliveryState
from app.organizations.rules import Role
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.delivery.conftest import count_again


@pytest.fixture
def home(team: Team) -> str:
    """The dashboard's address."""
    return f"/dashboard/{team.slug}"


@pytest.fixture
def admin(team: Team) -> HttpBrowser:
    return team.founder.browser()


@pytest.fixture
def editor(team: Team) -> HttpBrowser:
    return team.member(Role.EDITOR).browser()


@pytest.fixture
def viewer(team: Team) -> HttpBrowser:
    return team.member(Role.VIEWER).browser()


@pytest.fixture
def told() -> Callable[..., None]:
    """Writes down that everybody was told of all that happened so far; one of them in vain, if a reason is given."""

    def tell(team: Team, failing: str | None = None) -> None:
        with organization_scope(team.actor()) as scope:
            events = scope.session.scalars(select(Event).order_by(Event.created_at)).all()
        for event in events:
            for notification_id in notify(team.id, event.id):
                write_chunk(team.id, notification_id)
        with organization_scope(Actor.worker(team.id)) as scope:
            for delivery in scope.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.PENDING)):
                delivery.state, delivery.sent_at = DeliveryState.SENT, clock.now()
            if failing:
                delivery.state, delivery.sent_at, delivery.error = DeliveryState.FAILED, None, failing
            count_again(scope)

    return tell
