"""Walks the map of addresses: everybody can use each page that stands there, in both themes, wide and narrow.

Whoever adds a page says in `values` what its address names, or below the dashboard in `dashboard/samples.py`; what a
page shows in another state goes into `more` and `refused`. Here stands what the server draws; what only a script
brings about is checked where that script is tested.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import time_machine
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app import clock
from app.access.models import AccessLink
from app.access.tokens import link_token
from app.database.scope import system_scope
from app.domains.hosts import NOBODYS
from app.incidents.actions import NewUpdate, edit_incident, edit_update, post_update
from app.incidents.handling import set_handler
from app.incidents.merging import merge_incident
from app.incidents.models import Incident
from app.incidents.queries import get_incident
from app.incidents.rules import Impact, Stage
from app.onboarding.actions import NewOrganization, create_organization
from app.organizations.rules import Role
from app.subscribers.tokens import manage_token
from app.teams import invitations
from app.teams.models import Invitation
from app.teams.rules import LIFETIME
from app.teams.tokens import invitation_token
from tests.accessibility import check_documents
from tests.blueprints.dashboard.samples import address as dashboard_address
from tests.blueprints.dashboard.samples import one_of_everything
from tests.browsers import HttpBrowser
from tests.builders import Person, Team
from tests.chromium import Tabs

LONG = "Something that somebody really calls so although it is long and must go on"

NO_PAGES = {
    "auth.avatar": "a picture",
    "auth.callback": "the provider sends people here; they are led on",
    "auth.home": "leads on",
    "auth.slug": "a part of the form for a new organization",
    "auth.invitation_progress": "waits until somebody is a member, see `more`",
    "dashboard.fragments": "parts of the overview",
    "dashboard.live": "a socket",
    "public.ask_for_certificate": "one word for a proxy",
    "public.live": "a socket",
    "public.stamp": "one word for a form",
    "public.push_worker": "a script",
    "public.show_file": "a logo, an icon, a style sheet",
    "static": "files",
}
"""What answers a GET with something else than a page."""

FOR_DEVELOPERS = ("dev.", "health.")


@dataclass
class Walk:
    """Everything that was seen, by what led there."""

    app: Flask
    team: Team
    documents: dict[str, str] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    """What can be asked for and is neither a page nor known to be none."""

    def browser(self, person: Person | None = None) -> HttpBrowser:
        return person.browser() if person else HttpBrowser(self.app, self.app.response_class)

    def look(self, name: str, path: str, person: Person | None = None) -> None:
        self.keep(name, self.browser(person).get(path, follow_redirects=True))

    def send(self, path: str, person: Person | None = None, **fields: str) -> None:
        """Send a form that is refused; it comes back with what is wrong."""
        answer = self.browser(person).submit(path, fields)
        assert answer.status_code == 422, (path, answer.status_code)
        self.keep(f"POST {path}", answer)

    def keep(self, name: str, answer: TestResponse) -> None:
        if is_page(answer):
            # Where an address leads to another one, that one is seen once.
            led_on = len(answer.history) > 0
            self.documents[answer.request.path if led_on else name] = answer.text
        else:
            self.strangers.append(f"{name}: {answer.status}")


def test_everybody_can_use_every_page_in_both_themes_wide_and_narrow(app: Flask, team: Team, tabs: Tabs, served: str):
    things = one_of_everything(team)
    make_it_long(team)
    walk = Walk(app, team)

    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(FOR_DEVELOPERS):
            take(walk, rule, things)
    more(walk, things)
    refused(walk, things)
    page = tabs.lend(served, bypass_csp=True)
    page.goto(f"/{team.slug}")

    assert not walk.strangers, "Say in `values` what it names, or in NO_PAGES why it is none: " + "; ".join(
        walk.strangers
    )
    check_documents(page, walk.documents)


def is_page(answer: TestResponse) -> bool:
    return answer.mimetype == "text/html" and answer.text.lstrip().lower().startswith("<!doctype html")


def take(walk: Walk, rule: Rule, things: dict[str, Any]) -> None:
    """Look at what stands at this address."""
    if rule.endpoint in NO_PAGES:
        return
    team = walk.team
    if rule.endpoint.startswith("dashboard."):
        answer = team.founder.browser().get(dashboard_address(walk.app, rule, team.slug, things))
    else:
        named = values(team, rule, things)
        if named is None:
            walk.strangers.append(f"{rule.endpoint} {rule.rule}")
            return
        person = team.founder if rule.endpoint.startswith("auth.") else None
        path = walk.app.url_map.bind("localhost").build(rule.endpoint, named)
        answer = walk.browser(person).get(path, follow_redirects=True)
    if is_page(answer) or (answer.mimetype == "text/html" and "<html" in answer.text) or answer.status_code != 200:
        walk.keep(rule.endpoint, answer)


def values(team: Team, rule: Rule, things: dict[str, Any]) -> dict[str, Any] | None:
    """What an address outside of the dashboard names; None when nobody has said."""
    subscriber = team.subscriber()
    known = {
        **things,
        "slug": team.slug,
        "month": f"{datetime.now(UTC):%Y-%m}",
        "token": manage_token(subscriber.id),
    }
    match rule.endpoint:
        case "public.show_postmortem":
            known["incident_id"] = things["resolved_incident_id"]
        case "auth.invitation":
            known["token"] = token_of(team.invite())
        case "auth.closing":
            known["organization_id"] = closed_organization(team.founder)
    return {name: known[name] for name in rule.arguments} if rule.arguments <= set(known) else None


def closed_organization(founder: Person) -> UUID:
    """Another one of theirs, which they delete."""
    other = create_organization(NewOrganization("Gone", "gone", "UTC"), user_id=founder.user_id, user_name=founder.name)
    answer = founder.browser().submit("/dashboard/gone/settings/delete", {"confirmation": "Gone"})
    assert answer.status_code == 303, answer.status
    return other.id


def make_it_long(team: Team) -> None:
    """What is shown in many places is as long as it may be somewhere."""
    group = team.group(LONG)
    service = team.service(LONG, group, LONG)
    team.set_status(team.service("Web"), "under_maintenance", "Moving")
    team.incident(LONG, affects={service: "major_outage"}, message=f"{LONG}\n\n- one\n- [two](https://a.example)")
    team.announcement(LONG, f"{LONG}: [mail](mailto:a@x.example).", level="critical")
    team.maintenance(LONG, service, in_hours=1)
    team.join(team.world.person(LONG), Role.EDITOR)


def more(walk: Walk, things: dict[str, Any]) -> None:
    """Pages in another state than the first."""
    team, home = walk.team, f"/dashboard/{walk.team.slug}"
    founder, newcomer = team.founder, team.world.person("Nina Neu")
    for path in (
        "/incidents?q=err", "/incidents?q=nothing", "/audit?from=2999-01-01&to=2001-01-01", "/no-such-page",
        f"/incidents/{things['incident_id']}?stage=resolved", f"/incidents/new?template={things['template_id']}",
    ):  # fmt: skip
        walk.look(path, f"{home}{path}", founder)
    walk.look("a viewer's overview", f"{home}/", team.member(Role.VIEWER))
    walk.look("a viewer is refused", f"{home}/settings", team.member(Role.VIEWER))
    merged_into = incident_with_a_past(team)
    for part in ("", "/edits", "/earlier"):
        walk.look(f"an incident with a past{part}", f"{home}/incidents/{merged_into.id}{part}", founder)
    for incident_id in (merged_into.id, get_incident(team.actor(), merged_into.id).merged_from[0].id):
        walk.look(f"a merged incident {incident_id}", f"/{team.slug}/incidents/{incident_id}")
    other = team.world.team()
    walk.look("a new organization", f"/dashboard/{other.slug}/", other.founder)
    walk.look("signing in", "/auth/sign-in")
    walk.look("no page", "/no-such-page")
    walk.look("nothing below a page", f"/{team.slug}/no/such/thing")
    closed_pages(walk)
    for name, invitation in invited(team).items():
        walk.look(f"an invitation that is {name}", f"/invitations/{token_of(invitation)}")
    theirs = team.invite(newcomer.email)
    walk.look("an invitation", f"/invitations/{token_of(theirs)}", newcomer)
    walk.look("another account's invitation", f"/invitations/{token_of(theirs)}", founder)
    team.ask(theirs, newcomer)
    walk.look("an invitation that is being accepted", f"/invitations/{token_of(theirs)}", newcomer)


def closed_pages(walk: Walk) -> None:
    """What those see who may not see a page, or do not show that they may."""
    stranger = walk.team.world.person("Eve Moor")
    ways = {"password": {"password": "correct horse"}, "addresses": {"addresses": "@x.example"},
            "networks": {"networks": "203.0.113.0/24"}, "members": {}}  # fmt: skip
    for way, what in ways.items():
        other = walk.team.world.team(LONG[:80].strip(), f"closed-by-{way}")
        page = other.close_page(way, **what)
        walk.look(f"closed by {way}", page.front)
        walk.look(f"who may see it: {way}", f"/dashboard/{other.slug}/pages/{page.page_id}/access", other.founder)
    walk.look("closed to somebody else", "/closed-by-members", stranger)
    walk.look("a dead link", f"/closed-by-addresses/unlock/{'0' * 32}")
    walk.send("/closed-by-password/unlock", password="no")
    walk.send("/closed-by-addresses/unlock", email="ana@")
    walk.keep("a link is on its way", walk.browser().submit("/closed-by-addresses/unlock", {"email": "ana@x.example"}))
    link = link_of("ana@x.example")
    walk.look("a link that opens a page", f"/closed-by-addresses/unlock/{link_token(link.id, link.requested_at)}")
    nobodys = walk.browser().get("/", environ_overrides={NOBODYS: "nobody.example"})
    walk.keep("a domain that is nobody's", nobodys)


def link_of(address: str) -> AccessLink:
    with system_scope("a test reads a mail") as scope:
        return scope.session.scalars(select(AccessLink).where(AccessLink.email == address)).one()


def incident_with_a_past(team: Team) -> Incident:
    """One that somebody handles, that was edited, moved in time and merged with another."""
    incident = team.incident("Logins fial for some", message="We loking into it.")
    set_handler(incident.id, team.founder.user_id, by=team.actor())
    edit_incident(incident.id, "Logins fail for some", Impact.MAJOR, by=team.actor())
    update = get_incident(team.actor(), incident.id).updates[0]
    edit_update(incident.id, update.id, "We are looking into it.", by=team.actor())
    post_update(incident.id, NewUpdate(Stage.IDENTIFIED, "It got worse.", posted_at=clock.now()), by=team.actor())
    merge_incident(team.incident("Sign-in is broken").id, incident.id, by=team.actor())
    return incident


def invited(team: Team) -> dict[str, Invitation]:
    with time_machine.travel(datetime.now(UTC) - LIFETIME - timedelta(minutes=1)):
        expired = team.invite("late@customer.example")
    taken_back = team.invite("gone@customer.example")
    invitations.revoke(taken_back.id, by=team.actor())
    return {"open": team.invite("new@customer.example"), "expired": expired, "taken back": taken_back}


def refused(walk: Walk, things: dict[str, Any]) -> None:
    """Forms that come back with what is wrong."""
    founder, home = walk.team.founder, f"/dashboard/{walk.team.slug}"
    for path in (
        "/incidents", f"/incidents/{things['incident_id']}/updates", "/incidents/past", "/maintenance", "/services",
        "/announcements", "/templates", "/members/invitations", "/settings/address",
    ):  # fmt: skip
        walk.send(f"{home}{path}", founder)
    walk.send("/onboarding", founder, name="", slug="northwind")
    walk.send("/account/delete", founder, confirmation="somebody else")
    walk.send(f"/{walk.team.slug}/subscribe", email="ana@")


def token_of(invitation: Invitation) -> str:
    return invitation_token(invitation.id, invitation.sent_at)
