"""What went wrong at Northwind Cloud, and how its team told its customers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from app.demo.catalogue import (
    API,
    ASIA_PACIFIC,
    BACKUPS,
    BILLING,
    DASHBOARD,
    DATABASES,
    DOCUMENTATION,
    EUROPE,
    NORTH_AMERICA,
    SIGN_IN,
    STORAGE,
    WEBHOOKS,
)
from app.incidents.rules import Impact, Stage
from app.services.rules import ServiceStatus

JONAS, MARA = "jonas@northwind.example", "mara@northwind.example"

_DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
_PARTIAL = ServiceStatus.PARTIAL_OUTAGE
_MAJOR = ServiceStatus.MAJOR_OUTAGE


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `shows` is what services show from then on, where that changes; resolving ends all of it."""

    minutes: int
    """After the beginning of the incident."""
    stage: Stage
    message: str
    shows: Mapping[str, ServiceStatus] | None = None
    by: str = JONAS


@dataclass(frozen=True, slots=True)
class Story:
    """An incident from its first message to its last."""

    title: str
    impact: Impact
    said: tuple[Said, ...]
    days_ago: int = 0
    at: time = time()
    """When it began, in the page's time zone."""


def _investigating(message: str, shows: Mapping[str, ServiceStatus], by: str = JONAS) -> Said:
    return Said(0, Stage.INVESTIGATING, message, shows, by)


def _identified(minutes: int, message: str, shows: Mapping[str, ServiceStatus] | None = None, by: str = JONAS) -> Said:
    return Said(minutes, Stage.IDENTIFIED, message, shows, by)


def _monitoring(minutes: int, message: str, shows: Mapping[str, ServiceStatus] | None = None, by: str = JONAS) -> Said:
    return Said(minutes, Stage.MONITORING, message, shows, by)


def _resolved(minutes: int, message: str, by: str = JONAS) -> Said:
    return Said(minutes, Stage.RESOLVED, message, None, by)


BEGAN_MINUTES_AGO = 38

OPEN_STORY = Story(
    "Elevated error rates on the API",
    Impact.MAJOR,
    (
        _investigating(
            "About 6 % of API requests fail with status 503, and parts of the dashboard load slowly. Webhooks are"
            " queued and will not be lost. We are looking for the cause.",
            {API: _PARTIAL, DASHBOARD: _DEGRADED},
        ),
        _identified(
            26,
            "A database replica in eu-west fell behind after a disk failed. We are moving reads to the healthy"
            " replicas; error rates are falling. If a request fails, it is safe to send it again.",
            by=MARA,
        ),
    ),
)

PAST_STORIES = (
    Story(
        "Delayed webhook deliveries",
        Impact.MINOR,
        (
            _investigating(
                "Webhooks arrive up to ten minutes late. None are lost. We are looking into it.",
                {WEBHOOKS: _DEGRADED},
            ),
            _identified(
                14,
                "One customer's endpoint answers very slowly and holds up a shared queue. We are giving it a queue of"
                " its own.",
            ),
            _monitoring(31, "New events go out at once again. The backlog, about 40,000 events, is being worked off."),
            _resolved(
                52,
                "The backlog is delivered, in the original order. From now on a slow endpoint can only delay itself.",
            ),
        ),
        days_ago=2,
        at=time(16, 12),
    ),
    Story(
        "Slow dashboard for some customers",
        Impact.MINOR,
        (
            _investigating(
                "For customers with many projects the dashboard takes up to eight seconds to load. The API is fine.",
                {DASHBOARD: _DEGRADED},
            ),
            _identified(17, "A cache node restarted and came back empty. It is filling up again."),
            _resolved(42, "Pages load as fast as usual. We now warm a cache node before it takes traffic."),
        ),
        days_ago=5,
        at=time(9, 41),
    ),
    Story(
        "Packet loss between Frankfurt and Amsterdam",
        Impact.MAJOR,
        (
            _investigating(
                "Some connections through Frankfurt break or stall. Traffic that does not pass Frankfurt is fine.",
                {EUROPE: _PARTIAL},
            ),
            _identified(
                19,
                "A carrier's fibre between the two cities is damaged. We are moving traffic to a second carrier, which"
                " takes about fifteen minutes.",
            ),
            _monitoring(
                37,
                "Traffic takes the second route. Latency is some 9 ms higher than usual, and nothing is lost any more.",
                {EUROPE: _DEGRADED},
                by=MARA,
            ),
            _resolved(84, "The carrier has repaired the fibre and traffic is back on its normal route.", by=MARA),
        ),
        days_ago=8,
        at=time(3, 18),
    ),
    Story(
        "Some invoices show the wrong currency",
        Impact.MINOR,
        (
            _investigating(
                "Invoices made since this morning show US dollars for some customers who pay in euros. **Nobody has"
                " been charged a wrong amount.**",
                {BILLING: _DEGRADED},
                by=MARA,
            ),
            _identified(
                48,
                "A change of last night read the currency from the wrong address. It is undone; no new invoice is"
                " affected.",
                by=MARA,
            ),
            _resolved(
                190,
                "All 312 invoices are made anew, and their owners have a mail with the right one. We are sorry for the"
                " confusion.",
                by=MARA,
            ),
        ),
        days_ago=12,
        at=time(13, 5),
    ),
    Story(
        "Sign-in with SAML fails",
        Impact.MAJOR,
        (
            _investigating(
                "Whoever signs in through their company's identity provider gets an error. Passwords, API keys and"
                " sessions that are open already work.",
                {SIGN_IN: _PARTIAL},
            ),
            _identified(12, "A signing certificate was rotated a day too early. We are putting the former one back."),
            _resolved(
                37,
                "SAML works again for everyone. The next rotation will overlap for a week, so that it cannot happen"
                " again.",
            ),
        ),
        days_ago=16,
        at=time(22, 47),
    ),
    Story(
        "Higher latency in North America",
        Impact.MINOR,
        (
            _investigating(
                "Requests through Ashburn take about 200 ms longer than usual.", {NORTH_AMERICA: _DEGRADED}, by=MARA
            ),
            _identified(23, "One of three load balancers was overloaded after a failed health check. It is out."),
            _resolved(66, "The load balancer is replaced, and latency is back to normal."),
        ),
        days_ago=21,
        at=time(7, 30),
    ),
    Story(
        "Restores take longer than usual",
        Impact.MINOR,
        (
            _investigating(
                "Restores of more than 100 GB wait for up to an hour before they begin. Snapshots are made on time.",
                {BACKUPS: _DEGRADED},
            ),
            _identified(
                55,
                "Many restores of one customer fill the queue. We are adding workers and sharing them out more fairly.",
            ),
            _monitoring(180, "Restores begin within five minutes. We keep the additional workers until tomorrow."),
            _resolved(320, "Restores begin at once. The fairer queue stays."),
        ),
        days_ago=24,
        at=time(11, 2),
    ),
    Story(
        "API answers with errors",
        Impact.CRITICAL,
        (
            _investigating(
                "Most API requests fail with status 502. The dashboard and webhooks are affected too. Stored data is"
                " safe. Next update in fifteen minutes.",
                {API: _MAJOR, DASHBOARD: _PARTIAL, WEBHOOKS: _DEGRADED},
                by=MARA,
            ),
            _identified(
                13,
                "A deployment at 18:21 opens more database connections than there are. We are rolling it back.",
                by=MARA,
            ),
            _monitoring(
                27,
                "The rollback is through. More than 99 % of requests succeed; the rest is a few slow endpoints that are"
                " still catching up.",
                {API: _DEGRADED, DASHBOARD: _DEGRADED, WEBHOOKS: _DEGRADED},
                by=MARA,
            ),
            _resolved(
                58,
                "Everything works. In short: a pool setting was read in a new unit and allowed a hundred times too many"
                " connections. Such a change now has to pass a load test first. We publish the full account on Friday.",
                by=MARA,
            ),
        ),
        days_ago=29,
        at=time(18, 25),
    ),
    Story(
        "Large uploads to object storage fail",
        Impact.MAJOR,
        (
            _investigating(
                "Uploads of more than 5 GB stop with `EntityTooLarge`. Smaller ones and all downloads work.",
                {STORAGE: _PARTIAL},
            ),
            _identified(34, "A new proxy version has a lower limit for bodies. We are going back to the one before."),
            _monitoring(92, "Large uploads work in all regions. Those that failed have to be started again."),
            _resolved(125, "No further failures. A nightly check now uploads a file of 6 GB."),
        ),
        days_ago=33,
        at=time(2, 10),
    ),
    Story(
        "Search in the documentation finds nothing",
        Impact.MINOR,
        (
            _investigating(
                "The search field finds nothing, whatever is typed. The list on the left still leads to every page.",
                {DOCUMENTATION: _DEGRADED},
            ),
            _resolved(95, "The index is built anew and search works."),
        ),
        days_ago=37,
        at=time(14, 44),
    ),
    Story(
        "Connection resets in Singapore",
        Impact.MAJOR,
        (
            _investigating(
                "About one in five connections through Singapore is reset. Tokyo and Sydney are fine.",
                {ASIA_PACIFIC: _PARTIAL},
            ),
            _identified(16, "A router drops packets because its memory is failing. We are taking it out of service."),
            _monitoring(
                29,
                "Traffic goes through the second router alone. At peak times it is a little slower.",
                {ASIA_PACIFIC: _DEGRADED},
            ),
            _resolved(72, "Stable for forty minutes. The router itself is replaced in a planned window in three days."),
        ),
        days_ago=47,
        at=time(20, 3),
    ),
    Story(
        "A database failover took longer than planned",
        Impact.MAJOR,
        (
            _investigating(
                "Some PostgreSQL clusters in Frankfurt refuse writes. Reads work.", {DATABASES: _PARTIAL}, by=MARA
            ),
            _resolved(
                19,
                "All clusters take writes again. A host failed, and the failover waited for a lock that nobody held any"
                " more: it took 16 minutes instead of 30 seconds. We have removed the lock.",
                by=MARA,
            ),
        ),
        days_ago=41,
        at=time(10, 20),
    ),
    Story(
        "Password reset mails arrive late",
        Impact.MINOR,
        (
            _investigating(
                "Mails to reset a password take up to half an hour. Signing in works.", {SIGN_IN: _DEGRADED}
            ),
            _identified(21, "Our mail provider is slow today. We are sending through our second one."),
            _resolved(108, "Mails arrive within seconds. Links that came too late can simply be asked for again."),
        ),
        days_ago=50,
        at=time(15, 55),
    ),
    Story(
        "API rate limits are counted twice",
        Impact.MINOR,
        (
            _investigating(
                "Some clients get status 429 at half of their limit. We have doubled all limits for the time being.",
                {API: _DEGRADED},
            ),
            _identified(38, "Requests over HTTP/2 were counted by two layers. We are rolling out the correction."),
            _resolved(150, "Each request counts once, and limits are back to what your plan says."),
        ),
        days_ago=55,
        at=time(6, 12),
    ),
    Story(
        "Graphs in the dashboard have gaps",
        Impact.MINOR,
        (
            _investigating(
                "Graphs of the last hours have gaps. What they show is collected; only drawing it fails.",
                {DASHBOARD: _DEGRADED},
            ),
            _identified(65, "A metrics node ran out of disk space. We are moving its data to a larger one."),
            _resolved(236, "The gaps are filled in, nothing is missing."),
        ),
        days_ago=59,
        at=time(12, 38),
    ),
    Story(
        "Power loss in one hall in Frankfurt",
        Impact.CRITICAL,
        (
            _investigating(
                "Since 23:49 one of our three halls in Frankfurt is without power. Traffic is moving to Amsterdam and"
                " Stockholm. Our team is on site.",
                {EUROPE: _MAJOR, STORAGE: _PARTIAL, DATABASES: _DEGRADED},
                by=MARA,
            ),
            _identified(
                24,
                "A transfer switch failed during a test of the generators. Power is back in half of the racks."
                " Databases have failed over; storage serves from its other copies, more slowly.",
                {EUROPE: _PARTIAL, STORAGE: _DEGRADED, DATABASES: _DEGRADED},
                by=MARA,
            ),
            _monitoring(
                131,
                "All racks have power. We are checking disks and bringing back the last hosts one by one.",
                {EUROPE: _DEGRADED, STORAGE: _DEGRADED, DATABASES: _DEGRADED},
            ),
            _resolved(
                214,
                "Everything runs as it should, with full redundancy. No data was lost. The switch is replaced, and such"
                " tests no longer take place while a second hall is being serviced.",
                by=MARA,
            ),
        ),
        days_ago=64,
        at=time(23, 51),
    ),
    Story(
        "Older SDKs reject webhook signatures",
        Impact.MINOR,
        (
            _investigating(
                "Version 2 of our Go and Ruby SDKs refuses webhooks that were signed since 08:15. Version 3 does not.",
                {WEBHOOKS: _DEGRADED},
            ),
            _identified(27, "A header is spelled in lower case now. That is legal, and still our mistake: we undo it."),
            _resolved(74, "The header is as it was, and refused webhooks have been sent again."),
        ),
        days_ago=69,
        at=time(8, 17),
    ),
    Story(
        "Card payments are declined",
        Impact.MAJOR,
        (
            _investigating(
                "Payments by card are declined although the cards are fine. Nothing is switched off because of it.",
                {BILLING: _PARTIAL},
                by=MARA,
            ),
            _identified(22, "Our payment provider reports an outage of its own. We try all payments again later."),
            _resolved(77, "Payments go through. Those that were declined have been repeated, successfully.", by=MARA),
        ),
        days_ago=74,
        at=time(17, 29),
    ),
    Story(
        "Errors in Portland",
        Impact.MAJOR,
        (
            _investigating("One in ten requests through Portland fails.", {NORTH_AMERICA: _PARTIAL}),
            _identified(11, "A host with a wrong clock refuses valid certificates. It is out of rotation."),
            _resolved(48, "No errors for half an hour. Hosts whose clock is off now take themselves out."),
        ),
        days_ago=79,
        at=time(4, 40),
    ),
    Story(
        "Nightly snapshots started late",
        Impact.MINOR,
        (
            _investigating(
                "Snapshots that were due at 19:00 have not begun. Earlier ones can be restored.", {BACKUPS: _DEGRADED}
            ),
            _identified(42, "The scheduler waited for a region that had reported itself as busy. We have started it."),
            _resolved(176, "All snapshots of tonight are complete. A late start now wakes somebody up."),
        ),
        days_ago=86,
        at=time(19, 6),
    ),
)
