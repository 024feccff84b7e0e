"""What templates can say beside wordings: what starts folded, and where the spans of a day stand."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import templating
from app.pages.views import DayDetail, SpanView
from app.services.rules import ServiceStatus
from tests.templates.scenes import CALM, MANY, number

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"]).map(ZoneInfo)


def test_a_group_where_all_is_well_starts_folded_only_on_a_long_page() -> None:
    troubled = MANY.groups[3]

    assert templating.is_unfolded(CALM.groups[0], CALM)
    assert not templating.is_unfolded(MANY.groups[0], MANY)
    assert templating.is_unfolded(troubled, MANY)


@given(day=st.dates(date(2000, 1, 1), date(2060, 1, 1)), zone=ZONES, hours=st.lists(st.integers(0, 22), unique=True))
def test_the_spans_of_a_day_follow_each_other_from_its_first_to_its_last_minute(
    day: date, zone: ZoneInfo, hours: list[int]
) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    next_day = day + timedelta(days=1)
    end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC)
    cuts = sorted({begin, end, *(min(begin + timedelta(hours=hour), end) for hour in hours)})
    spans = tuple(SpanView(ServiceStatus.OPERATIONAL, a, b) for a, b in pairwise(cuts))
    detail = DayDetail(number("x"), "x", day, ServiceStatus.OPERATIONAL, spans, (), ())

    places = templating.span_places(detail, zone)

    right = 0.0
    for _, x, width in places:
        assert x == pytest.approx(right, abs=0.11)
        right = x + width
    assert right == pytest.approx(templating.SPAN_WIDTH if spans else 0.0, abs=0.11)
