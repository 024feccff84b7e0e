"""What went wrong with the edge network, from Frankfurt to Singapore in the last three months."""

from datetime import time

from app.demo.catalogue import ASIA_PACIFIC, DATABASES, EUROPE, NORTH_AMERICA, STORAGE
from app.demo.stories.telling import (
    DEGRADED,
    MAJOR,
    MARA,
    PARTIAL,
    Story,
    identified,
    investigating,
    monitoring,
    resolved,
)
from app.incidents.rules import Impact

NETWORK_STORIES = (
    Story(
        "Packet loss between Frankfurt and Amsterdam",
        Impact.MAJOR,
        (
            investigating(
                "Some connections through Frankfurt break or stall. Traffic that does not pass Frankfurt is fine.",
                {EUROPE: PARTIAL},
            ),
            identified(
                19,
                "A carrier's fibre between the two cities is damaged. We are moving traffic to a second carrier, which"
                " takes about fifteen minutes.",
            ),
            monitoring(
                37,
                "Traffic takes the second route. Latency is some 9 ms higher than usual, and nothing is lost any more.",
                {EUROPE: DEGRADED},
                by=MARA,
            ),
            resolved(84, "The carrier has repaired the fibre and traffic is back on its normal route.", by=MARA),
        ),
        days_ago=8,
        at=time(3, 18),
    ),
    Story(
        "Higher latency in North America",
        Impact.MINOR,
        (
            investigating(
                "Requests through Ashburn take about 200 ms longer than usual.", {NORTH_AMERICA: DEGRADED}, by=MARA
            ),
            identified(23, "One of three load balancers was overloaded after a failed health check. It is out."),
            resolved(66, "The load balancer is replaced, and latency is back to normal."),
        ),
        days_ago=21,
        at=time(7, 30),
    ),
    Story(
        "Connection resets in Singapore",
        Impact.MAJOR,
        (
            investigating(
                "About one in five connections through Singapore is reset. Tokyo and Sydney are fine.",
                {ASIA_PACIFIC: PARTIAL},
            ),
            identified(16, "A router drops packets because its memory is failing. We are taking it out of service."),
            monitoring(
                29,
                "Traffic goes through the second router alone. At peak times it is a little slower.",
                {ASIA_PACIFIC: DEGRADED},
            ),
            resolved(72, "Stable for forty minutes. The router itself is replaced in a planned window in three days."),
        ),
        days_ago=47,
        at=time(20, 3),
    ),
    Story(
        "Power loss in one hall in Frankfurt",
        Impact.CRITICAL,
        (
            investigating(
                "Since 23:49 one of our three halls in Frankfurt is without power. Traffic is moving to Amsterdam and"
                " Stockholm. Our team is on site.",
                {EUROPE: MAJOR, STORAGE: PARTIAL, DATABASES: DEGRADED},
                by=MARA,
            ),
            identified(
                24,
                "A transfer switch failed during a test of the generators. Power is back in half of the racks."
                " Databases have failed over; storage serves from its other copies, more slowly.",
                {EUROPE: PARTIAL, STORAGE: DEGRADED, DATABASES: DEGRADED},
                by=MARA,
            ),
            monitoring(
                131,
                "All racks have power. We are checking disks and bringing back the last hosts one by one.",
                {EUROPE: DEGRADED, STORAGE: DEGRADED, DATABASES: DEGRADED},
            ),
            resolved(
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
        "Errors in Portland",
        Impact.MAJOR,
        (
            investigating("One in ten requests through Portland fails.", {NORTH_AMERICA: PARTIAL}),
            identified(11, "A host with a wrong clock refuses valid certificates. It is out of rotation."),
            resolved(48, "No errors for half an hour. Hosts whose clock is off now take themselves out."),
        ),
        days_ago=79,
        at=time(4, 40),
    ),
)
