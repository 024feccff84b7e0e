"""What stays open ends with the reason for which it was opened."""

import pytest
from flask import Flask

from app.access.actions import NewAccess, set_access
from app.access.grants import Grant
from app.access.rules import Way
from app.accounts.actions import sign_out
from app.accounts.queries import find_signed_in
from app.blueprints.public.live import render_fragments
from app.errors import NotFound
from app.organizations.rules import Role
from app.pages.rules import Visibility
from app.teams.actions import remove_member
from app.web.gate import Admission
from tests.builders import Team


def test_whoever_watches_a_page_that_becomes_private_is_let_go(team: Team):
    """By the next rendering, which the change itself causes in each process."""
    watched = team.page
    render_fragments(watched)

    team.close_page("members")

    with pytest.raises(NotFound):
        render_fragments(watched)


def test_a_grant_lets_nobody_stay_once_the_password_is_another(team: Team):
    page = team.close_page("password", password="correct horse")
    admission = Admission(Grant(page.page_id, page.access_version, Way.PASSWORD), "192.0.2.1")
    before = admission.still_holds(page)

    team.close_page("password", password="battery staple")

    assert (before, admission.still_holds(page)) == (True, False)
    with pytest.raises(NotFound):
        render_fragments(page)


def test_a_network_stays_as_long_as_it_is_on_the_list(team: Team):
    page = team.close_page("networks", networks="192.0.2.0/24")

    assert Admission(None, "192.0.2.1").still_holds(page)
    assert not Admission(None, "198.51.100.1").still_holds(page)


@pytest.mark.parametrize("ending", ["session", "membership"])
def test_a_member_stays_as_long_as_they_are_one(app: Flask, team: Team, ending: str):
    page = team.close_page("members")
    vera = team.member(Role.VIEWER)
    session = find_signed_in(vera.token)
    assert session is not None
    grant = Grant(page.page_id, page.access_version, Way.MEMBERS, session.session_id)
    admission = Admission(grant, "192.0.2.1", session.user_id)
    before = admission.still_holds(page)

    if ending == "session":
        sign_out(session.session_id)
    else:
        remove_member(session.user_id, by=team.actor())

    assert (before, admission.still_holds(page)) == (True, False)
    assert set(admission.keys) == {str(session.session_id), str(session.user_id)}


def test_a_page_that_everybody_may_see_again_asks_nobody(team: Team):
    page = team.close_page("members")

    set_access(page.page_id, NewAccess(Visibility.PUBLIC), by=team.actor())

    render_fragments(team.page)
    assert not team.page.is_private
