"""Forms that name something which goes away while they are filled in: told beside the field, with what was typed."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from app.addresses.pages import NewPage, create_page, delete_page
from app.incidents.queries import list_incidents
from app.organizations.rules import Role
from app.teams.actions import remove_member
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

Written = tuple[str, dict[str, Any]]
"""Where a form is sent to below the dashboard, and what with."""

REPORT = {"title": "Kept as typed", "message": "We look.", "stage": "investigating", "impact": "major"}


def gone_page(team: Team) -> str:
    page = create_page(NewPage("Another page", "another", "UTC"), by=team.actor())
    delete_page(page.id, "Another page", by=team.actor())
    return str(page.id)


def follow_a_deleted_incident(team: Team) -> Written:
    followed = team.incident("Before", stage="resolved")
    team.delete(followed)
    return "incidents", REPORT | {"follows": str(followed.id)}


def draft_after_a_deleted_incident(team: Team) -> Written:
    _, fields = follow_a_deleted_incident(team)
    return "incidents/drafts", fields


def merge_into_a_deleted_incident(team: Team) -> Written:
    duplicate, target, _ = team.incident("Errors"), team.incident("The same"), team.incident("Another one")
    team.delete(target)
    return f"incidents/{duplicate.id}/merge", {"into": str(target.id)}


def announce_on_a_deleted_page(team: Team) -> Written:
    fields = {"title": "Kept as typed", "message": "We answer.", "level": "info", "audience": "page", "begins": "now"}
    return "announcements", fields | {"page": gone_page(team)}


def add_a_subscriber_to_a_deleted_page(team: Team) -> Written:
    return "subscribers/new", {
        "email": "ada@customer.example",
        "page": gone_page(team),
        "scope": "all",
        "kinds": "incidents",
    }


def import_into_a_deleted_page(team: Team) -> Written:
    file = (BytesIO(b"email\nada@customer.example\n"), "people.csv")
    return "subscribers/import", {"file": file, "consent": "Kept as typed", "page": gone_page(team)}


@pytest.mark.parametrize(
    ("written", "field"),
    [
        (follow_a_deleted_incident, "follows"),
        (draft_after_a_deleted_incident, "follows"),
        (merge_into_a_deleted_incident, "into"),
        (announce_on_a_deleted_page, "page"),
        (add_a_subscriber_to_a_deleted_page, "page"),
        (import_into_a_deleted_page, "page"),
    ],
)
def test_what_a_form_names_and_is_gone_is_said_there_with_what_was_typed(
    team: Team, editor: HttpBrowser, home: str, written: Callable[[Team], Written], field: str
):
    path, fields = written(team)

    answer = editor.submit(f"{home}/{path}", fields)

    page = read(answer.text)
    assert answer.status_code == 422
    assert "was deleted meanwhile." in page.one(id=f"{field}-error").text
    assert "Kept as typed" in answer.text or "Kept as typed" not in fields.values()


def test_a_form_whose_followed_incident_is_gone_is_sent_once_more(team: Team, editor: HttpBrowser, home: str):
    path, fields = follow_a_deleted_incident(team)
    refused = editor.submit(f"{home}/{path}", fields)

    sent = editor.submit(f"{home}/{path}", read(refused.text).one("form", id="report").fields())

    assert sent.status_code == 303
    assert [incident.title for incident in list_incidents(team.actor()).open] == ["Kept as typed"]


def test_whoever_left_meanwhile_is_handed_nothing(team: Team, editor: HttpBrowser, home: str):
    incident, left = team.incident(), team.join(team.world.person("Nina Neu"), Role.EDITOR)
    remove_member(left.user_id, by=team.actor())

    answer = editor.submit(f"{home}/incidents/{incident.id}/handler", {"handler": str(left.user_id)})

    assert answer.location == f"{home}/incidents/{incident.id}"
    assert "They are no member any more." in editor.get(answer.location).text
