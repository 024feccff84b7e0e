"""What a change costs: one build per process however many come, eight statements, and no more for a long history.

    python -m bench.builds [--rounds 7] [--visitors 200]

In each round somebody changes something, and all visitors come in the same moment: the first answer is that of the one
for whom the page is built, and the yardstick for those who wait for it. A visitor who comes alone is measured beside.
"""

import argparse
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flask import Flask, json

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.pages.address import PageAddress
from app.pages.finding import get_page
from app.pages.queries import build_page
from bench.bars import Bar, median_ratio, report
from bench.load import ask_once, fetch
from bench.organization import make_organization
from bench.site import ground, web
from tests.counting import counted

SLUG = "northwind"
YOUNG = ("young", timedelta(days=30))
OLD = ("old", timedelta(days=730))
MOST_STATEMENTS = 8
BUILDS_PER_TURN = 10


@dataclass(slots=True)
class Stampede:
    """What the rounds found."""

    alone: list[float] = field(default_factory=list)
    """Seconds of a visitor who comes alone, and for whom the page is built."""
    first: list[float] = field(default_factory=list)
    """Seconds of the first of many who came at once: the one for whom it is built."""
    last: list[float] = field(default_factory=list)
    """Seconds of the last of them."""
    builds: list[int] = field(default_factory=list)
    """Builds while the many came."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--visitors", type=int, default=200)
    arguments = parser.parse_args()
    with ground() as made:
        application = made.application()
        with application.app_context():
            organization = make_organization(SLUG)
            pages = {slug: get_page(make_organization(slug, history=history).slug) for slug, history in (YOUNG, OLD)}
            statements = count_statements(application)
            times = time_builds(pages, arguments.rounds)
            with web(made, "bench.yardstick_app:application", BENCH_SLUG=SLUG) as (port, _):
                found = stampede(port, organization.id, arguments.rounds, arguments.visitors)
    first, last, alone = (statistics.median(seconds) * 1e3 for seconds in (found.first, found.last, found.alone))
    old, young = statistics.median(times["old"]), statistics.median(times["young"])
    return report(
        [
            Bar(f"builds for {arguments.visitors} visitors at once, the most", max(found.builds), 1),
            Bar(
                "the last of them, to the one who builds",
                median_ratio(found.last, found.first),
                2,
                f"{last:.0f} ms, the first {first:.0f} ms; a visitor who comes alone {alone:.0f} ms",
            ),
            Bar("SQL statements for a page that is not in memory", statements, MOST_STATEMENTS),
            Bar(
                "build with two years of history, to one month",
                median_ratio(times["old"], times["young"]),
                2,
                f"{old * 1e3:.1f} ms, young {young * 1e3:.1f} ms",
            ),
        ]
    )


def stampede(port: int, organization_id: UUID, rounds: int, visitors: int) -> Stampede:
    """A change and one visitor, a change and many, in each round."""
    found = Stampede()
    for number in range(-1, rounds):
        _change(port, organization_id)
        (alone,) = _visit(port, 1)
        _change(port, organization_id)
        count_builds(port)
        waits = _visit(port, visitors)
        if number >= 0:  # the first round only warms up
            found.alone.append(alone)
            found.first.append(waits[0])
            found.last.append(waits[-1])
            found.builds.append(count_builds(port))
    return found


def count_builds(port: int) -> int:
    """Builds in the web process since this was last asked."""
    return len(json.loads(fetch(port, "/_yardstick/builds").body))


def _change(port: int, organization_id: UUID) -> None:
    """Raise the revision, and wait until the web process has heard of it: until then it may serve what it has."""
    with organization_scope(Actor.worker(organization_id)) as scope:
        revision = scope.emit("bench.changed", {}).revision
    while json.loads(fetch(port, f"/_yardstick/revision/{organization_id}").body)["revision"] != revision:
        time.sleep(0.01)


def _visit(port: int, visitors: int) -> tuple[float, ...]:
    """Seconds until each of so many visitors has the whole page, the first one's first."""
    load = ask_once(port, f"/{SLUG}", connections=visitors, headers="Accept-Encoding: br\r\n")
    if load.statuses != {200}:
        raise RuntimeError(f"visitors got {load.statuses}")
    return load.latencies


def count_statements(application: Flask) -> int:
    """Statements of one request for a page, doors included: no cache stands before it."""
    client = application.test_client()
    client.get(f"/{SLUG}")
    with counted() as statements:
        answer = client.get(f"/{SLUG}")
    if answer.status_code != 200:
        raise RuntimeError(f"the page answers {answer.status}")
    return len(statements)


def time_builds(pages: dict[str, PageAddress], rounds: int) -> dict[str, list[float]]:
    """Seconds of a build of each page, a median for each round."""
    times: dict[str, list[float]] = {slug: [] for slug in pages}
    for number in range(-1, rounds):
        turns: dict[str, list[float]] = {slug: [] for slug in pages}
        for _ in range(BUILDS_PER_TURN):
            for slug, page in pages.items():
                begin = time.perf_counter()
                build_page(page)
                turns[slug].append(time.perf_counter() - begin)
        if number >= 0:
            for slug, seconds in turns.items():
                times[slug].append(statistics.median(seconds))
    return times


if __name__ == "__main__":
    sys.exit(main())
