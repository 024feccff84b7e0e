"""What every member may read of the log, and nothing else of it."""

from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from time_machine import travel

from app.audit.activity import ACTIVITY_PAGE, by_day, get_activity
from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope
from app.organizations.rules import Role
from tests.blueprints.reading import read
from tests.builders import Team, World


def sentences(team: Team, role: ActorRole = ActorRole.VIEWER) -> list[str]:
    rows = get_activity(Actor(team.id, role)).rows
    return [f"{row.who} {row.did} {row.name}{row.then}" for row in rows]


def test_members_read_what_happened_but_not_who_came_and_was_asked(team: Team):
    api = team.service("API")
    team.invite("ana@customer.example")
    team.join(team.world.person("Nina Neu"), Role.EDITOR)
    team.subscriber()
    team.set_status(api, "partial_outage")

    assert sentences(team) == ["Mara Lind set API to partial outage", "Mara Lind created the service API"]


@pytest.mark.parametrize("role", [ActorRole.VISITOR, ActorRole.SUBSCRIBER, ActorRole.WORKER])
def test_the_database_tells_nobody_else(team: Team, role: ActorRole):
    team.service("API")

    assert sentences(team, role) == []


def test_it_says_neither_from_where_nor_what_exactly(team: Team):
    with organization_scope(Actor(team.id, ActorRole.VIEWER)) as scope:
        columns = scope.session.execute(text("SELECT * FROM read_activity(NULL, NULL, 1)")).keys()

    assert set(columns) == {"id", "at", "action", "subject_id", "subject_name", "actor_name", "word", "comment"}


def test_another_organization_is_another_story(world: World, team: Team):
    team.service("API")

    assert sentences(world.team("Contoso", "contoso")) == []


def test_it_leads_to_what_is_still_there(team: Team):
    incident = team.incident("Errors")
    gone = team.incident("A mistake")
    team.delete(gone)

    paths = [(row.did, row.path) for row in get_activity(team.actor()).rows]

    assert paths == [
        ("deleted the incident", None),
        ("reported the incident", None),
        ("reported the incident", f"/incidents/{incident.id}"),
    ]


def test_page_by_page_nothing_is_lost_or_told_twice(team: Team):
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            text(
                "INSERT INTO audit_entries (organization_id, id, at, action, subject_name, changes, actor_role,"
                " actor_user_id, actor_name, address) SELECT :organization, gen_random_uuid(),"
                " now() - (number / 3) * interval '1 minute', 'service.edited', number::text, '{}', 'admin',"
                " :user, 'Mara', '' FROM generate_series(1, 120) AS number"
            ),
            {"organization": team.id, "user": team.founder.user_id},
        )

    seen, after = [], None
    while True:
        page = get_activity(team.actor(), after=after)
        seen += [row.name for row in page.rows]
        after = page.next_page
        if after is None:
            break

    assert len(seen) == 120 > ACTIVITY_PAGE
    assert sorted(seen, key=int) == [str(number) for number in range(1, 121)]


def test_days_are_those_of_the_reader(team: Team):
    with travel("2026-11-20T23:30:00Z", tick=False):
        team.service("API")
    rows = get_activity(team.actor()).rows

    in_berlin, in_lisbon = (by_day(rows, ZoneInfo(f"Europe/{city}"))[0].day for city in ("Berlin", "Lisbon"))

    assert (in_berlin.day, in_lisbon.day) == (21, 20)


def test_the_page_tells_it_in_sentences_and_a_viewer_may_read_it(team: Team):
    api = team.service("<b>API</b>")
    home = f"/dashboard/{team.slug}"
    browser = team.member(Role.VIEWER).browser()

    page = read(browser.get(f"{home}/activity").text)

    assert page.one("a", href=f"{home}/services/{api.id}").text == "<b>API</b>"
    assert "Mara Lind created the service <b>API</b>" in page.text
    assert browser.get(f"{home}/activity?after=nonsense").status_code == 404
    assert browser.get(f"{home}/activity?after=2020-01-01T00:00:00%2B00:00_{UUID(int=0)}").status_code == 200
