"""The same for all subscribers that were found, as a member asks for it and follows it."""

from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import text

from app.database.scope import organization_scope
from app.subscribers.errands.work import do_chunk
from app.subscribers.listing import ON_A_PAGE
from app.subscribers.rules import SubscriberState
from tests.blueprints.reading import read
from tests.browsers import HttpBrowser
from tests.builders import Team


def many(team: Team, number: int) -> None:
    """As many confirmed subscribers at `many.example`, by one statement."""
    with organization_scope(team.actor()) as scope:
        scope.session.execute(
            text(
                "INSERT INTO subscribers (organization_id, id, page_id, email, channel, state, all_services, kinds,"
                " source, consent, requested_at, confirmed_at, created_at, manage_token_hash)"
                " SELECT :team, gen_random_uuid(), :page, 'reader' || one || '@many.example', 'email', 'confirmed',"
                " true, '{incidents}', 'form', '', now(), now(), now(), sha256(one::text::bytea)"
                " FROM generate_series(1, :number) AS one"
            ),
            {"team": team.id, "page": team.page.page_id, "number": number},
        )


def test_all_found_are_counted_first_and_then_removed_in_the_background(team: Team, editor: HttpBrowser, home: str):
    many(team, ON_A_PAGE + 20)
    stays = team.subscriber("ada@customer.example")
    listed = read(editor.get(f"{home}/subscribers?text=many").text)

    asked = editor.submit(f"{home}/subscribers/selected", {"act": "remove", "everybody": "yes", "text": "many"})
    question = read(editor.get(asked.headers["Location"]).text)
    form = next(one for one in question.all("form") if one.attributes.get("action", "").endswith("/all"))
    begun = editor.submit(form.attributes["action"], form.fields())
    path = urlsplit(begun.headers["Location"]).path
    at_work = editor.get(path).text
    noticed = editor.get(f"{home}/subscribers").text
    while do_chunk(team.id, UUID(path.rpartition("/")[2])):
        pass

    assert "Select all 120 found" in listed.one("div", class_="ticked").text
    assert "Remove and erase 120 subscribers?" in question.text
    assert "This cannot be undone" in question.text
    assert 'hx-trigger="every 1s"' in at_work
    assert "Removing and erasing 120 subscribers: 0 % done" in noticed
    assert "120 subscribers were removed and erased" in editor.get(path).text
    assert stays.email in editor.get(f"{home}/subscribers").text


def test_where_there_is_nobody_for_whom_it_could_be_done_nothing_is_offered(team: Team, editor: HttpBrowser, home: str):
    team.subscriber("told@customer.example")
    team.subscriber("waits@partner.example", state=SubscriberState.PENDING)

    nobody = editor.get(f"{home}/subscribers/all?act=ask&text=customer").text
    somebody = editor.get(f"{home}/subscribers/all?act=ask").text

    assert "Only who has not confirmed yet can be asked again" in nobody
    assert 'name="newest"' not in nobody
    assert "Ask 1 subscriber again?" in somebody


def test_a_list_that_is_whole_on_its_page_offers_no_more_than_its_boxes(team: Team, editor: HttpBrowser, home: str):
    team.subscriber()

    assert "everybody" not in editor.get(f"{home}/subscribers").text


def test_a_stopped_errand_says_what_was_done_by_then(team: Team, editor: HttpBrowser, home: str):
    team.subscriber()
    question = read(editor.get(f"{home}/subscribers/all?act=remove").text)
    form = next(one for one in question.all("form") if one.attributes.get("action", "").endswith("/all"))
    path = urlsplit(editor.submit(form.attributes["action"], form.fields()).headers["Location"]).path

    editor.submit(f"{path}/stop")

    assert "Stopped: 0 subscribers were removed and erased" in editor.get(path).text
