"""What the public templates, the errors and the dashboard's frame put into HTML."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import brotli
import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from tests.templates.preview import APP, ERROR_KINDS, STATES
from tests.templates.scenes import BACKUPS, CERTIFICATES, ERRORS, NETWORK, SCENES, SCRIPTS, SLOW, TROUBLE, day_detail

OF_PAGE = {"zone": TROUBLE.time_zone, "home": f"/{TROUBLE.slug}"}

WIRE_LIMIT = 40_000
PAGES = [f"/{scene}" for scene in SCENES] + [
    f"/trouble/incidents/{ERRORS.id}",
    f"/trouble/incidents/{SLOW.id}",
    *(f"/trouble/maintenance/{one.id}" for one in (NETWORK, BACKUPS, CERTIFICATES)),
    f"/trouble/services/{next(TROUBLE.services).id}",
    f"/scripts/services/{list(SCRIPTS.services)[2].id}",
    *(f"/trouble/state/{state}" for state in STATES),
    *(f"/errors/{kind}" for kind in ERROR_KINDS),
    "/dashboard",
    "/dashboard/form",
]
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Outline(HTMLParser):
    """The tags of a document, checked for being closed in order; ids; and what a strict policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refused: list[str] = []
        self.levels: list[int] = []
        self.feed(html)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"]] if given.get("id") else []
        self.refused += [f"<{tag} {name}>" for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        self.refused += [f"<{tag}>"] if tag == "style" or (tag == "script" and "src" not in given) else []
        self.refused += [value for value in given.values() if value and value.strip().lower().startswith("javascript:")]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_and_fits_the_strict_policy(preview: FlaskClient, path: str) -> None:
    outline = Outline(preview.get(path).text)

    assert outline.refused == []
    assert len(outline.ids) == len(set(outline.ids)), "an id is used twice"
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(outline.levels))


@pytest.mark.parametrize("path", PAGES)
def test_names_that_look_like_html_stay_text(preview: FlaskClient, path: str) -> None:
    assert "<script>alert" not in preview.get(path).text


@pytest.mark.parametrize("scene", ["trouble", "calm"])
def test_the_page_with_all_that_it_loads_is_light(preview: FlaskClient, scene: str) -> None:
    html = preview.get(f"/{scene}").data
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html.decode()))

    sizes = {path: len(preview.get(path, headers={"Accept-Encoding": "gzip, br"}).data) for path in loaded}

    assert len(sizes) >= 5
    assert sum(sizes.values()) + len(brotli.compress(html, quality=5)) < WIRE_LIMIT


def test_a_page_of_two_hundred_services_is_light_too(preview: FlaskClient) -> None:
    assert len(brotli.compress(preview.get("/many").data, quality=5)) < 16_000


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_is_the_same_for_every_visitor(preview: FlaskClient, scene: str) -> None:
    response = preview.get(f"/{scene}")

    assert response.data == preview.get(f"/{scene}", headers={"Cookie": "session=other"}).data
    assert "Set-Cookie" not in response.headers
    assert not re.search(r"\bago<|\bin \d+ (minutes|hours|days)<|just now", response.text.replace("days ago<", ""))


def test_the_head_says_what_the_page_says(preview: FlaskClient) -> None:
    html = preview.get("/trouble").text

    assert "<title>Northwind Cloud status: some systems are having problems</title>" in html
    assert '<link rel="canonical" href="https://status.example.com/trouble">' in html
    assert '<meta property="og:title" content="Northwind Cloud status: some systems are having problems">' in html
    assert re.search(r'<link rel="icon" id="favicon" href="/static/icons/partial_outage\.\w+\.svg"', html)


def test_the_page_is_put_together_from_the_fragments(preview_app: Flask, preview: FlaskClient) -> None:
    html = preview.get("/trouble").text
    page = replace(TROUBLE, address=replace(TROUBLE.address, slug="trouble"))

    with preview_app.test_request_context():
        for fragment in ("overall", "active_incidents", "services", "planned", "past"):
            part = render_template(f"public/_{fragment}.html", page=page)
            assert part.strip() in html, fragment
        for service in page.services:
            row = render_template("public/_service.html", page=page, service=service)
            assert row.strip() in html
        for group in page.groups:
            assert render_template("public/_group_status.html", page=page, group=group).strip() in html


def test_fragments_need_no_request(preview_app: Flask) -> None:
    with preview_app.app_context():
        row = render_template("public/_service.html", page=TROUBLE, service=next(TROUBLE.services))

    assert 'role="slider"' in row


def test_a_day_shows_its_spans_its_minutes_and_its_incidents(preview_app: Flask) -> None:
    service = next(TROUBLE.services)

    with preview_app.app_context():
        html = render_template("public/_day.html", **OF_PAGE, detail=day_detail(service, service.days[-42].day))

    assert "Sun 11 Oct" in html
    assert "<dt>Partial outage</dt><dd>47 min</dd>" in html
    assert html.count("<rect") == 4
    assert "Increased latency in eu-west" in html


def test_a_day_without_data_does_not_look_like_a_good_one(preview_app: Flask) -> None:
    service = SCENES["no-data"].groups[0].services[0]

    with preview_app.app_context():
        html = render_template("public/_day.html", **OF_PAGE, detail=day_detail(service, service.days[3].day))

    assert 'data-status="no_data"' in html
    assert "No downtime" not in html


def test_a_service_without_data_claims_no_uptime(preview: FlaskClient) -> None:
    html = preview.get("/no-data").text

    assert "No data yet" in html
    assert "100 %" not in html


def test_the_history_of_a_service_has_a_row_for_each_day(preview: FlaskClient) -> None:
    html = preview.get(f"/trouble/services/{next(TROUBLE.services).id}").text

    assert html.partition('id="days"')[2].count("<tr>") == 1 + 90
    assert html.index("Saturday, 21 November") < html.index("Sunday, 11 October")


def test_a_refused_address_is_kept_and_says_why_beside_the_field(preview: FlaskClient) -> None:
    response = preview.post("/trouble/subscribe", data={"email": 'ana@"><b>'}, headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert 'value="ana@&#34;&gt;&lt;b&gt;"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert 'aria-describedby="subscribe-hint email-error"' in response.text
    assert 'id="email-error"' in response.text


def test_subscribing_answers_with_a_page_or_with_the_box_alone(preview: FlaskClient) -> None:
    page = preview.post("/trouble/subscribe", data={"email": "ana@customer.example"}).text
    box = preview.post(
        "/trouble/subscribe", data={"email": "ana@customer.example"}, headers={"HX-Request": "true"}
    ).text

    assert "Check your inbox" in box
    assert box.strip().startswith('<section id="subscribe"')
    assert box.strip() in page


def test_fields_are_tied_to_their_hint_and_their_fault(preview: FlaskClient) -> None:
    html = preview.get("/dashboard/form").text

    assert re.search(r'<input aria-describedby="title-hint title-error" aria-invalid="true"[^>]* id="title"', html)
    assert '<label for="message">Message</label>' in html
    assert "2 things need your attention." in html
    assert 'disabled id="stage-0"' in html


def test_missing_things_are_told_nothing_about(preview_app: Flask) -> None:
    error = ERROR_KINDS["missing"]

    with preview_app.test_request_context():
        one = render_template("errors/error.html", error=error, request_id=None)
        other = render_template("errors/error.html", error=type(error)("This one is not yours."), request_id=None)

    assert one == other


def test_too_many_requests_come_back_by_themselves(preview: FlaskClient) -> None:
    assert '<meta http-equiv="refresh" content="12">' in preview.get("/errors/too-many").text


def test_what_is_our_fault_has_a_number(preview: FlaskClient) -> None:
    assert "<code>01j94xq2c0de</code>" in preview.get("/errors/broken").text
    assert "<code>" not in preview.get("/errors/denied").text


def test_what_people_wrote_is_kept_out_of_htmx(preview: FlaskClient) -> None:
    html = preview.get("/trouble").text

    assert html.count('<div class="prose') == html.count("hx-ignore>") >= 4


def test_a_day_whose_incident_is_not_over_is_not_called_quiet(preview: FlaskClient) -> None:
    past = preview.get("/trouble").text.partition('<section id="past"')[2]
    today, _, before = past.partition("Friday, 20 November")

    assert "Elevated error rates on the API" in today
    assert "Not resolved yet" in today
    assert "No incidents." not in today
    assert "No incidents." in before


def test_what_is_not_escaped_is_sanitised_prose_and_a_sanitised_style_sheet() -> None:
    taken = [
        path.relative_to(APP).as_posix()
        for path in (APP / "templates").rglob("*.html")
        if "emails" not in path.parts and re.search(r"\|\s*safe\b|autoescape false", path.read_text())
    ]

    assert sorted(taken) == ["templates/components/prose.html", "templates/dashboard/pages/preview.html"]


@pytest.mark.parametrize(
    "pattern", [r"\sstyle=", r"\son[a-z]+=", r"hx-on", r"<script(?![^>]*\ssrc=)", r"javascript:", r"\bjs:"]
)
def test_no_template_asks_for_what_the_policy_refuses(pattern: str) -> None:
    asking = [
        path.relative_to(APP).as_posix()
        for path in (APP / "templates").rglob("*.html")
        if "emails" not in path.parts and re.search(pattern, path.read_text())
    ]

    assert asking == []
