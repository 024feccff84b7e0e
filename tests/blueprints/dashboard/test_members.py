"""The members page: who belongs here, as what, and who has been asked to."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from redis.exceptions import ConnectionError as RedisAway

from app.extensions import limiter
from app.organizations.rules import Role
from app.teams import invitations
from app.teams.queries import PendingView, read_team
from app.teams.rules import LIFETIME
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World


def open_members(browser: HttpBrowser, home: str) -> Element:
    answer = browser.get(f"{home}/members")
    assert answer.status_code == 200
    return read(answer.text).one("main")


def row_of(page: Element, user_id: object) -> Element:
    return page.one("tbody", id=f"member-{user_id}")


def pending(team: Team) -> tuple[PendingView, ...]:
    return read_team(team.actor()).pending


def faults(text: str) -> list[str]:
    return [fault.text for fault in read(text).all("span", class_="error")]


def test_admins_see_everybody_with_their_role(team: Team, admin: HttpBrowser, home: str):
    jonas = team.member(Role.EDITOR)

    page = open_members(admin, home)

    row = row_of(page, jonas.user_id)
    assert "Jonas Berg" in row.text
    assert jonas.email in row.text
    assert row.one("select").value == "editor"
    assert "You" in row_of(page, team.founder.user_id).text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_do_not_see_the_page_and_no_link_to_it(team: Team, home: str, role: Role):
    browser = team.member(role).browser()

    assert browser.get(f"{home}/members").status_code == 403
    assert not read(browser.get(f"{home}/").text).one("nav", id="rail").all("a", href=f"{home}/members")


def test_a_changed_role_counts_at_once_and_is_said(team: Team, admin: HttpBrowser, home: str):
    vera = team.member(Role.VIEWER)
    form = row_of(open_members(admin, home), vera.user_id).one("form")

    answer = admin.submit(form.attributes["action"], form.fields() | {"role": "editor"})

    assert answer.location == f"{home}/members"
    assert "Vera Holt is an editor now." in admin.get(answer.location).text
    assert vera.browser().get(f"{home}/services/new").status_code == 200


def test_the_last_admins_form_comes_back_with_what_was_chosen(team: Team, admin: HttpBrowser, home: str):
    mara = team.founder.user_id

    answer = admin.submit(f"{home}/members/{mara}/role", {"role": "viewer"})

    assert answer.status_code == 422
    row = row_of(read(answer.text).one("main"), mara)
    assert "Make somebody else an admin first" in row.one("span", class_="error").text
    assert row.one("select").value == "viewer"
    assert row.one("select").attributes["aria-invalid"] == "true"
    assert "data-faults" in row.one("div", class_="field").attributes


@pytest.mark.parametrize("role", ["", "owner", "ADMIN"])
def test_a_role_that_there_is_not_is_refused(team: Team, admin: HttpBrowser, home: str, role: str):
    vera = team.member(Role.VIEWER)

    answer = admin.submit(f"{home}/members/{vera.user_id}/role", {"role": role})

    assert (answer.status_code, faults(answer.text)) == (422, ["Choose a role from the list."])


def test_an_admin_who_steps_down_is_led_off_the_page(team: Team, world: World, admin: HttpBrowser, home: str):
    team.join(world.person("Jonas Berg"), Role.ADMIN)

    answer = admin.submit(f"{home}/members/{team.founder.user_id}/role", {"role": "viewer"})

    assert answer.location == f"{home}/"
    assert "You are a viewer now." in admin.get(f"{home}/").text


def test_removing_asks_first_and_then_works_at_once(team: Team, admin: HttpBrowser, home: str):
    jonas = team.member(Role.EDITOR)
    theirs = jonas.browser()
    link = row_of(open_members(admin, home), jonas.user_id).one("a", class_="button").attributes["href"]

    form = read(admin.get(link).text).one("main").one("form")
    before = theirs.get(f"{home}/").status_code
    answer = admin.submit(form.attributes["action"])

    assert before == 200
    assert "Jonas Berg does not belong to your organization any more." in admin.get(answer.location).text
    assert theirs.get(f"{home}/").status_code == 404


def test_removing_oneself_is_leaving(team: Team, world: World, admin: HttpBrowser, home: str):
    team.join(world.person("Jonas Berg"), Role.ADMIN)
    mara = team.founder.user_id

    asked = admin.get(f"{home}/members/{mara}/remove")
    gone = admin.submit(f"{home}/members/{mara}/remove")

    assert asked.location == f"{home}/members/leave"
    assert gone.location == "/dashboard"
    assert admin.get(f"{home}/").status_code == 404


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_any_member_may_leave(team: Team, home: str, role: Role):
    browser = team.member(role).browser()
    form = read(browser.get(f"{home}/members/leave").text).one("main").one("form")

    answer = browser.submit(form.attributes["action"])

    assert (answer.status_code, answer.location) == (303, "/dashboard")
    assert browser.get("/dashboard").location == "/onboarding"


def test_the_last_admin_is_told_what_to_do_instead_of_leaving(team: Team, admin: HttpBrowser, home: str):
    alone = read(admin.get(f"{home}/members/leave").text).one("main")
    team.member(Role.EDITOR)
    with_others = read(admin.get(f"{home}/members/leave").text).one("main")

    answer = admin.submit(f"{home}/members/leave")

    assert not alone.all("form")
    assert "Nobody else belongs to it." in alone.text
    assert "Make somebody else an admin before you leave" in with_others.text
    assert answer.status_code == 422
    assert admin.get(f"{home}/").status_code == 200


def test_an_invitation_is_on_its_way_and_waits_in_the_list(team: Team, admin: HttpBrowser, home: str):
    form = open_members(admin, home).one(id="invitations").one("form")

    answer = admin.submit(
        form.attributes["action"], form.fields() | {"email": " Ana@Customer.Example ", "role": "viewer"}
    )

    page = read(admin.get(answer.location).text).one("main")
    assert "A mail to ana@customer.example is on its way." in page.one(id="said").text
    [waiting] = pending(team)
    listed = page.one("li", id=f"invitation-{waiting.id}").text
    assert "ana@customer.example Viewer" in listed
    assert "by Mara Lind" in listed


def test_a_refused_invitation_keeps_what_was_typed(team: Team, admin: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/members/invitations", {"email": "ana@customer", "role": "viewer"})

    form = read(answer.text).one(id="invitations").one("form")
    assert answer.status_code == 422
    assert form.fields() | {"csrf_token": ""} == {"csrf_token": "", "email": "ana@customer", "role": "viewer"}
    assert "“customer” after the @" in form.one("span", class_="error").text
    assert form.one("input", name="email").attributes["aria-describedby"] == "email-error"
    assert pending(team) == ()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "", "role": "viewer"}, "Enter your e-mail address."),
        ({"email": "ana@customer.example", "role": "owner"}, "Choose a role from the list."),
        ({"email": "ana@customer.example\x00", "role": "viewer"}, "no spaces or line breaks"),
        ({"email": "a" * 10_000 + "@customer.example", "role": "viewer"}, "longer than"),
    ],
)
def test_bad_input_is_refused_beside_its_field(admin: HttpBrowser, home: str, fields: dict[str, str], fault: str):
    answer = admin.submit(f"{home}/members/invitations", fields)

    assert answer.status_code == 422
    assert any(fault in one for one in faults(answer.text)), faults(answer.text)


def test_a_member_is_not_invited_again(team: Team, admin: HttpBrowser, home: str):
    email = team.member(Role.VIEWER).email.upper()

    answer = admin.submit(f"{home}/members/invitations", {"email": email, "role": "admin"})

    assert faults(answer.text) == ["Vera Holt is a member already. Change their role in the list instead."]


def test_sending_again_and_taking_back_are_in_the_list(team: Team, admin: HttpBrowser, home: str):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=5)):
        invitation = team.invite("ana@customer.example")
    resend, revoke = open_members(admin, home).one("li", id=f"invitation-{invitation.id}").all("form")

    again = admin.submit(resend.attributes["action"])
    said = read(admin.get(again.location).text).one(id="said").text
    sent_at = pending(team)[0].sent_at
    admin.submit(revoke.attributes["action"])

    assert "Another mail to ana@customer.example is on its way" in said
    assert sent_at > invitation.sent_at - timedelta(seconds=1)
    assert pending(team) == ()


def test_sending_again_at_once_is_refused_in_words(team: Team, admin: HttpBrowser, home: str):
    invitation = team.invite("ana@customer.example")

    answer = admin.submit(f"{home}/members/invitations/{invitation.id}/resend")

    assert answer.status_code == 409
    assert "less than a minute ago" in read(answer.text).one(id="invitations").text


def test_one_that_has_expired_says_so(team: Team, admin: HttpBrowser, home: str):
    with time_machine.travel(datetime.now(UTC) - LIFETIME):
        invitation = team.invite("ana@customer.example")

    listed = open_members(admin, home).one("li", id=f"invitation-{invitation.id}")

    assert "The link stopped working" in listed.text
    assert "Send again" in listed.text


def test_one_that_is_being_accepted_cannot_be_sent_again(team: Team, world: World, admin: HttpBrowser, home: str):
    ana = world.person("Ana Silva")
    invitation = team.invite(ana.email)
    team.ask(invitation, ana)

    listed = open_members(admin, home).one("li", id=f"invitation-{invitation.id}")

    assert "Has accepted just now" in listed.text
    assert not listed.all("form")


def test_one_mailbox_is_not_flooded_by_many_organizations(world: World):
    refused = []
    for number in range(11):
        team = world.team(slug=f"northwind-{number}")
        answer = team.founder.browser().submit(
            f"/dashboard/{team.slug}/members/invitations", {"email": "ana@customer.example", "role": "viewer"}
        )
        refused += faults(answer.text)

    assert refused == ["Too many mails went to this address lately. Try again in an hour."]


def test_an_organization_invites_at_a_human_pace(admin: HttpBrowser, home: str):
    sent = {"email": "nobody", "role": "viewer"}
    statuses = [admin.submit(f"{home}/members/invitations", sent).status_code for _ in range(21)]

    assert statuses == [422] * 20 + [429]


def test_nobody_is_invited_while_nobody_can_count(
    team: Team, admin: HttpBrowser, home: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise RedisAway("refused")

    monkeypatch.setattr(limiter.storage, "incr", fail)

    answer = admin.submit(f"{home}/members/invitations", {"email": "ana@customer.example", "role": "viewer"})

    assert answer.status_code == 503
    assert pending(team) == ()


def test_names_from_right_to_left_and_with_markup_are_only_names(
    team: Team, world: World, admin: HttpBrowser, home: str
):
    team.join(world.person("Nina <b>شركة</b> 🛰️"), Role.VIEWER)

    page = open_members(admin, home)

    names = [name.text for name in page.all("strong", dir="auto")]
    assert "Nina <b>شركة</b> 🛰️" in names


def test_an_admin_by_htmx_stepping_down_is_sent_elsewhere(team: Team, world: World, admin: HttpBrowser, home: str):
    team.join(world.person("Jonas Berg"), Role.ADMIN)

    answer = admin.submit(
        f"{home}/members/{team.founder.user_id}/role", {"role": "editor"}, headers={"HX-Request": "true"}
    )

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"{home}/")


def test_what_was_taken_back_meanwhile_cannot_be_sent(team: Team, admin: HttpBrowser, home: str):
    invitation = team.invite("ana@customer.example")
    invitations.revoke(invitation.id, by=team.actor())

    for act in ("resend", "revoke"):
        assert admin.submit(f"{home}/members/invitations/{invitation.id}/{act}").status_code == 404
