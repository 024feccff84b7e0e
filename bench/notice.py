"""`python -m bench.notice`: one notice to 100,000 subscribers, while another organization tells ten.

The provider is the tests' fake, as a process of its own: 20 ms for an answer, ten requests in any second. Its limit is
the yardstick of the rate, and so is a sender that posts as fast as it is answered and only listens to `Retry-After`.
The yardstick of the memory is the same notice to 1,000. Statements are those of the workers, transactions' set-up
included; memory is that of all their processes together, at its highest.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.delivery.mail import BATCH_SIZE
from app.organizations.models import Organization
from bench.bars import Bar, report
from bench.mails import a_service, ask, bodies, provider, unthrottled_sender, wait_for_mails
from bench.organization import add_subscribers, make_organization, report_incident
from bench.site import PROJECT, Ground, ground

SUBSCRIBERS = int(sys.argv[1]) if sys.argv[1:] else 100_000
FEW = 1_000
TEN = 10
REQUESTS_PER_SECOND = 10
LONGEST_SECONDS = 3 * SUBSCRIBERS / BATCH_SIZE / REQUESTS_PER_SECOND + 60


@dataclass(frozen=True, slots=True)
class Run:
    """One notice, in seconds from its commit, MB and statements."""

    first: float
    rate: float
    """Requests that were taken in a second, from the first to the last."""
    refused: float
    """The share of requests that were answered 429."""
    others: float
    """Seconds from the other organization's commit to its ten mails; 0 when it told nothing."""
    memory: float
    statements: float
    """For each mail."""
    mails: int
    people: int


def main() -> int:
    with ground() as made, made.application().app_context():
        few = make_organization("few", history=timedelta(days=7))
        add_subscribers(few.id, FEW)
        many = make_organization("northwind", history=timedelta(days=7))
        add_subscribers(many.id, SUBSCRIBERS)
        other = make_organization("southwind", history=timedelta(days=7))
        add_subscribers(other.id, TEN)
        warm = make_organization("warm", history=timedelta(days=7))
        add_subscribers(warm.id, 1)
        short = _run(made, warm, few, FEW)
        print(f"  {FEW}: {short}", flush=True)
        long = _run(made, warm, many, SUBSCRIBERS, other)
        print(f"  {SUBSCRIBERS}: {long}", flush=True)
        posted = list(bodies())
        yardstick = unthrottled_sender(posted, REQUESTS_PER_SECOND)
    rate = len(posted) / (yardstick.last - yardstick.first)
    return report(
        [
            Bar("seconds from commit to the first mail", long.first, 5),
            Bar("rate, to the provider's limit", long.rate / REQUESTS_PER_SECOND, 0.95, at_least=True),
            Bar("rate, to an unthrottled sender's", long.rate / rate, 0.95, f"{rate:.2f} a second", at_least=True),
            Bar("answers 429, of all", long.refused, 0.01, f"unthrottled {yardstick.refused} of {len(posted)}"),
            Bar("memory of workers, to that of 1,000", long.memory / short.memory, 1.2, f"{long.memory:.0f} MB"),
            Bar("statements for each mail", long.statements, 0.1),
            Bar("seconds until another's ten are told", long.others, 5),
            Bar("mails, for each subscriber", long.mails / (SUBSCRIBERS + TEN + 1), 1),
            Bar("people told, of all", long.people / SUBSCRIBERS, 1, at_least=True),
        ]
    )


def _run(
    made: Ground, warm: Organization, organization: Organization, people: int, other: Organization | None = None
) -> Run:
    service_id = a_service(organization.id)
    others = 0.0
    with tempfile.NamedTemporaryFile() as counter, provider(REQUESTS_PER_SECOND) as url:
        with _processes(made, url, counter.name) as memory:
            # They run already when something breaks.
            report_incident(warm.id, a_service(warm.id))
            wait_for_mails(url, 1, until=time.time() + LONGEST_SECONDS)
            before = Path(counter.name).stat().st_size
            began = time.time()
            report_incident(organization.id, service_id)
            wanted = people + 1
            if other is not None:
                time.sleep(people / BATCH_SIZE / REQUESTS_PER_SECOND / 3)
                wanted += TEN
                others_began = time.time()
                report_incident(other.id, a_service(other.id))
            wait_for_mails(url, wanted, until=began + LONGEST_SECONDS)
            statements = Path(counter.name).stat().st_size - before
            told = ask(url)
        taken = sorted(at for at, _, status in told["requests"] if status == 200)[1:]
        if other is not None:
            tens = [at for at, mails, status in told["requests"] if status == 200 and mails == TEN]
            others = min(tens, default=others_began + LONGEST_SECONDS) - others_began
    return Run(
        first=taken[0] - began,
        rate=(len(taken) - 1) / (taken[-1] - taken[0]),
        refused=sum(status == 429 for _, _, status in told["requests"]) / len(told["requests"]),
        others=others,
        memory=max(memory),
        statements=statements / wanted,
        mails=told["mails"],
        people=told["people"],
    )


@contextmanager
def _processes(made: Ground, url: str, counter: str) -> Iterator[list[float]]:
    """Worker and clock; gives how much memory the worker's processes had, again and again, in MB."""
    environment = made.environment(
        MAIL_TRANSPORT="resend",
        MAIL_FROM="Northwind Cloud <status@up.example>",
        RESEND_API_KEY="re_bench",
        RESEND_API_URL=url,
        RESEND_REQUESTS_PER_SECOND=str(REQUESTS_PER_SECOND),
    )
    commands = (
        [sys.executable, "-m", "bench.counting", counter, "worker.py"],
        [sys.executable, "-m", "flask", "--app", "app", "clock"],
    )
    processes = [subprocess.Popen(command, cwd=PROJECT, env=environment) for command in commands]
    seen, over = [0.0], threading.Event()
    watching = threading.Thread(target=_watch, args=(processes[0].pid, seen, over))
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)


def _watch(pid: int, seen: list[float], over: threading.Event) -> None:
    while not over.wait(0.5):
        seen.append(sum(_megabytes(one) for one in _family(pid)))


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from _family(int(child))


def _megabytes(pid: int) -> float:
    """Memory that is its own, and its share of what it has in common with others."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
