"""What is entered later stands in the past as if it had been said in time: decision 0018."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from time_machine import travel

from app import clock
from app.database.outbox import Event
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, InvalidTransition
from app.incidents.actions import NewIncident, NewUpdate, post_update, report_incident
from app.incidents.backdating import PastIncident, PastMessage, enter_incident, move_start, move_update
from app.incidents.models import Incident, IncidentService
from app.incidents.queries import get_incident
from app.incidents.rules import Impact, Stage
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.services.history import Change, SpanView, spans
from app.services.models import Service, ServiceClaim, StatusChange
from app.services.queries import read_changes
from app.services.rules import ServiceStatus
from tests.builders import Team
from tests.examples import examples

BEGIN = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2)
"""When the teams of these tests began."""
NOW = BEGIN + timedelta(hours=10)


def at(minutes: int) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def service(team: Team, name: str = "API") -> Service:
    with travel(BEGIN, tick=False):
        return team.service(name)


def history(team: Team, service: Service) -> list[tuple[int, str]]:
    """What its days are made from: minutes since the beginning, and what it showed from then on."""
    return [(int((span.starts_at - BEGIN) / timedelta(minutes=1)), str(span.status)) for span in seen(team, service)]


def seen(team: Team, service: Service) -> tuple[SpanView, ...]:
    with organization_scope(team.actor(), read_only=True) as scope:
        changes: list[Change] = read_changes(scope, BEGIN, service.id)[service.id]
    return spans(changes, service.created_at, start=BEGIN, end=NOW, now=NOW + timedelta(days=1))


def past(team: Team, *messages: tuple[int, str], **values: object) -> Incident:
    """An incident entered now; each message is minutes and stage."""
    story = tuple(PastMessage(at(minutes), Stage(stage), f"It is {stage}.") for minutes, stage in messages)
    values.setdefault("title", "Errors")
    with travel(NOW, tick=False):
        return enter_incident(PastIncident(messages=story, **values), by=team.actor())


def events(team: Team) -> list[tuple[str, bool]]:
    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(select(Event).where(Event.kind.like("incident.%")).order_by(Event.revision))
        return [(event.kind, event.payload.get("notify", False)) for event in rows]


def test_an_incident_of_the_past_is_entered_with_its_whole_story_in_one_go(team: Team):
    api = service(team)

    incident = past(
        team,
        (60, "investigating"),
        (70, "identified"),
        (120, "resolved"),
        affected={api.id: ServiceStatus.MAJOR_OUTAGE},
    )

    assert (incident.started_at, incident.resolved_at, incident.stage) == (at(60), at(120), "resolved")
    updates = get_incident(team.actor(), incident.id).updates
    assert [(one.posted_at, one.stage) for one in updates] == [
        (at(120), "resolved"), (at(70), "identified"), (at(60), "investigating"),
    ]  # fmt: skip
    assert history(team, api) == [(0, "operational"), (60, "major_outage"), (120, "operational")]
    assert team.status_of(api) == "operational"


def test_subscribers_hear_nothing_of_the_past_unless_somebody_asks_for_it(team: Team):
    past(team, (60, "investigating"), (120, "resolved"))
    past(team, (60, "investigating"), (120, "resolved"), notify=True)

    assert events(team) == [("incident.created", False), ("incident.created", True)]


def test_an_incident_of_the_past_may_be_still_open(team: Team):
    api = service(team)

    incident = past(team, (60, "investigating"), affected={api.id: ServiceStatus.PARTIAL_OUTAGE})

    assert incident.resolved_at is None
    assert team.status_of(api) == "partial_outage"
    assert history(team, api) == [(0, "operational"), (60, "partial_outage")]
    with organization_scope(team.actor()) as scope:
        assert scope.get(Service, api.id).status_since == at(60)


def test_the_same_form_enters_it_once(team: Team):
    form_id = uuid4()

    first, second = (past(team, (60, "investigating"), form_id=form_id) for _ in range(2))

    assert first.id == second.id


def test_what_is_wrong_with_a_story_is_said_beside_the_message_that_it_is_about(team: Team):
    with pytest.raises(Invalid) as refusal:
        past(team, (60, "investigating"), (50, "monitoring"), (60 * 11, "resolved"), title="")

    assert set(refusal.value.faults) == {"title", "monitoring_at", "resolved_at"}


def test_an_incident_reported_late_began_earlier_and_is_told_now(team: Team):
    api = service(team)
    new = NewIncident(
        "Errors", "We look.", affected={api.id: ServiceStatus.MAJOR_OUTAGE}, started_at=at(90), impact=Impact.MINOR
    )

    with travel(at(120), tick=False):
        incident = report_incident(new, by=team.actor())

    update = get_incident(team.actor(), incident.id).updates[0]
    assert (incident.started_at, update.posted_at) == (at(90), at(120))
    assert history(team, api) == [(0, "operational"), (90, "major_outage")]
    assert events(team) == [("incident.created", True)]


def test_an_end_that_was_earlier_than_its_message_gives_the_minutes_back(team: Team):
    api = service(team)
    with travel(at(60), tick=False):
        incident = team.incident(affects={api: "major_outage"})

    with travel(at(120), tick=False):
        new = NewUpdate(Stage.RESOLVED, "It was over by then.", posted_at=at(80), notify=False)
        resolved = post_update(incident.id, new, by=team.actor())

    assert resolved.resolved_at == at(80)
    assert history(team, api) == [(0, "operational"), (60, "major_outage"), (80, "operational")]


def test_a_forgotten_message_takes_its_place_and_its_services_with_it(team: Team):
    api = service(team)
    with travel(at(60), tick=False):
        incident = team.incident(affects={api: "degraded_performance"})
    with travel(at(120), tick=False):
        team.update(incident, "identified", affects={api: "degraded_performance"})
    with travel(at(180), tick=False):
        team.resolve(incident)

    with travel(NOW, tick=False):
        worse = {api.id: ServiceStatus.MAJOR_OUTAGE}
        new = NewUpdate(Stage.INVESTIGATING, "It is worse.", affected=worse, posted_at=at(90), notify=False)
        post_update(incident.id, new, by=team.actor())

    assert history(team, api) == [
        (0, "operational"), (60, "degraded_performance"), (90, "major_outage"), (120, "degraded_performance"),
        (180, "operational"),
    ]  # fmt: skip
    detail = get_incident(team.actor(), incident.id)
    assert [one.message for one in detail.updates] == [
        "It works again.", "We found the cause.", "It is worse.", "We are looking into it.",
    ]  # fmt: skip
    assert detail.row.stage == "resolved"
    assert team.status_of(api) == "operational"


def test_the_day_that_visitors_open_tells_what_was_learnt_later(team: Team):
    api = service(team)
    past(team, (60, "investigating"), (120, "resolved"), affected={api.id: ServiceStatus.MAJOR_OUTAGE})

    page = build_page(get_page(team.slug))

    shown = next(page.services)
    assert "major_outage" in [day.status for day in shown.days]
    assert shown.uptime is not None
    assert shown.uptime < 1


@pytest.mark.parametrize(
    ("minutes", "stage", "field"),
    [
        (30, "investigating", "posted_at"),
        (60 * 24 * 9, "investigating", "posted_at"),
        (90, "monitoring", "posted_at"),
        (200, "monitoring", "posted_at"),
    ],
)
def test_a_message_that_fits_nowhere_is_refused_and_changes_nothing(team: Team, minutes: int, stage: str, field: str):
    incident = past(team, (60, "investigating"), (120, "identified"), (180, "resolved"))

    new = NewUpdate(Stage(stage), "Late.", posted_at=at(minutes), notify=False)
    with travel(NOW, tick=False), pytest.raises(Invalid) as refusal:
        post_update(incident.id, new, by=team.actor())

    assert list(refusal.value.faults) == [field]
    assert len(get_incident(team.actor(), incident.id).updates) == 3


def test_people_are_told_of_the_newest_message_only(team: Team):
    incident = past(team, (60, "investigating"), (120, "identified"))

    with travel(NOW, tick=False), pytest.raises(Invalid) as refusal:
        post_update(incident.id, NewUpdate(Stage.INVESTIGATING, "Late.", posted_at=at(90)), by=team.actor())

    assert list(refusal.value.faults) == ["notify"]


def test_an_earlier_message_by_somebody_who_was_overtaken_is_held_back_like_any_other(team: Team):
    incident = past(team, (60, "investigating"))
    seen_version = get_incident(team.actor(), incident.id).version
    new = NewUpdate(Stage.INVESTIGATING, "Late.", posted_at=at(90), notify=False, seen_version=seen_version)
    with travel(NOW, tick=False):
        team.update(incident)

    with travel(NOW, tick=False), pytest.raises(Conflict, match="Your text is kept"):
        post_update(incident.id, new, by=team.actor())


def test_an_incident_that_began_earlier_takes_its_services_along(team: Team):
    api = service(team)
    with travel(at(60), tick=False):
        incident = team.incident(affects={api: "major_outage"})

    with travel(at(120), tick=False):
        move_start(incident.id, at(30), by=team.actor())
    moved_on = history(team, api)
    with travel(at(120), tick=False):
        moved = move_start(incident.id, at(50), by=team.actor())

    assert moved_on == [(0, "operational"), (30, "major_outage")]
    assert history(team, api) == [(0, "operational"), (50, "major_outage")]
    assert moved.started_at == at(50)
    assert [one.posted_at for one in get_incident(team.actor(), incident.id).updates] == [at(60)]


def test_an_incident_does_not_begin_after_its_first_message(team: Team):
    incident = past(team, (60, "investigating"))

    with travel(NOW, tick=False), pytest.raises(Invalid) as refusal:
        move_start(incident.id, at(61), by=team.actor())

    assert list(refusal.value.faults) == ["started_at"]


def test_an_end_that_was_posted_late_is_moved_to_when_it_was(team: Team):
    api = service(team)
    with travel(at(60), tick=False):
        incident = team.incident(affects={api: "major_outage"})
    with travel(at(120), tick=False):
        team.resolve(incident)
    end = get_incident(team.actor(), incident.id).updates[0]

    with travel(NOW, tick=False):
        moved = move_update(incident.id, end.id, at(80), by=team.actor())

    assert moved.resolved_at == at(80)
    assert history(team, api) == [(0, "operational"), (60, "major_outage"), (80, "operational")]
    row = get_incident(team.actor(), incident.id).updates[0]
    assert (row.posted_at, row.entered_at) == (at(80), at(120))


def test_a_message_takes_what_it_said_of_services_along(team: Team):
    api = service(team)
    with travel(at(60), tick=False):
        incident = team.incident(affects={api: "degraded_performance"})
    with travel(at(120), tick=False):
        team.update(incident, affects={api: "major_outage"})
    worse = get_incident(team.actor(), incident.id).updates[0]

    with travel(NOW, tick=False):
        move_update(incident.id, worse.id, at(90), by=team.actor())

    assert history(team, api) == [(0, "operational"), (60, "degraded_performance"), (90, "major_outage")]
    assert team.status_of(api) == "major_outage"


def test_a_time_that_is_saved_as_it_was_shown_moves_nothing(team: Team):
    with travel(at(60) + timedelta(seconds=40), tick=False):
        incident = team.incident()
    update = get_incident(team.actor(), incident.id).updates[0]

    with travel(NOW, tick=False):
        move_start(incident.id, at(60), by=team.actor())
        move_update(incident.id, update.id, at(60), by=team.actor())

    assert get_incident(team.actor(), incident.id).version == 1


def test_a_message_is_not_moved_to_where_it_does_not_fit(team: Team):
    incident = past(team, (60, "investigating"), (120, "identified"), (180, "resolved"))
    updates = get_incident(team.actor(), incident.id).updates

    for update, minutes in ((updates[0], 110), (updates[1], 190), (updates[2], 30), (updates[2], 130)):
        with travel(NOW, tick=False), pytest.raises(Invalid) as refusal:
            move_update(incident.id, update.id, at(minutes), by=team.actor())
        assert list(refusal.value.faults) == ["posted_at"]


def test_what_happened_before_a_service_was_there_says_nothing_of_it(team: Team):
    with travel(at(90), tick=False):
        late = team.service("Late")

    past(team, (60, "investigating"), (120, "resolved"), affected={late.id: ServiceStatus.MAJOR_OUTAGE})

    assert history(team, late) == [(0, "None"), (90, "major_outage"), (120, "operational")]


def test_members_see_what_was_entered_later(team: Team):
    api = service(team)
    past(team, (60, "investigating"), (120, "resolved"), affected={api.id: ServiceStatus.MAJOR_OUTAGE})

    with organization_scope(team.actor()) as scope:
        rows = scope.session.scalars(
            select(StatusChange).where(StatusChange.service_id == api.id).order_by(StatusChange.at)
        ).all()

    assert [(row.at, row.entered_at, row.actor_name) for row in rows][1:] == [
        (at(60), NOW, "Mara Lind"), (at(120), NOW, "Mara Lind"),
    ]  # fmt: skip


# A story of what really happened, told twice: by one team in time, by the other in any order afterwards.

statuses = st.sampled_from([one for one in ServiceStatus if one is not ServiceStatus.UNDER_MAINTENANCE])
asked = st.dictionaries(st.integers(0, 1), statuses, max_size=2)
incident_story = st.tuples(
    st.integers(1, 200),
    st.lists(st.tuples(st.integers(1, 60), asked), min_size=1, max_size=3),
    st.booleans(),
)
by_hand = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 1), statuses), max_size=3)


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(incident_story, min_size=1, max_size=3), by_hand, st.randoms(use_true_random=False))
def test_the_history_is_as_if_everything_had_been_said_in_time(world, stories, set_by_hand, random):
    in_time, later = world.team("In time"), world.team("Later")
    told = [tell_in_time(in_time, stories, set_by_hand), tell_later(later, stories, set_by_hand, random)]

    for first, second in zip(*told, strict=True):
        assert seen(in_time, first) == seen(later, second)
        assert in_time.status_of(first) == later.status_of(second)
        assert_settled(later, second)


def tell_in_time(team: Team, stories, set_by_hand) -> list[Service]:
    services = [service(team, name) for name in ("API", "Web")]
    happened = []
    incidents: dict[int, Incident] = {}
    for number, (start, messages, ends) in enumerate(stories):
        minutes = start
        for place, (gap, affected) in enumerate(messages):
            chosen = {services[index].id: status for index, status in affected.items()}
            happened.append((minutes, 1, number, place, chosen, ends and place == len(messages) - 1))
            minutes += gap
    happened += [(minutes, 0, index, status) for minutes, index, status in set_by_hand]
    for step in sorted(happened, key=lambda step: step[:2]):
        with travel(at(step[0]), tick=False):
            if step[1] == 0:
                team.set_status(services[step[2]], step[3])
            else:
                _, _, number, place, chosen, is_end = step
                stage = Stage.RESOLVED if is_end else Stage.INVESTIGATING
                if place == 0:
                    new = NewIncident("Errors", "Said.", stage, affected=chosen)
                    incidents[number] = report_incident(new, by=team.actor())
                else:
                    post_update(incidents[number].id, NewUpdate(stage, "Said.", chosen), by=team.actor())
    return services


def tell_later(team: Team, stories, set_by_hand, random) -> list[Service]:
    """The settings by hand come in time, the incidents afterwards, their messages in any order."""
    services = [service(team, name) for name in ("API", "Web")]
    for minutes, index, status in sorted(set_by_hand, key=lambda step: step[0]):
        with travel(at(minutes), tick=False):
            team.set_status(services[index], status)
    with travel(NOW, tick=False):
        for start, messages, ends in random.sample(stories, len(stories)):
            tell_one_later(team, services, start, messages, ends, random)
    return services


def tell_one_later(team: Team, services: list[Service], start: int, messages, ends: bool, random) -> None:
    minutes, said = start, []
    for place, (gap, affected) in enumerate(messages):
        stage = Stage.RESOLVED if ends and place == len(messages) - 1 else Stage.INVESTIGATING
        said.append((minutes, stage, {services[index].id: status for index, status in affected.items()}))
        minutes += gap
    (first, stage, chosen), rest = said[0], said[1:]
    story = (PastMessage(at(first), stage, "Said."),)
    incident = enter_incident(PastIncident("Errors", story, affected=chosen), by=team.actor())
    random.shuffle(rest)
    for minutes, stage, chosen in rest:
        new = NewUpdate(stage, "Said.", chosen, posted_at=at(minutes), notify=False)
        try:
            post_update(incident.id, new, by=team.actor())
        except InvalidTransition as refusal:  # pragma: no cover -- says what went wrong
            raise AssertionError(new) from refusal


def assert_settled(team: Team, service: Service) -> None:
    """What it shows now is what its claims make of it, and those are what open incidents ask."""
    with organization_scope(team.actor()) as scope:
        claims = scope.session.execute(
            select(ServiceClaim.claimant_id, ServiceClaim.status, ServiceClaim.since).where(
                ServiceClaim.service_id == service.id
            )
        ).all()
        asks = scope.session.execute(
            select(IncidentService.incident_id, IncidentService.status, IncidentService.asked_at)
            .join(Incident, Incident.id == IncidentService.incident_id)
            .where(IncidentService.service_id == service.id, Incident.resolved_at.is_(None))
        ).all()
    assert sorted(map(tuple, claims)) == sorted(map(tuple, asks))
