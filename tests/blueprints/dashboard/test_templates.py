"""Templates as editors keep them, and as forms are filled by them."""

from uuid import uuid4

import pytest

from app.incidents.message_templates.queries import get_template, list_templates
from app.incidents.queries import get_incident, list_incidents
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team, World

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
        assert [link.text for link in page.one("main").all("a", class_="button")] == ["Search"]

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


class TestFillingAReport:
    def fields_of(self, browser: HttpBrowser, path: str) -> dict[str, str]:
        return read(browser.get(path).text).one("form", id="report").fields()

    def pick(self, browser: HttpBrowser, home: str, fields: dict[str, str]) -> Element:
        """The form after a template was picked in it, as htmx and as a button without a script send it."""
        return read(browser.submit(f"{home}/incidents/draft", fields).text).one("form", id="report")

    def test_a_link_opens_the_form_filled(self, team: Team, editor: HttpBrowser, home: str):
        api, web = team.service("API"), team.service("Web")
        kept = team.template(
            title="{{ services }} down",
            message="Since {{ date }} **{{ services }}** fail: {{ impact }}. See {{ page_url }}. {{ author }}",
            stage="identified",
            impact="major",
            names=(api, web),
        )

        form = read(editor.get(f"{home}/incidents/new?template={kept.id}").text).one("form", id="report")

        fields = form.fields()
        assert fields["title"] == "API and Web down"
        assert fields["message"].startswith("Since ")
        assert "**API and Web** fail: major. See http://localhost/northwind. Jonas Berg" in fields["message"]
        assert (fields["stage"], fields["impact"]) == ("identified", "major")
        assert fields[f"affected-{api.id}"] == fields[f"affected-{web.id}"] == "suggested"
        note = form.one("div", class_="notice").text
        assert note == "API down filled in stage, impact, title, message and services."

    def test_there_is_no_picker_without_templates(self, team: Team, editor: HttpBrowser, home: str):
        team.template(kind="maintenance")

        assert read(editor.get(f"{home}/incidents/new").text).all(id="picker") == []

    def test_what_was_typed_is_kept_and_offered_to_be_replaced(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template(title="Theirs", message="Theirs.")
        typed = self.fields_of(editor, f"{home}/incidents/new") | {"title": "Mine", "use": str(kept.id)}

        form = self.pick(editor, home, typed)
        replaced = self.pick(editor, home, form.fields() | {"replace": str(kept.id)})

        assert (form.fields()["title"], form.fields()["message"]) == ("Mine", "Theirs.")
        assert "API down filled in message. Your title was kept." in form.one("div", class_="notice").text
        assert form.one("button", name="replace").text == "Replace it with the template’s"
        assert (replaced.fields()["title"], replaced.all("button", name="replace")) == ("Theirs", [])

    def test_another_template_takes_the_place_of_one_that_nobody_touched(
        self, team: Team, editor: HttpBrowser, home: str
    ):
        first, second = team.template("First", message="First."), team.template("Second", message="Second.")
        fields = self.fields_of(editor, f"{home}/incidents/new")

        fields = self.pick(editor, home, fields | {"use": str(first.id)}).fields()
        untouched = self.pick(editor, home, fields | {"use": str(second.id)}).fields()
        touched = self.pick(editor, home, fields | {"message": "First, and more.", "use": str(second.id)}).fields()

        assert untouched["message"] == "Second."
        assert touched["message"] == "First, and more."

    def test_drawing_the_form_anew_fills_nothing_again(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template(message="Theirs.")
        fields = self.pick(
            editor, home, self.fields_of(editor, f"{home}/incidents/new") | {"use": str(kept.id)}
        ).fields()

        again = self.pick(editor, home, fields | {"message": "", "impact": "critical"})

        assert (again.fields()["message"], again.fields()["impact"]) == ("", "critical")
        assert again.all("div", class_="notice") == []

    def test_what_is_not_known_yet_waits_until_the_form_is_published(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")
        kept = team.template(title="{{ services }} down", message=r"{{ title }}. \{{ services }}")
        form = read(editor.get(f"{home}/incidents/new?template={kept.id}").text).one("form", id="report")

        waiting = form.fields() | {f"affected-{api.id}": "suggested"}
        preview = read(editor.submit(f"{home}/incidents/draft", waiting).text).one(id="preview")
        editor.submit(f"{home}/incidents", waiting)

        assert form.fields()["title"] == "{{ services }} down"
        assert "Filled in when you publish: {{ services }} , {{ title }} ." in form.one("div", class_="notice").text
        assert preview.text == "Preview API down. {{ services }}"
        incident = list_incidents(team.actor()).open[0]
        assert incident.title == "API down"
        assert get_incident(team.actor(), incident.id).updates[0].message == "API down. {{ services }}"

    def test_what_is_not_known_even_then_is_refused(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template(title="{{ services }} down", message="Sorry.")
        fields = self.fields_of(editor, f"{home}/incidents/new?template={kept.id}")

        answer = editor.submit(f"{home}/incidents", fields)

        form = read(answer.text).one("form", id="report")
        assert answer.status_code == 422
        assert form.one(id="title-error").text == (
            "Nothing is known yet for {{ services }}. Choose it in the form, or write it yourself."
        )
        assert form.fields()["title"] == "{{ services }} down"
        assert list_incidents(team.actor()).open == ()

    def test_without_a_template_braces_are_only_braces(self, team: Team, editor: HttpBrowser, home: str):
        fields = self.fields_of(editor, f"{home}/incidents/new")

        editor.submit(f"{home}/incidents", fields | {"title": "Use {{ title }}", "message": r"\{{ services }}"})

        incident = list_incidents(team.actor()).open[0]
        assert incident.title == "Use {{ title }}"
        assert get_incident(team.actor(), incident.id).updates[0].message == r"\{{ services }}"

    def test_no_name_becomes_markdown(self, team: Team, editor: HttpBrowser, home: str):
        evil = team.service("[x](javascript:alert(1)) **<b>**")
        kept = team.template(title="{{ services }}", message="{{ services }} is down.", names=(evil,))

        editor.submit(f"{home}/incidents", self.fields_of(editor, f"{home}/incidents/new?template={kept.id}"))

        incident = list_incidents(team.actor()).open[0]
        update = get_incident(team.actor(), incident.id).updates[0]
        assert incident.title == evil.name
        assert update.html == "<p>[x](javascript:alert(1)) **&lt;b&gt;** is down.</p>"

    def test_a_template_of_nobody_of_another_tenant_or_for_another_form_is_not_there(
        self, world: World, team: Team, editor: HttpBrowser, home: str
    ):
        theirs = world.team("Contoso", "contoso").template()
        update = team.template(kind="update")

        for template in (theirs.id, update.id, uuid4(), "x"):
            assert editor.get(f"{home}/incidents/new?template={template}").status_code == 404


class TestFillingAnUpdate:
    def test_stage_services_and_title_are_the_incidents_own(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")
        incident = team.incident("Errors", affects={api: "major_outage"}, impact="critical", stage="identified")
        kept = team.template(
            kind="update", message="{{ title }} of {{ services }}: {{ stage }}, {{ impact }}.", stage="monitoring"
        )

        form = read(editor.get(f"{home}/incidents/{incident.id}?template={kept.id}").text).one("form", id="update")

        fields = form.fields()
        assert fields["message"] == "Errors of API: monitoring, critical."
        assert fields["stage"] == "monitoring"
        assert fields[f"affected-{api.id}"] == "major_outage"
        editor.submit(f"{home}/incidents/{incident.id}/updates", fields)
        assert get_incident(team.actor(), incident.id).updates[0].message == "Errors of API: monitoring, critical."

    def test_a_stage_that_is_past_is_not_gone_back_to(self, team: Team, editor: HttpBrowser, home: str):
        incident = team.incident(stage="monitoring")
        kept = team.template(kind="update", stage="identified")

        form = read(editor.get(f"{home}/incidents/{incident.id}?template={kept.id}").text).one("form", id="update")

        assert form.fields()["stage"] == "monitoring"
        assert "stage" not in form.one("div", class_="notice").text


class TestFillingAPlan:
    PLAN = {"starts_at": "2027-03-01T02:00", "ends_at": "2027-03-01T03:30", "reminders": "60", "services-listed": "1"}  # noqa: RUF012

    def test_times_wait_until_they_are_known(self, team: Team, editor: HttpBrowser, home: str):
        api = team.service("API")
        kept = team.template(
            kind="maintenance",
            title="Upgrade of {{ services }}",
            message="From {{ starts }} to {{ ends }}, for {{ duration }}.",
            names=(api,),
        )
        form = read(editor.get(f"{home}/maintenance/new?template={kept.id}").text).one("form", id="plan")

        answer = editor.submit(f"{home}/maintenance", form.fields() | self.PLAN)

        assert form.fields()["title"] == "Upgrade of API"
        assert form.fields()["services"] == str(api.id)
        assert form.fields()["message"] == "From {{ starts }} to {{ ends }}, for {{ duration }}."
        assert answer.status_code == 303
        page = read(editor.get(answer.location).text)
        assert "From Mon 1 Mar, 02:00 to Mon 1 Mar, 03:30, for 1 h 30 min." in page.text

    def test_a_series_has_no_one_start(self, team: Team, editor: HttpBrowser, home: str):
        kept = team.template(kind="maintenance", title="Upgrade", message="From {{ starts }}.")
        form = read(editor.get(f"{home}/maintenance/new?template={kept.id}").text).one("form", id="plan")

        answer = editor.submit(
            f"{home}/maintenance", form.fields() | self.PLAN | {"repeats": "weekly", "interval": "1"}
        )

        assert answer.status_code == 422
        fault = read(answer.text).one(id="message-error").text
        assert fault.startswith("Nothing is known yet for {{ starts }}.")


def test_a_draft_is_kept_with_its_placeholders_filled_in(team: Team, editor: HttpBrowser, home: str):
    api = team.service("API")
    kept = team.template(title="{{ services }} down")
    form = read(editor.get(f"{home}/incidents/new?template={kept.id}").text).one("form", id="report")

    refused = editor.submit(f"{home}/incidents/drafts", form.fields())
    saved = editor.submit(f"{home}/incidents/drafts", form.fields() | {f"affected-{api.id}": "suggested"})

    assert refused.status_code == 422
    assert read(editor.get(saved.location).text).one("input", id="title").value == "API down"
