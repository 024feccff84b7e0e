"""Pages: made, moved, set and deleted by admins."""

from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image

from app.addresses.catalogue import get_page_details, list_pages
from app.addresses.pages import get_hanging
from app.services.models import Service
from tests.blueprints.reading import Element, read
from tests.browsers import HttpBrowser
from tests.builders import Team

BASICS = {"name": "Northwind EU", "time_zone": "Europe/Berlin", "told_in": "visitor", "past_days": "30"}


def pages(team: Team) -> list[tuple[str, str]]:
    return [(page.address.name, page.address.slug) for page in list_pages(team.actor())]


def add_page(team: Team, name: str = "Northwind EU", slug: str = "northwind-eu") -> UUID:
    team.founder.browser().submit(
        f"/dashboard/{team.slug}/pages", {"name": name, "slug": slug, "time_zone": "Europe/Berlin"}
    )
    return next(page.address.page_id for page in list_pages(team.actor()) if page.address.slug == slug)


@pytest.fixture
def page_home(team: Team, home: str) -> str:
    """The address of the only page's settings."""
    return f"{home}/pages/{team.page.page_id}"


class TestComingAndGoing:
    def test_a_page_is_added_and_shows_everything(self, team: Team, admin: HttpBrowser, home: str):
        team.service("API")

        answer = admin.submit(
            f"{home}/pages", {"name": "Northwind EU", "slug": "Northwind-EU", "time_zone": "Europe/Berlin"}
        )

        assert answer.status_code == 303
        assert pages(team)[1] == ("Northwind EU", "northwind-eu")
        assert "API" in read(admin.get("/northwind-eu").text).one(id="services").text

    @pytest.mark.parametrize(
        ("slug", "why"),
        [
            ("нортвинд", "Use only lower-case letters a to z, digits and hyphens."),
            ("nоrthwind", "Use only lower-case letters a to z, digits and hyphens."),  # with a Cyrillic o
            ("adm1n", "“adm1n” looks like “admin”, a word that Upfront needs itself."),
            ("dashboard", "“dashboard” is a word that Upfront needs itself."),
            ("contoso", "Someone has this address already. Choose another."),
            ("northwind", "Another page of yours has this address."),
        ],
    )
    def test_an_address_that_cannot_be_had_is_refused_beside_its_field(
        self, team: Team, admin: HttpBrowser, home: str, slug: str, why: str
    ):
        team.world.team("Contoso", "contoso")

        answer = admin.submit(f"{home}/pages", {"name": "Northwind EU", "slug": slug, "time_zone": "Europe/Berlin"})

        page = read(answer.text)
        assert answer.status_code == 422
        assert page.one(id="slug-error").text.startswith(why)
        assert page.one(id="name").value == "Northwind EU"
        assert len(pages(team)) == 1

    def test_while_a_name_is_typed_an_address_is_suggested(self, admin: HttpBrowser, home: str):
        answer = admin.get(f"{home}/pages/slug", query_string={"name": "Über uns", "slug": "", "suggested": ""})

        field = read(answer.text)
        assert field.one(id="slug").value == "uber-uns"
        assert "can be yours" in field.one(id="slug-hint").text

    def test_a_moved_page_is_found_at_its_old_address(self, team: Team, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/address", {"slug": "northwind-cloud"})

        assert answer.status_code == 303
        assert admin.get("/northwind").location == "/northwind-cloud"
        assert "northwind" in read(admin.get(f"{page_home}/address").text).one("main").text

    def test_before_a_page_goes_it_is_said_what_goes_with_it(self, team: Team, admin: HttpBrowser, home: str):
        page_id = add_page(team)
        admin.submit(f"{home}/pages/{page_id}/address", {"slug": "northwind-europe"})

        said = read(admin.get(f"{home}/pages/{page_id}/delete").text).one("main").text

        assert "0 subscribers are deleted with it" in said
        assert "these lead nowhere any more: northwind-eu" in said

    def test_a_page_is_deleted_by_typing_its_name(self, team: Team, admin: HttpBrowser, home: str):
        page_id = add_page(team)

        refused = admin.submit(f"{home}/pages/{page_id}/delete", {"confirmation": "northwind"})
        assert refused.status_code == 422
        admin.submit(f"{home}/pages/{page_id}/delete", {"confirmation": "Northwind EU"})

        assert len(pages(team)) == 1
        assert admin.get("/northwind-eu").status_code == 404
        held = admin.submit(f"{home}/pages", {"name": "Again", "slug": "northwind-eu", "time_zone": "Europe/Berlin"})
        assert held.status_code == 303, "its own organization may have it back"

    def test_its_subscribers_go_with_it_and_the_others_stay(self, team: Team, admin: HttpBrowser, home: str):
        team.subscriber()
        kept = team.page.page_id
        page_id = add_page(team)

        admin.submit(f"{home}/pages/{page_id}/delete", {"confirmation": "Northwind EU"})

        assert get_hanging(kept, by=team.actor()).subscribers == 1

    def test_the_last_page_stays(self, team: Team, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/delete", {"confirmation": team.page.name})

        assert answer.status_code == 409
        assert "This is your only page" in answer.text
        assert len(pages(team)) == 1

    def test_another_teams_page_is_not_there(self, team: Team, home: str):
        other = team.world.team("Contoso", "contoso")

        answer = other.founder.browser().get(f"/dashboard/contoso/pages/{team.page.page_id}")

        assert answer.status_code == 404


class TestSettings:
    def test_what_is_set_is_shown_to_visitors(self, team: Team, admin: HttpBrowser, page_home: str):
        team.service("API")
        links = {"label_0": "Product", "link_0": "https://northwind.example", "label_2": "Docs"}
        links |= {"link_2": "https://docs.northwind.example/a?b=c"}

        admin.submit(page_home, BASICS)
        admin.submit(f"{page_home}/words", {**links, "support_address": "Help@Northwind.example", "footer": "**Inc.**"})
        admin.submit(f"{page_home}/look", {"theme": "dark", "accent_light": "#0a7d4f", "accent_dark": "", "css": ""})

        answer = admin.get("/northwind")
        shown = read(answer.text)
        assert shown.one("html").attributes["data-theme"] == "dark"
        assert [link.text for link in shown.one("nav", class_="links").all("a")] == ["Product", "Docs"]
        footer = shown.one("footer")
        assert footer.one("strong").text == "Inc."
        assert footer.one("a", href="mailto:help@northwind.example").text == "Get help"
        assert footer.one(id="told-in").attributes["data-default"] == "visitor"
        assert "Powered by" not in footer.text
        assert len(shown.one(id="past").all("div", class_="day-log")) == 30
        assert "uptime" not in shown.one(id="services").text
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert shown.all("meta", name="robots")[0].attributes["content"] == "noindex"

    def test_whether_response_times_are_shown_is_kept_and_written_down(
        self, team: Team, admin: HttpBrowser, page_home: str
    ):
        admin.submit(page_home, BASICS | {"shows_response_times": "y"})

        assert team.page.settings.shows_response_times
        box = read(admin.get(page_home).text).one("input", name="shows_response_times")
        assert "checked" in box.attributes
        assert "shows response times" in admin.get(f"/dashboard/{team.slug}/audit").text
        admin.submit(page_home, BASICS)
        assert not team.page.settings.shows_response_times

    def test_the_accent_stands_in_a_style_sheet_of_the_pages_own(self, team: Team, admin: HttpBrowser, page_home: str):
        admin.submit(f"{page_home}/look", {"theme": "auto", "accent_light": "0A7D4F", "css": ".card { color: red }"})

        sheet = style_of(admin)
        answer = admin.get(sheet)

        assert "--accent: light-dark(#0a7d4f, " in answer.text
        assert ".page .card { color: red; }" in answer.text
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_a_replaced_style_sheet_can_be_read_for_a_while(self, team: Team, admin: HttpBrowser, page_home: str):
        admin.submit(f"{page_home}/look", {"theme": "auto", "css": ".card { color: red }"})
        replaced = style_of(admin)

        admin.submit(f"{page_home}/look", {"theme": "auto", "css": ".card { color: blue }"})

        assert admin.get(replaced).status_code == 200
        assert style_of(admin) != replaced

    @pytest.mark.parametrize(
        ("fields", "field", "why"),
        [
            ({"accent_light": "#ffee88"}, "accent_light", "The nearest that has it is #"),
            ({"accent_light": "red"}, "accent_light", "Write a colour as #rrggbb, like #0a7d4f."),
            ({"css": "a { color: red }\n@import 'x.css';"}, "css", 'Line 2, “@import "x.css"”'),
        ],
    )
    def test_a_look_that_cannot_be_is_refused_beside_its_field(
        self, admin: HttpBrowser, page_home: str, fields: dict[str, str], field: str, why: str
    ):
        answer = admin.submit(f"{page_home}/look", {"theme": "auto", **fields})

        page = read(answer.text)
        assert answer.status_code == 422
        assert why in page.one(id=f"{field}-error").text
        assert page.one(id=field).value == fields[field]

    def test_the_nearest_good_colour_is_taken_by_a_button(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/look", {"theme": "auto", "accent_light": "#ffee88", "use": "accent_light"})

        field = read(answer.text).one(id="accent_light")
        assert answer.status_code == 200
        assert field.value != "#ffee88"
        assert admin.submit(f"{page_home}/look", {"theme": "auto", "accent_light": field.value}).status_code == 303

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"label_0": "Docs", "link_0": "javascript:alert(1)"}, "link_0"),
            ({"label_0": "", "link_0": "https://a.example"}, "label_0"),
            ({"support_address": "http://help.example"}, "support_address"),
            ({"support_address": "a@b@c"}, "support_address"),
            ({"footer": "x" * 2_001}, "footer"),
        ],
    )
    def test_words_that_cannot_be_are_refused_beside_their_field(
        self, admin: HttpBrowser, page_home: str, fields: dict[str, str], field: str
    ):
        answer = admin.submit(f"{page_home}/words", fields)

        assert answer.status_code == 422
        assert read(answer.text).one(id=f"{field}-error").text

    def test_each_language_of_the_frame_is_that_of_the_page(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/preview", BASICS)

        assert read(answer.text).one("html").attributes["lang"] == "en"


class TestPictures:
    def test_a_logo_takes_the_place_of_the_name(self, team: Team, admin: HttpBrowser, page_home: str):
        upload = {"logo_light": (BytesIO(png((1_600, 200))), "logo.png"), "favicon": (BytesIO(png((40, 30))), "i.png")}

        answer = admin.submit(f"{page_home}/pictures", upload)

        shown = read(admin.get("/northwind").text)
        mark = shown.one("header", class_="masthead").one("img")
        logo = admin.get(mark.attributes["src"])
        assert answer.status_code == 303
        assert mark.attributes["alt"] == team.page.name
        assert (logo.content_type, Image.open(BytesIO(logo.data)).size) == ("image/png", (800, 100))
        assert shown.one(id="favicon").attributes["href"].endswith(".png")

    def test_a_drawing_is_served_where_nothing_in_it_can_run(self, admin: HttpBrowser, page_home: str):
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><rect/></svg>'

        admin.submit(f"{page_home}/pictures", {"logo_light": (BytesIO(drawing), "logo.svg")})

        answer = admin.get(read(admin.get("/northwind").text).one("img", class_="mark").attributes["src"])
        assert answer.content_type.startswith("image/svg+xml")
        assert answer.text == '<svg xmlns="http://www.w3.org/2000/svg"><rect></rect></svg>'
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"

    def test_a_logo_is_removed(self, admin: HttpBrowser, page_home: str):
        admin.submit(f"{page_home}/pictures", {"logo_dark": (BytesIO(png((80, 80))), "logo.png")})

        admin.submit(f"{page_home}/pictures", {"removed": "logo_dark"})

        assert read(admin.get("/northwind").text).all("img", class_="mark") == []

    def test_what_is_no_picture_is_refused_beside_its_field(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/pictures", {"favicon": (BytesIO(b"<svg/>"), "i.svg")})

        assert answer.status_code == 422
        assert "This is no picture that we can read" in read(answer.text).one(id="favicon_file-error").text

    def test_saving_without_a_file_says_so_beside_the_field(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/pictures", {"logo_light": (BytesIO(b""), "")})

        assert answer.status_code == 422
        assert "No file was chosen." in read(answer.text).one(id="logo_light-error").text

    def test_a_file_of_another_page_is_not_found(self, team: Team, admin: HttpBrowser, page_home: str):
        add_page(team)
        admin.submit(f"{page_home}/pictures", {"logo_light": (BytesIO(png((80, 80))), "logo.png")})
        name = read(admin.get("/northwind").text).one("img", class_="mark").attributes["src"].rpartition("/")[2]

        assert admin.get(f"/northwind-eu/{name}").status_code == 404


class TestServices:
    def test_a_page_shows_what_is_ticked_in_the_order_of_the_boxes(
        self, team: Team, admin: HttpBrowser, page_home: str
    ):
        group = team.group("Regions")
        api, web = team.service("API"), team.service("Web")
        team.service("Europe", group)
        team.service("Hidden")

        admin.submit(f"{page_home}/services", {"shows": "some", "items": chosen(web, f"group:{group.id}", api)})

        assert shown_names(admin) == ["Web", "Europe", "API"]
        assert "Web, Regions, API" in read(admin.get(f"/dashboard/{team.slug}/audit").text).one("main").text

    def test_an_arrow_moves_what_is_ticked_without_saving_it(self, team: Team, admin: HttpBrowser, page_home: str):
        api, web = team.service("API"), team.service("Web")
        admin.submit(f"{page_home}/services", {"shows": "some", "items": chosen(api, web)})

        answer = admin.submit(
            f"{page_home}/services/draft",
            {"shows": "some", "items": chosen(api, web), "move": f"up service:{web.id}"},
        )

        placed = read(answer.text).one("ol", class_="placed")
        assert [box.attributes["value"] for box in placed.all("input")] == chosen(web, api)
        assert shown_names(admin) == ["API", "Web"]

    def test_a_page_that_shows_nothing_says_so(self, team: Team, admin: HttpBrowser, home: str, page_home: str):
        team.service("API")

        admin.submit(f"{page_home}/services", {"shows": "some"})

        assert "This page shows nothing" in read(admin.get(f"{page_home}/services").text).one(id="selection").text
        assert "Nothing yet" in read(admin.get(f"{home}/pages").text).one(id="pages").text

    def test_what_another_team_has_cannot_be_named(self, team: Team, admin: HttpBrowser, page_home: str):
        foreign = team.world.team("Contoso", "contoso").service("Theirs")

        admin.submit(f"{page_home}/services", {"shows": "some", "items": [f"service:{foreign.id}", "service:x", "x"]})

        assert get_page_details(team.actor(), team.page.page_id).items == ()


class TestPreview:
    def test_it_shows_what_nobody_has_saved(self, team: Team, admin: HttpBrowser, page_home: str):
        team.service("API")

        answer = admin.submit(
            f"{page_home}/look/preview", {"theme": "dark", "css": ".card { color: red } @import 'x';"}
        )

        drawn = read(answer.text)
        assert drawn.one("html").attributes["data-theme"] == "dark"
        assert ".page .card { color: red; }" in answer.text
        assert "@import" not in answer.text
        assert drawn.all("script") == []
        assert "API" in drawn.one(id="services").text
        assert "style" not in admin.get("/northwind").text.partition("<body")[0].replace("stylesheet", "")

    def test_it_stands_in_a_frame_of_ours_only(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/preview", BASICS)

        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in policy
        assert "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_what_is_faulty_stays_as_it_was(self, team: Team, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/preview", {**BASICS, "name": "", "time_zone": "Mars/Olympus"})

        assert team.page.name in read(answer.text).one("header", class_="masthead").text

    def test_other_services_are_shown_and_nothing_is_kept(self, team: Team, admin: HttpBrowser, page_home: str):
        api, web = team.service("API"), team.service("Web")

        answer = admin.submit(f"{page_home}/services/preview", {"shows": "some", "items": chosen(web)})

        assert names_in(read(answer.text)) == ["Web"]
        assert shown_names(admin) == ["API", "Web"]
        assert api.name == "API"

    def test_a_picture_that_was_chosen_is_in_it(self, admin: HttpBrowser, page_home: str):
        answer = admin.submit(f"{page_home}/pictures/preview", {"logo_dark": (BytesIO(png((80, 80))), "logo.png")})

        assert read(answer.text).one("img", class_="mark").attributes["src"].startswith("data:image/png;base64,")


def chosen(*things: Service | str) -> list[str]:
    return [thing if isinstance(thing, str) else f"service:{thing.id}" for thing in things]


def shown_names(browser: HttpBrowser, path: str = "/northwind") -> list[str]:
    return names_in(read(browser.get(path).text))


def names_in(page: Element) -> list[str]:
    return [name.text for name in page.one(id="services").all("a", class_="name")]


def style_of(browser: HttpBrowser) -> str:
    """Where the page's own style sheet is."""
    sheets = [link.attributes["href"] for link in read(browser.get("/northwind").text).all("link", rel="stylesheet")]
    return next(sheet for sheet in sheets if "/style-" in sheet)


def png(size: tuple[int, int]) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "green").save(written, "PNG")
    return written.getvalue()
