"""The same for all subscribers that were found, by workers that may die at any moment."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app import bells, clock
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.outbox import Event
from app.database.scope import organization_scope, system_scope
from app.errors import Conflict, Denied, NotFound
from app.mailboxes.actions import may_be_written_to
from app.mailboxes.rules import Asking
from app.organizations.models import Membership
from app.organizations.rules import Role
from app.subscribers.actions import put_aside
from app.subscribers.errands import jobs, work
from app.subscribers.errands.actions import begin, stop
from app.subscribers.errands.models import SubscriberErrand
from app.subscribers.errands.queries import ErrandView, get_errand, list_under_way
from app.subscribers.errands.rules import Act
from app.subscribers.listing import Filters, count_found
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState, SuppressionReason
from app.subscribers.suppression import find_suppression, suppress
from tests.builders import Team

LONG_AGO = timedelta(hours=1)


def begun(team: Team, act: Act, filters: Filters = Filters(), by: Actor | None = None) -> UUID:  # noqa: B008 -- frozen
    _, newest_id = count_found(team.actor(), filters)
    assert newest_id is not None
    return begin(act, filters, newest_id, by=by or team.actor())


def done(team: Team, act: Act, filters: Filters = Filters()) -> ErrandView:  # noqa: B008 -- frozen
    errand_id = begun(team, act, filters)
    while work.do_chunk(team.id, errand_id):
        pass
    return get_errand(team.actor(), errand_id)


def asked_long_ago(team: Team, email: str, state: SubscriberState = SubscriberState.PENDING) -> UUID:
    subscriber = team.subscriber(email, state=state)
    with organization_scope(team.actor()) as scope:
        row = scope.get(Subscriber, subscriber.id)
        row.requested_at, row.confirmed_at = clock.now() - LONG_AGO, None
        if state is SubscriberState.QUARANTINED:
            put_aside(row, "The mailbox is full")
    return subscriber.id


def people(team: Team) -> dict[str, SubscriberState]:
    with organization_scope(team.actor(), read_only=True) as scope:
        rows = scope.session.scalars(select(Subscriber)).all()
    return {row.email: row.state for row in rows}


def logged(team: Team) -> list[tuple[str, object]]:
    with organization_scope(team.actor(), read_only=True) as scope:
        mine = select(AuditEntry).where(AuditEntry.action.startswith("subscriber."))
        return [(row.action, row.changes.get("people")) for row in scope.session.scalars(mine)]


def test_those_found_are_removed_and_the_log_says_so_once_with_how_many(team: Team, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 2)
    for name in ("ada", "bob", "eve"):
        team.subscriber(f"{name}@customer.example")
    team.subscriber("carol@partner.example")

    view = done(team, Act.REMOVE, Filters(text="customer"))

    assert (view.is_over, view.is_stopped, view.people, view.done, view.percent) == (True, False, 3, 3, 100)
    assert set(people(team)) == {"carol@partner.example"}
    assert logged(team) == [("subscriber.all_erased", [None, 3])]


def test_what_was_looked_for_is_forgotten_when_it_is_done(team: Team):
    team.subscriber("ada@customer.example")

    view = done(team, Act.REMOVE, Filters(text="ada@customer.example"))

    with organization_scope(team.actor(), read_only=True) as scope:
        assert scope.get(SubscriberErrand, view.id).text == ""


def test_who_came_after_they_were_counted_is_left_alone(team: Team):
    team.subscriber("counted@customer.example")
    errand_id = begun(team, Act.REMOVE)
    team.subscriber("later@customer.example")

    while work.do_chunk(team.id, errand_id):
        pass

    assert set(people(team)) == {"later@customer.example"}


def test_a_worker_that_died_is_followed_by_one_that_goes_on_where_it_was(team: Team, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 2)
    for number in range(5):
        team.subscriber(f"reader{number}@customer.example")
    errand_id = begun(team, Act.REMOVE)
    work.do_chunk(team.id, errand_id)
    monkeypatch.setattr(work, "take_turn", _dies)
    with pytest.raises(RuntimeError):
        work.do_chunk(team.id, errand_id)
    half = len(people(team))
    monkeypatch.undo()

    while work.do_chunk(team.id, errand_id):
        pass

    assert half == 3
    assert (get_errand(team.actor(), errand_id).done, people(team)) == (5, {})


def test_those_who_wait_are_asked_together_but_nobody_twice_in_a_quarter_of_an_hour(team: Team):
    asked_long_ago(team, "waits@customer.example")
    asked_long_ago(team, "elsewhere@customer.example")
    team.subscriber("lately@customer.example", state=SubscriberState.PENDING)
    team.subscriber("told@customer.example")
    may_be_written_to(Asking.CONFIRMATION, "elsewhere@customer.example")

    view = done(team, Act.ASK)

    assert (view.people, view.done, view.left_alone) == (3, 1, 2)
    assert logged(team) == [("subscriber.all_asked_again", [None, 1])]
    with system_scope("a test looks at what was announced") as scope:
        (event,) = scope.session.scalars(select(Event).where(Event.kind == "subscribers.asked"))
    assert event.payload["page_id"] == str(team.page.page_id)


def test_who_was_put_aside_is_told_or_asked_again_unless_they_complained(team: Team):
    told = team.subscriber("told@customer.example")
    asked_long_ago(team, "never-said-yes@customer.example", SubscriberState.QUARANTINED)
    complained = team.subscriber("complained@customer.example")
    with organization_scope(Actor.worker(team.id)) as scope:
        put_aside(scope.get(Subscriber, told.id), "The mailbox is full")
        put_aside(scope.get(Subscriber, complained.id), "Called it spam")
        suppress(scope, told.email, SuppressionReason.BOUNCED)
        suppress(scope, complained.email, SuppressionReason.COMPLAINED)

    view = done(team, Act.TRY)

    assert (view.done, view.left_alone) == (2, 1)
    assert people(team) == {
        "told@customer.example": SubscriberState.CONFIRMED,
        "never-said-yes@customer.example": SubscriberState.PENDING,
        "complained@customer.example": SubscriberState.QUARANTINED,
    }
    with organization_scope(team.actor(), read_only=True) as scope:
        assert find_suppression(scope, told.email) is None


def test_a_stopped_errand_leaves_the_others_as_they_are(team: Team, monkeypatch):
    monkeypatch.setattr(work, "CHUNK", 1)
    team.subscriber("first@customer.example")
    team.subscriber("second@customer.example")
    errand_id = begun(team, Act.REMOVE)
    work.do_chunk(team.id, errand_id)

    stop(errand_id, by=team.actor())
    stop(errand_id, by=team.actor())

    assert not work.do_chunk(team.id, errand_id)
    assert set(people(team)) == {"second@customer.example"}
    assert logged(team) == [("subscriber.all_erased", [None, 1])]
    assert list_under_way(team.actor()) == ()


def test_it_stops_when_whoever_wanted_it_is_an_editor_no_more(team: Team):
    editor = team.member(Role.EDITOR)
    team.subscriber("stays@customer.example")
    errand_id = begun(team, Act.REMOVE, by=Actor(team.id, ActorRole.EDITOR, editor.user_id, "Jonas Berg"))
    with system_scope("a test takes a member out") as scope:
        scope.session.execute(delete(Membership).where(Membership.user_id == editor.user_id))

    work.do_chunk(team.id, errand_id)

    assert get_errand(team.actor(), errand_id).is_stopped
    assert set(people(team)) == {"stays@customer.example"}


def test_nothing_is_begun_for_nobody_nor_without_an_end(team: Team):
    told = team.subscriber("told@customer.example")

    with pytest.raises(Conflict, match="nobody"):
        begin(Act.ASK, Filters(), told.id, by=team.actor())
    for _ in range(5):
        begin(Act.REMOVE, Filters(), told.id, by=team.actor())
    with pytest.raises(Conflict, match="under way"):
        begin(Act.REMOVE, Filters(), told.id, by=team.actor())


def test_neither_a_viewer_nor_another_organization_has_a_hand_in_it(team: Team, world):
    told = team.subscriber("told@customer.example")
    errand_id = begun(team, Act.REMOVE)
    viewer = Actor(team.id, ActorRole.VIEWER, team.member(Role.VIEWER).user_id, "Vera Holt")
    stranger = world.team("Contoso", "contoso").actor()

    with pytest.raises(Denied):
        begin(Act.REMOVE, Filters(), told.id, by=viewer)
    with pytest.raises(NotFound):
        stop(errand_id, by=stranger)
    with pytest.raises(NotFound):
        get_errand(stranger, errand_id)


def test_the_clock_calls_for_an_errand_that_nobody_has_touched_for_a_while(team: Team, traveller):
    team.subscriber()
    begun(team, Act.REMOVE)
    bells._queue(bells.CHORES).empty()  # as if Redis had forgotten

    jobs.take_up_errands()
    at_once = bells.waiting(bells.CHORES)
    traveller.shift(jobs.PATIENCE + timedelta(seconds=1))
    jobs.take_up_errands()
    jobs.take_up_errands()

    assert (at_once, bells.waiting(bells.CHORES)) == (0, 1)


def test_a_month_after_it_is_over_it_is_forgotten(team: Team, traveller):
    team.subscriber()
    over = done(team, Act.REMOVE)
    team.subscriber()
    unfinished = begun(team, Act.REMOVE)
    traveller.shift(jobs.KEPT_FOR + timedelta(days=1))

    jobs.forget_errands()

    assert not get_errand(team.actor(), unfinished).is_over
    with pytest.raises(NotFound):
        get_errand(team.actor(), over.id)


def _dies(*_: object) -> int:
    raise RuntimeError("the worker died")
