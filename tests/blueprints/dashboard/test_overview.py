"""What members see first."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update
from time_machine import travel

from app import clock
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.models import Delivery
from app.delivery.rules import DeliveryState
from app.domains.models import PageDomain
from app.domains.rules import NO_ADDRESS, NO_RECORD
from app.maintenance.actions import NewMessage, post_message
from app.maintenance.rules import MaintenanceStage
from app.organizations.rules import Role
from app.organizations.views import OrganizationView
from app.overview.parts import PARTS, render_parts
from app.overview.queries import SERVICES_NOW, read_overview
from app.overview.troubles import ONE_REASON, WAVE
from app.pages.models import Page
from app.pages.settings import Theme
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team
from tests.counting import counted


def view_of(team: Team) -> OrganizationView:
    return OrganizationView(team.id, team.organization.name, team.slug, team.organization.time_zone)


def test_a_new_organization_is_shown_how_to_begin(admin: HttpBrowser, home: str):
    steps = read(admin.get(f"{home}/").text).one(id="first-steps")

    assert "0 of 6 done" in steps.text
    assert steps.one("a", href=f"{home}/services/new").text == "Add a service"
    assert "http://localhost/northwind" in steps.text


def test_the_first_steps_are_ticked_off_by_what_is_there_and_then_they_are_gone(
    team: Team, admin: HttpBrowser, home: str
):
    team.service("API")
    looked = admin.submit(f"{home}/first-steps/page", {})
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(Page).where(Page.organization_id == team.id).values(theme=Theme.DARK))
    team.draft()
    team.invite()
    before = read(admin.get(f"{home}/").text).one(id="first-steps")
    team.subscriber()
    after = read(admin.get(f"{home}/").text).one(id="first-steps")

    assert looked.location == "http://localhost/northwind"
    assert "5 of 6 done" in before.text
    assert [step.one("h3").text for step in before.all("li", class_="done")] == [
        "Done: Add a service",
        "Done: Look at your page",
        "Done: Set how it looks",
        "Done: Invite a colleague",
        "Done: Report an incident, or try a draft",
    ]
    assert "hidden" in after.attributes
    assert after.text == ""


def test_whoever_has_enough_of_the_first_steps_hides_them_for_all(team: Team, admin: HttpBrowser, home: str):
    answer = admin.submit(f"{home}/first-steps/hide", {}, follow_redirects=True)
    again = admin.submit(f"{home}/first-steps/hide", {})

    page = read(answer.text)
    assert "The first steps are hidden." in page.text
    assert "hidden" in page.one(id="first-steps").attributes
    assert again.status_code == 303


def test_first_steps_offer_what_the_role_may_do(team: Team, editor: HttpBrowser, viewer: HttpBrowser, home: str):
    theirs, editors = (read(one.get(f"{home}/").text).one(id="first-steps") for one in (viewer, editor))

    assert not theirs.all("a")
    assert not theirs.all("button")
    assert {link.text for link in editors.all("a")} >= {"Add a service", "Try it"}
    assert not editors.all("a", href=f"{home}/members")


def test_an_open_incident_comes_first_with_what_to_do_about_it(team: Team, admin: HttpBrowser, home: str):
    incident = team.incident("Errors", affects={team.service("API"): "partial_outage"})

    attention = read(admin.get(f"{home}/").text).one(id="attention")

    assert "Errors" in attention.text
    assert "Affects API" in attention.text
    assert attention.all("a", href=f"{home}/incidents/{incident.id}#update")
    assert attention.all("a", href=f"{home}/incidents/{incident.id}?stage=resolved#update")


def test_a_resolved_incident_needs_nobody(team: Team, admin: HttpBrowser, home: str):
    team.resolve(team.incident("Errors", affects={team.service("API"): "partial_outage"}))

    attention = read(admin.get(f"{home}/").text).one(id="attention")

    assert "hidden" in attention.attributes
    assert attention.all("article") == []


def test_the_parts_are_the_same_bytes_for_everybody_of_a_role(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, viewer: HttpBrowser, home: str
):
    team.incident("Errors", affects={team.service("API"): "partial_outage"})
    team.invite()

    with travel(clock.now(), tick=False):  # uptime grows by the moment
        for role, member in ((Role.ADMIN, admin), (Role.EDITOR, editor), (Role.VIEWER, viewer)):
            parts = render_parts(read_overview(view_of(team), role))

            assert all(html in member.get(f"{home}/").text for html in parts.values()), role


def test_what_waits_is_counted_and_who_was_invited_is_known_to_admins_alone(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, home: str
):
    team.subscriber()
    with travel(clock.now() - timedelta(days=30), tick=False):
        team.invite("late@customer.example")
    team.invite()

    theirs, editors = (read(one.get(f"{home}/").text).one(id="attention") for one in (admin, editor))

    assert "1 invitation has expired without an answer." in theirs.text
    assert "1 invitation waits for an answer." in theirs.text
    assert "invitation" not in editors.text


def test_a_mail_that_reached_nobody_waits_for_somebody(team: Team, viewer: HttpBrowser, home: str, told):
    team.subscriber()
    team.incident("Errors", affects={team.service("API"): "partial_outage"})
    told(team, failing="no such mailbox")

    attention = read(viewer.get(f"{home}/").text).one(id="attention")

    assert "1 mail of the last seven days reached nobody." in attention.text
    assert attention.all("a", href=f"{home}/deliveries")


def test_a_domain_that_is_lost_comes_before_what_failed_and_admins_are_led_to_it(
    team: Team, admin: HttpBrowser, viewer: HttpBrowser, home: str, domain: PageDomain
):
    link, waits = f"{home}/pages/{domain.page_id}/domain", f"waits-domain-{domain.page_id}"

    before = read(viewer.get(f"{home}/").text).one(id="attention")
    set_fault(team, NO_RECORD)
    theirs, viewers = (read(one.get(f"{home}/").text).one(id=waits) for one in (admin, viewer))
    set_fault(team, NO_ADDRESS)
    unreachable = read(admin.get(f"{home}/").text).one(id=waits)

    assert "hidden" in before.attributes
    assert "the record that proves it is gone. The page leaves it" in theirs.text
    assert theirs.all("a", href=link)
    assert not viewers.all("a")
    assert "leads nowhere any more" in unreachable.text


def test_a_domain_that_was_let_go_is_told_until_somebody_does_something(
    team: Team, domain: PageDomain, admin: HttpBrowser, home: str
):
    set_fault(team, "The record is gone.", verified_at=None, next_check_at=None)

    waits = read(admin.get(f"{home}/").text).one(id=f"waits-domain-{domain.page_id}")

    assert "The record is gone." in waits.text


def test_many_subscribers_put_aside_at_once_are_told_as_one_trouble(team: Team, admin: HttpBrowser, home: str):
    put_aside(team, 3, days_ago=9)
    quiet = read(admin.get(f"{home}/").text).one(id="attention")
    put_aside(team, 2, days_ago=3)
    some = read(admin.get(f"{home}/").text).one(id="waits-quarantined")
    put_aside(team, WAVE, days_ago=0)
    wave = read(admin.get(f"{home}/").text).one(id="waits-quarantined")

    assert "hidden" in quiet.attributes
    assert "2 subscribers were put aside in the last seven days" in some.text
    assert f"{WAVE + 2} subscribers were put aside in the last seven days, most of them at once" in wave.text
    assert wave.all("a", href=f"{home}/subscribers?state=quarantined")


def test_a_reason_that_many_failures_share_leads_admins_to_the_sender(
    team: Team, admin: HttpBrowser, editor: HttpBrowser, home: str, told
):
    for _ in range(ONE_REASON):
        team.subscriber()
    team.incident("Errors", affects={team.service("API"): "partial_outage"})
    told(team)
    with organization_scope(Actor.worker(team.id)) as scope:
        scope.session.execute(
            update(Delivery).values(state=DeliveryState.FAILED, sent_at=None, error="403: The domain is not verified")
        )

    theirs, editors = (read(one.get(f"{home}/").text).one(id="waits-sender") for one in (admin, editor))

    assert "403: The domain is not verified" in theirs.text
    assert theirs.all("a", href=f"{home}/settings/mails")
    assert not editors.all("a")


@pytest.fixture
def domain(team: Team) -> PageDomain:
    """One that the page has."""
    now = clock.now()
    with organization_scope(team.actor()) as scope:
        row = PageDomain(
            organization_id=team.id,
            page_id=team.page.page_id,
            host="status.customer.example",
            proof="0",
            entered_at=now,
            verified_at=now,
            found_at=now,
            next_check_at=now + timedelta(hours=6),
        )
        scope.session.add(row)
    return row


def set_fault(team: Team, fault: str, **others: datetime | None) -> None:
    """What a look would have found."""
    with organization_scope(team.actor()) as scope:
        scope.session.execute(update(PageDomain).values(fault=fault, **others))


def put_aside(team: Team, number: int, *, days_ago: int) -> None:
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            insert(Subscriber),
            [
                {
                    "organization_id": team.id,
                    "page_id": team.page.page_id,
                    "email": f"gone{days_ago}-{one}@customer.example",
                    "state": SubscriberState.QUARANTINED,
                    "requested_at": clock.now(),
                    "confirmed_at": clock.now(),
                    "created_at": clock.now(),
                    "manage_token_hash": f"{days_ago} {one}".encode().ljust(32, b"."),
                    "quarantined_at": clock.now() - timedelta(days=days_ago),
                    "quarantine_reason": "bounced",
                }
                for one in range(number)
            ],
        )


@pytest.mark.parametrize(
    ("now", "zone", "turns_at"),
    [
        ("2026-11-21T12:00:00Z", "Europe/Berlin", "2026-11-21T12:01:00Z"),
        ("2026-11-21T22:59:40Z", "Europe/Berlin", "2026-11-21T23:00:00Z"),
        ("2026-11-21T23:59:40Z", "Europe/Lisbon", "2026-11-22T00:00:00Z"),
    ],
)
def test_it_is_made_again_each_minute_and_when_a_day_begins_for_the_team_or_the_reader(
    team: Team, now: str, zone: str, turns_at: str
):
    with travel(now, tick=False):
        overview = read_overview(view_of(team))

    assert overview.turns_at(ZoneInfo(zone)) == datetime.fromisoformat(turns_at)


def test_a_window_of_the_next_day_is_shown_before_it_begins(team: Team, admin: HttpBrowser, home: str):
    soon = team.maintenance("Network upgrade", in_hours=20)
    later = team.maintenance("Move", in_hours=30)

    attention = read(admin.get(f"{home}/").text).one(id="attention")

    assert "Begins soon" in attention.one(id=f"running-{soon.id}").text
    assert not attention.all(id=f"running-{later.id}")


def test_each_part_has_its_name_as_its_only_outermost_id(team: Team):
    team.service("API")

    parts = render_parts(read_overview(view_of(team)))

    assert list(parts) == list(PARTS)
    for part, html in parts.items():
        outermost = [child for child in read(html).children if not isinstance(child, str)]
        assert [element.attributes["id"] for element in outermost] == [part]


@pytest.mark.parametrize("path", ["/", "/fragments?revision=1"])
def test_a_viewer_is_offered_nothing_to_write(
    team: Team, viewer: HttpBrowser, editor: HttpBrowser, home: str, path: str
):
    team.incident("Errors", affects={team.service("API"): "partial_outage"})
    offers = ("Report incident", "Change", "Post update", "Resolve")

    theirs, editors = (
        [link.text for link in read(browser.get(f"{home}{path}").text).all("a") if link.text.startswith(offers)]
        for browser in (viewer, editor)
    )

    assert theirs == []
    assert {text.split()[0] for text in editors} >= {"Change", "Post", "Resolve"}


def test_of_many_services_those_in_trouble_are_shown_in_the_pages_order(team: Team, admin: HttpBrowser, home: str):
    services = [team.service(f"Service {number}") for number in range(SERVICES_NOW + 3)]
    team.set_status(services[-2], "major_outage")

    names = [link.text for link in read(admin.get(f"{home}/").text).one(id="services-now").all("a", class_="name")]

    assert names == [*(service.name for service in services[: SERVICES_NOW - 1]), services[-2].name]


def test_uptime_is_that_of_all_services_together(team: Team, admin: HttpBrowser, home: str):
    with travel(clock.now() - timedelta(days=4), tick=False):
        api, _ = team.service("API"), team.service("Web")
    with travel(clock.now() - timedelta(days=2), tick=False):
        team.set_status(api, "major_outage")

    tiles = read(admin.get(f"{home}/").text).one(id="tiles")

    assert "75.00 %" in tiles.text or "74.99 %" in tiles.text


def test_numbers_without_anything_behind_them_are_not_made_up(team: Team, admin: HttpBrowser, home: str):
    team.service("API")

    tiles = read(admin.get(f"{home}/").text).one(id="tiles").text

    assert "Time to resolve, 90 days No data" in tiles
    assert "Told about the last update No data" in tiles


def test_time_to_resolve_is_compared_with_the_ninety_days_before(team: Team, admin: HttpBrowser, home: str):
    team.service("API")
    resolve_after(team, minutes=60, days_ago=120)
    resolve_after(team, minutes=40, days_ago=10)

    tiles = read(admin.get(f"{home}/").text).one(id="tiles").text

    assert "40 minutes 20 minutes faster than before" in tiles


def test_what_happened_lately_names_who_did_it(team: Team, admin: HttpBrowser, home: str):
    api = team.service("API")
    team.set_status(api, "degraded_performance", "Disk is full")
    team.delete(team.incident("A mistake"))
    team.incident("Errors", affects={api: "partial_outage"})

    entries = [entry.text for entry in read(admin.get(f"{home}/").text).one(id="activity").all("li")]

    assert entries[0].startswith("Mara Lind reported the incident Errors")
    assert entries[1].startswith("Mara Lind deleted the incident A mistake")
    assert entries[2].startswith("Mara Lind reported the incident A mistake")
    assert entries[3].startswith("Mara Lind set API to degraded performance Disk is full")
    assert entries[4].startswith("Mara Lind created the service API")


def test_a_name_that_is_html_stays_text(team: Team, admin: HttpBrowser, home: str):
    api = team.service("<b>API</b>")
    team.incident("<script>alert(1)</script>", affects={api: "partial_outage"})

    page = admin.get(f"{home}/").text

    assert "<script>alert" not in page
    assert "<b>API" not in page


def test_the_overview_takes_as_many_statements_with_twelve_services_as_with_one(
    team: Team, admin: HttpBrowser, home: str
):
    team.service("Service 0")
    few = count_statements(admin, f"{home}/")
    for number in range(1, 12):
        team.incident(f"Trouble {number}", affects={team.service(f"Service {number}"): "partial_outage"})

    many = count_statements(admin, f"{home}/")

    assert many <= few + 1  # the services that incidents affect are read only when there are incidents
    assert many <= 28


@pytest.mark.parametrize("page", ["incidents", "services", "subscribers"])
def test_lists_take_as_many_statements_however_long_they_are(team: Team, admin: HttpBrowser, home: str, page: str):
    services = [team.service("API")]
    team.resolve(team.incident("First", affects={services[0]: "partial_outage"}))
    team.subscriber(chosen=(services[0],))
    few = count_statements(admin, f"{home}/{page}")
    for number in range(12):
        services.append(team.service(f"Service {number}", team.group(f"Group {number}")))
        team.resolve(team.incident(f"Trouble {number}", affects={services[-1]: "partial_outage"}))
        team.subscriber(chosen=(services[-1],))

    assert count_statements(admin, f"{home}/{page}") == few <= 22


def test_an_incident_takes_as_many_statements_however_much_was_said_about_it(team: Team, admin: HttpBrowser, home: str):
    services = [team.service(f"Service {number}") for number in range(12)]
    incident = team.incident("Errors", affects={services[0]: "partial_outage"})
    team.subscriber()
    few = count_statements(admin, f"{home}/incidents/{incident.id}")
    for number in range(12):
        team.update(incident, message=f"News {number}", affects=dict.fromkeys(services, "major_outage"))

    assert count_statements(admin, f"{home}/incidents/{incident.id}") == few <= 40


def count_statements(browser: HttpBrowser, path: str) -> int:
    with counted() as statements:
        assert browser.get(path).status_code == 200
    return len(statements)


def resolve_after(team: Team, *, minutes: int, days_ago: int) -> None:
    began = clock.now() - timedelta(days=days_ago)
    with travel(began, tick=False):
        incident = team.incident()
    with travel(began + timedelta(minutes=minutes), tick=False):
        team.resolve(incident)


def test_running_maintenance_is_there_and_says_when_its_time_is_over(team: Team, admin: HttpBrowser, home: str):
    window = team.maintenance("Network upgrade", team.service("API"), in_hours=1)
    with travel(window.ends_at - timedelta(minutes=5), tick=False) as time:
        post_message(window.id, NewMessage(MaintenanceStage.IN_PROGRESS), by=team.actor())
        running = read(admin.get(f"{home}/").text).one(id=f"running-{window.id}").text
        time.move_to(window.ends_at + timedelta(minutes=5))
        over = read(admin.get(f"{home}/").text).one(id=f"running-{window.id}").text

    assert "In progress" in running
    assert "Affects API" in running
    assert "Its time is over" not in running
    assert "Its time is over. Complete or extend it." in over
