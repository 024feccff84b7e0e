"""Templates as editors keep them, and as forms are filled by them."""

import pytest

from app.incidents.message_templates.queries import get_template, list_templates
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team

FIELDS = {
    "name": "API down",
    "kind": "incident",
    "title": "{{ services }} down",
    "message": "{{ services }} cannot be reached.",
    "stage": "identified",
    "impact": "major",
}


def names(team: Team) -> list[str]:
    return [template.name for template in list_templates(team.actor())]


class TestKeeping:
    def test_a_template_is_kept_and_found_in_the_list(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")

        answer = editor.submit(f"{home}/templates", {**FIELDS, "services": [str(api.id)]})

        assert (answer.status_code, answer.location) == (303, f"{home}/templates")
        page = read(editor.get(answer.location).text)
        assert page.one(id="said").text == "API down is kept. You find it where it is needed."
        row = page.one("li", id=f"template-{list_templates(team.actor())[0].id}")
        assert row.text.startswith("API down {{ services }} down · {{ services }} cannot be reached. Adds API")

    def test_without_any_the_list_says_what_they_are_for(self, editor: HttpBrowser, viewer: HttpBrowser, home: str):
        empty = read(editor.get(f"{home}/templates").text).one("div", class_="empty")
        for_viewers = read(viewer.get(f"{home}/templates").text)

        assert empty.one("h2").text == "No templates yet"
        assert empty.one("a").attributes["href"] == f"{home}/templates/new"
        assert for_viewers.all("a", href=f"{home}/templates/new") == []

    def test_a_viewer_sees_them_without_buttons(self, team: Team, viewer: HttpBrowser, home: str):
        team.template("API down")

        page = read(viewer.get(f"{home}/templates").text)

        assert "API down" in page.one("main").text
        assert page.one("main").all("a", class_="button") == []

    def test_a_refused_template_loses_nothing(self, team: Team, editor: HttpBrowser, home: str):
        api, web = team.service("API"), team.service("Web")
        typed = {**FIELDS, "name": "", "message": "{{ servces }} down", "services": [str(api.id)]}

        answer = editor.submit(f"{home}/templates", typed)

        form = read(answer.text).one("form", id="template")
        assert answer.status_code == 422
        assert form.one(id="name-error").text == "Give it a name that your team recognises in a hurry."
        assert form.one(id="message-error").text.startswith(
            "{{ servces }} is not known here. You can use {{ services }}"
        )
        fields = form.fields()
        assert (fields["title"], fields["message"]) == ("{{ services }} down", "{{ servces }} down")
        assert (fields["stage"], fields["impact"]) == ("identified", "major")
        ticked = [box.value for box in form.all("input", type="checkbox") if "checked" in box.attributes]
        assert ticked == [str(api.id)]
        assert str(web.id) not in ticked
        assert names(team) == []

    @pytest.mark.parametrize("fields", [{"kind": "poem"}, {"stage": "on fire"}, {"impact": "huge"}])
    def test_a_choice_that_was_never_offered_is_refused(self, team: Team, editor: HttpBrowser, home: str, fields):
        assert editor.submit(f"{home}/templates", {**FIELDS, **fields}).status_code == 422
        assert names(team) == []

    def test_a_service_that_is_none_is_not_there(self, editor: HttpBrowser, home: str):
        assert editor.submit(f"{home}/templates", {**FIELDS, "services": ["x"]}).status_code == 404

    def test_maintenance_has_neither_stage_nor_impact_and_an_update_no_title(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        text = {"message": "Soon.", "title": "Work"}
        editor.submit(f"{home}/templates", {**FIELDS, **text, "kind": "maintenance"})
        editor.submit(f"{home}/templates", {**FIELDS, **text, "kind": "update", "name": "Still looking"})

        update, maintenance = list_templates(team.actor())
        assert (maintenance.stage, maintenance.impact, maintenance.title) == (None, None, "Work")
        assert (update.stage, update.impact, update.title) == ("identified", "major", "")

    def test_an_edited_template_is_saved(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template("API down", impact="minor", names=(team.service("API"),))
        path = f"{home}/templates/{kept.id}/edit"

        form = read(editor.get(path).text).one("form", id="template")
        answer = editor.submit(path, form.fields() | {"name": "API slow", "message": "It is slow."})

        assert (answer.status_code, answer.location) == (303, f"{home}/templates")
        row = get_template(team.actor(), kept.id)
        assert (row.name, row.message, row.impact, len(row.services)) == ("API slow", "It is slow.", "minor", 1)

    def test_the_second_of_two_editors_is_told_and_keeps_the_text(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template("API down")
        path = f"{home}/templates/{kept.id}/edit"
        fields = read(editor.get(path).text).one("form", id="template").fields()
        editor.submit(path, fields | {"message": "Theirs."})

        answer = editor.submit(path, fields | {"message": "Mine."})

        form = read(answer.text).one("form", id="template")
        assert answer.status_code == 409
        assert "Jonas Berg has changed this template while you were writing." in form.text
        assert form.one("pre").text == "Theirs."
        assert form.fields()["message"] == "Mine."
        assert editor.submit(path, form.fields()).status_code == 303
        assert get_template(team.actor(), kept.id).message == "Mine."

    def test_deleting_is_asked_first(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template("API down")
        path = f"{home}/templates/{kept.id}/delete"

        asked = read(editor.get(path).text)
        answer = editor.submit(path)

        assert asked.one("main").one("h2").text == "Delete API down ?"
        assert (answer.status_code, answer.location) == (303, f"{home}/templates")
        assert names(team) == []
