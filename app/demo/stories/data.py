"""What went wrong with storage, databases and backups in the last three months."""

from datetime import time

from app.demo.catalogue import BACKUPS, DATABASES, STORAGE
from app.demo.stories.telling import DEGRADED, MARA, PARTIAL, Story, identified, investigating, monitoring, resolved
from app.incidents.rules import Impact

DATA_STORIES = (
    Story(
        "Restores take longer than usual",
        Impact.MINOR,
        (
            investigating(
                "Restores of more than 100 GB wait for up to an hour before they begin. Snapshots are made on time.",
                {BACKUPS: DEGRADED},
            ),
            identified(
                55,
                "Many restores of one customer fill the queue. We are adding workers and sharing them out more fairly.",
            ),
            monitoring(180, "Restores begin within five minutes. We keep the additional workers until tomorrow."),
            resolved(320, "Restores begin at once. The fairer queue stays."),
        ),
        days_ago=24,
        at=time(11, 2),
    ),
    Story(
        "Large uploads to object storage fail",
        Impact.MAJOR,
        (
            investigating(
                "Uploads of more than 5 GB stop with `EntityTooLarge`. Smaller ones and all downloads work.",
                {STORAGE: PARTIAL},
            ),
            identified(34, "A new proxy version has a lower limit for bodies. We are going back to the one before."),
            monitoring(92, "Large uploads work in all regions. Those that failed have to be started again."),
            resolved(125, "No further failures. A nightly check now uploads a file of 6 GB."),
        ),
        days_ago=33,
        at=time(2, 10),
    ),
    Story(
        "A database failover took longer than planned",
        Impact.MAJOR,
        (
            investigating(
                "Some PostgreSQL clusters in Frankfurt refuse writes. Reads work.", {DATABASES: PARTIAL}, by=MARA
            ),
            resolved(
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
        "Nightly snapshots started late",
        Impact.MINOR,
        (
            investigating(
                "Snapshots that were due at 19:00 have not begun. Earlier ones can be restored.", {BACKUPS: DEGRADED}
            ),
            identified(42, "The scheduler waited for a region that had reported itself as busy. We have started it."),
            resolved(176, "All snapshots of tonight are complete. A late start now wakes somebody up."),
        ),
        days_ago=86,
        at=time(19, 6),
    ),
)
