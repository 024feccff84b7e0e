"""What a long history costs a member who looks for something: the list of incidents of 10,000, against that of 100.

    python -m bench.search [--rounds 7]

Both organizations are in one database, and each page is asked for as a browser does, whole. The yardstick is the same
question in the organization with few incidents; it finds as many rows as a page shows wherever there are as many.
"""

import argparse
import statistics
import sys
import time
from datetime import timedelta
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from app import clock
from app.accounts.actions import Browser, sign_in
from app.accounts.rules import Claims
from app.database.actor import Actor
from app.database.scope import organization_scope
from app.incidents.models import Incident
from app.organizations.models import Organization
from app.services.models import Service
from bench.bars import Bar, median_ratio, report
from bench.incidents import write_incidents
from bench.organization import make_organization
from bench.site import Ground, ground

FEW, MANY = ("few", 100), ("many", 10_000)
PAGES_PER_TURN = 10
MOST_TIMES = 2

QUESTIONS = {
    "all of them": "",
    "a rare word": "q=database",
    "the beginning of a word": "q=dat",
    "a word of every incident": "q=look",
    "words that nobody wrote": "q=nothing+like+it",
    "one service": "service={service}",
    "one impact": "impact=major",
    "one month": "month={month}",
    "all at once": "q=look&state=resolved&impact=major&service={service}&month={month}",
    "the second page": "after={half}",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with ground() as made:
        application = made.application()
        with application.app_context():
            paths = {slug: _make(made, slug, number) for slug, number in (FEW, MANY)}
        clients = {slug: sign_in_browser(application, slug) for slug in paths}
        bars = [_measure(clients, paths, question, arguments.rounds) for question in QUESTIONS]
    return report(bars)


def _make(made: Ground, slug: str, number: int) -> dict[str, str]:
    """Fill an organization; returns the address of the list for each question."""
    organization = make_organization(slug, history=timedelta())
    with organization_scope(Actor.worker(organization.id), read_only=True) as scope:
        service_id = scope.session.scalars(select(Service.id).order_by(Service.position).limit(1)).one()
    engine = create_engine(made.owner_url, poolclass=NullPool)
    with engine.begin() as owner:
        write_incidents(owner, organization.id, service_id, number)
    known = {"service": service_id, "month": f"{clock.now():%Y-%m}", "half": _cursor(organization)}
    return {
        question: f"/dashboard/{slug}/incidents?{narrowed.format(**known)}" for question, narrowed in QUESTIONS.items()
    }


def _cursor(organization: Organization) -> str:
    """Where the list goes on in the middle of what there is."""
    with organization_scope(Actor.worker(organization.id), read_only=True) as scope:
        number = scope.session.scalar(select(func.count()).select_from(Incident)) or 0
        middle = scope.session.scalars(
            select(Incident).order_by(Incident.started_at.desc()).offset(number // 2).limit(1)
        ).one()
        return quote(f"{middle.started_at.isoformat()}_{middle.id}")


def sign_in_browser(application: Flask, slug: str) -> FlaskClient:
    with application.app_context():
        token = sign_in(Claims("https://bench.example", slug, f"{slug}@bench.example", "Bench"), Browser("bench", ""))
    client = application.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def _measure(clients: dict[str, FlaskClient], paths: dict[str, dict[str, str]], question: str, rounds: int) -> Bar:
    times: dict[str, list[float]] = {slug: [] for slug in paths}
    for number in range(-1, rounds):
        turns: dict[str, list[float]] = {slug: [] for slug in paths}
        for _ in range(PAGES_PER_TURN):
            for slug in paths:
                begin = time.perf_counter()
                answer = clients[slug].get(paths[slug][question])
                turns[slug].append(time.perf_counter() - begin)
                if answer.status_code != 200:
                    raise RuntimeError(f"{paths[slug][question]} answers {answer.status}")
        if number >= 0:  # the first round only warms up
            for slug, seconds in turns.items():
                times[slug].append(statistics.median(seconds))
    many, few = (statistics.median(times[slug]) * 1e3 for slug in (MANY[0], FEW[0]))
    return Bar(question, median_ratio(times[MANY[0]], times[FEW[0]]), MOST_TIMES, f"{many:.1f} ms, few {few:.1f} ms")


if __name__ == "__main__":
    sys.exit(main())
