"""Made-up pages for looking at and for tests: what a visitor may meet, from all clear to two hundred services."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from app.incidents.rules import Impact, Stage
from app.maintenance.rules import MaintenanceStage
from app.pages.address import PageAddress
from app.pages.views import (
    AffectedView,
    DayDetail,
    DayView,
    GroupView,
    IncidentView,
    MaintenanceUpdateView,
    MaintenanceView,
    Overall,
    PageView,
    PastDay,
    ServiceView,
    SpanView,
    UpdateView,
)
from app.services.rules import ServiceStatus

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 21, 9, 20, tzinfo=UTC)
TODAY = date(2026, 11, 21)

OPERATIONAL = ServiceStatus.OPERATIONAL
DEGRADED = ServiceStatus.DEGRADED_PERFORMANCE
PARTIAL = ServiceStatus.PARTIAL_OUTAGE
MAJOR = ServiceStatus.MAJOR_OUTAGE
MAINTENANCE = ServiceStatus.UNDER_MAINTENANCE

ORDER = (OPERATIONAL, MAINTENANCE, DEGRADED, PARTIAL, MAJOR)


def number(*name: object) -> UUID:
    """The same id for the same name, so that two renderings can be compared."""
    return uuid5(NAMESPACE_URL, "/".join(map(str, name)))


def days(
    today: ServiceStatus | None = OPERATIONAL, *, count: int = 90, bad: dict[int, ServiceStatus | None] | None = None
) -> tuple[DayView, ...]:
    """A strip that ends today; `bad` gives statuses by how many days ago."""
    states = {0: today} | (bad or {})
    return tuple(DayView(TODAY - timedelta(days=ago), states.get(ago, OPERATIONAL)) for ago in range(count - 1, -1, -1))


def service(
    name: str,
    status: ServiceStatus = OPERATIONAL,
    *,
    description: str = "",
    uptime: float | None = 1.0,
    bad: dict[int, ServiceStatus | None] | None = None,
) -> ServiceView:
    return ServiceView(
        id=number("service", name),
        name=name,
        description=description,
        status=status,
        since=NOW - timedelta(minutes=38),
        days=days(status, bad=bad),
        uptime=uptime,
    )


def group(name: str | None, *services: ServiceView) -> GroupView:
    return GroupView(
        id=number("group", name) if name else None,
        name=name,
        status=max((one.status for one in services), key=ORDER.index, default=OPERATIONAL),
        services=services,
    )


def update(stage: Stage, text: str, minutes_ago: float, *, edited: bool = False) -> UpdateView:
    at = NOW - timedelta(minutes=minutes_ago)
    return UpdateView(number("update", text), stage, f"<p>{text}</p>", at, at if edited else None)


def incident(
    title: str,
    *updates: UpdateView,
    status: ServiceStatus = PARTIAL,
    impact: Impact = Impact.MAJOR,
    affects: Sequence[str] = (),
    minutes_ago: float = 38,
    lasted: timedelta | None = None,
) -> IncidentView:
    began = NOW - timedelta(minutes=minutes_ago)
    return IncidentView(
        id=number("incident", title),
        title=title,
        stage=updates[0].stage if updates else Stage.INVESTIGATING,
        impact=impact,
        status=status,
        started_at=began,
        resolved_at=began + lasted if lasted is not None else None,
        affected=tuple(AffectedView(number("service", name), name, status) for name in affects),
        updates=updates,
    )


ERRORS = incident(
    "Elevated error rates on the API",
    update(
        Stage.IDENTIFIED,
        "A database replica in eu-west fell behind after a failed disk. We are moving reads to the healthy replicas; "
        "error rates are falling.",
        12,
        edited=True,
    ),
    update(
        Stage.INVESTIGATING,
        "About 6 % of API requests fail with status 503. Webhooks are queued and will not be lost.",
        33,
    ),
    affects=("API", "Dashboard"),
)

SLOW = incident(
    "Slow dashboard for some customers",
    update(Stage.RESOLVED, "A cache node was replaced.", 11 * 24 * 60 - 42),
    update(Stage.INVESTIGATING, "Pages take up to eight seconds.", 11 * 24 * 60),
    status=DEGRADED,
    impact=Impact.MINOR,
    affects=("Dashboard",),
    minutes_ago=11 * 24 * 60,
    lasted=timedelta(minutes=42),
)


def maintenance(
    title: str,
    *updates: MaintenanceUpdateView,
    message: str,
    affects: str,
    starts_at: datetime,
    ends_at: datetime,
    stage: MaintenanceStage = MaintenanceStage.SCHEDULED,
) -> MaintenanceView:
    running = stage in (MaintenanceStage.IN_PROGRESS, MaintenanceStage.VERIFYING)
    return MaintenanceView(
        id=number("maintenance", title),
        title=title,
        html=f"<p>{message}</p>",
        stage=stage,
        starts_at=starts_at,
        ends_at=ends_at,
        started_at=None if stage is MaintenanceStage.SCHEDULED else starts_at,
        completed_at=None if running or stage is MaintenanceStage.SCHEDULED else ends_at,
        cancelled_at=None,
        edited_at=None,
        created_at=NOW - timedelta(days=20),
        changed_at=NOW - timedelta(days=20),
        version=1,
        is_repeating=False,
        affected=(AffectedView(number("service", affects), affects, MAINTENANCE),),
        updates=updates,
    )


def maintenance_update(stage: MaintenanceStage, text: str, minutes_ago: float) -> MaintenanceUpdateView:
    return MaintenanceUpdateView(
        number("update", text), stage, f"<p>{text}</p>", NOW - timedelta(minutes=minutes_ago), None
    )


NETWORK = maintenance(
    "Network upgrade, Asia Pacific",
    message="Short connection resets are possible.",
    affects="Asia Pacific",
    starts_at=datetime(2026, 11, 24, 1, tzinfo=UTC),
    ends_at=datetime(2026, 11, 24, 3, tzinfo=UTC),
)

BACKUPS = maintenance(
    "Backup storage migration",
    maintenance_update(MaintenanceStage.IN_PROGRESS, "Half of the data is in its new place.", 25),
    message="Restores stay available.",
    affects="Backups",
    starts_at=NOW - timedelta(hours=2),
    ends_at=NOW + timedelta(hours=3),
    stage=MaintenanceStage.IN_PROGRESS,
)

CERTIFICATES = maintenance(
    "New certificates for the API",
    maintenance_update(MaintenanceStage.COMPLETED, "All servers have the new ones.", 3 * 24 * 60 - 30),
    message="Nothing to do for you.",
    affects="API",
    starts_at=NOW - timedelta(days=3),
    ends_at=NOW - timedelta(days=3) + timedelta(minutes=30),
    stage=MaintenanceStage.COMPLETED,
)

CALM = PageView(
    address=PageAddress(
        number("organization"),
        "Northwind Cloud",
        number("page"),
        "northwind",
        "Northwind Cloud",
        BERLIN,
        origin="https://status.example.com",
    ),
    revision=41,
    built_at=NOW,
    today=TODAY,
    overall=Overall(OPERATIONAL, "All systems operational", ""),
    groups=(
        group(
            "Platform",
            service("API", description="api.northwind.example", uptime=0.99943, bad={41: PARTIAL, 40: DEGRADED}),
            service("Dashboard", uptime=0.99989, bad={41: DEGRADED}),
            service("Sign-in"),
        ),
        group(
            "Data",
            service("Object storage", uptime=0.99991, bad={70: MAJOR, 69: DEGRADED}),
            service("Backups", bad={32: MAINTENANCE}),
        ),
        group(
            "Edge network",
            service("Europe"),
            service("North America", uptime=0.9997, bad={21: PARTIAL}),
            service("Asia Pacific", bad=dict.fromkeys(range(87, 90))),
        ),
    ),
    active_incidents=(),
    maintenances=(NETWORK,),
    past_days=(
        PastDay(TODAY, ()),
        PastDay(TODAY - timedelta(days=1), ()),
        PastDay(TODAY - timedelta(days=2), ()),
        PastDay(TODAY - timedelta(days=3), (), (CERTIFICATES,)),
        PastDay(TODAY - timedelta(days=11), (SLOW,)),
    ),
)

TROUBLE = replace(
    CALM,
    revision=42,
    overall=Overall(
        PARTIAL, "Some systems are having problems", "API: partial outage. Dashboard: degraded performance."
    ),
    groups=(
        group(
            "Platform",
            service(
                "API", PARTIAL, description="api.northwind.example", uptime=0.99943, bad={41: PARTIAL, 40: DEGRADED}
            ),
            service("Dashboard", DEGRADED, uptime=0.99989, bad={41: DEGRADED}),
            service("Sign-in"),
        ),
        group(
            "Data",
            service("Object storage", uptime=0.99991, bad={70: MAJOR, 69: DEGRADED}),
            service("Backups", MAINTENANCE, bad={32: MAINTENANCE}),
        ),
        CALM.groups[2],
    ),
    active_incidents=(ERRORS,),
    maintenances=(BACKUPS, NETWORK),
)

EMPTY = replace(CALM, revision=0, groups=(), maintenances=(), past_days=(), active_incidents=())

MANY = replace(
    TROUBLE,
    address=replace(TROUBLE.address, name="Contoso Everything"),
    groups=tuple(
        group(
            f"Region {region}",
            *(
                service(
                    f"Service {region}.{index}",
                    PARTIAL if (region, index) == (3, 4) else OPERATIONAL,
                    uptime=0.9987 if index % 3 else 1.0,
                    bad={(region * 7 + index * 3) % 90: DEGRADED, (region * 13 + index) % 90: MAJOR},
                )
                for index in range(10)
            ),
        )
        for region in range(20)
    ),
)

_HEBREW = "שירותי ענן צפוניים"
_ARABIC = "واجهة برمجة التطبيقات"
_HOSTILE = '<script>alert("x")</script> & "co" \'s'

SCRIPTS = replace(
    TROUBLE,
    address=replace(TROUBLE.address, name=_HEBREW),
    groups=(
        group("🚀 Platform", service(_ARABIC, PARTIAL, description="خدمة"), service("👩‍🚀 Orbit 🛰️"), service(_HOSTILE)),
        group(None, service("日本語のサービス", description="東京")),
    ),
    active_incidents=(
        incident(
            "تأخر في الاستجابة", update(Stage.INVESTIGATING, "نحن نحقق في المشكلة.", 5), affects=(_ARABIC, _HOSTILE)
        ),
    ),
)

_ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"

LONG = replace(
    TROUBLE,
    address=replace(TROUBLE.address, name=f"The Northwind {_ENDLESS} of Everywhere and Beyond"),
    overall=Overall(MAJOR, "Major outage", f"{_ENDLESS}: major outage. " * 3),
    groups=(
        group(
            f"A group with a name that goes on and on, {_ENDLESS}",
            service(_ENDLESS, MAJOR, description=f"https://{_ENDLESS.lower()}.example/with/a/very/long/path"),
            service("A service whose name is a whole sentence that does not seem to end at any point soon", DEGRADED),
        ),
    ),
    active_incidents=(
        incident(
            f"{_ENDLESS} cannot be reached from anywhere that we know of, and we do not know why yet",
            update(Stage.INVESTIGATING, f"See https://{_ENDLESS.lower()}.example/{_ENDLESS}. " * 3, 5),
            status=MAJOR,
            affects=tuple(f"Service number {index}" for index in range(12)),
        ),
    ),
)

NO_DATA = replace(
    CALM,
    groups=(
        group(
            None,
            service("Brand new", uptime=None, bad=dict.fromkeys(range(90))),
            service("A week old", uptime=0.995, bad=dict.fromkeys(range(7, 90)) | {3: DEGRADED}),
        ),
    ),
)

SCENES: dict[str, PageView] = {
    "calm": CALM,
    "trouble": TROUBLE,
    "empty": EMPTY,
    "many": MANY,
    "scripts": SCRIPTS,
    "long": LONG,
    "no-data": NO_DATA,
}


def day_detail(shown: ServiceView, day: date) -> DayDetail:
    """That day of a service: all good, or an hour or two of what its cell says."""
    status = next((one.status for one in shown.days if one.day == day), None)
    begin = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
    end = begin + timedelta(days=1)
    if status is None:
        return DayDetail(shown.id, shown.name, day, None, (), (), ())
    if status == OPERATIONAL:
        return DayDetail(shown.id, shown.name, day, status, (SpanView(status, begin, end),), (), ())

    def at(hours: float) -> datetime:
        return begin + timedelta(hours=hours)

    return DayDetail(
        shown.id,
        shown.name,
        day,
        status,
        (
            SpanView(OPERATIONAL, begin, at(5.7)),
            SpanView(status, at(5.7), at(6.5)),
            SpanView(DEGRADED, at(6.5), at(7.7)),
            SpanView(OPERATIONAL, at(7.7), end),
        ),
        ((status, 47), (DEGRADED, 72)),
        (replace(ERRORS, title="Increased latency in eu-west"),),
    )
