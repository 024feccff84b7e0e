"""`python -m bench.mails`: one notice to 10,000 subscribers, by worker and clock, against an unthrottled sender.

The provider is the tests' fake, as a process of its own: 20 ms for an answer, five requests in any second, the sixth is
answered 429 with `Retry-After: 1`. The unthrottled sender has four connections, posts the very same kind of batches as
fast as it is answered, and does what `Retry-After` says: the fastest one can be that only listens to the provider.
It starts with its mails in memory. Ours starts at the commit of the incident.
"""

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import requests
from sqlalchemy import select

from app.database.actor import Actor
from app.database.scope import organization_scope
from app.delivery.mail import BATCH_SIZE
from app.delivery.notices.incidents import IncidentNotice, NoticeUpdate, incident_mails
from app.delivery.notices.kept import Recipient
from app.incidents.rules import Stage
from app.services.models import Service
from app.services.rules import ServiceStatus
from bench.bars import Bar, median_ratio, report
from bench.organization import add_subscribers, make_organization, report_incident
from bench.site import PROJECT, Ground, free_port, ground

ROUNDS = int(sys.argv[1]) if sys.argv[1:] else 5
SUBSCRIBERS = 10_000
LATENCY_SECONDS = 0.02
REQUESTS_PER_SECOND = 5
CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """What the provider saw of one sender, in seconds from its start."""

    first: float
    last: float
    refused: int
    mails: int
    people: int


def main() -> int:
    with ground() as made, made.application().app_context():
        organization = make_organization("northwind", history=timedelta(days=7))
        add_subscribers(organization.id, SUBSCRIBERS)
        service_id = a_service(organization.id)
        posted = list(bodies())
        ours, unthrottled = [], []
        for _ in range(ROUNDS):
            ours.append(_by_product(made, organization.id, service_id))
            unthrottled.append(unthrottled_sender(posted))
            print(f"  ours {ours[-1]}\n  unthrottled {unthrottled[-1]}", flush=True)
    complete = sum(one.mails == one.people == SUBSCRIBERS for one in ours)
    firsts = [one.first for one in ours]
    lasts = [one.last for one in ours]
    yardstick = [one.last for one in unthrottled]
    times = f"{statistics.median(lasts):.1f} s; unthrottled {statistics.median(yardstick):.1f} s"
    refused = f"unthrottled {sum(one.refused for one in unthrottled)}"
    return report(
        [
            Bar("seconds from commit to the first mail", max(firsts), 5),
            Bar("the last mail, to an unthrottled sender's", median_ratio(lasts, yardstick), 1.1, times),
            Bar("answers 429, in all rounds", sum(one.refused for one in ours), 0, refused),
            Bar("rounds in which each got exactly one mail", complete, ROUNDS, at_least=True),
        ]
    )


def _by_product(made: Ground, organization_id: UUID, service_id: UUID) -> Seen:
    with provider() as url:
        environment = made.environment(
            MAIL_TRANSPORT="resend",
            MAIL_FROM="Northwind Cloud <status@up.example>",
            RESEND_API_KEY="re_bench",
            RESEND_API_URL=url,
            RESEND_REQUESTS_PER_SECOND=str(REQUESTS_PER_SECOND),
        )
        commands = ([sys.executable, "worker.py"], [sys.executable, "-m", "flask", "--app", "app", "clock"])
        processes = [subprocess.Popen(command, cwd=PROJECT, env=environment) for command in commands]
        try:
            time.sleep(5)  # they run already when something breaks
            began = time.time()
            report_incident(organization_id, service_id)
            wait_for_mails(url, SUBSCRIBERS, until=began + 120)
            return seen(url, began)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)


def unthrottled_sender(bodies: Sequence[bytes], requests_per_second: int = REQUESTS_PER_SECOND) -> Seen:
    """Four connections that post as fast as they are answered, and do what `Retry-After` says."""
    with provider(requests_per_second) as url:
        waiting: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        for number, body in enumerate(bodies):
            waiting.put((number, body))
        threads = [threading.Thread(target=post_all, args=(url, waiting)) for _ in range(CONNECTIONS)]
        began = time.time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen(url, began)


def post_all(url: str, waiting: SimpleQueue[tuple[int, bytes]]) -> None:
    session = requests.Session()
    while True:
        try:
            number, body = waiting.get_nowait()
        except Empty:
            return
        headers = {"Authorization": "Bearer re", "Idempotency-Key": str(number), "Content-Type": "application/json"}
        while (answer := session.post(f"{url}/emails/batch", data=body, headers=headers)).status_code == 429:
            time.sleep(float(answer.headers["Retry-After"]))


def bodies() -> Iterator[bytes]:
    """What the unthrottled sender posts: batches of the same mails, as JSON."""
    text = "About 6 % of requests fail with status 503. We are moving reads to healthy replicas."
    page = "http://localhost:8000/northwind"
    compose = incident_mails(
        IncidentNotice(
            organization_name="Northwind Cloud",
            page_url=page,
            time_zone="Europe/Berlin",
            title="Errors at checkout",
            incident_url=f"{page}/incidents/{UUID(int=1)}",
            status=ServiceStatus.PARTIAL_OUTAGE,
            affected=("Service 0",),
            updates=(NoticeUpdate(Stage.INVESTIGATING, text, f"<p>{text}</p>", datetime.now(UTC)),),
        )
    )
    for first in range(0, SUBSCRIBERS, BATCH_SIZE):
        mails = []
        for number in range(first, first + BATCH_SIZE):
            token = f"{number:032x}"
            mail = compose(
                UUID(int=number),
                Recipient(
                    f"reader{number}@customer.example", f"{page}/subscribe/{token}", f"{page}/unsubscribe/{token}"
                ),
            )
            mails.append(
                {
                    "from": "Northwind Cloud <status@up.example>",
                    "to": [mail.to],
                    "subject": mail.subject,
                    "html": mail.html,
                    "text": mail.text,
                    "headers": dict(mail.headers),
                }
            )
        yield json.dumps(mails).encode()


@contextmanager
def provider(requests_per_second: int = REQUESTS_PER_SECOND) -> Iterator[str]:
    """The fake in a process of its own; gives its address, which also tells what it saw."""
    port = free_port()
    command = [sys.executable, "-m", "tests.fakes.resend", str(port), str(LATENCY_SECONDS), str(requests_per_second)]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def ask(url: str) -> dict[str, Any]:
    """What the fake saw: its requests (when, mails, answer), how many mails it took, for how many people."""
    with urlopen(url) as answer:
        told: dict[str, Any] = json.load(answer)
        return told


def wait_for_mails(url: str, mails: int, *, until: float) -> None:
    """Wait until the fake has taken so many, at most `until` that time. It is asked for nothing else: to put together
    what it saw takes so long, of a hundred thousand mails, that it would answer its senders late."""
    while time.time() < until:
        with urlopen(f"{url}/mails") as answer:
            if json.load(answer)["mails"] >= mails:
                return
        time.sleep(0.1)


def seen(url: str, began: float) -> Seen:
    told = ask(url)
    taken = [at - began for at, _, status in told["requests"] if status == 200]
    refused = sum(status == 429 for _, _, status in told["requests"])
    return Seen(min(taken, default=0), max(taken, default=0), refused, told["mails"], told["people"])


def a_service(organization_id: UUID) -> UUID:
    """The first one on the page."""
    with organization_scope(Actor.worker(organization_id)) as scope:
        return scope.session.scalars(select(Service.id).order_by(Service.position).limit(1)).one()


if __name__ == "__main__":
    sys.exit(main())
