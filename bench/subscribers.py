"""What 100,000 subscribers cost: to look through, against the same question asked bare; to import, against COPY.

    python -m bench.subscribers [--subscribers 100000] [--rounds 7]

The list is asked for by the product's own function. The yardstick are the same rows and the same counts, asked for by
the owner, whom no policy binds, over a bare psycopg connection, without models or views.

The import is what a member and a worker do: the file is uploaded, checked, agreed to and taken in, and the memory is
that of a worker's process. The yardstick reads the same file, validates each address with the same rules, and copies
the rows (COPY) into a table with the columns, checks and indexes of `subscribers`, but without row security, foreign
keys, a dry run, progress, or a way to go on after a crash.
"""

import argparse
import csv
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import make_url, select

from app import clock, create_app
from app.accounts.queries import find_signed_in
from app.accounts.tokens import token_hash
from app.database.actor import Actor, ActorRole
from app.database.ids import new_id
from app.database.scope import organization_scope
from app.organizations.models import Organization
from app.pages.finding import find_pages
from app.subscribers.imports.actions import agree, upload
from app.subscribers.imports.queries import get_import
from app.subscribers.imports.rules import ImportState
from app.subscribers.imports.work import go_through
from app.subscribers.listing import ON_A_PAGE, Filters, list_subscribers
from app.subscribers.models import Subscriber
from app.subscribers.rules import SubscriberState
from app.subscribers.tokens import manage_token
from app.text.addresses import check_address, mailbox_of, normalize_address
from bench.bars import Bar, median_ratio, report
from bench.organization import make_organization
from bench.population import sign_in_somebody
from bench.site import PROJECT, Ground, ground

MOST_TIMES = 3
MOST_MEGABYTES = 256
IMPORTS = 3
"""Rounds of the import: each fills an organization of its own."""
CONSENT = "Ticked the box in our shop, 2026"

COUNTS = "SELECT state, count(*) FROM subscribers WHERE organization_id = %(organization)s GROUP BY state"
ROWS = (
    "SELECT id, page_id, email, state, all_services, kinds, source, consent, requested_at, confirmed_at"
    " FROM subscribers WHERE organization_id = %(organization)s{} ORDER BY id DESC LIMIT 101"
)
QUESTIONS = {
    "the first page": (Filters(), False, ""),
    "page 1,000 of 1,000": (Filters(), True, " AND id < %(after)s"),
    "part of an address that few have": (Filters(text="r99987@"), False, " AND email LIKE '%%r99987@%%'"),
    "part of an address that many have": (Filters(text="reader5"), False, " AND email LIKE '%%reader5%%'"),
    "part of an address that nobody has": (Filters(text="nothinglikeit"), False, " AND email LIKE '%%nothinglikeit%%'"),
    "a state that few are in": (
        Filters(state=SubscriberState.UNSUBSCRIBED),
        False,
        " AND state = 'unsubscribed'",
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--take-in", nargs=2, metavar=("ORGANIZATION", "IMPORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.take_in:
        return work_as_a_worker(*map(UUID, arguments.take_in))
    with ground() as made, tempfile.TemporaryDirectory() as folder:
        file = write_file(Path(folder) / "people.csv", arguments.subscribers)
        with made.application().app_context():
            organizations = [make_organization(f"import-{number}") for number in range(IMPORTS)]
            bars = list(measure_import(made, organizations, file, arguments.subscribers))
            bars += measure_list(made, organizations[0], arguments.rounds)
    return report(bars)


def write_file(file: Path, number: int) -> Path:
    with file.open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(("email", "name"))
        table.writerows((f"Reader{one}@customer{one % 997}.example", f"Reader No {one}") for one in range(number))
    return file


def measure_import(made: Ground, organizations: list[Organization], file: Path, number: int) -> Iterator[Bar]:
    ours, bare, megabytes = [], [], 0.0
    for organization in organizations:
        bare.append(seconds_of(lambda: copy_bare(made, organization.id, file)))  # noqa: B023 -- called at once
        actor = admin_of(organization)
        page, begin = find_pages(actor)[0], time.perf_counter()
        with file.open("rb") as opened:
            import_id = upload(page, opened, file.name, CONSENT, by=actor)
        uploading = time.perf_counter() - begin
        checked = worker(made, organization.id, import_id)
        agree(import_id, by=actor)
        taken_in = worker(made, organization.id, import_id)
        ours.append(uploading + checked.seconds + taken_in.seconds)
        megabytes = max(megabytes, checked.megabytes, taken_in.megabytes)
        done = get_import(actor, import_id)
        if done.state is not ImportState.DONE or done.rows_added != number:
            raise RuntimeError(f"{done.rows_added} of {number} were added: {done.state}")
    words = f"{statistics.median(ours):.1f} s, bare {statistics.median(bare):.1f} s"
    yield Bar(f"import of {number:,} rows", median_ratio(ours, bare), MOST_TIMES, words)
    yield Bar("memory of the worker, MB", megabytes, MOST_MEGABYTES)


def admin_of(organization: Organization) -> Actor:
    """Whoever founded it: a member, for who uploads a table must be one."""
    founder = find_signed_in(sign_in_somebody(organization.slug))
    assert founder is not None
    return Actor(organization.id, ActorRole.ADMIN, founder.user_id, founder.name)


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker's process says at its end: how long it was at it, and how much memory it had at the most."""

    seconds: float
    megabytes: float


def worker(made: Ground, organization_id: UUID, import_id: UUID) -> Worked:
    """Have a process of its own go through the table. Starting it does not count: a worker does so once in its life."""
    command = [sys.executable, "-m", "bench.subscribers", "--take-in", str(organization_id), str(import_id)]
    done = subprocess.run(command, cwd=PROJECT, env=made.environment(), check=True, capture_output=True, text=True)
    return Worked(*map(float, done.stdout.splitlines()[-1].split()))


def work_as_a_worker(organization_id: UUID, import_id: UUID) -> int:
    with create_app(for_worker=True).app_context():
        seconds = seconds_of(lambda: go_through(organization_id, import_id))
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return 0


def copy_bare(made: Ground, organization_id: UUID, file: Path) -> None:
    """The same rows, validated by the same rules, into a table of the same shape."""
    now = clock.now().isoformat()
    with connected(made) as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bare (LIKE subscribers INCLUDING ALL) ON COMMIT DROP")
        with (
            cursor.copy(
                "COPY bare (organization_id, id, page_id, email, state, all_services, kinds, source, consent, channel,"
                " requested_at, manage_token_hash, confirmed_at, created_at) FROM STDIN"
            ) as copy,
            file.open(newline="") as lines,
        ):
            seen = set()
            for number, (typed, _) in enumerate(csv.reader(lines)):
                address = normalize_address(typed)
                if check_address(address) is not None or mailbox_of(address) in seen or not number:
                    continue
                seen.add(mailbox_of(address))
                subscriber_id = new_id()
                copy.write_row(
                    (
                        organization_id, subscriber_id, organization_id, address, "confirmed", True,
                        ["incidents", "maintenance", "announcements"], "import", CONSENT, "email",
                        now, token_hash(manage_token(subscriber_id)), now, now,
                    )
                )  # fmt: skip
        owner.commit()


def measure_list(made: Ground, organization: Organization, rounds: int) -> Iterator[Bar]:
    actor = Actor(organization.id, ActorRole.VIEWER, None, "Bench")
    with organization_scope(Actor.worker(organization.id)) as scope:
        ids = list(scope.session.scalars(select(Subscriber.id).order_by(Subscriber.id)))
    with connected(made, autocommit=True) as owner:
        owner.execute("UPDATE subscribers SET state = 'unsubscribed' WHERE id = ANY(%s)", (ids[::5000],))
        owner.execute("VACUUM ANALYZE subscribers")
        for question, (filters, is_last, condition) in QUESTIONS.items():
            after = ids[ON_A_PAGE] if is_last else None
            given = {"organization": organization.id, "after": after}

            def ask_bare(condition: str = condition, given: dict[str, object] = given) -> None:
                owner.execute(ROWS.format(condition), given).fetchall()
                owner.execute(COUNTS, given).fetchall()

            def ask(filters: Filters = filters, after: UUID | None = after) -> None:
                list_subscribers(actor, filters, after=after)

            ours, bare = [], []
            for number in range(-2, rounds):
                turn = (seconds_of(ask), seconds_of(ask_bare))
                if number >= 0:
                    ours.append(turn[0])
                    bare.append(turn[1])
            words = f"{statistics.median(ours) * 1e3:.1f} ms, bare {statistics.median(bare) * 1e3:.1f} ms"
            yield Bar(question, median_ratio(ours, bare), MOST_TIMES, words)


def connected(made: Ground, *, autocommit: bool = False) -> psycopg.Connection:
    url = make_url(made.owner_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(url, autocommit=autocommit)
    connection.execute("SET row_security = off")
    return connection


def seconds_of(step: Callable[[], object]) -> float:
    begin = time.perf_counter()
    step()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
