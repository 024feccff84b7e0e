"""Mails to people who are no subscribers: who gets them, and that the same promises hold as for subscribers."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app import clock
from app.accounts.models import User
from app.database.actor import Actor
from app.database.ids import new_id
from app.database.scope import organization_scope, system_scope
from app.delivery import jobs, sweeps
from app.delivery.models import Delivery
from app.delivery.rules import BatchState, Channel, DeliveryState
from app.delivery.sending import LEASE, claim_next, prepare
from app.extensions import redis
from app.maintenance.models import Maintenance
from app.maintenance.rules import MaintenanceStage
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from tests.builders import Team, World
from tests.delivery.conftest import Ledger, PostOffice
from tests.fakes.resend import FakeResend


def overrun(team: Team) -> Maintenance:
    """A maintenance that goes on after its end; who can do something about it is told."""
    window = team.maintenance("Network upgrade", announce=False)
    with organization_scope(Actor.clock(team.id)) as scope:
        scope.lock(Maintenance, window.id).stage = MaintenanceStage.IN_PROGRESS
        scope.emit("maintenance.overran", {"maintenance_id": str(window.id)}, visible=False)
    return window


def change(team: Team, window: Maintenance, **columns: object) -> None:
    with organization_scope(team.actor()) as scope:
        row = scope.lock(Maintenance, window.id)
        for name, value in columns.items():
            setattr(row, name, value)


def remove(team: Team, role: Role) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.delete(
            scope.session.get_one(Membership, (team.id, team.member(role).user_id)),
        )


def test_admins_and_editors_are_told_in_a_mail_of_their_own_and_viewers_are_not(
    team: Team, world: World, post: PostOffice, resend: FakeResend
) -> None:
    editor, _ = team.member(Role.EDITOR), team.member(Role.VIEWER)
    team.subscriber()
    world.team("Southwind")

    overrun(team)
    post.tell()

    assert sorted(mail["to"] for mail in resend.accepted) == sorted([[team.founder.email], [editor.email]])
    assert {mail["subject"] for mail in resend.accepted} == {"[Northwind Cloud] Maintenance runs over: Network upgrade"}
    assert "/dashboard/northwind/maintenance/" in resend.accepted[0]["text"]


def test_a_members_mail_has_no_way_to_unsubscribe(team: Team, post: PostOffice, resend: FakeResend) -> None:
    overrun(team)
    post.tell()

    (mail,) = resend.accepted
    assert "List-Unsubscribe" not in mail["headers"]
    assert "nsubscribe" not in mail["text"] + mail["html"]


def test_an_event_taken_up_twice_is_told_to_each_member_once(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.member(Role.EDITOR)
    overrun(team)
    post.tell()
    (notification,) = ledger.notifications()

    jobs.fan_out(str(team.id), str(notification.event_id))
    post.send_due()

    assert len(resend.accepted) == len(ledger.deliveries()) == 2


def test_the_ledger_holds_one_delivery_for_an_address_and_notification(
    team: Team, post: PostOffice, ledger: Ledger
) -> None:
    overrun(team)
    post.fan_out()
    (delivery,) = ledger.deliveries()
    again = {
        "organization_id": team.id,
        "id": new_id(),
        "notification_id": delivery.notification_id,
        "batch_id": delivery.batch_id,
        "address": delivery.address,
        "channel": Channel.EMAIL,
        "state": DeliveryState.PENDING,
        "created_at": delivery.created_at,
    }

    with (
        pytest.raises(IntegrityError, match="deliveries_address_once_idx"),
        organization_scope(Actor.worker(team.id)) as scope,
    ):
        scope.session.execute(insert(Delivery), [again])


def test_a_mail_that_failed_for_an_hour_reaches_a_member_once_the_provider_is_back(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    resend.behaviour.vanish_before = True
    overrun(team)
    post.keep_trying(timedelta(hours=1))

    resend.behaviour.vanish_before = False
    post.keep_trying(timedelta(minutes=10))

    assert resend.recipients == [team.founder.email]


def test_a_worker_that_died_after_sending_tells_a_member_once(team: Team, post: PostOffice, resend: FakeResend) -> None:
    overrun(team)
    post.fan_out()
    claim = claim_next()
    assert claim is not None
    prepared = prepare(claim)
    assert prepared is not None
    list(post.transport.send(prepared.batch))

    post.traveller.shift(LEASE + timedelta(seconds=1))
    post.send_due()

    assert len(resend.requests) == 2
    assert resend.recipients == [team.founder.email]


def test_when_redis_is_flushed_the_clock_still_has_members_told(
    team: Team, post: PostOffice, resend: FakeResend
) -> None:
    overrun(team)
    redis.flushdb()
    post.traveller.shift(sweeps.PATIENCE + timedelta(seconds=1))

    sweeps.ring_for_events()
    post.answer_bells()

    assert resend.recipients == [team.founder.email]


def test_who_is_no_member_any_more_when_it_is_sent_gets_no_mail(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    gone = team.member(Role.EDITOR)
    overrun(team)
    post.fan_out()
    remove(team, Role.EDITOR)

    post.send_due()

    assert resend.recipients == [team.founder.email]
    assert ledger.states()[gone.email] == "superseded"


def test_what_is_over_when_it_is_sent_is_told_to_nobody(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    window = overrun(team)
    post.fan_out()
    change(team, window, stage=MaintenanceStage.COMPLETED)

    post.send_due()

    assert resend.accepted == []
    assert ledger.batches()[0].state is BatchState.SUPERSEDED


def test_a_deleted_organizations_waiting_mails_are_not_sent(
    team: Team, post: PostOffice, resend: FakeResend, owner_url: str
) -> None:
    team.subscriber()
    overrun(team)
    team.incident()
    post.fan_out()
    claim = claim_next()

    delete_organization(team, owner_url)
    post.send_due()

    assert claim is not None
    assert prepare(claim) is None
    assert resend.accepted == []


def test_nothing_is_sent_for_an_organization_that_is_being_deleted(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    team.subscriber()
    team.incident()
    team.invite()
    overrun(team)
    post.fan_out()
    with organization_scope(team.actor()) as scope:
        scope.session.get_one(Organization, team.id).closing_at = clock.now()

    post.send_due()

    assert resend.accepted == []
    assert set(ledger.states().values()) == {"superseded"}


def test_a_member_whose_address_holds_a_second_one_gets_nothing(
    team: Team, post: PostOffice, resend: FakeResend, ledger: Ledger
) -> None:
    with system_scope("a test spoils an address") as scope:
        scope.session.get_one(User, team.founder.user_id).email = "a@x.example\nBcc: b@x.example"
    overrun(team)

    post.tell()

    assert resend.requests == []
    assert [delivery.state for delivery in ledger.deliveries()] == [DeliveryState.FAILED]


def delete_organization(team: Team, owner_url: str) -> None:
    """All of it at once, as its deletion ends."""
    with create_engine(owner_url, poolclass=NullPool).begin() as owner:
        owner.execute(text("DELETE FROM organizations WHERE id = :id"), {"id": team.id})
