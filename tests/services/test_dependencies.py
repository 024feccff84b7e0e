"""Which services need which others."""

from itertools import pairwise, product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database.actor import ActorRole
from app.database.ids import new_id
from app.errors import Invalid, NotFound
from app.services.dependencies import MOST_NEEDED, find_circle, get_needs, set_needs
from tests.builders import Team, World
from tests.together import run_together

NODES = [UUID(int=number) for number in range(1, 6)]


def test_what_is_said_last_holds(team: Team):
    api, database, mail = team.service("API"), team.service("Database"), team.service("Mail")

    set_needs(api.id, [database.id], by=team.actor())
    set_needs(api.id, [mail.id], by=team.actor())

    assert get_needs(team.actor(), api.id) == {mail.id}


def test_a_circle_is_refused_and_named(team: Team):
    api, database, disk = team.service("API"), team.service("Database"), team.service("Disk")
    set_needs(api.id, [database.id], by=team.actor())
    set_needs(database.id, [disk.id], by=team.actor())

    with pytest.raises(Invalid) as refusal:
        set_needs(disk.id, [api.id], by=team.actor())

    assert refusal.value.faults == {"needs": "That would be a circle: Disk needs API needs Database needs Disk."}
    assert get_needs(team.actor(), disk.id) == frozenset()


def test_a_service_does_not_need_itself(team: Team):
    api = team.service("API")

    with pytest.raises(Invalid):
        set_needs(api.id, [api.id], by=team.actor())


def test_two_halves_of_a_circle_at_once_make_none(team: Team):
    api, database = team.service("API"), team.service("Database")

    with pytest.raises(Invalid):
        run_together(
            team.world.app,
            [
                lambda: set_needs(api.id, [database.id], by=team.actor()),
                lambda: set_needs(database.id, [api.id], by=team.actor()),
            ],
        )

    assert len(get_needs(team.actor(), api.id) | get_needs(team.actor(), database.id)) == 1


def test_at_most_fifty(team: Team):
    with pytest.raises(Invalid):
        set_needs(team.service().id, [new_id() for _ in range(MOST_NEEDED + 1)], by=team.actor())


def test_another_organizations_service_is_as_good_as_none(team: Team, world: World):
    api, theirs = team.service("API"), world.team("Contoso").service("Theirs")

    for needed in (theirs.id, new_id()):
        with pytest.raises(NotFound):
            set_needs(api.id, [needed], by=team.actor())


def test_a_viewer_is_refused_by_the_database(team: Team):
    api, database = team.service("API"), team.service("Database")

    with pytest.raises(Exception, match="row-level security"):
        set_needs(api.id, [database.id], by=team.actor(ActorRole.VIEWER))


@given(
    st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(NODES)), max_size=5), st.sampled_from(NODES)
)
def test_a_circle_is_found_exactly_where_one_is(needs: dict[UUID, frozenset[UUID]], start: UUID):
    reachable = {(one, other): other in needs.get(one, ()) for one, other in product(NODES, NODES)}
    for through, one, other in product(NODES, NODES, NODES):
        reachable[one, other] |= reachable[one, through] and reachable[through, other]

    circle = find_circle(needs, start)

    assert bool(circle) == reachable[start, start]
    assert all(there in needs[here] for here, there in pairwise(circle))
