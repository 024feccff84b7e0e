"""The link in an invitation: opening it changes nothing, and each who holds it learns what to do and no more."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from rq import Queue, SimpleWorker
from sqlalchemy import create_engine, delete, select
from sqlalchemy.pool import NullPool

from app.accounts.models import User
from app.database.outbox import Event
from app.database.scope import system_scope
from app.organizations.models import Organization
from app.organizations.rules import Role
from app.teams import invitations
from app.teams.actions import remove_member
from app.teams.bell import ACCEPTANCES
from app.teams.models import Invitation
from app.teams.rules import LIFETIME, SLOW_AFTER
from app.teams.tokens import invitation_token
from tests.blueprints.auth.conftest import Visitor
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Person, Team, World
from tests.together import run_together


@pytest.fixture
def ana(world: World) -> Person:
    """Somebody with an account and without an organization."""
    return world.person("Ana Silva")


@pytest.fixture
def invitation(team: Team, ana: Person) -> Invitation:
    return team.invite(ana.email, Role.VIEWER)


@pytest.fixture
def link(invitation: Invitation) -> str:
    return link_of(invitation)


def link_of(invitation: Invitation) -> str:
    return f"/invitations/{invitation_token(invitation.id, invitation.sent_at)}"


def card(browser: HttpBrowser, path: str, status: int = 200) -> Element:
    answer = browser.get(path)
    assert answer.status_code == status
    return read(answer.text).one("main")


def answer_bells(app: Flask) -> None:
    connection = app.extensions["upfront.rq_redis"]
    worker = SimpleWorker([Queue(ACCEPTANCES, connection=connection)], connection=connection)
    worker.work(burst=True, logging_level="ERROR")


def state(invitation: Invitation) -> tuple[str, bool]:
    """What has become of it, and whether somebody has accepted."""
    with system_scope("a test reads an invitation") as scope:
        row = scope.session.get_one(Invitation, (invitation.organization_id, invitation.id))
        return row.state.value, row.requested_at is not None


def test_whoever_is_not_signed_in_sees_who_invites_to_what(client: HttpBrowser, link: str, ana: Person):
    page = card(client, link)

    assert "Join Northwind Cloud" in page.text
    assert "Mara Lind invites you to work on its status page as a viewer." in page.text
    assert ana.email not in page.text
    assert re.search(r"a•••\d?@northwind\.example", page.text)
    form = page.one("form")
    assert form.attributes["action"] == "/auth/sign-in"
    assert form.fields()["next"] == link


def test_opening_the_link_changes_nothing_however_often(
    client: HttpBrowser, ana: Person, invitation: Invitation, link: str
):
    for browser in (client, ana.browser()):
        for method in ("GET", "HEAD"):
            for path in (link, f"{link}/progress"):
                browser.open(path, method=method)

    assert state(invitation) == ("open", False)


def test_accepting_waits_for_the_worker_and_lands_on_the_dashboard(app: Flask, team: Team, ana: Person, link: str):
    browser = ana.browser()
    form = card(browser, link).one("form", method="post")

    asked = browser.submit(link, form.fields())
    waiting = card(browser, asked.location)
    still = browser.get(asked.location, headers={"HX-Request": "true"})
    answer_bells(app)
    done = browser.get(asked.location, headers={"HX-Request": "true"})

    assert (asked.status_code, asked.location) == (303, f"{link}/progress")
    assert "Joining Northwind Cloud" in waiting.text
    assert still.status_code == 200
    assert read(still.text).one("div", id="progress").attributes["hx-trigger"] == "every 1s"
    assert "<html" not in still.text
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, f"/dashboard/{team.slug}/")
    assert "You are a viewer at Northwind Cloud now." in browser.get(f"/dashboard/{team.slug}/").text


def test_without_a_script_the_page_waits_too(app: Flask, team: Team, ana: Person, link: str):
    browser = ana.browser()
    waiting = read(browser.get(browser.submit(link).location).text)
    answer_bells(app)

    done = browser.get(f"{link}/progress")

    assert waiting.one("noscript").one("meta").attributes["content"] == "2"
    assert waiting.one("main").one("a", class_="button").attributes["href"] == f"{link}/progress"
    assert (done.status_code, done.location) == (303, f"/dashboard/{team.slug}/")


def test_whoever_comes_back_while_it_waits_goes_on_waiting(ana: Person, link: str):
    browser = ana.browser()
    browser.submit(link)

    assert browser.get(link).location == f"{link}/progress"
    assert browser.submit(link).location == f"{link}/progress"


def test_who_waits_long_is_told_that_they_need_not(ana: Person, link: str):
    browser = ana.browser()
    browser.submit(link)

    with time_machine.travel(datetime.now(UTC) + SLOW_AFTER):
        page = card(browser, f"{link}/progress")

    assert "This takes longer than usual." in page.text


def test_twenty_presses_at_once_are_one(app: Flask, ana: Person, invitation: Invitation, link: str):
    browsers = [ana.browser() for _ in range(20)]

    run_together(app, [partial(browser.submit, link) for browser in browsers])

    with system_scope("a test reads the outbox") as scope:
        asked = scope.session.scalars(select(Event).where(Event.kind == "invitation.accept_requested")).all()
    assert len(asked) == 1
    assert state(invitation) == ("open", True)


def test_another_account_is_told_which_one_to_use_and_spends_nothing(world: World, invitation: Invitation, link: str):
    eve = world.person("Eve Adams")
    browser = eve.browser()

    page = card(browser, link, 403)
    answer = browser.submit(link)

    assert "This invitation is for another account" in page.text
    assert eve.email in page.text
    assert re.search(r"a•••\d?@northwind\.example", page.text)
    assert page.one("form").fields()["choose"] == "yes"
    assert page.one("form").fields()["next"] == link
    assert answer.location == link
    assert state(invitation) == ("open", False)


def test_upper_and_lower_case_do_not_matter(team: Team, world: World):
    ana = world.person("Ana Silva")
    invitation = team.invite(ana.email)
    with system_scope("a test has the provider write it otherwise") as scope:
        scope.session.get_one(User, ana.user_id).email = ana.email.upper()

    answer = ana.browser().submit(link_of(invitation))

    assert answer.location.endswith("/progress")


def test_who_is_signed_out_meanwhile_is_asked_to_sign_in(client: HttpBrowser, invitation: Invitation, link: str):
    answer = client.submit(link)

    assert (answer.status_code, answer.location) == (303, link)
    assert state(invitation) == ("open", False)


def test_an_expired_link_says_whom_to_ask(client: HttpBrowser, ana: Person, link: str):
    with time_machine.travel(datetime.now(UTC) + LIFETIME + timedelta(seconds=1)):
        page = card(client, link, 410)

    assert "This invitation has expired" in page.text
    assert "Ask Mara Lind to send it again" in page.text
    assert "Northwind" not in page.text


def test_one_that_was_taken_back_tells_nothing_else(team: Team, client: HttpBrowser, invitation: Invitation, link: str):
    invitations.revoke(invitation.id, by=team.actor())

    page = card(client, link, 410)

    assert "This invitation was taken back" in page.text
    assert "Northwind" not in page.text
    assert "Mara" not in page.text


def test_a_used_one_says_so_to_others_and_leads_its_owner_home(
    team: Team, world: World, client: HttpBrowser, ana: Person, invitation: Invitation, link: str
):
    team.ask(invitation, ana)
    invitations.accept(team.id, invitation.id)

    own = card(ana.browser(), link)
    others = [card(browser, link, 410).text for browser in (client, world.person("Eve Adams").browser())]

    assert own.one("a", class_="button").attributes["href"] == f"/dashboard/{team.slug}/"
    assert "You have joined Northwind Cloud" in own.text
    for text in others:
        assert "This invitation was used already" in text
        assert "Ana" not in text
        assert "Northwind" not in text


def test_who_was_removed_cannot_come_back_by_the_old_link(team: Team, ana: Person, invitation: Invitation, link: str):
    team.ask(invitation, ana)
    invitations.accept(team.id, invitation.id)
    remove_member(ana.user_id, by=team.actor())
    browser = ana.browser()

    page = card(browser, link, 410)
    browser.submit(link)

    assert "If you belong no more, ask for another one." in page.text
    assert not invitations.accept(team.id, invitation.id)
    assert browser.get(f"/dashboard/{team.slug}/").status_code == 404


def test_a_link_that_a_newer_mail_replaced_and_one_that_never_was_read_the_same(
    team: Team, client: HttpBrowser, ana: Person, world: World
):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=5)):
        invitation = team.invite(ana.email)
    old = link_of(invitation)
    invitations.resend(invitation.id, by=team.actor())

    replaced, missing = (client.get(path) for path in (old, "/invitations/" + "0" * 32))

    assert (replaced.status_code, missing.status_code) == (404, 404)
    assert replaced.data == missing.data
    assert "a newer mail has replaced it" in replaced.text
    assert ana.browser().submit(old).status_code == 404


def test_the_link_of_an_organization_that_is_gone_reads_as_if_it_never_was(
    team: Team, client: HttpBrowser, link: str, owner_url: str
):
    with create_engine(owner_url, poolclass=NullPool).begin() as owner:
        owner.execute(delete(Organization).where(Organization.id == team.id))

    gone, missing = client.get(link), client.get("/invitations/" + "0" * 32)

    assert gone.status_code == 404
    assert gone.data == missing.data


@pytest.mark.parametrize("token", ["0", "../..", "%00", "é" * 40, "a" * 3000])
def test_odd_tokens_are_links_that_open_nothing(client: HttpBrowser, team: Team, token: str):
    assert client.get(f"/invitations/{token}").status_code in (404, 308)


def test_a_member_is_told_so_and_keeps_their_role(team: Team, invitation: Invitation, link: str):
    admin = team.founder.browser()

    page = card(admin, link)
    answer = admin.submit(link)

    assert "You belong to Northwind Cloud already" in page.text
    assert page.one("a", class_="button").attributes["href"] == f"/dashboard/{team.slug}/"
    assert answer.location == link
    assert state(invitation) == ("open", False)
    assert admin.get(f"/dashboard/{team.slug}/members").status_code == 200


def test_what_stands_under_a_secret_address_is_not_kept_or_told(client: HttpBrowser, ana: Person, link: str):
    for path in (link, f"{link}/progress", "/invitations/" + "0" * 32):
        headers = ana.browser().get(path).headers

        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Robots-Tag"] == "noindex"


def test_accepting_needs_a_token_of_our_page(ana: Person, invitation: Invitation, link: str):
    answer = ana.browser().post(link)

    assert answer.status_code == 400
    assert state(invitation) == ("open", False)


def test_tokens_are_not_tried_by_the_thousand(client: HttpBrowser, team: Team):
    statuses = [client.get(f"/invitations/{number:032}").status_code for number in range(61)]

    assert statuses == [404] * 60 + [429]


def test_onboarding_tells_who_has_been_invited(team: Team, ana: Person, link: str):
    hint = card(ana.browser(), "/onboarding").one("section", id="invitations")

    assert "Mara Lind invites you to Northwind Cloud as a viewer." in hint.text
    assert hint.one("a", class_="button").attributes["href"] == link


def test_onboarding_tells_nobody_else(world: World, team: Team, invitation: Invitation):
    page = card(world.person("Eve Adams").browser(), "/onboarding")

    assert not page.all("section", id="invitations")
    assert "Northwind" not in page.text


def test_onboarding_tells_nothing_of_what_is_over(team: Team, ana: Person, invitation: Invitation):
    invitations.revoke(invitation.id, by=team.actor())

    assert not card(ana.browser(), "/onboarding").all("section", id="invitations")


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
def test_signing_in_leads_back_to_the_invitation(signing_app: Flask, visitor: Visitor, team: Team):
    link = link_of(team.invite("mara@northwind.example"))
    form = card(visitor.browser, link).one("form")

    begun = visitor.browser.submit(form.attributes["action"], form.fields()).location
    back = visitor.return_by(visitor.provider.answer(begun, "mara@northwind.example"))

    assert back.location == link
    assert "Accept" in card(visitor.browser, link).text


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
def test_using_another_account_has_the_provider_ask_which_one(signing_app: Flask, visitor: Visitor, team: Team):
    link = link_of(team.invite("ana@customer.example"))
    visitor.sign_in("mara@northwind.example")
    form = card(visitor.browser, link, 403).one("form")

    begun = visitor.browser.submit(form.attributes["action"], form.fields()).location

    assert "prompt=select_account" in begun
