"""Inviting by address, and what becomes of an invitation."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Update, create_engine, delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app import clock
from app.accounts.deletion import delete_account
from app.database.actor import Actor, ActorRole
from app.database.ids import new_id
from app.database.scope import organization_scope, system_scope
from app.errors import Denied, Invalid, InvalidTransition, NotFound
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.teams import invitations
from app.teams.actions import change_role, leave, remove_member
from app.teams.invitations import Claimant
from app.teams.jobs import forget_old_invitations
from app.teams.models import Invitation
from app.teams.queries import find_invitation, invitations_for, read_team
from app.teams.rules import KEPT_FOR, LIFETIME, MOST_PENDING, RESEND_PAUSE, Standpoint, mask_address
from app.teams.tokens import invitation_token
from tests.builders import Person, Team, World
from tests.teams.conftest import Entries, Kinds, Roles
from tests.together import run_together

SECOND = timedelta(seconds=1)


@pytest.fixture
def traveller(app: Flask) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime.now(UTC), tick=False) as travelling:
        yield travelling


@pytest.fixture
def ana(world: World) -> Person:
    """Somebody with an account and without an organization."""
    return world.person("Ana Silva")


@pytest.fixture
def jonas(team: Team, world: World) -> Person:
    """A second admin."""
    person = world.person("Jonas Berg")
    make_admin(team, person)
    return person


def token_of(invitation: Invitation) -> str:
    return invitation_token(invitation.id, invitation.sent_at)


def ask(invitation: Invitation, person: Person, *, token: str = "") -> Standpoint:
    """Press the button, as this person."""
    claimant = Claimant(person.user_id, person.email, person.name, "192.0.2.9")
    return invitations.request_acceptance(token or token_of(invitation), claimant)


def as_owner(owner_url: str, statement: Update) -> None:
    with create_engine(owner_url, poolclass=NullPool).begin() as owner:
        owner.execute(statement)


def refused(team: Team, email: str) -> str:
    with pytest.raises(Invalid) as refusal:
        team.invite(email)
    return refusal.value.faults["email"]


def test_an_invitation_waits_for_a_week_and_is_written_down(
    team: Team, traveller: time_machine.Traveller, entries: Entries, kinds: Kinds
):
    invited = team.invite("ana@customer.example", Role.VIEWER)

    [pending] = read_team(team.actor()).pending
    assert (pending.email, pending.role, pending.invited_by_name) == ("ana@customer.example", Role.VIEWER, "Mara Lind")
    assert pending.expires_at == clock.now() + LIFETIME
    [entry] = entries(team)
    assert (entry.action, entry.subject_id, entry.subject_name) == (
        "invitation.sent",
        invited.id,
        "a•••@customer.example",
    )
    assert entry.changes["role"] == [None, "viewer"]
    assert "token" not in str(entry.changes)
    assert kinds(team) == ["invitation.sent"]


def test_only_a_hash_of_the_token_is_kept(team: Team):
    invitation = team.invite()

    token = token_of(invitation)

    assert len(bytes.fromhex(token)) == 16
    assert token.encode() not in invitation.token_hash
    assert len(invitation.token_hash) == 32
    assert find_invitation(token) is not None


def test_one_address_has_one_open_invitation(team: Team):
    team.invite("ana@customer.example")

    assert "invited already" in refused(team, "ana@customer.example")


def test_the_database_knows_one_open_invitation_for_each_address(team: Team):
    invitation = team.invite("ana@customer.example")
    copied = {column.name: getattr(invitation, column.name) for column in Invitation.__table__.columns}
    another = Invitation(**copied | {"id": new_id(), "token_hash": b"another"})

    with pytest.raises(IntegrityError, match="invitations_open_key"), organization_scope(team.actor()) as scope:
        scope.session.add(another)


def test_twenty_who_invite_one_address_at_once_invite_it_once(app: Flask, team: Team, kinds: Kinds):
    def invite() -> None:
        with suppress(Invalid):
            team.invite("ana@customer.example")

    actor = team.actor()
    run_together(app, [invite] * 20)

    assert len(read_team(actor).pending) == 1
    assert kinds(team) == ["invitation.sent"]


def test_two_organizations_may_invite_one_address(world: World, team: Team):
    contoso = world.team("Contoso", "contoso")

    team.invite("ana@customer.example")
    contoso.invite("ana@customer.example")

    assert [one.organization_name for one in invitations_for("Ana@customer.example")] == ["Contoso", "Northwind Cloud"]


def test_a_members_address_is_refused_by_name(team: Team):
    jonas = team.member(Role.EDITOR)

    assert refused(team, jonas.email) == "Jonas Berg is a member already. Change their role in the list instead."


@pytest.mark.parametrize("email", ["", "ana", "ana@customer", "ana@customer.example\nbcc: eve@evil.example"])
def test_what_is_no_address_is_refused(team: Team, email: str):
    assert refused(team, email)


def pend(team: Team, number: int) -> None:
    """So many open invitations."""
    now = clock.now()
    with organization_scope(team.actor()) as scope:
        scope.session.add_all(
            Invitation(
                organization_id=team.id,
                email=f"guest{one}@customer.example",
                role=Role.VIEWER,
                token_hash=f"{team.id}{one}".encode(),
                sent_at=now,
                expires_at=now + LIFETIME,
                invited_by_name="Mara Lind",
                requested_from="",
                created_at=now,
            )
            for one in range(number)
        )


def test_at_most_fifty_wait_for_an_answer(team: Team):
    pend(team, MOST_PENDING - 1)
    team.invite("last@customer.example")

    assert "50 invitations wait" in refused(team, "ana@customer.example")


def test_one_that_was_taken_back_or_has_expired_makes_room(team: Team, traveller: time_machine.Traveller):
    pend(team, MOST_PENDING)
    first = read_team(team.actor()).pending[0]
    invitations.revoke(first.id, by=team.actor())
    team.invite("ana@customer.example")
    full = refused(team, "eve@customer.example")

    traveller.shift(LIFETIME)

    assert "50 invitations wait" in full
    assert team.invite("eve@customer.example")


def test_two_who_fill_the_last_place_at_once_do_not_both_get_it(app: Flask, team: Team):
    pend(team, MOST_PENDING - 1)
    actor = team.actor()

    def invite(email: str) -> None:
        with suppress(Invalid):
            team.invite(email)

    run_together(app, [partial(invite, f"late{number}@customer.example") for number in range(8)])

    assert len(read_team(actor).pending) == MOST_PENDING


def test_sending_again_gives_another_week_and_another_link(
    team: Team, traveller: time_machine.Traveller, ana: Person, entries: Entries, kinds: Kinds
):
    invitation = team.invite(ana.email)
    old = token_of(invitation)
    traveller.shift(timedelta(days=6))

    again = invitations.resend(invitation.id, by=team.actor())

    assert again.expires_at == clock.now() + LIFETIME
    assert find_invitation(old) is None
    with pytest.raises(NotFound):
        ask(invitation, ana, token=old)
    assert ask(again, ana) is Standpoint.REQUESTED
    assert sorted(kinds(team)) == ["invitation.accept_requested", "invitation.sent", "invitation.sent"]
    assert [entry.action for entry in entries(team)] == ["invitation.sent", "invitation.sent"]


def test_a_double_click_on_send_again_sends_once(team: Team, traveller: time_machine.Traveller, kinds: Kinds):
    invitation = team.invite()
    traveller.shift(RESEND_PAUSE)
    invitations.resend(invitation.id, by=team.actor())

    with pytest.raises(InvalidTransition, match="less than a minute ago"):
        invitations.resend(invitation.id, by=team.actor())

    assert kinds(team) == ["invitation.sent", "invitation.sent"]


def test_inviting_an_address_again_after_a_week_sends_it_anew(
    team: Team, traveller: time_machine.Traveller, ana: Person
):
    first = team.invite(ana.email, Role.VIEWER)
    traveller.shift(LIFETIME)

    again = team.invite(ana.email, Role.ADMIN)

    assert (again.id, again.role) == (first.id, Role.ADMIN)
    assert ask(again, ana) is Standpoint.REQUESTED


def test_what_was_taken_back_opens_nothing(team: Team, ana: Person, entries: Entries):
    invitation = team.invite(ana.email)

    invitations.revoke(invitation.id, by=team.actor())

    assert ask(invitation, ana) is Standpoint.REVOKED
    assert read_team(team.actor()).pending == ()
    assert [entry.action for entry in entries(team)] == ["invitation.sent", "invitation.revoked"]
    with pytest.raises(NotFound):
        invitations.revoke(invitation.id, by=team.actor())


def test_another_organizations_invitation_is_as_good_as_none(world: World, team: Team):
    theirs = world.team("Contoso", "contoso").invite()

    for act in (invitations.revoke, invitations.resend):
        with pytest.raises(NotFound):
            act(theirs.id, by=team.actor())


def test_accepting_makes_a_member_with_the_role_of_the_invitation(
    team: Team, ana: Person, roles: Roles, entries: Entries, kinds: Kinds
):
    invitation = team.invite(ana.email, Role.VIEWER)

    stands = ask(invitation, ana)
    before = roles(team)
    did = invitations.accept(team.id, invitation.id)

    assert (stands, did) == (Standpoint.REQUESTED, True)
    assert ana.user_id not in before
    assert roles(team)[ana.user_id] == "viewer"
    entry = entries(team)[-1]
    assert (entry.action, entry.actor_user_id, entry.actor_name) == ("invitation.accepted", ana.user_id, "Ana Silva")
    assert (entry.address, entry.changes["state"]) == ("192.0.2.9", ["open", "accepted"])
    assert kinds(team) == ["invitation.sent", "invitation.accept_requested", "invitation.accepted"]


def test_another_address_spends_nothing(world: World, team: Team, ana: Person, kinds: Kinds):
    invitation = team.invite(ana.email)
    eve = world.person("Eve Adams")

    stands = ask(invitation, eve)

    assert stands is Standpoint.MISTAKEN
    assert kinds(team) == ["invitation.sent"]
    assert ask(invitation, ana) is Standpoint.REQUESTED


def test_an_expired_one_is_not_accepted(
    team: Team, traveller: time_machine.Traveller, ana: Person, roles: Roles, kinds: Kinds
):
    invitation = team.invite(ana.email)
    traveller.shift(LIFETIME)

    stands = ask(invitation, ana)

    assert stands is Standpoint.EXPIRED
    assert not invitations.accept(team.id, invitation.id)
    assert ana.user_id not in roles(team)


def test_a_member_keeps_their_role_and_spends_nothing(team: Team, world: World, ana: Person, roles: Roles):
    """Invited by an address that they took on only afterwards."""
    invitation = team.invite("ana@elsewhere.example", Role.VIEWER)
    team.join(ana, Role.EDITOR)
    ana.email = "ana@elsewhere.example"

    stands = ask(invitation, ana)

    assert stands is Standpoint.MEMBER
    assert roles(team)[ana.user_id] == "editor"


def test_who_became_a_member_while_it_waited_keeps_their_role(team: Team, ana: Person, roles: Roles):
    invitation = team.invite(ana.email, Role.VIEWER)
    ask(invitation, ana)
    with system_scope("a test makes them a member in another way") as scope:
        scope.session.add(
            Membership(organization_id=team.id, user_id=ana.user_id, role=Role.ADMIN, created_at=clock.now())
        )

    invitations.accept(team.id, invitation.id)

    assert roles(team)[ana.user_id] == "admin"
    assert read_team(team.actor()).pending == ()


def test_taking_it_back_while_it_waits_wins(team: Team, ana: Person, roles: Roles):
    invitation = team.invite(ana.email)
    ask(invitation, ana)

    invitations.revoke(invitation.id, by=team.actor())

    assert not invitations.accept(team.id, invitation.id)
    assert ana.user_id not in roles(team)


def test_an_invitation_goes_with_the_admin_who_sent_it(team: Team, jonas: Person, ana: Person, entries: Entries):
    """Removed, demoted or gone by themselves: all the same, and what others have sent stays."""
    mine, as_jonas = team.invite("kept@customer.example"), actor_of(team, jonas)
    for act in (
        lambda: remove_member(jonas.user_id, by=team.actor()),
        lambda: change_role(jonas.user_id, Role.EDITOR, by=team.actor()),
        lambda: leave(by=as_jonas),
    ):
        theirs = [invitations.invite(email, Role.ADMIN, by=as_jonas) for email in (ana.email, "eve@customer.example")]
        ask(theirs[0], ana)

        act()

        assert not invitations.accept(team.id, theirs[0].id)
        assert ask(theirs[0], ana) is Standpoint.REVOKED
        assert [one.id for one in read_team(team.actor()).pending] == [mine.id]
        revoked = {entry.subject_id for entry in entries(team) if entry.action == "invitation.revoked"}
        assert {one.id for one in theirs} <= revoked
        make_admin(team, jonas)


def test_an_invitation_whose_sender_has_deleted_their_account_makes_no_member(
    team: Team, jonas: Person, ana: Person, roles: Roles, entries: Entries
):
    invitation = invitations.invite(ana.email, Role.ADMIN, by=actor_of(team, jonas))
    ask(invitation, ana)
    delete_account(jonas.user_id, jonas.email)

    did = invitations.accept(team.id, invitation.id)

    assert not did
    assert ana.user_id not in roles(team)
    assert ask(invitation, ana) is Standpoint.REVOKED
    entry = entries(team)[-1]
    assert (entry.action, entry.actor_role, entry.changes["state"]) == (
        "invitation.revoked",
        "worker",
        ["open", "revoked"],
    )


def test_what_another_admin_has_sent_again_stays_when_the_first_one_goes(
    team: Team, traveller: time_machine.Traveller, jonas: Person, ana: Person, roles: Roles
):
    invitation = invitations.invite(ana.email, Role.VIEWER, by=actor_of(team, jonas))
    traveller.shift(RESEND_PAUSE)
    again = invitations.resend(invitation.id, by=team.actor())

    remove_member(jonas.user_id, by=team.actor())
    ask(again, ana)

    assert invitations.accept(team.id, invitation.id)
    assert roles(team)[ana.user_id] == "viewer"


def test_an_acceptance_and_the_removal_of_its_sender_at_once_never_both_hold_a_lock_of_the_other(
    app: Flask, team: Team, jonas: Person, ana: Person, roles: Roles
):
    for _ in range(5):
        invitation = invitations.invite(ana.email, Role.VIEWER, by=actor_of(team, jonas))
        ask(invitation, ana)
        did = []

        def accept(invitation_id: UUID = invitation.id, did: list[bool] = did) -> None:
            did.append(invitations.accept(team.id, invitation_id))

        run_together(app, [accept, lambda: remove_member(jonas.user_id, by=team.actor())])

        assert (ana.user_id in roles(team)) is did[0]
        if did[0]:
            remove_member(ana.user_id, by=team.actor())
        make_admin(team, jonas)


def test_who_was_demoted_meanwhile_invites_nobody(team: Team, jonas: Person, kinds: Kinds):
    """Their request began while they were an admin."""
    invitation = team.invite()
    before = actor_of(team, jonas)
    change_role(jonas.user_id, Role.EDITOR, by=team.actor())

    for act in (
        lambda: invitations.invite("eve@customer.example", Role.ADMIN, by=before),
        lambda: invitations.resend(invitation.id, by=before),
        lambda: invitations.revoke(invitation.id, by=before),
    ):
        with pytest.raises(Denied):
            act()

    assert [one.id for one in read_team(team.actor()).pending] == [invitation.id]


def test_the_log_names_nobody_who_was_invited(team: Team, ana: Person, entries: Entries):
    """It outlives the invitation by years."""
    invitations.revoke(team.invite(ana.email).id, by=team.actor())
    team.join(ana)

    written = entries(team)

    assert len(written) == 4
    assert {entry.subject_name for entry in written} == {mask_address(ana.email)}
    assert ana.email not in str([entry.changes for entry in written])


def actor_of(team: Team, person: Person) -> Actor:
    return Actor(team.id, ActorRole.ADMIN, person.user_id, person.name)


def make_admin(team: Team, person: Person) -> None:
    """Whatever they have become."""
    with system_scope("a test makes somebody an admin again") as scope:
        row = {"organization_id": team.id, "user_id": person.user_id}
        scope.session.execute(delete(Membership).filter_by(**row))
        scope.session.add(Membership(**row, role=Role.ADMIN, created_at=clock.now()))


def test_an_organization_that_is_being_deleted_has_no_invitations(team: Team, ana: Person, owner_url: str):
    invitation = team.invite(ana.email)
    ask(invitation, ana)
    as_owner(owner_url, update(Organization).where(Organization.id == team.id).values(closing_at=clock.now()))

    assert find_invitation(token_of(invitation)) is None
    assert invitations_for(ana.email) == ()
    with pytest.raises(NotFound):
        ask(invitation, ana)
    assert not invitations.accept(team.id, invitation.id)


def test_an_open_invitation_is_known_by_the_address(team: Team, traveller: time_machine.Traveller, ana: Person):
    team.invite(ana.email)
    open_now = invitations_for(ana.email.upper())

    traveller.shift(LIFETIME)

    assert [one.organization_name for one in open_now] == ["Northwind Cloud"]
    assert invitations_for(ana.email) == ()
    assert invitations_for("eve@customer.example") == ()


def test_what_ended_long_ago_is_forgotten(team: Team, traveller: time_machine.Traveller, ana: Person):
    invitation = team.invite(ana.email)
    traveller.shift(LIFETIME + KEPT_FOR - SECOND)
    forget_old_invitations()
    kept = find_invitation(token_of(invitation))

    traveller.shift(2 * SECOND)
    forget_old_invitations()

    assert kept is not None
    assert find_invitation(token_of(invitation)) is None
