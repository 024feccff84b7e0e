"""The day cells of a strip, ready-made: 1,080 of them through Jinja's autoescape would take nine times as long."""

from collections.abc import Iterable

from markupsafe import Markup

from app.pages.views import DayView
from app.services.rules import ServiceStatus

NO_DATA = "no_data"

# A good day is the bare cell: most are, and a fragment is pushed to everyone.
_CELLS: dict[ServiceStatus | None, str] = {
    status: f'<i data-status="{status.value}"></i>' for status in ServiceStatus if status != ServiceStatus.OPERATIONAL
} | {ServiceStatus.OPERATIONAL: "<i></i>", None: f'<i data-status="{NO_DATA}"></i>'}


def day_cells(days: Iterable[DayView]) -> Markup:
    """One `<i>` for each day, in the order given. Holds nothing that a user typed."""
    return Markup("".join([_CELLS[day.status] for day in days]))
