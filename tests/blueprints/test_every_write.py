"""Walks the map of addresses: whatever is written leaves an entry in the audit log, or a reason why it need not."""

from collections.abc import Callable, Mapping, Set
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import create_engine, select, text
from sqlalchemy.pool import NullPool

from app.access.models import AccessLink
from app.access.tokens import link_token
from app.accounts.queries import find_signed_in
from app.database.actor import Actor
from app.database.scope import organization_scope, system_scope
from app.organizations.rules import Role
from app.subscribers.models import Subscriber
from app.subscribers.tokens import confirm_token, manage_token
from tests.blueprints.dashboard.samples import BY_HAND, WRITES_NOTHING, forms, in_turn, one_of_everything, rules
from tests.blueprints.public.conftest import stamp_of_a_person
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.fakes.push import FakeBrowser

LAST = {"dashboard.leave", "dashboard.move", "dashboard.close"}
"""After these nothing else is where it was."""

Count = Callable[[], int]


@pytest.fixture
def count(owner_url: str) -> Count:
    """How many entries there are, in whosever log."""
    engine = create_engine(owner_url, poolclass=NullPool)

    def take() -> int:
        with engine.connect() as owner:
            return owner.execute(text("SELECT count(*) FROM audit_entries")).scalar_one()

    return take


def test_every_form_of_the_dashboard_leaves_an_entry(app: Flask, team: Team, count: Count):
    writing = {rule.endpoint for rule in rules(app, "POST")} - set(WRITES_NOTHING)
    silent = silent_ones(app, team, writing, count)
    # One that came before may have taken away what another was about: these begin anew, as long as that helps.
    for _ in range(2):
        silent = silent_ones(app, team.world.team(), silent, count) if silent else silent

    assert silent == set(), "record it in the action, or say in WRITES_NOTHING why not"


def test_everything_else_that_is_posted_leaves_one_too(app: Flask, team: Team, count: Count):
    samples = elsewhere(app, team)
    posted = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith(("dashboard.", "dev."))
    }
    assert posted - set(WRITES_NOTHING) == set(samples), "say in `elsewhere` how to use it"

    silent = []
    for endpoint, use in samples.items():
        before = count()
        use()
        if count() == before:
            silent.append(endpoint)

    assert silent == []


def test_what_need_not_be_in_the_log_is_really_there(app: Flask):
    assert set(WRITES_NOTHING) <= {rule.endpoint for rule in app.url_map.iter_rules()}


def silent_ones(app: Flask, team: Team, endpoints: Set[str], count: Count) -> set[str]:
    """Which of these left no entry, used one after the other."""
    things = one_of_everything(team)
    team.group("Another")
    own, browser = by_hand(team, things), team.founder.browser()
    assert set(own) == BY_HAND
    offered = forms(app, browser, team.slug, things, endpoints - set(own))
    assert endpoints - set(offered) - set(own) == set(), "no page offers a form for these"

    def send(endpoint: str) -> bool:
        path, sent = offered[endpoint]
        return browser.submit(path, sent).status_code < 400

    silent = set()
    each = [
        *(one for one in own if one not in LAST),
        *in_turn(endpoints - set(own)),
        *(one for one in own if one in LAST),
    ]
    for endpoint in (one for one in each if one in endpoints):
        before = count()
        answered = own[endpoint](browser) if endpoint in own else send(endpoint)
        if not answered or count() == before:
            silent.add(endpoint)
    return silent


def by_hand(team: Team, things: Mapping[str, Any]) -> dict[str, Callable[[HttpBrowser], bool]]:
    """What cannot be sent as a page offers it, in an order in which nothing is in the way of the next: with a file,
    with something to take back, and at the end what takes a member away, moves the organization or closes it."""
    home = f"/dashboard/{team.slug}"
    other = find_signed_in(team.world.another_session(team.founder).token)
    leaving = team.join(team.world.person("Ada Zweig"), Role.VIEWER).browser()
    assert other is not None

    def close(browser: HttpBrowser) -> bool:
        name = read(browser.get(f"{home}-moved/settings").text).one("input", id="name").value
        return sent(browser, f"{home}-moved/settings/delete", {"confirmation": name})

    return {
        "dashboard.move_group": lambda one: sent(
            one, f"{home}/groups/{things['group_id']}/move", {"direction": "down"}
        ),
        "dashboard.upload_picture": lambda one: sent(one, f"{home}/account/picture", {"picture": (picture(), "a.png")}),
        "dashboard.remove_picture": lambda one: sent(one, f"{home}/account/picture/remove", {}),
        "dashboard.end_one_session": lambda one: sent(one, f"{home}/account/sessions/{other.session_id}/end", {}),
        "dashboard.enter_page_domain": lambda one: sent(
            one, f"{home}/pages/{things['page_id']}/domain", {"host": "status.contoso.example"}
        ),
        "dashboard.leave": lambda _: sent(leaving, f"{home}/members/leave", {}),
        "dashboard.move": lambda one: sent(one, f"{home}/settings/address", {"slug": f"{team.slug}-moved"}),
        "dashboard.close": close,
    }


def elsewhere(app: Flask, team: Team) -> dict[str, Callable[[], object]]:
    """How what is posted outside of the dashboard is used, in an order in which nothing is in the way of the next."""
    visitor, actor = HttpBrowser(app, app.response_class), team.actor()
    subscriber, incident = team.subscriber(), team.incident()
    mara, again = team.founder.browser(), team.world.another_session(team.founder).browser()
    leaving = team.join(team.world.person("Nina Neu"), Role.VIEWER)
    stamped = {"stamp": stamp_of_a_person()}
    page, token = f"/{team.slug}", manage_token(subscriber.id)
    phone = FakeBrowser("https://fcm.googleapis.com", "ada")
    closed = team.world.team("Contoso", "contoso").close_page("addresses", addresses="ada@customer.example")
    return {
        "public.subscribe": lambda: visitor.submit(f"{page}/subscribe", {"email": "new@customer.example", **stamped}),
        "public.confirm": lambda: visitor.submit(f"{page}/subscribe/confirm/{confirmation_of(actor)}"),
        "public.save_preferences": lambda: visitor.submit(
            f"{page}/subscribe/{token}", {"kinds": "incidents", "scope": "all"}
        ),
        "public.follow": lambda: visitor.submit(
            f"{page}/incidents/{incident.id}/follow", {"email": "fan@customer.example", **stamped}
        ),
        "public.unsubscribe": lambda: visitor.submit(f"{page}/unsubscribe/{token}"),
        "public.be_forgotten": lambda: visitor.submit(f"{page}/subscribe/{token}/forget"),
        "public.subscribe_push": lambda: visitor.post(f"{page}/push", json=phone.subscription()),
        "public.forget_push": lambda: visitor.post(f"{page}/push/forget", json={"endpoint": phone.endpoint}),
        "public.unlock": lambda: visitor.submit(f"{closed.home}/unlock", {"email": "ada@customer.example"}),
        "public.use_unlock_link": lambda: visitor.submit(f"{closed.home}/unlock/{token_of_link()}"),
        "auth.create": lambda: mara.submit("/onboarding", {"name": "Acme", "slug": "acme", "time_zone": "UTC"}),
        "auth.delete": lambda: leaving.browser().submit("/account/delete", {"confirmation": leaving.email}),
        "auth.sign_out": lambda: again.submit("/auth/sign-out"),
        "auth.sign_out_everywhere": lambda: mara.submit("/auth/sign-out-everywhere"),
    }


def confirmation_of(actor: Actor) -> str:
    """The token in the mail that asks the newest subscriber."""
    with organization_scope(actor) as scope:
        asked = scope.session.scalars(select(Subscriber).where(Subscriber.email == "new@customer.example")).one()
    return confirm_token(asked.id, asked.requested_at)


def token_of_link() -> str:
    """The token in the mail that lets somebody in."""
    with system_scope("a test reads a mail") as scope:
        link = scope.session.scalars(select(AccessLink)).one()
    return link_token(link.id, link.requested_at)


def sent(browser: HttpBrowser, path: str, fields: dict[str, Any]) -> bool:
    return browser.submit(path, fields).status_code < 400


def picture() -> BytesIO:
    written = BytesIO()
    Image.new("RGB", (300, 200), "green").save(written, "PNG")
    written.seek(0)
    return written
