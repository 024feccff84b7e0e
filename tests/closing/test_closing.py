"""An organization that goes: at once for everybody outside, batch by batch inside, and whole in the end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask, current_app
from redis import Redis
from rq import Queue
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.pool import NullPool
from werkzeug.test import Client

from app import bells, clock
from app.addresses.queries import is_slug_taken
from app.closing import bell, emptying, jobs
from app.closing.actions import close_organization
from app.closing.emptying import GRACE, Left, begin, remove_some, tenant_tables
from app.closing.queries import count_belongings, get_progress
from app.database.actor import ActorRole
from app.database.outbox import Event
from app.database.scope import organization_scope, system_scope
from app.delivery import sending
from app.delivery.jobs import fan_out
from app.delivery.models import DeliveryBatch, Notification
from app.delivery.rules import BatchState
from app.errors import Denied, Invalid, NotFound
from app.live.revisions import revisions
from app.organizations.models import Organization
from app.organizations.rules import Role
from app.pages.cache import PageCache
from app.pages.finding import find_page
from app.tables import Base
from app.web.caching import shared_reads
from tests.builders import Team, World
from tests.together import run_together

NAME = "Northwind Cloud"


@pytest.fixture
def full(team: Team) -> Team:
    team.fill()
    team.member(Role.EDITOR)
    return team


@pytest.fixture
def other(world: World) -> Team:
    """Another organization, with a row in every table, too."""
    contoso = world.team("Contoso", "contoso")
    contoso.fill()
    return contoso


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row at a time, so that there is much to be interrupted in."""
    monkeypatch.setattr(emptying, "BATCH", 1)
    monkeypatch.setattr(emptying, "SMALL_BATCH", 1)


@pytest.fixture
def later() -> Iterator[None]:
    """After the grace: what other processes keep of the page is old by then."""
    with time_machine.travel(clock.now() + GRACE + timedelta(seconds=1), tick=True):
        yield


@pytest.mark.parametrize("typed", ["", "northwind cloud", "Northwind", "northwind"])
def test_something_else_than_its_name_closes_nothing(team: Team, typed: str):
    with pytest.raises(Invalid) as refusal:
        close_organization(typed, by=team.actor())

    assert list(refusal.value.faults) == ["confirmation"]
    assert find_page("northwind") is not None


def test_only_an_admin_closes(team: Team):
    with pytest.raises(Denied):
        close_organization(NAME, by=team.actor(ActorRole.EDITOR))

    assert find_page("northwind") is not None


def test_its_page_is_gone_at_once_and_its_address_is_held(full: Team):
    members = close_organization(NAME, by=full.actor())

    assert find_page("northwind") is None
    assert is_slug_taken("northwind")
    assert set(members) == {full.founder.user_id, full.member(Role.EDITOR).user_id}


def test_it_is_closed_once(full: Team):
    close_organization(NAME, by=full.actor())

    with pytest.raises(NotFound):
        close_organization(NAME, by=full.actor())


def test_mails_that_wait_are_not_sent_and_fan_outs_stop(full: Team):
    close_organization(NAME, by=full.actor())

    with system_scope("a test looks at what waits") as scope:
        states = set(scope.session.scalars(select(DeliveryBatch.state)))
        open_fan_outs = scope.session.scalar(select(func.count()).where(Notification.fanned_out_at.is_(None)))
    assert states == {BatchState.SUPERSEDED}
    assert open_fan_outs == 0
    assert sending.claim_next() is None


def test_what_still_happens_in_it_is_told_to_nobody(full: Team):
    service = full.service("Website")
    close_organization(NAME, by=full.actor())
    full.incident("Errors", affects={service: "major_outage"})
    with organization_scope(full.actor()) as scope:
        event = scope.session.scalars(select(Event).order_by(Event.created_at.desc()).limit(1)).one()

    fan_out(str(full.id), str(event.id))
    claim = sending.claim_next()

    assert claim is None or sending.prepare(claim) is None


@pytest.mark.usefixtures("later")
def test_in_the_end_nothing_of_it_is_left_and_another_is_untouched(app: Flask, owner_url: str, full: Team, other: Team):
    before = rows_of(owner_url, other)
    with time_machine.travel(clock.now() - GRACE, tick=True):
        close_organization(NAME, by=full.actor())

    jobs.go_on(str(full.id))

    assert {table: number for table, number in rows_of(owner_url, full).items() if number} == {}
    assert rows_of(owner_url, other) == before
    assert sum(before.values()) > len(before) / 2


def test_every_table_of_a_tenant_is_emptied():
    named = {table.name for table in tenant_tables()}

    with_organization = {name for name, table in Base.metadata.tables.items() if "organization_id" in table.columns}
    assert named == with_organization - {"closings", "retired_slugs"}


def test_the_address_is_held_for_ninety_days_and_nobody_is_led_anywhere(full: Team):
    close_organization(NAME, by=full.actor())
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(full.id))

    with time_machine.travel(clock.now() + timedelta(days=89), tick=False):
        assert is_slug_taken("northwind")
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        assert not is_slug_taken("northwind")


def test_its_revision_stays_until_every_process_has_heard(full: Team):
    close_organization(NAME, by=full.actor())

    jobs.go_on(str(full.id))

    assert remove_some(full.id) is Left.LATER
    with system_scope("a test looks whether it is there") as scope:
        assert scope.session.get(Organization, full.id) is not None


@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_is_killed_half_way_leaves_the_rest_to_the_next(
    full: Team, owner_url: str, monkeypatch: pytest.MonkeyPatch
):
    close_organization(NAME, by=full.actor())
    steps = iter([None, None, None])

    def killed(*arguments: object) -> int:
        next(steps)  # the fourth step does not come to its commit
        return delete_some(*arguments)  # type: ignore[arg-type]

    delete_some = emptying._delete_some
    monkeypatch.setattr(emptying, "_delete_some", killed)
    with pytest.raises(StopIteration):
        jobs.go_on(str(full.id))
    half_way = get_progress(full.id, seen_by=full.founder.user_id)
    monkeypatch.setattr(emptying, "_delete_some", delete_some)

    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(full.id))

    assert 0 < half_way.rows_gone < half_way.rows_total
    assert not any(rows_of(owner_url, full).values())


@pytest.mark.usefixtures("small_batches")
def test_two_workers_at_once_count_each_row_once(app: Flask, team: Team, owner_url: str):
    user_id = team.founder.user_id
    for _ in range(8):
        team.subscriber()
    close_organization(NAME, by=team.actor())

    def work() -> None:
        begin(team.id)
        for _ in range(500):
            remove_some(team.id)
            progress = get_progress(team.id, seen_by=user_id)
            if progress.rows_gone >= progress.rows_total:
                return
        pytest.fail("some rows were never counted")

    run_together(app, [work, work])
    progress = get_progress(team.id, seen_by=user_id)
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(team.id))

    assert progress.rows_gone == progress.rows_total
    assert not any(rows_of(owner_url, team).values())


def test_the_clock_takes_up_what_no_worker_has_and_ends_it(full: Team, owner_url: str, monkeypatch: pytest.MonkeyPatch):
    close_organization(NAME, by=full.actor())
    Queue(bells.CHORES, connection=db_redis()).empty()
    monkeypatch.setattr(bell, "ring", lambda _: False)  # Redis is away

    jobs.take_up_closings()
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.take_up_closings()

    assert not any(rows_of(owner_url, full).values())


def test_the_clock_rings_once_while_a_bell_waits(full: Team):
    Queue(bells.CHORES, connection=db_redis()).empty()
    close_organization(NAME, by=full.actor())

    jobs.take_up_closings()

    assert Queue(bells.CHORES, connection=db_redis()).count == 1


def test_its_members_see_how_far_it_is_and_that_it_is_done(full: Team, other: Team):
    user_id, editor_id = full.founder.user_id, full.member(Role.EDITOR).user_id
    close_organization(NAME, by=full.actor())
    begun = get_progress(full.id, seen_by=user_id)
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(full.id))

    done = get_progress(full.id, seen_by=editor_id)

    assert (begun.name, begun.rows_gone) == (NAME, 0)
    assert begun.rows_total > 10
    assert (done.name, done.rows_gone) == (None, begun.rows_total)
    with pytest.raises(NotFound):
        get_progress(full.id, seen_by=other.founder.user_id)


def test_a_day_later_even_that_is_forgotten(full: Team):
    user_id = full.founder.user_id
    close_organization(NAME, by=full.actor())
    with time_machine.travel(clock.now() + GRACE, tick=False):
        jobs.go_on(str(full.id))

    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        jobs.forget_closings()

    with pytest.raises(NotFound):
        get_progress(full.id, seen_by=user_id)


def test_an_organization_that_nobody_closed_is_not_emptied(full: Team, owner_url: str):
    before = rows_of(owner_url, full)

    jobs.go_on(str(full.id))

    assert rows_of(owner_url, full) == before


def test_what_there_is_is_counted_for_the_question(team: Team):
    team.incident(affects={team.service("API"): "partial_outage"})
    team.subscriber()

    counted = count_belongings(team.actor())

    assert (counted.pages, counted.services, counted.incidents, counted.subscribers, counted.members) == (1, 1, 1, 1, 1)


def rows_of(owner_url: str, team: Team) -> dict[str, int]:
    """How many rows each table has of an organization, whoever may see them."""
    engine = create_engine(owner_url, poolclass=NullPool)
    numbers = {}
    with engine.connect() as owner:
        for name, table in Base.metadata.tables.items():
            column = "id" if name == "organizations" else "organization_id"
            if column in table.columns and name not in ("closings", "users", "avatars", "identities", "sessions"):
                where = {"mine": team.id}
                numbers[name] = owner.execute(
                    text(f"SELECT count(*) FROM {name} WHERE {column} = :mine"), where
                ).scalar_one()
    return numbers


def db_redis() -> Redis:
    return current_app.extensions["upfront.redis"]  # type: ignore[no-any-return]


def test_a_page_that_was_kept_in_memory_is_gone_at_once_too(app: Flask, full: Team):
    revisions.confirm()
    visitor = Client(PageCache(app, revisions, shared_reads(app)))
    before = [visitor.get("/northwind").status_code for _ in range(2)]

    close_organization(NAME, by=full.actor())

    assert before == [200, 200]
    assert visitor.get("/northwind").status_code == 404
