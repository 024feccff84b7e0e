"""What went wrong with API, dashboard, sign-in and webhooks in the last three months."""

from datetime import time

from app.demo.catalogue import API, DASHBOARD, SIGN_IN, WEBHOOKS
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

PLATFORM_STORIES = (
    Story(
        "Delayed webhook deliveries",
        Impact.MINOR,
        (
            investigating(
                "Webhooks arrive up to ten minutes late. None are lost. We are looking into it.",
                {WEBHOOKS: DEGRADED},
            ),
            identified(
                14,
                "One customer's endpoint answers very slowly and holds up a shared queue. We are giving it a queue of"
                " its own.",
            ),
            monitoring(31, "New events go out at once again. The backlog, about 40,000 events, is being worked off."),
            resolved(
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
            investigating(
                "For customers with many projects the dashboard takes up to eight seconds to load. The API is fine.",
                {DASHBOARD: DEGRADED},
            ),
            identified(17, "A cache node restarted and came back empty. It is filling up again."),
            resolved(42, "Pages load as fast as usual. We now warm a cache node before it takes traffic."),
        ),
        days_ago=5,
        at=time(9, 41),
    ),
    Story(
        "Sign-in with SAML fails",
        Impact.MAJOR,
        (
            investigating(
                "Whoever signs in through their company's identity provider gets an error. Passwords, API keys and"
                " sessions that are open already work.",
                {SIGN_IN: PARTIAL},
            ),
            identified(12, "A signing certificate was rotated a day too early. We are putting the former one back."),
            resolved(
                37,
                "SAML works again for everyone. The next rotation will overlap for a week, so that it cannot happen"
                " again.",
            ),
        ),
        days_ago=16,
        at=time(22, 47),
    ),
    Story(
        "API answers with errors",
        Impact.CRITICAL,
        (
            investigating(
                "Most API requests fail with status 502. The dashboard and webhooks are affected too. Stored data is"
                " safe. Next update in fifteen minutes.",
                {API: MAJOR, DASHBOARD: PARTIAL, WEBHOOKS: DEGRADED},
                by=MARA,
            ),
            identified(
                13,
                "A deployment at 18:21 opens more database connections than there are. We are rolling it back.",
                by=MARA,
            ),
            monitoring(
                27,
                "The rollback is through. More than 99 % of requests succeed; the rest is a few slow endpoints that are"
                " still catching up.",
                {API: DEGRADED, DASHBOARD: DEGRADED, WEBHOOKS: DEGRADED},
                by=MARA,
            ),
            resolved(
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
        "Password reset mails arrive late",
        Impact.MINOR,
        (
            investigating("Mails to reset a password take up to half an hour. Signing in works.", {SIGN_IN: DEGRADED}),
            identified(21, "Our mail provider is slow today. We are sending through our second one."),
            resolved(108, "Mails arrive within seconds. Links that came too late can simply be asked for again."),
        ),
        days_ago=50,
        at=time(15, 55),
    ),
    Story(
        "API rate limits are counted twice",
        Impact.MINOR,
        (
            investigating(
                "Some clients get status 429 at half of their limit. We have doubled all limits for the time being.",
                {API: DEGRADED},
            ),
            identified(38, "Requests over HTTP/2 were counted by two layers. We are rolling out the correction."),
            resolved(150, "Each request counts once, and limits are back to what your plan says."),
        ),
        days_ago=55,
        at=time(6, 12),
    ),
    Story(
        "Graphs in the dashboard have gaps",
        Impact.MINOR,
        (
            investigating(
                "Graphs of the last hours have gaps. What they show is collected; only drawing it fails.",
                {DASHBOARD: DEGRADED},
            ),
            identified(65, "A metrics node ran out of disk space. We are moving its data to a larger one."),
            resolved(236, "The gaps are filled in, nothing is missing."),
        ),
        days_ago=59,
        at=time(12, 38),
    ),
    Story(
        "Older SDKs reject webhook signatures",
        Impact.MINOR,
        (
            investigating(
                "Version 2 of our Go and Ruby SDKs refuses webhooks that were signed since 08:15. Version 3 does not.",
                {WEBHOOKS: DEGRADED},
            ),
            identified(27, "A header is spelled in lower case now. That is legal, and still our mistake: we undo it."),
            resolved(74, "The header is as it was, and refused webhooks have been sent again."),
        ),
        days_ago=69,
        at=time(8, 17),
    ),
)
