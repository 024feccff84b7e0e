"""What Northwind Cloud offers, what it plans, and who reads its page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from app.text.languages import PageLanguage
from app.translated.rules import OwnText

NAME = "Northwind Cloud"
SLUG = "demo"
SUPPORT = "mailto:help@northwind.example"
TIME_ZONE = ZoneInfo("Europe/Berlin")
AGE = timedelta(days=420)
"""How long ago Northwind began to use Upfront."""

API, DASHBOARD, SIGN_IN, WEBHOOKS = "API", "Dashboard", "Sign-in", "Webhooks"
STORAGE, DATABASES, BACKUPS = "Object storage", "Managed databases", "Backups"
EUROPE, NORTH_AMERICA, ASIA_PACIFIC = "Europe", "North America", "Asia Pacific"
BILLING, DOCUMENTATION = "Billing", "Documentation"

GROUPS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Platform": {
            API: "api.northwind.example",
            DASHBOARD: "console.northwind.example",
            SIGN_IN: "Passwords, single sign-on, API keys",
            WEBHOOKS: "Events to your endpoints",
        },
        "Data": {
            STORAGE: "",
            DATABASES: "PostgreSQL and MySQL",
            BACKUPS: "Snapshots and restores",
        },
        "Edge network": {
            EUROPE: "Frankfurt, Amsterdam, Stockholm",
            NORTH_AMERICA: "Ashburn, Montréal, Portland",
            ASIA_PACIFIC: "Singapore, Tokyo, Sydney",
        },
        "Account and help": {
            BILLING: "Payments and invoices",
            DOCUMENTATION: "docs.northwind.example",
        },
    }
)
"""Group → service → description, in the page's order."""


@dataclass(frozen=True, slots=True)
class Work:
    """Planned work; `days` from today, negative for what is done."""

    days: int
    at: time
    length: timedelta
    title: str
    message: str
    services: tuple[str, ...]


COMING_WORK = Work(
    3,
    time(2),
    timedelta(hours=2),
    "Network upgrade, Asia Pacific",
    "We replace two border routers in Singapore, one after the other. Traffic moves to Tokyo first; connections"
    " that are open for long may be reset **once**. Nothing needs to be done on your side.",
    (ASIA_PACIFIC,),
)

RECURRING_WORK = Work(
    10,
    time(1),
    timedelta(hours=1),
    "Host patches",
    "Every host gets its patches and is restarted, one after the other. Databases fail over to their standby.",
    (DATABASES,),
)
RECURS = "FREQ=WEEKLY;INTERVAL=4;BYDAY={weekday}"
"""On the weekday of the first one, as the form writes it: so the dashboard has words for it."""


@dataclass(frozen=True, slots=True)
class Said:
    """An announcement that is on the page from the beginning."""

    title: str
    message: str
    lasts: timedelta


ANNOUNCED = Said(
    "Version 1 of the API ends this year",
    "Version 2 does everything that it does. [How to move](https://docs.northwind.example/v2) takes five minutes.",
    timedelta(days=30),
)

ANNOUNCED_TOO = {
    PageLanguage.GERMAN: OwnText(
        "Version 1 der API endet dieses Jahr",
        "Version 2 kann alles, was sie kann. [Der Umstieg](https://docs.northwind.example/v2) dauert fünf Minuten.",
    ),
    PageLanguage.SPANISH: OwnText(
        "La versión 1 de la API termina este año",
        "La versión 2 hace todo lo que hace ella. [El cambio](https://docs.northwind.example/v2) lleva cinco minutos.",
    ),
    PageLanguage.FRENCH: OwnText(
        "La version 1 de l’API prend fin cette année",
        "La version 2 fait tout ce qu’elle fait. [Le passage](https://docs.northwind.example/v2) prend cinq minutes.",
    ),
    PageLanguage.JAPANESE: OwnText(
        "APIバージョン1は今年で終了します",
        "バージョン2ですべての機能をご利用いただけます。[移行](https://docs.northwind.example/v2)は5分で完了します。",
    ),
}
"""The same for those who read the page in another language."""

PAST_WORK = (
    Work(
        -18,
        time(2),
        timedelta(minutes=95),
        "Database version upgrades",
        "All PostgreSQL clusters move to the newest minor version. Each fails over once, which takes a few seconds.",
        (DATABASES,),
    ),
    Work(
        -44,
        time(20, 30),
        timedelta(minutes=110),
        "Router replacement in Singapore",
        "A router that reported memory errors is replaced before it fails.",
        (ASIA_PACIFIC,),
    ),
    Work(
        -67,
        time(1),
        timedelta(hours=3),
        "Storage cluster expansion",
        "We add capacity in Frankfurt. Uploads stay possible; restores wait until we are done.",
        (STORAGE, BACKUPS),
    ),
)

READERS = tuple(
    """
    ada alina amir anika arjun beatriz bo carla chen dario elif emma enzo farah finn greta hana hugo ines ivan jana
    jonah kaito karim lea liam lucia malik mia nils noor olga pavel priya ravi sofia tariq uma viktor yara
    """.split()
)
"""Names before the @ of those who subscribed."""
READERS_DOMAIN = "customer.example"
