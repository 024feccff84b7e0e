"""What years of many services cost a member who looks at figures: each page of the dashboard that shows them.

    python -m bench.analytics [--rounds 5]

1,000 services have two years behind them, all rolled up, and 10,000 incidents. Each page is answered by the application
itself, in turn with the yardstick: one bare query of the owner's that adds up each service's days by months, which no
page of a year and the year before could do without.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from app.pages.zones import keep_zones
from bench.bars import Bar, median_ratio, report
from bench.incidents import write_incidents
from bench.organization import make_organization, some_service
from bench.search import sign_in_browser
from bench.site import Ground, ground
from tests.counting import counted

SLUG = "northwind"
ZONE = "Europe/Berlin"
SERVICES = 1_000
GROUPS = 40
INCIDENTS = 10_000
DAYS = 730

YEAR = f"/dashboard/{SLUG}/analytics?days=365"
PAGES = {
    "analytics of a year": YEAR,
    "analytics of 30 days": f"/dashboard/{SLUG}/analytics",
    "the table of a year, as CSV": f"/dashboard/{SLUG}/analytics.csv?days=365",
    "heatmap": f"/dashboard/{SLUG}/heatmap",
    "overview": f"/dashboard/{SLUG}/",
    "activity": f"/dashboard/{SLUG}/activity",
    "services": f"/dashboard/{SLUG}/services",
    "incidents": f"/dashboard/{SLUG}/incidents",
    "palette": f"/dashboard/{SLUG}/palette?q=service",
}
MOST_TIMES = 2.5
"""A year's analytics, to the bare sums."""
MOST_SECONDS = {YEAR: 1.0, PAGES["the table of a year, as CSV"]: 1.0}
MOST_SECONDS_OTHERWISE = 0.5

_OLDER = (
    "SET LOCAL session_replication_role = replica",
    "UPDATE services SET created_at = created_at - make_interval(days => :days), status_since = created_at"
    " WHERE organization_id = :organization",
    "UPDATE status_changes SET at = at - make_interval(days => :days) WHERE organization_id = :organization",
    # Every tenth day of a service has a fault, as long as up to five hours; rows lie as they come, night by night.
    """
    INSERT INTO service_days (organization_id, service_id, zone, day, starts_at, ends_at, operational,
        under_maintenance, degraded_performance, partial_outage, major_outage, unknown, worst)
    SELECT :organization, services.id, :zone, calendar.day, calendar.starts_at, calendar.ends_at,
        calendar.ends_at - calendar.starts_at - fault.length, '0', '0', fault.length, '0', '0',
        CASE WHEN fault.length > '0' THEN 'partial_outage' ELSE 'operational' END
    FROM services
    CROSS JOIN LATERAL (
        SELECT day::date AS day, day::timestamp AT TIME ZONE :zone AS starts_at,
            (day::timestamp + '1 day') AT TIME ZONE :zone AS ends_at
        FROM generate_series(
            (services.created_at AT TIME ZONE :zone)::date, (now() AT TIME ZONE :zone)::date - 1, '1 day'
        ) AS day
    ) AS calendar
    CROSS JOIN LATERAL (
        SELECT CASE WHEN (services.position + calendar.day - DATE '2000-01-01') % 10 = 0
            THEN make_interval(mins => services.position % 300 + 1) ELSE '0' END AS length
    ) AS fault
    WHERE services.organization_id = :organization ORDER BY calendar.day, services.id
    """,
)

_BARE_SUMS = text(
    """
    SELECT service_id, date_trunc('month', day) AS month, count(*), sum(operational), sum(under_maintenance),
        sum(degraded_performance), sum(partial_outage), sum(major_outage), sum(unknown)
    FROM service_days WHERE organization_id = :organization AND zone = :zone
    GROUP BY service_id, month
    """
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with ground() as made:
        application = made.application()
        with application.app_context():
            organization_id = fill(made)
        client = sign_in_browser(application, SLUG)
        engine = create_engine(made.owner_url, poolclass=NullPool)
        with engine.connect() as owner:
            asked: dict[str, Callable[[], object]] = {path: partial(get_page, client, path) for path in PAGES.values()}
            asked[""] = partial(add_up, owner, organization_id)
            times = measure(asked, arguments.rounds)
        with application.app_context():
            statements = {path: count_statements(asked[path]) for path in PAGES.values()}
    yardstick = statistics.median(times[""])
    print(
        f"  {SERVICES:,} services, {SERVICES * DAYS:,} rolled up days, {INCIDENTS:,} incidents;"
        f" the bare sums take {yardstick * 1e3:.0f} ms"
    )
    return report(
        [
            Bar("analytics of a year, to the bare sums", median_ratio(times[YEAR], times[""]), MOST_TIMES),
            *(
                Bar(
                    f"{name}, seconds",
                    statistics.median(times[path]),
                    MOST_SECONDS.get(path, MOST_SECONDS_OTHERWISE),
                    f"{statements[path]} statements",
                )
                for name, path in PAGES.items()
            ),
        ]
    )


def fill(made: Ground) -> UUID:
    """Write the organization; gives its id. Needs an application context."""
    organization = make_organization(SLUG, services=SERVICES, groups=GROUPS, history=timedelta())
    keep_zones()
    engine = create_engine(made.owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        write_incidents(owner, organization.id, some_service(organization.id), INCIDENTS)
        for statement in _OLDER:
            owner.execute(text(statement), {"organization": organization.id, "zone": ZONE, "days": DAYS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as owner:
        owner.execute(text("VACUUM ANALYZE"))  # as the database does by itself in two years
    return organization.id


def get_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status}")
    answer.get_data()


def add_up(owner: Connection, organization_id: UUID) -> None:
    with owner.begin():
        owner.execute(_BARE_SUMS, {"organization": organization_id, "zone": ZONE}).all()


def measure(asked: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each in turn, round by round."""
    times: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(-1, rounds):
        for name, ask in asked.items():
            begin = time.perf_counter()
            ask()
            if number >= 0:  # the first round only warms up
                times[name].append(time.perf_counter() - begin)
    return times


def count_statements(of: Callable[[], object]) -> int:
    """How many are sent meanwhile."""
    with counted() as statements:
        of()
    return len(statements)


if __name__ == "__main__":
    sys.exit(main())
