"""What is going wrong just now."""

from app.demo.catalogue import API, DASHBOARD
from app.demo.stories.telling import DEGRADED, MARA, PARTIAL, Story, identified, investigating
from app.incidents.rules import Impact

BEGAN_MINUTES_AGO = 38

OPEN_STORY = Story(
    "Elevated error rates on the API",
    Impact.MAJOR,
    (
        investigating(
            "About 6 % of API requests fail with status 503, and parts of the dashboard load slowly. Webhooks are"
            " queued and will not be lost. We are looking for the cause.",
            {API: PARTIAL, DASHBOARD: DEGRADED},
        ),
        identified(
            26,
            "A database replica in eu-west fell behind after a disk failed. We are moving reads to the healthy"
            " replicas; error rates are falling. If a request fails, it is safe to send it again.",
            by=MARA,
        ),
    ),
)
