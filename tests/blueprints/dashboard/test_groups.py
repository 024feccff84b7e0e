"""Groups: the headings under which services fold together."""

from app.services.actions import delete_group
from app.services.queries import get_catalogue
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team


def groups(team: Team) -> list[str | None]:
    return [group.name for group in get_catalogue(team.actor()).groups]


def test_a_group_is_added_at_the_end(team: Team, editor: HttpBrowser, home: str):
    team.group("Products")

    answer = editor.submit(f"{home}/groups", {"name": "Regions"})

    assert (answer.status_code, answer.location) == (303, f"{home}/services")
    assert groups(team) == ["Products", "Regions"]


def test_a_group_without_a_name_is_refused_on_the_page_of_services(team: Team, editor: HttpBrowser, home: str):
    team.service("API")

    answer = editor.submit(f"{home}/groups", {"name": "  "})

    page = read(answer.text)
    assert answer.status_code == 422
    assert page.one(id="name-error").text == "Give it a name that your users know it by."
    assert "API" in page.one(id="catalogue").text
    assert groups(team) == [None]


def test_a_group_is_renamed(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Products")

    editor.submit(f"{home}/groups/{group.id}/edit", {"name": "Our products"})

    assert groups(team) == ["Our products"]


def test_a_refused_name_keeps_the_old_one(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Products")

    answer = editor.submit(f"{home}/groups/{group.id}/edit", {"name": "x" * 101})

    assert answer.status_code == 422
    assert read(answer.text).one("input", id="name").value == "x" * 101
    assert groups(team) == ["Products"]


def test_a_group_that_goes_while_somebody_puts_something_into_it_is_a_fault_of_the_field(
    team: Team, editor: HttpBrowser, home: str
):
    gone, other, api = team.group("Products"), team.group("Regions"), team.service("API")
    delete_group(gone.id, by=team.actor())
    into_it = {"name": "Kept as typed", "description": "And this", "group": str(gone.id), "parent": str(gone.id)}
    forms = ("services", f"services/{api.id}/edit", "groups", f"groups/{other.id}/edit")

    answers = [editor.submit(f"{home}/{form}", into_it) for form in forms]

    assert [answer.status_code for answer in answers] == [422] * 4
    for answer, field in zip(answers, ("group", "group", "parent", "parent"), strict=True):
        page = read(answer.text)
        assert page.one(id=f"{field}-error").text == "This group was deleted meanwhile. Choose another one, or none."
        assert page.one("input", id="name").value == "Kept as typed"


def test_deleting_a_group_is_asked_for_and_keeps_its_services(team: Team, editor: HttpBrowser, home: str):
    group = team.group("Products")
    team.service("API", group)

    question = read(editor.get(f"{home}/groups/{group.id}/delete").text).one("main").text
    before = groups(team)
    editor.submit(f"{home}/groups/{group.id}/delete")

    assert "Its 1 service stays on your page" in question
    assert before == ["Products"]
    assert [(group.name, [one.name for one in group.services]) for group in get_catalogue(team.actor()).groups] == [
        (None, ["API"])
    ]


def test_groups_move(team: Team, editor: HttpBrowser, home: str):
    team.group("A")
    last = team.group("B")

    editor.submit(f"{home}/groups/{last.id}/move", {"direction": "up"})

    assert groups(team) == ["B", "A"]


def test_a_group_stands_in_another_one_and_is_listed_after_it(team: Team, editor: HttpBrowser, home: str):
    regions = team.group("Regions")
    team.group("Products")

    editor.submit(f"{home}/groups", {"name": "Europe", "parent": str(regions.id)})

    assert [group.path for group in get_catalogue(team.actor()).groups] == ["Regions", "Regions › Europe", "Products"]
    assert "Regions › Europe" in read(editor.get(f"{home}/services").text).one(id="catalogue").text


def test_a_third_level_is_refused_beside_the_field(team: Team, editor: HttpBrowser, home: str):
    regions, other = team.group("Regions"), team.group("Other")
    europe = team.group("Europe", inside=regions)

    below = editor.submit(f"{home}/groups", {"name": "Berlin", "parent": str(europe.id)})
    above = editor.submit(f"{home}/groups/{regions.id}/edit", {"name": "Regions", "parent": str(other.id)})
    itself = editor.submit(f"{home}/groups/{other.id}/edit", {"name": "Other", "parent": str(other.id)})

    faults = [read(answer.text).one(id="parent-error").text for answer in (below, above, itself)]
    assert faults == [
        "Choose a group that stands in no other one.",
        "Groups stand in Regions already. Move them out of it first.",
        "Choose a group that stands in no other one.",
    ]


def test_what_is_in_a_deleted_group_moves_up(team: Team, editor: HttpBrowser, home: str):
    regions = team.group("Regions")
    europe = team.group("Europe", inside=regions)
    team.service("Berlin", europe)

    editor.submit(f"{home}/groups/{europe.id}/delete")
    found = get_catalogue(team.actor()).groups
    assert [(group.name, [service.name for service in group.services]) for group in found] == [("Regions", ["Berlin"])]

    team.group("Asia", inside=regions)
    editor.submit(f"{home}/groups/{regions.id}/delete")
    assert [group.path for group in get_catalogue(team.actor()).groups] == [None, "Asia"]


def test_a_group_moves_among_those_beside_it(team: Team, editor: HttpBrowser, home: str):
    regions = team.group("Regions")
    europe, asia = team.group("Europe", inside=regions), team.group("Asia", inside=regions)
    team.group("Products")

    editor.submit(f"{home}/groups/{asia.id}/move", {"direction": "up"})
    editor.submit(f"{home}/groups/{asia.id}/move", {"direction": "up"})

    assert groups(team) == ["Regions", "Asia", "Europe", "Products"]
    assert europe.name == "Europe"


def test_wherever_services_are_picked_a_group_in_another_is_called_by_both(team: Team, editor: HttpBrowser, home: str):
    europe = team.group("Europe", inside=team.group("Regions"))
    team.service("API", europe)
    mail = team.service("Mail")

    forms = ("incidents/new", "maintenance/new", "templates/new", f"services/{mail.id}/needs")
    pickers = [editor.get(f"{home}/{form}").text for form in forms]
    choices = editor.get(f"{home}/subscribers/{team.subscriber().id}").text

    assert ["Regions › Europe" in picker for picker in pickers] == [True] * 4
    assert "All of <bdi>Regions › Europe</bdi>" in choices
