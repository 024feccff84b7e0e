"""The list of incidents: narrowed by what the address says, found by words, and quick however many there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, event, func, select, text
from sqlalchemy.pool import NullPool
from time_machine import travel

from app.database.scope import organization_scope
from app.extensions import db
from app.incidents.actions import edit_incident
from app.incidents.queries import list_incidents
from app.incidents.rules import Impact
from app.incidents.search import Filters, State, read_words
from bench.incidents import write_incidents
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team, World
from tests.counting import counted


def titles(browser: HttpBrowser, path: str) -> list[str]:
    """What the list shows, in its order."""
    found = read(browser.get(path).text).all("a", class_="name")
    return [link.text for link in found]


def words(team: Team, words: str) -> list[str]:
    listed = list_incidents(team.actor(), Filters(words=words))
    return [row.title for row in (*listed.open, *listed.past)]


class TestNarrowing:
    def test_by_state(self, team: Team, viewer: HttpBrowser, home: str):
        team.incident("Open")
        team.incident("Over", stage="resolved")

        assert titles(viewer, f"{home}/incidents") == ["Open", "Over"]
        assert titles(viewer, f"{home}/incidents?state=open") == ["Open"]
        assert titles(viewer, f"{home}/incidents?state=resolved") == ["Over"]
        assert titles(viewer, f"{home}/incidents?state=poem") == ["Open", "Over"]

    def test_by_service(self, team: Team, viewer: HttpBrowser, home: str):
        api, web = team.service("API"), team.service("Web")
        team.incident("Both", affects={api: "partial_outage", web: "partial_outage"}, stage="resolved")
        team.incident("Web only", affects={web: "partial_outage"})
        team.incident("Neither")

        assert titles(viewer, f"{home}/incidents?service={api.id}") == ["Both"]
        assert titles(viewer, f"{home}/incidents?service={web.id}") == ["Web only", "Both"]

    def test_a_service_of_another_tenant_is_as_good_as_none(
        self, world: World, team: Team, viewer: HttpBrowser, home: str
    ):
        theirs = world.team("Contoso", "contoso").service("API")

        answers = [viewer.get(f"{home}/incidents?service={service}") for service in (theirs.id, uuid4(), "x")]

        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert answers[0].data == answers[1].data == answers[2].data

    def test_by_impact(self, team: Team, viewer: HttpBrowser, home: str):
        team.incident("Mild", impact="minor")
        team.incident("Wild", impact="critical")

        assert titles(viewer, f"{home}/incidents?impact=critical") == ["Wild"]

    def test_by_the_month_in_which_it_began_in_the_teams_zone(self, team: Team, viewer: HttpBrowser, home: str):
        with travel(datetime(2026, 9, 30, 21, 59, tzinfo=UTC)):
            team.incident("September")
        with travel(datetime(2026, 9, 30, 22, 0, tzinfo=UTC)):
            team.incident("October, in Berlin")
        with travel(datetime(2026, 10, 31, 23, 0, tzinfo=UTC)):
            team.incident("November")

        assert titles(viewer, f"{home}/incidents?month=2026-10") == ["October, in Berlin"]

    def test_the_months_since_the_first_incident_can_be_chosen(self, team: Team, viewer: HttpBrowser, home: str):
        now = datetime.now(UTC)
        with travel(now - timedelta(days=365)):
            team.incident("First")

        options = read(viewer.get(f"{home}/incidents").text).one("select", id="month").all("option")

        assert [option.text for option in options][:2] == ["Any month", f"{now:%B %Y}"]
        assert len(options) == 1 + 13
        assert options[-1].value == f"{now - timedelta(days=365):%Y-%m}"

    @pytest.mark.parametrize("month", ["2026-13", "x", "0000-01", "9999-12", "2026-1", "2026-11-01"])
    def test_a_month_that_is_none_narrows_nothing(self, team: Team, viewer: HttpBrowser, home: str, month):
        team.incident("Errors")

        assert titles(viewer, f"{home}/incidents?month={month}") == ["Errors"]

    def test_all_at_once(self, team: Team, viewer: HttpBrowser, home: str):
        api = team.service("API")
        team.incident("Disk full", affects={api: "major_outage"}, impact="major")
        team.incident("Disk slow", affects={api: "major_outage"}, impact="minor")
        team.incident("Disk gone", impact="major")

        narrowed = f"q=disk&state=open&service={api.id}&impact=major&month={datetime.now(UTC):%Y-%m}"

        assert titles(viewer, f"{home}/incidents?{narrowed}") == ["Disk full"]


class TestTheForm:
    def test_it_shows_what_the_address_says(self, team: Team, viewer: HttpBrowser, home: str):
        api = team.service("API")
        team.incident("Errors")

        page = read(viewer.get(f"{home}/incidents?q=disk+%22a+b%22&state=open&service={api.id}&impact=minor").text)

        fields = page.one("form", id="filters").fields()
        assert fields == {"q": 'disk "a b"', "state": "open", "service": str(api.id), "impact": "minor", "month": ""}

    def test_what_is_found_is_counted(self, team: Team, viewer: HttpBrowser, home: str):
        team.incident("Disk full")
        team.incident("Disk slow", stage="resolved")
        team.incident("Fan loud")

        def count(query: str) -> str:
            return read(viewer.get(f"{home}/incidents{query}").text).one(id="found-count").text.partition(" ·")[0]

        assert (count(""), count("?q=disk"), count("?q=fan")) == (
            "3 incidents",
            "2 incidents found",
            "1 incident found",
        )

    def test_nothing_found_says_what_to_do(self, team: Team, viewer: HttpBrowser, home: str):
        team.incident("Disk full")

        by_words = read(viewer.get(f"{home}/incidents?q=fan").text)
        by_impact = read(viewer.get(f"{home}/incidents?impact=critical").text).one("div", class_="empty")

        assert by_words.one("div", class_="empty").text == (
            "Nothing found No incident has these words. Try fewer of them, or only the beginning of one."
        )
        assert by_words.one(id="found-count").text == "0 incidents found · Show all incidents"
        assert by_impact.text == "Nothing found No incident is like this. Leave out one of the conditions."

    def test_there_is_nothing_to_narrow_before_the_first_incident(self, viewer: HttpBrowser, home: str):
        page = read(viewer.get(f"{home}/incidents").text)

        assert page.all("form", id="filters") == []
        assert page.one("div", class_="empty").one("h2").text == "No incidents so far"

    def test_the_next_page_is_narrowed_like_this_one(self, team: Team, viewer: HttpBrowser, home: str, monkeypatch):
        monkeypatch.setattr("app.incidents.queries.PAGE_SIZE", 2)
        for number in range(3):
            team.incident(f"Disk {number}", stage="resolved")
        team.incident("Fan", stage="resolved")

        first = read(viewer.get(f"{home}/incidents?q=disk&state=resolved").text)
        more = next(link for link in first.all("a", class_="button") if link.text == "Earlier incidents")

        assert "q=disk" in more.attributes["href"]
        assert titles(viewer, more.attributes["href"]) == ["Disk 0"]

    def test_open_incidents_go_on_on_a_list_of_their_own(self, team: Team, viewer: HttpBrowser, home: str, monkeypatch):
        monkeypatch.setattr("app.incidents.queries.PAGE_SIZE", 2)
        for number in range(3):
            team.incident(f"Disk {number}")

        page = read(viewer.get(f"{home}/incidents?q=disk").text)
        more = next(link for link in page.all("a", class_="button") if link.text == "All open incidents")

        assert [link.text for link in page.all("a", class_="name")] == ["Disk 2", "Disk 1"]
        on_the_next = read(viewer.get(more.attributes["href"]).text)
        assert [link.text for link in on_the_next.all("a", class_="name")] == ["Disk 2", "Disk 1"]
        earlier = next(link for link in on_the_next.all("a", class_="button") if link.text == "Earlier incidents")
        assert titles(viewer, earlier.attributes["href"]) == ["Disk 0"]


class TestDrafts:
    def test_they_stand_above_the_list_and_can_be_shown_alone(self, team: Team, editor: HttpBrowser, home: str):
        team.incident("Disk full")
        for title in ("Fan loud", "Fan slow"):
            fields = {"title": title, "message": "x", "stage": "investigating", "impact": "major"}
            editor.submit(f"{home}/incidents/drafts", fields)

        everything = titles(editor, f"{home}/incidents?q=&state=")
        alone = read(editor.get(f"{home}/incidents?state=drafts").text)

        assert sorted(everything[:2]) == ["Fan loud", "Fan slow"]
        assert everything[2:] == ["Disk full"]
        assert sorted(link.text for link in alone.all("a", class_="name")) == ["Fan loud", "Fan slow"]
        assert alone.one(id="found-count").text.startswith("2 drafts")
        assert titles(editor, f"{home}/incidents?state=drafts&q=LOUD") == ["Fan loud"]
        assert titles(editor, f"{home}/incidents?state=drafts&impact=minor") == []
        assert titles(editor, f"{home}/incidents?q=fan") == []

    def test_without_any_it_says_how_one_is_kept(self, team: Team, viewer: HttpBrowser, home: str):
        team.incident("Disk full")

        page = read(viewer.get(f"{home}/incidents?state=drafts").text)

        assert page.one("div", class_="empty").one("h2").text == "No drafts"


class TestWords:
    def test_title_messages_and_postmortem_are_searched_together(self, team: Team):
        incident = team.incident("Database unreachable", message="Investigating.")
        team.update(incident, "resolved", "Failed over to Frankfurt.")
        team.postmortem(incident, "A **fuse** blew.", published=False)
        team.incident("Other database trouble")

        for asked in ("database fuse", "frankfurt", "FUSE investigating", "data fra fu"):
            assert words(team, asked) == ["Database unreachable"], asked

    def test_quotes_minus_and_or_mean_what_they_mean_elsewhere(self, team: Team):
        team.incident("Disk of the primary full")
        team.incident("Primary disk full")
        team.incident("Fan loud")

        assert words(team, '"primary disk"') == ["Primary disk full"]
        assert words(team, "disk -of") == ["Primary disk full"]
        assert words(team, "loud or of") == ["Fan loud", "Disk of the primary full"]

    def test_case_and_punctuation_do_not_matter_and_any_writing_is_found(self, team: Team):
        team.incident("ÄRGER mit db-01.internal/api", message="東京リージョン")
        team.incident("السجل متوقف", message="🎉 again")

        assert words(team, "ärger") == ["ÄRGER mit db-01.internal/api"]
        assert words(team, "db-01") == ["ÄRGER mit db-01.internal/api"]
        assert words(team, "internal") == ["ÄRGER mit db-01.internal/api"]
        assert words(team, "東京") == ["ÄRGER mit db-01.internal/api"]
        assert words(team, "السجل") == ["السجل متوقف"]

    def test_an_edited_text_is_found_by_its_new_words_only(self, team: Team):
        incident = team.incident("Dsik full")
        edit_incident(incident.id, "Disk full", Impact.MINOR, by=team.actor())

        assert (words(team, "dsik"), words(team, "disk")) == ([], ["Disk full"])

    def test_a_deleted_incident_is_found_no_more(self, team: Team):
        team.delete(team.incident("Disk full"))

        assert words(team, "disk") == []

    def test_nobody_finds_what_another_tenant_wrote(self, world: World, team: Team):
        contoso = world.team("Contoso", "contoso")
        contoso.incident("Disk full")

        assert words(team, "disk") == []
        assert words(team, str(contoso.id)) == words(team, f'"{contoso.id}"') == []

    @pytest.mark.parametrize(
        "asked",
        [
            "!!!", "'", '"', "\\", "a & b", "a | b", "!a", ":*", "a:*", "(", "((a", "<->", "a <-> b", "-", "--a", "%",
            "_", "or", "or or", "\x00disk", "disk\ud800", "x" * 5_000, "a " * 500, "'; DROP TABLE incidents",
            "👩‍👩‍👧", "\u202e", "-disk", "=", "https://a.example/x?y=z#w", "a@b.example", "1e400", "0x1f", "\\'", "''",
            "$$", "{{ disk }}",
        ],
    )  # fmt: skip
    def test_no_question_is_an_error(self, team: Team, viewer: HttpBrowser, home: str, asked):
        team.incident("Disk full")

        answer = viewer.get(f"{home}/incidents", query_string={"q": asked.encode("utf-8", "replace")})

        assert answer.status_code == 200

    @pytest.mark.parametrize("letters", ["abcdefghij", "äöüßéèêàçñ", "東京都港区芝公園丁", "𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱"])
    def test_however_much_was_written_it_can_be_kept(self, team: Team, letters):
        said = " ".join(f"{letters[n % 9]}{letters[n % 7]}{n}" for n in range(150_000))

        with organization_scope(team.actor()) as scope:
            kept = scope.session.scalar(select(func.length(func.words_of(team.id, said))))

        assert kept > 5_000


@pytest.fixture
def ten_thousand(team: Team, owner_url: str) -> Team:
    """A team with 10,000 resolved incidents of three messages each; every hundredth is about a database."""
    api = team.service("API")
    engine = create_engine(owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        write_incidents(owner, team.id, api.id, 10_000)
    engine.dispose()
    return team


EVERY_WAY = [
    Filters(),
    Filters(words="database"),
    Filters(words="database 99"),
    Filters(words="look"),
    Filters(State.RESOLVED, words="dat"),
    Filters(words="nothing like it"),
    Filters(began=(datetime.now(UTC) - timedelta(days=40), datetime.now(UTC) - timedelta(days=10))),
]


class TestTenThousandIncidents:
    def test_every_question_takes_as_many_statements_and_walks_through_no_text(self, ten_thousand: Team):
        actor = ten_thousand.actor()

        for filters in EVERY_WAY:
            with counted() as seen, scans() as scanned:
                listed = list_incidents(actor, filters)

            assert len(seen) <= 8, (filters, seen)
            assert scanned() == [], filters
            assert len(listed.past) <= 50

    def test_the_words_are_looked_up_in_their_index(self, ten_thousand: Team, owner_url: str):
        finding = (
            "EXPLAIN SELECT incident_id FROM incident_words"
            " WHERE organization_id = :team AND words @@ asked_for(CAST(:team AS uuid), 'database')"
        )
        engine = create_engine(owner_url, poolclass=NullPool)
        with engine.begin() as owner:
            plan = "\n".join(owner.scalars(text(finding), {"team": ten_thousand.id}))
        engine.dispose()

        assert "Bitmap Index Scan on incident_words_idx" in plan
        assert "Seq Scan" not in plan

    def test_the_count_ends_somewhere(self, ten_thousand: Team, viewer: HttpBrowser, home: str):
        page = read(viewer.get(f"{home}/incidents").text)
        by_words = read(viewer.get(f"{home}/incidents?q=database").text)

        assert page.one(id="found-count").text == "more than 1,000 incidents"
        assert by_words.one(id="found-count").text.startswith("100 incidents found")


@contextmanager
def scans() -> Iterator[Callable[[], list[str]]]:
    """Which tables of texts were walked through from their beginning, asked just before the transaction ends.

    The statistics of the transaction also count what the functions of the database do; and, of the same connection,
    what earlier transactions did within the last second or so. So it is asked on a new one.
    """
    db.engine.dispose()
    walked: list[str] = []

    def note(connection: Connection) -> None:
        begun = text("SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND relname = ANY(:tables)")
        walked.extend(connection.scalars(begun, {"tables": ["incident_updates", "incident_words"]}))

    event.listen(db.engine, "commit", note)
    try:
        yield lambda: walked
    finally:
        event.remove(db.engine, "commit", note)


@pytest.mark.parametrize(
    ("typed", "looked_for"),
    [
        ('"disk full" -login', '"disk full" -login'),
        ('"' + "a " * 98 + '"', '"' + "a " * 19 + "a"),
        ("a.b_c/" * 30, "a.b_c/" * 6 + "a.b"),
        (" ".join("abcdefghijklmnopqrst") + "?", " ".join("abcdefghijklmnopqrst") + "?"),
        ('"-._"', ""),
    ],
)
def test_only_so_many_words_are_looked_for(typed: str, looked_for: str):
    assert read_words(typed) == looked_for


@pytest.mark.parametrize("state", ["", "drafts"])
def test_signs_alone_find_nothing_and_the_list_says_why(team: Team, admin: HttpBrowser, home: str, state: str):
    team.incident("Errors")
    team.draft("Slow")

    page = read(admin.get(f"{home}/incidents?q=🔥&state={state}").text)

    assert page.one(id="q").value == "🔥"
    assert "“🔥” has no letter and no digit: type one." in page.one(id="found").text
    assert page.one(id="found-count").text.startswith("0 ")
    assert not page.one(id="found").all("table")
