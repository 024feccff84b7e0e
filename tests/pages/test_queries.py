"""The page view: what a visitor may see, and what it takes to find out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import event, insert

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.errors import NotFound
from app.extensions import db
from app.incidents.models import Incident, IncidentUpdate
from app.incidents.rules import Impact, Stage
from app.maintenance.actions import cancel_maintenance
from app.maintenance.models import Maintenance
from app.maintenance.rules import MaintenanceStage
from app.pages.days import get_day, get_service_history
from app.pages.details import get_incident, get_maintenance
from app.pages.finding import get_page, get_present
from app.pages.queries import build_page, read_page
from app.pages.views import PageView, ServiceView
from app.services.actions import archive_service
from app.services.models import Service, StatusChange
from app.services.rules import ServiceStatus, Source
from tests.builders import Team, World
from tests.counting import counted

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

OPERATIONAL = ServiceStatus.OPERATIONAL
DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    """Time stands still at noon in Berlin, until a test moves it."""
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def view(team: Team) -> PageView:
    return build_page(get_page(team.slug))


def shown(team: Team, service: Service) -> ServiceView:
    return next(one for one in view(team).services if one.id == service.id)


class TestWhatServicesShow:
    def test_services_come_in_the_order_of_groups_and_places(self, team: Team):
        platform, data = team.group("Platform"), team.group("Data")
        team.service("Backups", data)
        team.service("API", platform)
        team.service("Website")
        team.service("Dashboard", platform)

        groups = view(team).groups

        assert [(group.name, [service.name for service in group.services]) for group in groups] == [
            (None, ["Website"]),
            ("Platform", ["API", "Dashboard"]),
            ("Data", ["Backups"]),
        ]

    def test_a_group_shows_its_worst_service(self, team: Team):
        group = team.group("Platform")
        team.service("API", group)
        team.set_status(team.service("Dashboard", group), "partial_outage")

        assert [one.status for one in view(team).groups] == [PARTIAL]

    def test_of_several_incidents_the_worst_counts(self, team: Team):
        api = team.service("API")
        team.incident("Errors", affects={api: "major_outage"})
        slow = team.incident("Slow", affects={api: "degraded_performance"})

        assert shown(team, api).status is MAJOR
        assert [incident.title for incident in view(team).active_incidents] == ["Slow", "Errors"]

        team.resolve(slow)
        assert shown(team, api).status is MAJOR

    def test_resolving_the_worst_leaves_what_the_others_ask(self, team: Team):
        api = team.service("API")
        errors = team.incident("Errors", affects={api: "major_outage"})
        team.incident("Slow", affects={api: "degraded_performance"})

        team.resolve(errors)

        assert shown(team, api).status is DEGRADED
        assert view(team).overall.status is DEGRADED

    def test_an_archived_service_is_gone(self, team: Team):
        api, old = team.service("API"), team.service("Old")

        archive_service(old.id, by=team.actor())

        assert [service.id for service in view(team).services] == [api.id]

    def test_another_organizations_rows_are_not_on_the_page(self, team: Team, world: World):
        other = world.team("Contoso", "contoso")
        other.incident("Theirs", affects={other.service("Their API"): "major_outage"})
        other.maintenance("Their work")

        page = view(team)

        assert (page.groups, page.active_incidents, page.maintenances) == ((), (), ())
        assert page.overall.status is OPERATIONAL


class TestUptimeAndDays:
    def test_a_new_service_has_no_data_before_today(self, team: Team, traveller: time_machine.Traveller):
        api = team.service("API")
        traveller.shift(HOUR)

        days = shown(team, api).days

        assert len(days) == 90
        assert days[-1].day == date(2026, 11, 21)
        assert days[-1].status is OPERATIONAL
        assert {day.status for day in days[:-1]} == {None}

    def test_a_day_has_its_worst_status(self, team: Team, traveller: time_machine.Traveller):
        api = team.service("API")
        traveller.shift(2 * DAY)
        team.set_status(api, "major_outage")
        traveller.shift(timedelta(minutes=1))
        team.set_status(api, "degraded_performance")
        traveller.shift(HOUR)
        team.set_status(api, "operational")
        traveller.shift(DAY)

        assert [day.status for day in shown(team, api).days[-4:]] == [OPERATIONAL, OPERATIONAL, MAJOR, OPERATIONAL]

    def test_uptime_is_the_share_of_the_known_time(self, team: Team, traveller: time_machine.Traveller):
        api = team.service("API")
        traveller.shift(9 * DAY)
        team.set_status(api, "partial_outage")
        traveller.shift(DAY)
        team.set_status(api, "operational")

        assert shown(team, api).uptime == pytest.approx(0.9)

    def test_maintenance_is_taken_out_of_the_uptime(self, team: Team, traveller: time_machine.Traveller):
        api = team.service("API")
        traveller.shift(DAY)
        team.set_status(api, "under_maintenance")
        traveller.shift(DAY)
        team.set_status(api, "operational")

        assert shown(team, api).uptime == 1.0

    def test_what_was_before_the_strip_still_counts_on_its_first_day(
        self, team: Team, traveller: time_machine.Traveller
    ):
        api = team.service("API")
        traveller.shift(DAY)
        team.set_status(api, "major_outage")
        traveller.shift(200 * DAY)

        service = shown(team, api)

        assert {day.status for day in service.days} == {MAJOR}
        assert service.uptime == 0

    @pytest.mark.parametrize(
        ("zone", "bad_day"),
        [("Europe/Berlin", date(2026, 11, 22)), ("UTC", date(2026, 11, 21)), ("Asia/Tokyo", date(2026, 11, 22))],
    )
    def test_days_are_those_of_the_page(self, team: Team, traveller: time_machine.Traveller, zone: str, bad_day: date):
        """Ten minutes from 23:30 UTC are half past midnight in Berlin, and the next morning in Tokyo."""
        api = team.service("API")
        traveller.move_to(NOON.replace(hour=23, minute=30))
        team.set_status(api, "major_outage")
        traveller.shift(timedelta(minutes=10))
        team.set_status(api, "operational")
        traveller.shift(2 * DAY)
        page = replace(get_page(team.slug), time_zone=ZoneInfo(zone))

        (service,) = build_page(page).services

        assert [day.day for day in service.days if day.status is MAJOR] == [bad_day]

    def test_the_history_lists_days_from_today_with_minutes_of_each_fault(
        self, team: Team, traveller: time_machine.Traveller
    ):
        api = team.service("API")
        traveller.shift(DAY)
        team.set_status(api, "partial_outage")
        traveller.shift(timedelta(minutes=7))
        team.set_status(api, "operational")
        traveller.shift(DAY)

        history = get_service_history(get_page(team.slug), api.id)

        assert len(history.days) == 90
        assert history.days[0] == (date(2026, 11, 23), OPERATIONAL, {})
        assert history.days[1] == (date(2026, 11, 22), PARTIAL, {PARTIAL: 7})

    def test_a_day_opens_with_its_spans_and_incidents(self, team: Team, traveller: time_machine.Traveller):
        api, web = team.service("API"), team.service("Web")
        traveller.shift(DAY)
        errors = team.incident("Errors", affects={api: "partial_outage"})
        team.incident("Web is slow", affects={web: "degraded_performance"})
        traveller.shift(HOUR)
        team.resolve(errors)
        traveller.shift(DAY)

        detail = get_day(get_page(team.slug), api.id, date(2026, 11, 22))

        assert detail.status is PARTIAL
        assert [span.status for span in detail.spans] == [OPERATIONAL, PARTIAL, OPERATIONAL]
        assert detail.minutes == ((PARTIAL, 60),)
        assert [incident.title for incident in detail.incidents] == ["Errors"]
        assert sum((span.length for span in detail.spans), timedelta()) == DAY

    @pytest.mark.parametrize("days_ago", [-1, 90, 1000])
    def test_a_day_that_the_strip_does_not_have_is_not_found(self, team: Team, days_ago: int):
        api = team.service("API")
        zone = get_page(team.slug).time_zone

        with pytest.raises(NotFound):
            get_day(get_page(team.slug), api.id, clock.now().astimezone(zone).date() - timedelta(days=days_ago))


class TestIncidents:
    def test_a_resolved_incident_is_on_the_day_it_began(self, team: Team, traveller: time_machine.Traveller):
        incident = team.incident("Night shift")
        traveller.shift(13 * HOUR)
        team.resolve(incident)
        traveller.shift(DAY)

        found = {past.day: [one.title for one in past.incidents] for past in view(team).past_days if past.incidents}

        assert found == {date(2026, 11, 21): ["Night shift"]}

    def test_past_days_are_fourteen_newest_first(self, team: Team, traveller: time_machine.Traveller):
        days = [past.day for past in view(team).past_days]

        assert days == [date(2026, 11, 21) - timedelta(days=number) for number in range(14)]

    def test_what_is_older_than_the_past_days_is_not_read(self, team: Team, traveller: time_machine.Traveller):
        old = team.incident("Long ago")
        team.resolve(old)
        traveller.shift(14 * DAY)

        assert all(not past.incidents for past in view(team).past_days)
        assert get_incident(get_page(team.slug), old.id).title == "Long ago"

    def test_an_open_incident_is_active_however_old(self, team: Team, traveller: time_machine.Traveller):
        team.incident("Still going on")
        traveller.shift(100 * DAY)

        assert [incident.title for incident in view(team).active_incidents] == ["Still going on"]

    def test_updates_come_newest_first(self, team: Team, traveller: time_machine.Traveller):
        incident = team.incident(message="First.")
        for number, message in enumerate(("Second.", "Third."), start=1):
            traveller.shift(number * HOUR)
            team.update(incident, message=message)

        (active,) = view(team).active_incidents

        assert [update.text for update in active.updates] == ["Third.", "Second.", "First."]

    def test_a_deleted_incident_is_nowhere(self, team: Team):
        api = team.service("API")
        incident = team.incident(affects={api: "major_outage"})

        team.delete(incident)

        page = view(team)
        assert page.active_incidents == ()
        assert all(not past.incidents for past in page.past_days)
        assert page.overall.status is OPERATIONAL
        with pytest.raises(NotFound):
            get_incident(get_page(team.slug), incident.id)

    def test_an_incident_names_the_one_it_follows(self, team: Team):
        first = team.incident("Errors")
        team.resolve(first)
        second = team.incident("Errors again", follows=first)

        found = get_incident(get_page(team.slug), second.id)

        assert (found.follows_id, found.follows_title) == (first.id, "Errors")

    def test_an_incident_does_not_name_a_deleted_one(self, team: Team):
        first = team.incident("Errors")
        team.resolve(first)
        second = team.incident("Errors again", follows=first)

        team.delete(first)

        found = get_incident(get_page(team.slug), second.id)
        assert (found.follows_id, found.follows_title) == (None, None)

    def test_another_organizations_incident_is_not_found(self, team: Team, world: World):
        foreign = world.team("Contoso").incident()

        with pytest.raises(NotFound):
            get_incident(get_page(team.slug), foreign.id)

    def test_no_incident_is_found_without_one(self, team: Team):
        with pytest.raises(NotFound):
            get_incident(get_page(team.slug), uuid4())


class TestMaintenance:
    def test_a_window_to_come_is_shown_with_its_services(self, team: Team):
        window = team.maintenance("Network upgrade", team.service("API"))

        (found,) = view(team).maintenances

        assert (found.title, found.starts_at, found.running) == ("Network upgrade", window.starts_at, False)
        assert [service.name for service in found.affected] == ["API"]

    def test_the_soonest_comes_first(self, team: Team):
        team.maintenance("Later", in_hours=48)
        team.maintenance("Sooner", in_hours=24)

        assert [window.title for window in view(team).maintenances] == ["Sooner", "Later"]

    def test_a_window_that_is_over_is_gone(self, team: Team, traveller: time_machine.Traveller):
        team.maintenance("Done long ago", in_hours=1)

        traveller.shift(timedelta(hours=4))

        assert view(team).maintenances == ()

    def test_one_that_runs_over_its_end_is_shown(self, team: Team, traveller: time_machine.Traveller):
        window = team.maintenance("Takes longer", in_hours=1)
        set_stage(team, window, MaintenanceStage.IN_PROGRESS)

        traveller.shift(timedelta(hours=4))

        assert [(one.title, one.running) for one in view(team).maintenances] == [("Takes longer", True)]

    def test_one_that_ended_early_is_gone(self, team: Team):
        set_stage(team, team.maintenance(in_hours=1), MaintenanceStage.COMPLETED)

        assert view(team).maintenances == ()

    def test_of_a_series_the_next_one_is_shown(self, team: Team):
        team.series("FREQ=DAILY", title="Each day")
        team.maintenance("Later", in_hours=240)

        assert [(window.title, window.is_repeating) for window in view(team).maintenances] == [
            ("Each day", True),
            ("Later", False),
        ]

    def test_at_most_ten_are_still_to_come_and_all_that_run(self, team: Team):
        for number in range(12):
            team.maintenance(f"Coming {number}", in_hours=24 + number)
        for number in range(2):
            set_stage(team, team.maintenance(f"Running {number}", in_hours=100), MaintenanceStage.IN_PROGRESS)

        titles = [window.title for window in view(team).maintenances]

        assert titles == ["Running 0", "Running 1", *(f"Coming {number}" for number in range(10))]

    def test_what_was_completed_stands_on_the_day_on_which_it_began(
        self, team: Team, traveller: time_machine.Traveller
    ):
        window = team.maintenance("Certificates", in_hours=1)
        began_on = clock.now().astimezone(BERLIN).date()
        team.move_on(window, "in_progress")
        traveller.shift(timedelta(days=2))
        team.move_on(window, "completed", "All have the new ones.")

        found = {past.day: past.maintenances for past in view(team).past_days if past.maintenances}

        assert [(day, [one.title for one in ones]) for day, ones in found.items()] == [(began_on, ["Certificates"])]
        assert found[began_on][0].updates[0].text == "All have the new ones."
        assert found[began_on][0].duration == timedelta(days=2)

    def test_what_was_cancelled_is_nowhere(self, team: Team):
        cancel_maintenance(team.maintenance().id, by=team.actor())

        page = view(team)

        assert page.maintenances == ()
        assert not any(past.maintenances for past in page.past_days)

    def test_a_day_of_a_service_names_the_windows_that_ran_on_it(self, team: Team):
        api, web = team.service("API"), team.service("Web")
        team.move_on(team.maintenance("Upgrade", api), "in_progress")
        team.maintenance("To come", api)
        today = clock.now().astimezone(BERLIN).date()

        found = [get_day(get_page(team.slug), service.id, today).maintenances for service in (api, web)]

        assert [[window.title for window in one] for one in found] == [["Upgrade"], []]

    def test_a_window_under_its_address_has_all_updates_newest_first(
        self, team: Team, traveller: time_machine.Traveller
    ):
        window = team.maintenance("Upgrade", team.service("API"))
        for number in range(12):
            team.move_on(window, "scheduled", f"Message {number}")
            traveller.shift(timedelta(minutes=1))

        found = get_maintenance(get_page(team.slug), window.id)

        assert [update.text for update in found.updates] == [f"Message {number}" for number in range(11, -1, -1)]
        assert (len(found.latest_updates), found.earlier_updates) == (10, 2)

    def test_another_organizations_window_is_not_found(self, team: Team, world: World):
        foreign = world.team("Contoso", "contoso").maintenance()

        with pytest.raises(NotFound):
            get_maintenance(get_page(team.slug), foreign.id)


class TestAddresses:
    def test_capitals_do_not_matter(self, team: Team):
        assert get_page("NorthWind").slug == "northwind"

    def test_a_private_page_says_so(self, team: Team):
        team.close_page()

        assert get_page("northwind").is_private

    def test_whoever_watches_a_page_is_let_go_when_others_may_see_it_from_now_on(self, team: Team):
        page = get_page("northwind")

        team.close_page()

        with pytest.raises(NotFound):
            get_present(page)


class TestCost:
    def test_a_page_takes_at_most_eight_statements(self, team: Team):
        fill(team, days=30)

        with counted() as sent:
            page = view(team)

        assert len(list(page.services)) == 12
        assert len(sent) <= 8, sent  # two of them find the page behind its slug

    def test_building_takes_at_most_six(self, team: Team):
        fill(team, days=30)
        address = get_page(team.slug)

        with counted() as sent:
            build_page(address)

        assert len(sent) <= 6, sent

    def test_two_years_of_history_take_no_more_than_an_empty_page(self, team: Team):
        address = get_page(team.slug)
        with counted() as empty:
            build_page(address)

        fill(team, days=730)
        with counted() as full:
            build_page(address)

        assert len(full) == len(empty)

    def test_two_years_of_history_read_no_more_rows_than_ninety_days(self, team: Team):
        """Each service has one change and its end on each day, and one that was in force when the strip begins."""
        fill(team, days=730)
        address = get_page(team.slug)
        rows = 0

        def count(*arguments: object) -> None:
            nonlocal rows
            rows += max(getattr(arguments[1], "rowcount", 0), 0)

        event.listen(db.engine, "after_cursor_execute", count)
        try:
            build_page(address)
        finally:
            event.remove(db.engine, "after_cursor_execute", count)

        assert rows < 12 * 90 * 2 + 12 + 300

    def test_a_picture_is_of_one_moment(self, team: Team, monkeypatch: pytest.MonkeyPatch):
        """A change that commits while the page is read is not half in it."""
        api = team.service("API")
        page = get_page(team.slug)
        read_services = read_page.__globals__["read_services"]

        def read_and_change(*asked: object) -> object:
            found = read_services(*asked)
            team.incident("Meanwhile", affects={api: "major_outage"})
            return found

        monkeypatch.setitem(read_page.__globals__, "read_services", read_and_change)
        built = build_page(page)

        assert built.active_incidents == ()
        assert next(built.services).status is OPERATIONAL
        assert get_page(team.slug).revision == built.revision + 1


def set_stage(team: Team, window: Maintenance, stage: MaintenanceStage) -> None:
    with organization_scope(team.actor()) as scope:
        scope.get(Maintenance, window.id).stage = stage


def fill(team: Team, *, days: int) -> None:
    """Twelve services that are degraded for an hour each day, an incident each tenth day, and one that is open."""
    services = [team.service(f"Service {number}") for number in range(12)]
    now = clock.now()
    changes, incidents, updates = [], [], []
    mine = {"organization_id": team.id}
    for number in range(days, 0, -1):
        began = now - timedelta(days=number)
        for service in services:
            for at, old, new in ((began, OPERATIONAL, DEGRADED), (began + HOUR, DEGRADED, OPERATIONAL)):
                changes.append(
                    mine
                    | {"service_id": service.id, "old_status": old, "new_status": new, "at": at}
                    | {"source": Source.MANUAL, "actor_name": "", "comment": ""}
                )
        if number % 10 == 0:
            incident = {"id": uuid4(), "title": f"Incident {number}", "stage": Stage.RESOLVED, "impact": Impact.MINOR}
            incidents.append(
                mine
                | incident
                | {"started_at": began, "resolved_at": began + HOUR, "created_at": began, "created_by_name": ""}
                | {"version": 1}
            )
            updates.append(
                mine
                | {"id": uuid4(), "incident_id": incident["id"], "stage": Stage.RESOLVED, "message": "", "html": ""}
                | {"notify": True, "posted_at": began, "author_name": ""}
            )
    with organization_scope(Actor.worker(team.id)) as scope:
        scope.session.execute(insert(StatusChange), changes)
        scope.session.execute(insert(Incident), incidents)
        scope.session.execute(insert(IncidentUpdate), updates)
    team.incident("Still open", affects={services[0]: "partial_outage"})
    team.maintenance("To come", services[1])
