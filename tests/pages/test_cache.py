"""The layer before Flask, from outside: what a visitor is sent, and how often anything had to be built for it."""

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event, Thread
from uuid import UUID, uuid4

import brotli
import pytest
import time_machine
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from app.pages import cache
from app.pages.answers import STALE_MARKER, Cacheable
from app.pages.cache import CACHEABLE, PERSONAL, PageCache

TEAM = uuid4()
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)
NOON = MIDNIGHT - timedelta(hours=12)


class Revisions:
    """What the process knows of the team's revision."""

    def __init__(self) -> None:
        self.number = 1
        self.forgotten = False
        self.unconfirmed: float | None = 0.0

    def current(self, organization_id: UUID) -> int | None:
        return None if self.forgotten else self.number

    def advance(self, organization_id: UUID, number: int) -> bool:
        self.forgotten = False
        news, self.number = number > self.number, max(number, self.number)
        return news

    def seconds_unconfirmed(self) -> float | None:
        return self.unconfirmed


class Site:
    """A site whose page says how often it was built, behind the cache."""

    def __init__(self) -> None:
        self.revisions = Revisions()
        self.builds = 0
        self.says = "calm"
        self.status = 200
        self.headers: dict[str, str] = {}
        self.cacheable = True
        self.personal = False
        self.during_build = lambda: None
        self.seen: list[Request] = []
        self.cache = PageCache(self.respond, self.revisions, lambda path: not path.startswith("/dashboard"))
        self.browser = Client(self.cache)

    def respond(self, environ, start_response) -> Iterable[bytes]:
        request = Request(environ)
        self.seen.append(request)
        self.builds += 1
        self.during_build()
        body = f"<p>build {self.builds}</p><!--stale--> {self.says} " + "all systems operational " * 40
        response = Response(body, status=self.status, headers=self.headers, mimetype="text/html")
        if self.personal:
            environ[PERSONAL] = True
        elif self.cacheable:
            passing = (f"<p>build {self.builds}</p>".encode(),)
            environ[CACHEABLE] = Cacheable(TEAM, self.revisions.number, MIDNIGHT, b"<p>old</p>", passing)
        return response(environ, start_response)

    def get(self, path: str = "/northwind", **headers: str) -> TestResponse:
        return self.browser.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def site():
    with time_machine.travel(NOON, tick=False):
        yield Site()


def test_a_second_visitor_is_answered_from_memory(site: Site):
    first, second = site.get(), site.get()

    assert (first.data, site.builds) == (second.data, 1)


def test_a_new_revision_is_built_anew(site: Site):
    site.get()

    site.revisions.number = 2

    assert b"build 2" in site.get().data


def test_what_was_kept_before_the_process_stopped_listening_is_built_anew(site: Site):
    site.get()

    site.revisions.forgotten = True

    assert b"build 2" in site.get().data
    assert b"build 2" in site.get().data


def test_a_new_day_is_built_anew(site: Site):
    site.get()

    with time_machine.travel(MIDNIGHT, tick=False):
        site.get()

    assert site.builds == 2


def test_pages_of_different_paths_are_kept_apart(site: Site):
    site.get("/northwind")
    site.get("/contoso")

    assert site.builds == 2


def test_an_invented_host_gets_no_answer_of_its_own(site: Site):
    site.browser.get("/northwind", base_url="https://one.example", headers={"X-Forwarded-Host": "two.example"})
    site.browser.get("/northwind", base_url="https://three.example")

    assert site.builds == 1
    assert "Host" not in site.seen[0].headers
    assert "X-Forwarded-Host" not in site.seen[0].headers


def test_more_slashes_in_front_get_no_answer_of_their_own(site: Site):
    site.get("/northwind")
    site.browser.get("/", environ_overrides={"PATH_INFO": "///northwind"})

    assert site.builds == 1


def test_a_query_string_gives_no_answer_of_its_own(site: Site):
    site.get("/northwind?a=1")
    site.get("/northwind?a=2")

    assert site.builds == 1
    assert not site.seen[0].args


def test_a_cookie_neither_reaches_the_page_nor_keeps_it_from_memory(site: Site):
    site.browser.set_cookie("session", "mine")
    site.get()
    site.browser.set_cookie("session", "yours")
    site.get()

    assert site.builds == 1
    assert not site.seen[0].cookies


def test_what_is_not_shared_passes_untouched(site: Site):
    site.browser.set_cookie("session", "mine")
    site.get("/dashboard?tab=2", If_None_Match='"mine"')
    site.get("/dashboard")

    personal = site.seen[0]
    assert (personal.args["tab"], personal.cookies["session"], str(personal.if_none_match)) == ("2", "mine", '"mine"')
    assert site.builds == 2


def test_nobody_waits_for_what_is_not_shared(site: Site):
    both_inside = Barrier(2)
    site.during_build = lambda: both_inside.wait(5)
    visitors = [Thread(target=site.get, args=("/dashboard",)) for _ in range(2)]

    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(10)

    assert site.builds == 2
    assert not both_inside.broken


def test_an_answer_that_sets_a_cookie_is_never_kept(site: Site):
    site.headers = {"Set-Cookie": "session=mine"}

    site.get()
    site.get()

    assert site.builds == 2


def test_an_answer_that_is_not_marked_is_never_kept(site: Site):
    site.cacheable = False

    site.get()
    site.get()

    assert site.builds == 2


@pytest.mark.parametrize("status", [404, 500])
def test_an_error_is_never_kept(site: Site, status: int):
    site.status = status

    answers = [site.get(), site.get()]

    assert [answer.status_code for answer in answers] == [status, status]
    assert site.builds == 2


def test_a_write_passes_through(site: Site):
    site.get()

    site.browser.post("/northwind")

    assert site.builds == 2


def test_a_head_request_tells_the_headers_only(site: Site):
    whole = site.get()

    head = site.browser.head("/northwind")

    assert head.data == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert site.builds == 1


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("deflate", None),
        ("", None),
        ("GZIP", "gzip"),
    ],
)
def test_the_best_accepted_encoding_is_sent(site: Site, accepted: str, encoding: str | None):
    plain = site.get().data

    answer = site.get(Accept_Encoding=accepted)

    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: lambda body: body}[encoding]
    assert answer.headers.get("Content-Encoding") == encoding
    assert decode(answer.data) == plain
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("asked", ["{etag}", "{strong}", '"other", {etag}', "*"])
def test_who_has_it_already_is_told_so(site: Site, asked: str):
    etag = site.get().headers["ETag"]

    answer = site.get(If_None_Match=asked.format(etag=etag, strong=etag.removeprefix("W/")))

    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag)


def test_who_has_an_older_one_gets_the_new_one(site: Site):
    etag = site.get().headers["ETag"]

    site.revisions.number = 2

    assert site.get(If_None_Match=etag).status_code == 200


def test_two_processes_give_the_same_content_the_same_tag(site: Site):
    other = Site()
    other.get("/another")
    etag = site.get().headers["ETag"]

    answer = other.get(If_None_Match=etag)

    assert b"build 2" in other.get().data
    assert answer.status_code == 304


@pytest.mark.parametrize(("revision", "says"), [(2, "calm"), (1, "broken")])
def test_another_revision_or_another_content_has_a_tag_of_its_own(site: Site, revision: int, says: str):
    other = Site()
    other.revisions.number, other.says = revision, says

    assert other.get().headers["ETag"] != site.get().headers["ETag"]


def test_an_unchanged_answer_repeats_only_what_a_cache_needs(site: Site):
    site.headers = {"Cache-Control": "public", "Access-Control-Allow-Origin": "*", "X-Frame-Options": "DENY"}
    etag = site.get().headers["ETag"]

    answer = site.get(If_None_Match=etag)

    assert dict(answer.headers) == {
        "Cache-Control": "public",
        "Access-Control-Allow-Origin": "*",
        "ETag": etag,
        "Vary": "Accept-Encoding",
    }


def test_the_number_of_the_builders_request_is_not_kept_for_others(site: Site):
    site.headers = {"X-Request-Id": "0123456789ab"}

    site.get()

    assert "X-Request-Id" not in site.get().headers


def test_two_hundred_visitors_at_once_cost_one_build(site: Site):
    everybody_is_here = Barrier(200)
    answers: list[TestResponse] = []
    others_wait = Event()
    site.during_build = lambda: others_wait.wait(2)

    def visit() -> None:
        everybody_is_here.wait(10)
        answers.append(site.get())

    visitors = [Thread(target=visit) for _ in range(200)]
    for visitor in visitors:
        visitor.start()
    others_wait.set()
    for visitor in visitors:
        visitor.join(10)

    assert site.builds == 1
    assert {answer.data for answer in answers} == {answers[0].data}
    assert len(answers) == 200


def test_who_waited_long_enough_gets_the_last_good_copy(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "PATIENCE_SECONDS", 0.05)
    site.get()
    site.revisions.number = 2
    building, may_finish = Event(), Event()
    site.during_build = lambda: (building.set(), may_finish.wait(5))
    builder = Thread(target=site.get)
    builder.start()
    building.wait(5)

    answer = site.get()

    may_finish.set()
    builder.join(5)
    assert b"build 1" in answer.data
    assert answer.headers["X-Upfront-Stale"] == "1"


def test_when_building_fails_the_last_good_copy_is_served_and_says_so(site: Site):
    site.get()
    site.revisions.number, site.status = 2, 503

    answer = site.get()

    assert answer.status_code == 200
    assert b"build 1" in answer.data
    assert b"<p>old</p>" in answer.data
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_after_a_failure_nobody_waits_for_the_next_one(site: Site):
    site.get()
    site.revisions.number, site.status = 2, 503
    site.get()

    site.get()

    assert site.builds == 2


def test_some_time_after_a_failure_it_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "RETRY_SECONDS", 0.0)
    site.get()
    site.revisions.number, site.status = 2, 503
    site.get()
    site.status = 200

    assert b"build 3" in site.get().data


def test_a_copy_that_nobody_can_confirm_is_not_passed_off_as_new(site: Site):
    site.get()
    site.revisions.unconfirmed, site.status = 60.0, 503

    assert site.get().headers["X-Upfront-Stale"] == "1"


def test_a_page_that_vanished_is_forgotten(site: Site):
    site.get()
    site.revisions.number, site.status = 2, 404
    site.get()
    site.status = 503

    assert site.get().status_code == 503


def test_who_asks_too_often_does_not_take_the_last_good_copy_from_the_others(site: Site):
    site.get()
    site.revisions.number, site.status = 2, 429
    assert site.get().status_code == 429
    site.status = 503

    assert b"build 1" in site.get().data


def test_memory_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "MOST_ENTRIES", 3)
    for path in ("/a", "/b", "/c", "/d"):
        site.get(path)

    site.get("/d")
    site.get("/a")

    assert site.builds == 5


def test_the_place_for_the_notice_is_left_alone_while_all_is_well(site: Site):
    assert STALE_MARKER in site.get().data


def test_what_is_personal_is_kept_for_nobody_and_asked_with_all_that_was_sent(site: Site):
    site.get()
    site.revisions.number = 2
    site.personal = True

    first, second = site.get(authorization="one"), site.get(authorization="two")

    assert (b"build 3" in first.data, b"build 4" in second.data) == (True, True)
    assert [request.headers.get("Authorization") for request in site.seen[1:]] == [None, "one", "two"]
    assert "ETag" not in first.headers


def test_a_path_that_is_everybodys_again_is_kept_again(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cache, "PERSONAL_SECONDS", 0.0)
    site.personal = True
    site.get()

    site.personal = False

    assert site.get().data == site.get().data


def test_each_domain_and_each_variant_has_an_answer_of_its_own():
    site = Site()
    site.browser = Client(
        PageCache(site.respond, site.revisions, lambda path: True, variant=lambda environ: environ["HTTP_X_LANGUAGE"])
    )

    def get(language: str, domain: str) -> TestResponse:
        overrides = {"upfront.domain": domain} if domain else {}
        return site.browser.get("/northwind", headers={"X-Language": language}, environ_overrides=overrides)

    with time_machine.travel(NOON, tick=False):
        asked = [("en", ""), ("de", ""), ("en", "status.example"), ("en", "")]
        # Hosts are their owners' to choose: none must end with what another one's variant begins with.
        asked += [("de", "status.co"), ("", "status.code"), ("", "de")]
        bodies = {get(*one).data for one in asked}

    assert len(bodies) == len(set(asked))
    assert {request.environ["upfront.variant"] for request in site.seen} == {"en", "de", ""}


def test_what_is_not_everybodys_any_more_is_not_even_served_as_an_old_copy(site: Site):
    site.get("/northwind/incidents/1")
    site.revisions.number, site.status = 2, 503
    kept = site.get("/northwind/incidents/1")

    site.cache.keep_only(TEAM, ())

    assert (kept.status_code, site.get("/northwind/incidents/1").status_code) == (200, 503)
    assert not site.cache.holds(TEAM)
