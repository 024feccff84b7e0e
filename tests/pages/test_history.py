"""What a page tells of its past: month by month, of one service or of all, and by words."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from app.errors import NotFound
from app.incidents.backdating import PastIncident, PastMessage, enter_incident
from app.incidents.models import Incident
from app.incidents.rules import Stage
from app.maintenance.rules import MaintenanceStage
from app.pages.finding import get_page
from app.pages.history import HistoryMonth, get_history, get_month, search_history
from app.pages.months import by_month, month_after, month_before, read_month
from app.services.history import DOWN_WEIGHTS
from app.services.models import Service
from app.services.rollups.views import DayLengths
from app.services.rules import ServiceStatus
from tests.builders import Team, World
from tests.counting import counted

NOON = datetime(2026, 11, 21, 11, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def traveller() -> Iterator[time_machine.Traveller]:
    """The organization is founded at noon on 21 August."""
    with time_machine.travel(datetime(2026, 8, 21, 10, tzinfo=UTC), tick=False) as moved:
        yield moved


@pytest.fixture
def api(traveller: time_machine.Traveller, team: Team) -> Service:
    """Its first service, added at once."""
    return team.service("API")


@pytest.fixture
def founded(traveller: time_machine.Traveller, team: Team, api: Service) -> Team:
    """The organization three months later: it is 21 November."""
    traveller.move_to(NOON)
    return team


def past(team: Team, title: str, began: datetime, *, hours: float = 1, affects: Service | None = None) -> Incident:
    """An incident that is over, entered afterwards."""
    story = (
        PastMessage(began, Stage.INVESTIGATING, "We are looking into it."),
        PastMessage(began + timedelta(hours=hours), Stage.RESOLVED, "It works again."),
    )
    affected = {affects.id: ServiceStatus.MAJOR_OUTAGE} if affects else {}
    return enter_incident(PastIncident(title=title, messages=story, affected=affected), by=team.actor())


def titles(month: HistoryMonth) -> list[str]:
    return [incident.title for day in month.told for incident in day.incidents]


class TestMonths:
    def test_there_are_as_many_as_there_have_been_and_the_running_one_is_first(self, founded: Team):
        history = get_history(get_page(founded.slug))

        assert [month.days.name for month in history.months] == ["2026-11", "2026-10", "2026-09", "2026-08"]
        assert (history.earlier, history.later) == (None, None)

    def test_there_are_twelve_at_most_with_a_way_further_back(self, founded: Team, traveller: time_machine.Traveller):
        traveller.shift(500 * DAY)

        history = get_history(get_page(founded.slug))

        assert len(history.months) == 12
        assert history.earlier == month_before(history.months[-1].month)
        assert get_month(get_page(founded.slug), date(2026, 8, 1)).earlier is None

    def test_a_month_has_its_days_its_uptime_and_what_began_in_it(self, founded: Team, api: Service):
        past(founded, "Errors", datetime(2026, 10, 10, 8, tzinfo=UTC), hours=24 * 3.1, affects=api)
        past(founded, "Late in the evening", datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
        past(founded, "Early in the morning", datetime(2026, 10, 31, 23, 30, tzinfo=UTC))

        month = get_month(get_page(founded.slug), date(2026, 10, 1)).months[0]

        assert len(month.days.days) == 31
        assert [day.day.day for day in month.days.days if day.status is ServiceStatus.MAJOR_OUTAGE] == [10, 11, 12, 13]
        assert month.days.uptime == pytest.approx(1 - 3.1 * 24 / (31 * 24 + 1))  # the clocks went back
        assert titles(month) == ["Late in the evening", "Errors"]
        assert [day.day.day for day in month.told] == [31, 10]

    def test_a_quiet_month_is_empty(self, founded: Team, api: Service):
        month = get_month(get_page(founded.slug), date(2026, 9, 1)).months[0]

        assert (month.told, month.more, month.days.uptime) == ((), False, 1.0)

    def test_the_first_month_begins_with_the_first_day(self, founded: Team, api: Service):
        month = get_month(get_page(founded.slug), date(2026, 8, 1)).months[0]

        assert [day.day.day for day in month.days.days] == list(range(21, 32))
        assert {day.status for day in month.days.days} == {ServiceStatus.OPERATIONAL}

    @pytest.mark.parametrize("month", [date(2026, 12, 1), date(2026, 7, 1), date(1, 1, 1), date(9999, 12, 1)])
    def test_a_month_that_has_not_come_or_was_before_everything_is_not_found(self, founded: Team, month: date):
        with pytest.raises(NotFound):
            get_month(get_page(founded.slug), month)

    def test_what_is_told_of_before_the_organization_was_here_begins_the_history(self, founded: Team):
        past(founded, "In the old days", datetime(2025, 12, 24, 12, tzinfo=UTC))

        month = get_month(get_page(founded.slug), date(2025, 12, 1)).months[0]

        assert titles(month) == ["In the old days"]
        assert month.days.uptime is None

    def test_of_a_full_month_the_latest_are_shown_and_its_own_page_has_all(
        self, founded: Team, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("app.pages.history.MOST_OF_A_MONTH", 2)
        for number in range(3):
            past(founded, f"Number {number}", datetime(2026, 10, 1 + number, 12, tzinfo=UTC))
        page = get_page(founded.slug)

        together = get_history(page).months[1]
        alone = get_month(page, date(2026, 10, 1)).months[0]

        assert (len(titles(together)), titles(together)[0], together.more) == (2, "Number 2", True)
        assert (len(titles(alone)), alone.more) == (3, False)

    def test_completed_maintenance_is_told_and_other_windows_are_not(
        self, founded: Team, api: Service, traveller: time_machine.Traveller
    ):
        window = founded.maintenance("Network upgrade", api, in_hours=1)
        founded.maintenance("Still to come", api)
        traveller.shift(1.5 * HOUR)
        founded.move_on(window, MaintenanceStage.IN_PROGRESS, "We begin.")
        founded.move_on(window, MaintenanceStage.COMPLETED, "Done.")

        month = get_history(get_page(founded.slug)).months[0]

        assert [one.title for day in month.told for one in day.maintenances] == ["Network upgrade"]

    def test_of_one_service_only_what_touched_it_is_told(self, founded: Team, api: Service):
        web = founded.service("Web")
        past(founded, "API errors", datetime(2026, 10, 10, 8, tzinfo=UTC), affects=api)
        past(founded, "Something else", datetime(2026, 10, 11, 8, tzinfo=UTC))

        page = get_page(founded.slug)

        assert titles(get_history(page, api.id).months[1]) == ["API errors"]
        assert titles(get_history(page, web.id).months[1]) == []

    def test_another_organizations_service_has_no_history_here(self, founded: Team, world: World):
        foreign = world.team("Contoso").service("Theirs")

        for service_id in (foreign.id, uuid4()):
            with pytest.raises(NotFound):
                get_history(get_page(founded.slug), service_id)

    def test_it_takes_the_same_few_statements_however_much_there_is(self, founded: Team, api: Service):
        page = get_page(founded.slug)
        counts = []
        for number in range(2):
            with counted() as statements:
                get_history(page)
            counts.append(len(statements))
            past(founded, f"Number {number}", datetime(2026, 10, 10, 8, tzinfo=UTC), affects=api)

        assert counts == [7, 7]


class TestSearch:
    def test_it_finds_titles_and_messages_with_these_words_the_latest_first(
        self, founded: Team, traveller: time_machine.Traveller
    ):
        founded.incident("Slow queries", message="A replica is behind.")
        traveller.shift(HOUR)
        founded.incident("Replica lost")
        founded.incident("Something else")

        found = search_history(get_page(founded.slug), "replica")

        assert [incident.title for incident in found.incidents] == ["Replica lost", "Slow queries"]
        assert not found.more

    def test_it_finds_nothing_by_what_visitors_may_not_read(self, founded: Team):
        hidden = founded.incident("Checkout", stage="resolved")
        founded.postmortem(hidden, "Somebody tripped over the plug.", published=False)
        shown = founded.incident("Login", stage="resolved")
        founded.postmortem(shown, "Somebody tripped over the cable.")
        gone = founded.incident("Tripped twice")
        founded.delete(gone)
        page = get_page(founded.slug)

        assert [one.title for one in search_history(page, "tripped").incidents] == ["Login"]
        assert [one.title for one in search_history(page, "checkout -plug").incidents] == []
        assert [one.title for one in search_history(page, "checkout").incidents] == ["Checkout"]

    def test_it_finds_nothing_of_another_organization(self, founded: Team, world: World):
        world.team("Contoso").incident("Their replica")

        assert search_history(get_page(founded.slug), "replica").incidents == ()


class TestAddresses:
    @pytest.mark.parametrize("text", ["2026-1", "2026-13", "2026-00", "0000-01", "26-01", "２０２６-01", "2026-1-1"])
    def test_what_is_no_month_is_none(self, text: str):
        assert read_month(text) is None

    def test_a_month_is_its_first_day(self):
        assert read_month("2026-02") == date(2026, 2, 1)

    def test_months_follow_each_other_over_the_year(self):
        assert month_after(date(2026, 12, 31)) == date(2027, 1, 1)
        assert month_before(date(2026, 1, 31)) == date(2025, 12, 1)
        assert month_before(date(2026, 3, 31), 12) == date(2025, 3, 1)

    def test_days_are_told_by_month_the_latest_first(self):
        rows = [DayLengths(date(2026, 1, 31) + number * DAY, None, {}) for number in range(2)]

        assert [(month.name, len(month.days), month.uptime) for month in by_month(rows, DOWN_WEIGHTS)] == [
            ("2026-02", 1, None),
            ("2026-01", 1, None),
        ]
