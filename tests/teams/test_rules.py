"""Who may stop being an admin, and what a link is worth to whom; without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.organizations.rules import Role
from app.teams.rules import (
    LIFETIME,
    RESEND_PAUSE,
    USE_GRANULARITY,
    InvitationState,
    Standpoint,
    is_news,
    keeps_an_admin,
    mask_address,
    may_send_again,
    standpoint,
)

NOW = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ANA, EVE = UUID(int=1), UUID(int=2)


def stands(
    state: InvitationState = InvitationState.OPEN,
    *,
    expires_at: datetime = NOW + SECOND,
    requested_by: UUID | None = None,
    invited_email: str = "ana@customer.example",
    user_id: UUID | None = ANA,
    email: str = "ana@customer.example",
    is_member: bool = False,
) -> Standpoint:
    return standpoint(
        state,
        expires_at=expires_at,
        requested_by=requested_by,
        invited_email=invited_email,
        user_id=user_id,
        email=email,
        is_member=is_member,
        now=NOW,
    )


def test_the_last_admin_stays_one():
    roles = {ANA: Role.ADMIN, EVE: Role.EDITOR}

    assert not keeps_an_admin(roles, ANA, None)
    assert not keeps_an_admin(roles, ANA, Role.EDITOR)
    assert keeps_an_admin(roles, ANA, Role.ADMIN)


def test_one_of_two_admins_may_go():
    assert keeps_an_admin({ANA: Role.ADMIN, EVE: Role.ADMIN}, ANA, None)


changes = st.tuples(st.integers(0, 4), st.none() | st.sampled_from(list(Role)))


@given(st.lists(changes, max_size=60))
def test_no_order_of_changes_leaves_nobody_to_manage(sequence: list[tuple[int, Role | None]]):
    members = {UUID(int=number): role for number, role in enumerate([Role.ADMIN, Role.ADMIN, Role.EDITOR, Role.VIEWER])}

    for number, becomes in sequence:
        user_id = UUID(int=number)
        if user_id in members and keeps_an_admin(members, user_id, becomes):
            members.pop(user_id)
            if becomes is not None:
                members[user_id] = becomes

        assert Role.ADMIN in members.values()


def test_whoever_is_invited_may_accept():
    assert stands() is Standpoint.WELCOME


@pytest.mark.parametrize(
    ("invited", "theirs"),
    [
        ("ana@customer.example", "Ana@Customer.Example"),
        ("ana@xn--bcher-kva.example", "ana@BÜCHER.example"),
        ("ana@customer.example", " ana@customer.example"),
    ],
)
def test_how_an_address_is_written_does_not_matter(invited: str, theirs: str):
    assert stands(invited_email=invited, email=theirs) is Standpoint.WELCOME


@pytest.mark.parametrize("email", ["eve@customer.example", "ana@customer.example.evil.example", "ana@customer", ""])
def test_another_address_may_not_accept(email: str):
    assert stands(email=email) is Standpoint.MISTAKEN


def test_nobody_signed_in_is_asked_to_sign_in():
    assert stands(user_id=None, email="") is Standpoint.SIGNED_OUT


def test_a_link_works_to_its_last_second():
    assert stands(expires_at=NOW + SECOND) is Standpoint.WELCOME
    assert stands(expires_at=NOW) is Standpoint.EXPIRED


def test_a_dead_link_does_not_say_whose_it_was():
    for user_id in (ANA, EVE, None):
        email = "eve@customer.example" if user_id is EVE else "ana@customer.example"

        assert stands(expires_at=NOW, user_id=user_id, email=email) is Standpoint.EXPIRED
        assert stands(InvitationState.REVOKED, user_id=user_id, email=email) is Standpoint.REVOKED
        assert stands(InvitationState.ACCEPTED, user_id=user_id, email=email) is Standpoint.USED


def test_who_asked_in_time_gets_in_however_late_the_worker_is():
    assert stands(requested_by=ANA, expires_at=NOW - LIFETIME) is Standpoint.REQUESTED


def test_what_somebody_else_has_accepted_is_used():
    assert stands(requested_by=EVE) is Standpoint.USED


def test_who_has_accepted_has_joined_as_long_as_they_belong():
    assert stands(InvitationState.ACCEPTED, requested_by=ANA, is_member=True) is Standpoint.JOINED
    assert stands(InvitationState.ACCEPTED, requested_by=ANA, is_member=False) is Standpoint.USED


@pytest.mark.parametrize("email", ["ana@customer.example", "eve@customer.example"])
def test_a_member_is_told_so_whatever_the_link_is(email: str):
    assert stands(is_member=True, email=email) is Standpoint.MEMBER
    assert stands(InvitationState.REVOKED, is_member=True, email=email) is Standpoint.MEMBER


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ana.silva@northwind.example", "a•••a@northwind.example"),
        ("ana@northwind.example", "a•••@northwind.example"),
        ("a@northwind.example", "a•••@northwind.example"),
    ],
)
def test_of_an_address_only_its_owner_sees_enough(address: str, shown: str):
    assert mask_address(address) == shown


def test_a_double_click_sends_one_mail():
    assert not may_send_again(NOW, NOW + RESEND_PAUSE - SECOND)
    assert may_send_again(NOW, NOW + RESEND_PAUSE)


def test_using_an_organization_is_noted_now_and_then():
    assert is_news(None, None, NOW)
    assert not is_news(NOW - USE_GRANULARITY + SECOND, None, NOW)
    assert is_news(NOW - USE_GRANULARITY, None, NOW)


def test_coming_back_from_another_organization_is_noted_at_once():
    assert is_news(NOW - 2 * SECOND, NOW - SECOND, NOW)
    assert not is_news(NOW - SECOND, NOW - 2 * SECOND, NOW)
