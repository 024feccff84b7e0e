"""What the suggestions are made of, on the real database."""

from app.incidents.rules import Impact, Stage
from app.services.actions import archive_service
from app.services.dependencies import set_needs
from app.services.models import Service
from app.services.queries import get_catalogue
from app.services.rules import ServiceStatus
from app.suggestions.queries import Suggestions, get_suggestions
from tests.builders import Team
from tests.counting import counted


def suggested(team: Team, chosen: dict[Service, str | None], impact: str = "minor", incident=None) -> Suggestions:
    return get_suggestions(
        team.actor(),
        get_catalogue(team.actor()),
        {service.id: ServiceStatus(status) if status else None for service, status in chosen.items()},
        impact=Impact(impact),
        stage=Stage.INVESTIGATING,
        incident_id=incident.id if incident else None,
    )


def test_another_open_incident_is_named_and_the_incidents_own_ask_is_not(team: Team):
    api = team.service("API")
    mine = team.incident("Errors", affects={api: "partial_outage"})
    team.incident("Database down", affects={api: "major_outage"})

    reason = suggested(team, {api: None}, incident=mine).of_services[api.id].reason

    assert reason == "The page shows major outage as long as “Database down” is open."


def test_what_a_service_needs_counts_as_it_shows_now(team: Team):
    api, database = team.service("API"), team.service("Database")
    set_needs(api.id, [database.id], by=team.actor())
    team.set_status(database, "major_outage")

    suggestion = suggested(team, {api: None}).of_services[api.id]

    assert suggestion.status is ServiceStatus.PARTIAL_OUTAGE
    assert suggestion.reason == "It needs Database, which has: major outage."


def test_services_that_need_a_chosen_one_are_proposed_the_worst_first(team: Team):
    api, database, site = team.service("API"), team.service("Database"), team.service("Site")
    set_needs(api.id, [database.id], by=team.actor())
    set_needs(site.id, [api.id], by=team.actor())

    proposals = suggested(team, {database: "major_outage"}).proposals

    assert [(one.name, one.status.value, one.reason) for one in proposals] == [
        ("API", "partial_outage", "needs Database"),
        ("Site", "degraded_performance", "needs API"),
    ]


def test_archived_services_are_not_proposed(team: Team):
    api, database = team.service("API"), team.service("Database")
    set_needs(api.id, [database.id], by=team.actor())
    archive_service(api.id, by=team.actor())

    assert suggested(team, {database: "major_outage"}).proposals == ()


def test_the_statements_do_not_grow_with_the_services(team: Team):
    one, *more = [team.service(f"Service {number}") for number in range(6)]

    assert statements(lambda: suggested(team, {one: None})) == statements(
        lambda: suggested(team, dict.fromkeys([one, *more]))
    )


def statements(call) -> int:
    with counted() as sent:
        call()
    return len(sent)
