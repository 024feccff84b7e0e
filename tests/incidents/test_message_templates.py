"""Templates: what may be saved, and what stays of it."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.database.actor import ActorRole
from app.database.audit import AuditEntry
from app.database.outbox import Event, Revision
from app.database.scope import organization_scope
from app.errors import Conflict, Invalid, NotFound
from app.incidents.message_templates import actions
from app.incidents.message_templates.actions import TemplateDetails
from app.incidents.message_templates.queries import get_template, list_choices, list_templates
from app.incidents.message_templates.rules import TemplateKind
from app.incidents.rules import Impact, Stage
from app.services.actions import archive_service
from tests.builders import Team, World
from tests.together import run_together

DETAILS = TemplateDetails(TemplateKind.INCIDENT, "API down", "{{ services }} cannot be reached since {{ time }}.")


def test_a_template_is_kept_with_the_services_it_names(team: Team):
    api, web = team.service("API"), team.service("Web")

    kept = actions.create_template(
        replace(DETAILS, impact=Impact.MAJOR, stage=Stage.IDENTIFIED, service_ids=frozenset({web.id, api.id})),
        by=team.actor(),
    )

    row = get_template(team.actor(), kept.id)
    assert (row.name, row.impact, row.stage) == ("API down", "major", "identified")
    assert [name for _, name in row.services] == ["API", "Web"]


@pytest.mark.parametrize(
    ("kind", "field", "text", "unknown"),
    [
        ("incident", "message", "{{ servcies }} and {{ tme }}", "{{ servcies }}, {{ tme }} are not known here."),
        ("incident", "message", "{{ services|upper }}", "{{ services|upper }} is not known here."),
        ("incident", "message", "{{ }}", "{{  }} is not known here."),
        ("incident", "title", "{{ title }} again", "{{ title }} is not known here."),
        ("incident", "message", "{{ starts }}", "{{ starts }} is not known here."),
        ("maintenance", "message", "{{ impact }}", "{{ impact }} is not known here."),
    ],
)
def test_a_placeholder_that_nobody_knows_is_named_and_the_known_ones_are_listed(team: Team, kind, field, text, unknown):
    details = replace(DETAILS, kind=TemplateKind(kind), **{field: text})

    with pytest.raises(Invalid) as refused:
        actions.create_template(details, by=team.actor())

    fault = refused.value.faults[field]
    assert fault.startswith(f"{unknown} You can use {{{{ services }}}}, ")
    assert ("{{ starts }}" in fault.split("You can use")[1]) == (kind == "maintenance")


def test_escaped_braces_are_no_placeholder(team: Team):
    kept = actions.create_template(replace(DETAILS, message=r"Write \{{ anything }}."), by=team.actor())

    assert get_template(team.actor(), kept.id).message == r"Write \{{ anything }}."


@pytest.mark.parametrize(
    ("field", "text", "fault"),
    [
        ("name", "", "Give it a name that your team recognises in a hurry."),
        ("name", "n" * 81, "Use at most 80 characters; this has 81."),
        ("title", "t" * 201, "Use at most 200 characters; this has 201."),
        ("message", " \n", "Write the message that this template fills in."),
        ("message", "m" * 10_001, "Use at most 10,000 characters; this has 10,001."),
    ],
)
def test_texts_have_limits(team: Team, field, text, fault):
    with pytest.raises(Invalid) as refused:
        actions.create_template(replace(DETAILS, **{field: text}), by=team.actor())

    assert refused.value.faults == {field: fault}


def test_a_name_is_taken_once_whatever_the_case_of_its_letters(team: Team, world: World):
    first = team.template("API down")

    with pytest.raises(Invalid, match="Another template is called api DOWN already"):
        actions.create_template(replace(DETAILS, name="api DOWN"), by=team.actor())

    actions.edit_template(first.id, replace(DETAILS, name="API Down"), by=team.actor())
    world.team("Contoso", "contoso").template("API down")


def test_of_two_who_take_a_name_at_once_one_is_told(team: Team):
    refused = []

    def create() -> None:
        try:
            actions.create_template(DETAILS, by=team.actor())
        except Invalid as refusal:
            refused.append(refusal.faults)

    run_together(team.world.app, [create, create])

    assert [list(faults) for faults in refused] == [["name"]]
    assert len(list_templates(team.actor())) == 1


def test_services_of_nobody_and_of_another_tenant_are_not_there(team: Team, world: World):
    theirs = world.team("Contoso", "contoso").service("API")

    for service_id in (uuid4(), theirs.id):
        with pytest.raises(NotFound):
            actions.create_template(replace(DETAILS, service_ids=frozenset({service_id})), by=team.actor())


def test_an_archived_service_is_named_no_more(team: Team):
    api = team.service("API")
    kept = team.template(names=(api,))

    archive_service(api.id, by=team.actor())

    assert get_template(team.actor(), kept.id).services == ()


def test_an_edit_that_somebody_overtook_is_refused(team: Team):
    kept = team.template()
    actions.edit_template(kept.id, replace(DETAILS, message="Theirs."), seen_version=1, by=team.actor())

    with pytest.raises(Conflict, match="Mara Lind has changed this template"):
        actions.edit_template(kept.id, replace(DETAILS, message="Mine."), seen_version=1, by=team.actor())

    assert get_template(team.actor(), kept.id).message == "Theirs."


def test_a_deleted_template_is_gone(team: Team):
    kept = team.template()

    actions.delete_template(kept.id, by=team.actor())

    assert list_templates(team.actor()) == ()
    with pytest.raises(NotFound):
        actions.delete_template(kept.id, by=team.actor())


def test_a_picker_offers_the_templates_of_its_kind_by_name(team: Team):
    team.template("Web down", "incident")
    team.template("api down", "incident")
    team.template("Still looking", "update")

    offered = list_choices(team.actor(), TemplateKind.INCIDENT)

    assert [choice.name for choice in offered] == ["api down", "Web down"]


def test_each_change_is_written_down_and_no_visitor_is_bothered(team: Team):
    before = revision(team)
    api = team.service("API")
    after_service = revision(team)
    kept = actions.create_template(replace(DETAILS, service_ids=frozenset({api.id})), by=team.actor())
    actions.edit_template(kept.id, replace(DETAILS, name="API slow"), by=team.actor())
    actions.delete_template(kept.id, by=team.actor())

    with organization_scope(team.actor()) as scope:
        entries = scope.session.scalars(
            select(AuditEntry).where(AuditEntry.subject_id == kept.id).order_by(AuditEntry.at)
        ).all()
        kinds = scope.session.scalars(
            select(Event.kind).where(Event.kind.like("template.%")).order_by(Event.created_at)
        )
        assert kinds.all() == ["template.created", "template.edited", "template.deleted"]
    assert [entry.action for entry in entries] == ["template.created", "template.edited", "template.deleted"]
    assert entries[0].changes["services"] == [[], ["API"]]
    assert entries[1].changes == {"name": ["API down", "API slow"], "services": [["API"], []]}
    assert after_service > before
    assert revision(team) == after_service


def test_the_database_refuses_a_viewer(team: Team):
    with pytest.raises(Exception, match=r"row-level security|not visible"):
        actions.create_template(DETAILS, by=team.actor(ActorRole.VIEWER))


def revision(team: Team) -> int:
    with organization_scope(team.actor()) as scope:
        return scope.session.scalars(select(Revision.number)).one()
