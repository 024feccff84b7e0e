"""What went wrong with invoices, payments and help in the last three months."""

from datetime import time

from app.demo.catalogue import BILLING, DOCUMENTATION
from app.demo.stories.telling import DEGRADED, MARA, PARTIAL, Story, identified, investigating, resolved
from app.incidents.rules import Impact

ACCOUNT_STORIES = (
    Story(
        "Some invoices show the wrong currency",
        Impact.MINOR,
        (
            investigating(
                "Invoices made since this morning show US dollars for some customers who pay in euros. **Nobody has"
                " been charged a wrong amount.**",
                {BILLING: DEGRADED},
                by=MARA,
            ),
            identified(
                48,
                "A change of last night read the currency from the wrong address. It is undone; no new invoice is"
                " affected.",
                by=MARA,
            ),
            resolved(
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
        "Search in the documentation finds nothing",
        Impact.MINOR,
        (
            investigating(
                "The search field finds nothing, whatever is typed. The list on the left still leads to every page.",
                {DOCUMENTATION: DEGRADED},
            ),
            resolved(95, "The index is built anew and search works."),
        ),
        days_ago=37,
        at=time(14, 44),
    ),
    Story(
        "Card payments are declined",
        Impact.MAJOR,
        (
            investigating(
                "Payments by card are declined although the cards are fine. Nothing is switched off because of it.",
                {BILLING: PARTIAL},
                by=MARA,
            ),
            identified(22, "Our payment provider reports an outage of its own. We try all payments again later."),
            resolved(77, "Payments go through. Those that were declined have been repeated, successfully.", by=MARA),
        ),
        days_ago=74,
        at=time(17, 29),
    ),
)
