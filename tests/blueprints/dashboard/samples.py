"""One of everything that an address of the dashboard may name, and every form that its pages offer.

Whoever adds a page adds what its address names to `one_of_everything`. Its forms are found by themselves; only a form
that cannot be sent as it stands needs a line in `TYPED`.
"""

from collections.abc import Iterator, Mapping, Set
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from os.path import commonpath
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from app.accounts.queries import sessions_of
from app.addresses.pages import NewPage, create_page
from app.domains.actions import enter_domain
from app.incidents.queries import get_incident
from app.maintenance.window_detail import get_maintenance
from app.organizations.rules import Role
from app.pages.actions import choose_services, set_pictures
from app.pages.arrangement import Item, ItemKind
from app.pages.look.logos import Slot
from app.pages.settings import MOST_HEADER_LINKS
from app.services.actions import archive_service
from app.subscribers.errands.actions import begin
from app.subscribers.errands.rules import Act
from app.subscribers.imports.actions import upload
from app.subscribers.imports.work import go_through
from app.subscribers.listing import Filters
from app.subscribers.rules import SubscriberState
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team

Things = Mapping[str, Any]
Forms = dict[str, tuple[str, dict[str, Any]]]
"""By endpoint: where the form is sent to, and what with."""

DRAWS_ONLY = {
    "dashboard.draft_incident": "the form as it stands, drawn anew",
    "dashboard.draft_update": "the form as it stands, drawn anew",
    "dashboard.draft_edit": "the form as it stands, drawn anew",
    "dashboard.draft_maintenance": "the form as it stands, drawn anew",
    "dashboard.draft_maintenance_edit": "the form as it stands, drawn anew",
    "dashboard.draft_series_edit": "the form as it stands, drawn anew",
    "dashboard.draw_draft": "the form as it stands, drawn anew",
    "dashboard.draft_past_incident": "the form as it stands, drawn anew",
    "dashboard.draft_earlier_update": "the form as it stands, drawn anew",
    "dashboard.preview": "a message as visitors would see it",
    "dashboard.preview_postmortem": "a postmortem as visitors would see it",
    "dashboard.draft_page_services": "the form as it stands, drawn anew",
    "dashboard.preview_page": "the page as it would be",
    "dashboard.preview_page_languages": "the page as it would be",
    "dashboard.preview_page_look": "the page as it would be",
    "dashboard.preview_page_pictures": "the page as it would be",
    "dashboard.preview_page_services": "the page as it would be",
    "dashboard.preview_page_uptime": "the page as it would be",
    "dashboard.preview_page_words": "the page as it would be",
}
"""What is posted because it is long, and writes nothing."""

WRITES_NOTHING = {
    **DRAWS_ONLY,
    "auth.start": "leads to the provider; who they are is not known yet, and what comes of it is written down then",
    "auth.accept_invitation": "notes who asks; the worker that makes them a member writes it down",
    "webhooks.resend": "keeps what the mail provider reports; who is set aside for it is written down then",
    "dashboard.begin_errand": "what came of it is written down once, with how many, when it is over",
    "dashboard.ask_for_extension": "the form with another end in it, drawn anew",
}
"""What is posted and need not be in the log, and why."""

_YESTERDAY = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M}"
_LATELY = f"{(datetime.now(UTC) - timedelta(minutes=30)).astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"
_PAST_STAGES = ("investigating", "identified", "monitoring", "resolved")

TYPED: dict[str, dict[str, str]] = {
    "dashboard.report_incident": {"started_at": ""},
    "dashboard.publish_draft": {"started_at": ""},
    "dashboard.save_start": {"started_at": _YESTERDAY},
    "dashboard.save_time": {"posted_at": _LATELY},
    "dashboard.enter_past_incident": {f"{stage}_at": _YESTERDAY for stage in _PAST_STAGES},
    "dashboard.invite": {"email": "guest{number}@customer.example"},
    "dashboard.change_role": {"role": "viewer"},
    "dashboard.add_subscriber": {"email": "new{number}@customer.example"},
    "dashboard.act_on_subscribers": {"act": "try"},
    "dashboard.save_settings": {"audit_days": "90"},
    "dashboard.add_page": {"slug": "page-number-{number}"},
    "dashboard.change_page_address": {"slug": "page-number-{number}"},
    "dashboard.enter_page_domain": {"host": "status{number}.customer.example"},
    "dashboard.remove_page": {"confirmation": "Spare page"},
    "dashboard.save_page_access": {"who": "members"},
    "dashboard.save_page_languages": {"language": "de", "languages": "de"},
    "dashboard.save_page_look": {"accent_light": "#0a7d4f", "accent_dark": "", "css": ".card {{ color: red }}"},
    "dashboard.save_page_services": {"shows": "all"},
    "dashboard.save_page_words": {
        **{f"link_{place}": "https://northwind.example" for place in range(MOST_HEADER_LINKS)},
        "support_address": "help@northwind.example",
    },
    "dashboard.save_page_uptime": {"degraded_performance": "0.2", "partial_outage": "0,5", "major_outage": "1"},
    "dashboard.move": {"slug": "northwind-{number}"},
    "dashboard.close": {"confirmation": "Northwind Cloud"},
    "dashboard.schedule_maintenance": {"interval": "1", "until": "", "rule": ""},
    "dashboard.save_series": {"interval": "2", "until": "", "rule": "FREQ=WEEKLY;COUNT=4"},
}
"""What somebody types or chooses where a form cannot be sent as it stands; `{number}` is another one each time."""

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'

_SPARE_PAGE = {"page_id": "spare_page_id"}

OTHERWISE = {
    "dashboard.choose_page_services": _SPARE_PAGE,
    "dashboard.confirm_page_deletion": _SPARE_PAGE,
    "dashboard.edit_page_pictures": _SPARE_PAGE,
    "dashboard.enter_page_domain": _SPARE_PAGE,
    "dashboard.remove_page": _SPARE_PAGE,
    "dashboard.save_page_services": _SPARE_PAGE,
    "dashboard.upload_page_pictures": _SPARE_PAGE,
    "dashboard.restore_service": {"service_id": "archived_service_id"},
    "dashboard.ask_for_extension": {"maintenance_id": "running_maintenance_id"},
    "dashboard.extend_window": {"maintenance_id": "running_maintenance_id"},
    "dashboard.edit_window_message": {"update_id": "maintenance_update_id"},
    "dashboard.save_window_message": {"update_id": "maintenance_update_id"},
    "dashboard.postmortem": {"incident_id": "resolved_incident_id"},
    "dashboard.save_postmortem": {"incident_id": "resolved_incident_id"},
    "dashboard.withdraw_postmortem": {"incident_id": "resolved_incident_id"},
    "dashboard.discard_postmortem": {"incident_id": "unread_incident_id"},
}
"""Whose address names another thing than the one that bears that name."""

ONCE_MORE = {"dashboard.postmortem": {"incident_id": "unread_incident_id"}, "dashboard.page_domain": _SPARE_PAGE}
"""Pages that offer other forms of another thing."""

TAKE_AWAY = ("publish_draft", "merge", "withdraw", "discard", "archive", "cancel", "end_", "revoke", "remove", "delete")
"""How the endpoints begin, in this order, after which something else is not there any more, or not as it was."""

BY_HAND = {
    "dashboard.end_one_session",
    "dashboard.enter_page_domain",
    "dashboard.leave",
    "dashboard.move_group",
    "dashboard.remove_picture",
    "dashboard.upload_picture",
    "dashboard.move",
    "dashboard.close",
}
"""What test_every_write.py cannot send as a page offers it."""

_numbers = count(1)


def one_of_everything(team: Team) -> dict[str, Any]:
    number = next(_numbers)
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):  # so that it may be sent again
        invitation = team.invite(f"invited{number}@customer.example")
    group = team.group(f"Platform {number}")
    team.group(f"Products {number}")
    service = team.service(f"API {number}", group)
    team.service(f"Web {number}", group)
    archived = team.service(f"Old {number}")
    archive_service(archived.id, by=team.actor())
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=1)):  # so that its message may be moved
        incident = team.incident(f"Errors {number}", affects={service: "partial_outage"})
    team.incident(f"Slow {number}")
    resolved = team.incident(f"Over {number}", stage="resolved")
    team.postmortem(resolved)
    unread = team.incident(f"Gone {number}", stage="resolved")
    team.postmortem(unread, published=False)
    running = team.move_on(team.maintenance(f"Move {number}", service), "in_progress", "It begins.")
    window = team.move_on(team.maintenance(f"Upgrade {number}", service), "scheduled", "Nothing changes for you.")
    enter_domain(team.page.page_id, f"status{number}.customer.example", by=team.actor())
    spare = create_page(NewPage("Spare page", f"spare-page-{number}", "Europe/Berlin"), by=team.actor())
    choose_services(spare.id, [Item(ItemKind.GROUP, group.id)], by=team.actor())
    set_pictures(spare.id, {Slot.LOGO_LIGHT: LOGO}, by=team.actor())
    people = BytesIO(f"email\nc{number}@customer.example\n".encode())
    import_id = upload(team.page, people, "people.csv", "Asked at the fair", by=team.actor())
    go_through(team.id, import_id)
    subscriber = team.subscriber(f"d{number}@customer.example")
    notification_id, delivery_id = team.failed_telling(f"a{number}@customer.example", f"b{number}@customer.example")
    newest = team.subscriber(f"e{number}@customer.example", state=SubscriberState.QUARANTINED)  # the first of the list
    return {
        "spare_page_id": spare.id,
        "import_id": import_id,
        "errand_id": begin(Act.TRY, Filters(), newest.id, by=team.actor()),
        "subscriber_id": subscriber.id,
        "notification_id": notification_id,
        "delivery_id": delivery_id,
        "service_id": service.id,
        "archived_service_id": archived.id,
        "group_id": group.id,
        "incident_id": incident.id,
        "draft_id": team.draft(f"Slow {number}").id,
        "resolved_incident_id": resolved.id,
        "unread_incident_id": unread.id,
        "update_id": get_incident(team.actor(), incident.id).updates[0].id,
        "maintenance_id": window.id,
        "running_maintenance_id": running.id,
        "maintenance_update_id": get_maintenance(team.actor(), window.id).updates[0].id,
        "series_id": team.series("FREQ=WEEKLY;COUNT=3", service, title=f"Patches {number}").id,
        "announcement_id": team.announcement(f"Closed {number}").id,
        "template_id": team.template(f"API down {number}").id,
        "session_id": sessions_of(team.founder.user_id)[0].id,
        "user_id": team.join(team.world.person(f"Nina{number} Neu"), Role.EDITOR).user_id,
        "invitation_id": invitation.id,
        "page_id": team.page.page_id,
        "day": datetime.now(UTC).date().isoformat(),
    }


def rules(app: Flask, method: str) -> Iterator[Rule]:
    """Every address of the dashboard that takes this method."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("dashboard.") and method in (rule.methods or ()):
            yield rule


def required_role(app: Flask, endpoint: str) -> Role | None:
    return getattr(app.view_functions[endpoint], "required_role", None)


def in_turn(endpoints: Set[str]) -> list[str]:
    """First what leaves everything in its place."""

    def takes_away(endpoint: str) -> int:
        beginnings = [endpoint.startswith(f"dashboard.{beginning}") for beginning in TAKE_AWAY]
        return beginnings.index(True) if any(beginnings) else -1

    return sorted(endpoints, key=lambda endpoint: (takes_away(endpoint), endpoint))


def address(
    app: Flask, rule: Rule, organization: str, things: Things, otherwise: Mapping[str, dict[str, str]] = OTHERWISE
) -> str:
    """The address of one of the things."""
    called = {name: name for name in rule.arguments if name != "organization"} | otherwise.get(rule.endpoint, {})
    values = {name: things[thing] for name, thing in called.items()}
    adapter = app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, {"organization": organization, **values}, method=None)


def endpoint_of(app: Flask, path: str, method: str) -> str | None:
    """Which view answers at this address of ours; None elsewhere."""
    try:
        return str(app.url_map.bind("localhost").match(path.partition("?")[0].partition("#")[0], method=method)[0])
    except HTTPException:
        return None


def pages(
    app: Flask, browser: HttpBrowser, organization: str, things: Things, near: Set[str] = frozenset()
) -> Iterator[tuple[str, Element]]:
    """Every page of the dashboard that this browser may open, with its address; first those near these endpoints."""
    targets = [rule.rule for rule in rules(app, "POST") if rule.endpoint in near]

    def distance(rule: Rule) -> int:
        return -max((len(commonpath([rule.rule, target])) for target in targets), default=0)

    for rule in sorted(rules(app, "GET"), key=distance):
        if rule.endpoint == "dashboard.live":
            continue
        for otherwise in [OTHERWISE, *([ONCE_MORE] if rule.endpoint in ONCE_MORE else [])]:
            path = address(app, rule, organization, things, otherwise)
            answer = browser.get(path)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                yield path, read(answer.text)


def forms(app: Flask, browser: HttpBrowser, organization: str, things: Things, wanted: Set[str] | None = None) -> Forms:
    """Every form about one of the things that these pages offer, filled in; or looks no further than the `wanted`."""
    views = {address(app, rule, organization, things): rule.endpoint for rule in rules(app, "POST")}
    found: Forms = {}
    for path, page in pages(app, browser, organization, things, wanted or frozenset()):
        for form in page.all("form", method="post"):
            others = [
                button.attributes["formaction"] for button in form.all("button") if "formaction" in button.attributes
            ]
            for target in (form.attributes.get("action") or path, *others):
                endpoint = views.get(target.partition("?")[0])
                if endpoint is not None and endpoint not in DRAWS_ONLY:
                    found.setdefault(endpoint, (target, fill_in(endpoint, form)))
        if wanted is not None and wanted <= found.keys():
            break
    return found


def fill_in(endpoint: str, form: Element) -> dict[str, Any]:
    """What the form would send once somebody has typed something into each line and ticked a box of each kind."""
    number, tomorrow = next(_numbers), datetime.now(UTC) + timedelta(days=1)
    sent = form.fields()
    sent.pop("csrf_token", None)
    sent.pop("seen_version", None)  # the forms of one thing are sent one after the other
    for line in [*form.all("input"), *form.all("textarea")]:
        name = line.attributes.get("name", "")
        if name in sent and line.attributes.get("type", "text") == "text":
            sent[name] = f"{line.value or 'Something'} {number}"
    for moment in form.all("input", type="datetime-local"):
        name = moment.attributes["name"]
        sent[name] = moment.value or f"{tomorrow + timedelta(hours=name.startswith('end')):%Y-%m-%dT%H:%M}"
    for box in form.all("input", type="checkbox"):
        sent.setdefault(box.attributes.get("name", ""), box.value)
    for file in form.all("input", type="file"):
        if "text/csv" in file.attributes.get("accept", ""):
            sent[file.attributes["name"]] = (BytesIO(f"email\nf{number}@customer.example\n".encode()), "people.csv")
    for choice in form.all("select", required=""):
        sent[choice.attributes["name"]] = choice.all("option")[-1].attributes["value"]
    for button in [one for one in form.all("button") if one.attributes.get("aria-disabled") != "true"][:1]:
        if "name" in button.attributes:
            sent[button.attributes["name"]] = button.value
    return sent | {name: text.format(number=number) for name, text in TYPED.get(endpoint, {}).items()}
