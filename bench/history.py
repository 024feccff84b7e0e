"""What a long history costs whoever reads it: a page of 50 services with two years behind it, against one month.

    python -m bench.history [--rounds 9]

Each page is answered by the application itself, with no cache before it: looked up, read, rendered. The yardstick is
the same page of an organization that is one month old, asked for in turn; how long the old one takes while nothing is
rolled up is told beside.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import func, select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.pages.finding import get_page
from app.pages.queries import build_page
from app.pages.zones import keep_zones
from app.services.models import StatusChange
from app.services.rollups.actions import check_days, roll_up
from app.services.rollups.models import ServiceDay
from bench.bars import Bar, median_ratio, report
from bench.organization import make_organization, some_service
from bench.site import ground
from tests.counting import counted

SERVICES = 50
GROUPS = 10
MONTH, TWO_YEARS = timedelta(days=30), timedelta(days=730)
MOST_STATEMENTS = 8
READS_PER_TURN = 5
ZONE = ZoneInfo("Europe/Berlin")

Times = dict[str, list[float]]
"""Seconds by what was asked for, a median for each round."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with ground() as made:
        application = made.application()
        with application.app_context():
            young, old = (
                make_organization(slug, services=SERVICES, groups=GROUPS, history=history).id
                for slug, history in (("young", MONTH), ("old", TWO_YEARS))
            )
            raw = time_pages(application, ["/young", "/old"], arguments.rounds)
            keep_zones()
            roll_up(young, ZONE)
            began = time.perf_counter()
            roll_up(old, ZONE)
            rolling = time.perf_counter() - began
            began = time.perf_counter()
            roll_up(old, ZONE)
            nothing = time.perf_counter() - began
            began = time.perf_counter()
            differences = check_days(old, ZONE)
            checking = time.perf_counter() - began
            changes, days = count_rows(old)
            service = some_service(old)
            paths = ["/young", "/old", "/young/history", "/old/history", f"/old/services/{service}"]
            rolled = time_pages(application, paths, arguments.rounds)
            page = get_page("old")
            built = count_statements(lambda: build_page(page))
            statements = {path: count_statements(partial(application.test_client().get, path)) for path in paths}
    medians = {path: statistics.median(seconds) * 1e3 for path, seconds in rolled.items()}
    raw_ratio, raw_old = median_ratio(raw["/old"], raw["/young"]), statistics.median(raw["/old"]) * 1e3
    print(
        f"  {SERVICES} services; the old ones have {changes:,} changes and {days:,} rolled up days.\n"
        f"  Rolled up in {rolling:.1f} s ({days / rolling:,.0f} days a second); looking again takes {nothing * 1e3:.0f}"
        f" ms, comparing a seventh of them {checking * 1e3:.0f} ms ({len(differences)} differences).\n"
        f"  While nothing is rolled up the old page takes {raw_old:.0f} ms, {raw_ratio:.2f} times as long as the young."
    )
    return report(
        [
            Bar(
                "page with two years of history, to one month",
                median_ratio(rolled["/old"], rolled["/young"]),
                2,
                f"{medians['/old']:.0f} ms, young {medians['/young']:.0f} ms",
            ),
            Bar(
                "SQL statements of its build",
                built,
                MOST_STATEMENTS,
                f"{statements['/old']} for the whole request: two find the page",
            ),
            Bar(
                "its history of twelve months, to its page",
                median_ratio(rolled["/old/history"], rolled["/old"]),
                3,
                f"{medians['/old/history']:.0f} ms, {statements['/old/history']} statements;"
                f" young {medians['/young/history']:.0f} ms",
            ),
            Bar(
                "a service's own page, to its page",
                median_ratio(rolled[paths[-1]], rolled["/old"]),
                1,
                f"{medians[paths[-1]]:.0f} ms, {statements[paths[-1]]} statements",
            ),
        ]
    )


def time_pages(application: Flask, paths: list[str], rounds: int) -> Times:
    """Ask for each in turn, some times in each round."""
    client = application.test_client()
    times: Times = {path: [] for path in paths}
    for number in range(-1, rounds):
        turns: Times = {path: [] for path in paths}
        for _ in range(READS_PER_TURN):
            for path in paths:
                begin = time.perf_counter()
                answer = client.get(path)
                turns[path].append(time.perf_counter() - begin)
                if answer.status_code != 200:
                    raise RuntimeError(f"{path} answers {answer.status}")
        if number >= 0:  # the first round only warms up
            for path, seconds in turns.items():
                times[path].append(statistics.median(seconds))
    return times


def count_statements(of: Callable[[], object]) -> int:
    """How many are sent meanwhile."""
    with counted() as statements:
        of()
    return len(statements)


def count_rows(organization_id: UUID) -> tuple[int, int]:
    """Status changes, and rolled up days."""
    with organization_scope(Actor.worker(organization_id), read_only=True) as scope:
        changes = scope.session.scalar(select(func.count()).select_from(StatusChange)) or 0
        return changes, scope.session.scalar(select(func.count()).select_from(ServiceDay)) or 0


if __name__ == "__main__":
    sys.exit(main())
