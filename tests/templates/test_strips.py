"""The ready-made cells of a strip of days."""

import re

from hypothesis import given
from hypothesis import strategies as st

from app.pages.strips import day_cells
from app.services.rules import ServiceStatus
from tests.templates.scenes import CALM, days

STATES = st.none() | st.sampled_from(list(ServiceStatus))


@given(st.dictionaries(st.integers(1, 89), STATES), STATES)
def test_there_is_one_cell_for_each_day_in_order(
    bad: dict[int, ServiceStatus | None], today: ServiceStatus | None
) -> None:
    strip = days(today, bad=bad)

    cells = re.findall(r'<i(?: data-status="(\w+)")?></i>', day_cells(strip))

    names = [ServiceStatus(cell) if cell != "no_data" else None for cell in (cell or "operational" for cell in cells)]
    assert names == [day.status for day in strip]


def test_ninety_good_days_take_less_than_a_kilobyte() -> None:
    assert len(day_cells(days())) < 1000


def test_the_strip_ends_today() -> None:
    assert next(CALM.services).days[-1].day == CALM.today
