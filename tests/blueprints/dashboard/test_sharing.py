"""Where else a page can be seen: what members copy into other sites."""

from tests.blueprints.reading import read
from tests.builders import Team, World


def test_the_code_of_a_badge_leads_to_what_it_is_of(team: Team):
    api = team.service("API [v2]")
    address = f"/dashboard/northwind/pages/{team.page.page_id}/share"

    whole = read(team.founder.browser().get(address).text)
    of_api = read(team.founder.browser().get(f"{address}?of={api.id}").text)

    assert (
        "[![Status of Northwind Cloud](http://localhost/northwind/badge.svg)](http://localhost/northwind)" in whole.text
    )
    url = f"http://localhost/northwind/services/{api.id}"
    assert f"[![Status of API \\[v2\\]]({url}/badge.svg)]({url})" in of_api.text
    assert f'<a href="{url}"><img src="{url}/badge.svg" alt="Status of API [v2]" height="20"></a>' in of_api.text
    assert of_api.one("img", alt="Status of API [v2]").attributes["src"].startswith("data:image/svg+xml;base64,")


def test_what_is_none_of_the_pages_services_has_no_badge_here(team: Team, world: World):
    other = world.team("Other", "other").service("Theirs")

    shown = read(team.founder.browser().get(f"/dashboard/northwind/pages/{team.page.page_id}/share?of={other.id}").text)

    assert "Theirs" not in shown.text
    assert "http://localhost/northwind/feed.atom" in shown.text
