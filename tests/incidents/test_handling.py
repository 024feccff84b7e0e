"""Who is handling an incident."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Invalid, InvalidTransition
from app.incidents.handling import set_handler
from app.incidents.models import Incident
from app.incidents.queries import get_incident
from app.incidents.relations import list_handlers
from app.organizations.models import Membership
from app.organizations.rules import Role
from tests.builders import Team, World


def handler(team: Team, incident: Incident) -> str | None:
    row = get_incident(team.actor(), incident.id).handler
    return row.name if row else None


def test_somebody_takes_it_hands_it_over_and_gives_it_up(team: Team):
    incident, jonas = team.incident(), team.member(Role.EDITOR)
    handlers = []

    for user_id in (team.founder.user_id, jonas.user_id, None):
        set_handler(incident.id, user_id, by=team.actor())
        handlers.append(handler(team, incident))

    assert handlers == ["Mara Lind", "Jonas Berg", None]


def test_it_is_no_conflict_for_who_writes_meanwhile_and_no_news_for_visitors(team: Team):
    incident = team.incident()
    seen = get_incident(team.actor(), incident.id).version

    set_handler(incident.id, team.founder.user_id, by=team.actor())

    team.update(incident, seen_version=seen)
    with organization_scope(team.actor()) as scope:
        event = scope.session.scalars(select(Event).where(Event.kind == "incident.handed_over")).one()
    assert event.visible is False


def test_whoever_is_a_member_no_more_handles_nothing(team: Team):
    incident, jonas = team.incident(), team.member(Role.EDITOR)
    set_handler(incident.id, jonas.user_id, by=team.actor())

    with organization_scope(team.actor()) as scope:
        scope.session.execute(delete(Membership).where(Membership.user_id == jonas.user_id))

    assert handler(team, incident) is None


def test_those_who_may_post_are_offered_and_nobody_else(team: Team, world: World):
    jonas = team.member(Role.EDITOR)
    team.member(Role.VIEWER)
    world.team("Contoso", "contoso")

    assert [(one.user_id, one.name) for one in list_handlers(team.actor())] == [
        (jonas.user_id, "Jonas Berg"),
        (team.founder.user_id, "Mara Lind"),
    ]


def test_a_viewer_cannot_handle_an_incident(team: Team):
    incident, vera = team.incident(), team.member(Role.VIEWER)

    with pytest.raises(Invalid, match="Choose an editor or an admin"):
        set_handler(incident.id, vera.user_id, by=team.actor())


@pytest.mark.parametrize("whose", ["nobody's", "another organization's"])
def test_who_is_no_member_is_handed_nothing(team: Team, world: World, whose: str):
    incident = team.incident()
    user_id: UUID = uuid4() if whose == "nobody's" else world.team("Contoso", "contoso").founder.user_id

    with pytest.raises(Invalid, match="no member any more"):
        set_handler(incident.id, user_id, by=team.actor())


def test_nobody_has_to_handle_what_is_over(team: Team):
    incident = team.resolve(team.incident())

    with pytest.raises(InvalidTransition, match="nobody has to handle it"):
        set_handler(incident.id, team.founder.user_id, by=team.actor())
