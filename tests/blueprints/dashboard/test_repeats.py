from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.blueprints.dashboard.repeats import Repeat, Repeats, repeat_of, rule_in_words, rule_of

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FIRSTS = st.builds(datetime.combine, st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.just(time(2)))
FORMS = st.builds(
    Repeat,
    kind=st.sampled_from([one for one in Repeats if one not in (Repeats.NEVER, Repeats.RULE)]),
    interval=st.integers(1, 60),
    weekdays=st.sets(st.sampled_from(CODES)).map(lambda chosen: tuple(code for code in CODES if code in chosen)),
    until=st.none() | st.dates(date(2026, 1, 1), date(2040, 1, 1)),
)


@given(form=FORMS, first=FIRSTS)
def test_a_rule_leads_back_to_the_form_that_made_it(form: Repeat, first: datetime) -> None:
    rule = rule_of(form, first)

    again = repeat_of(rule)

    assert (again.kind, again.interval, again.until) == (form.kind, form.interval, form.until)
    assert rule_of(again, first) == rule


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=11",
        "FREQ=DAILY;COUNT=3",
        "FREQ=WEEKLY",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYMONTHDAY=1,15",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=DAILY;UNTIL=20261231T120000Z",
        "FREQ=DAILY;UNTIL=20261399",
    ],
)
def test_a_rule_that_no_choice_makes_is_shown_as_it_is(rule: str) -> None:
    assert repeat_of(rule) == Repeat(Repeats.RULE, rule=rule)
    assert rule_in_words(rule) == rule


@pytest.mark.parametrize(
    ("first", "rule", "words"),
    [
        (date(2026, 11, 10), "FREQ=MONTHLY;BYDAY=2TU", "Every month on the second Tuesday"),
        (date(2026, 11, 24), "FREQ=MONTHLY;BYDAY=4TU", "Every month on the fourth Tuesday"),
        (date(2026, 11, 30), "FREQ=MONTHLY;BYDAY=-1MO", "Every month on the last Monday"),
    ],
)
def test_the_weekday_of_a_month_is_that_of_the_first(first: date, rule: str, words: str) -> None:
    assert rule_of(Repeat(Repeats.MONTHLY_ON_WEEKDAY), datetime.combine(first, time(2))) == rule
    assert rule_in_words(rule) == words


def test_several_weekdays_are_named_in_their_order() -> None:
    form = Repeat(Repeats.WEEKLY, 2, ("SU", "MO", "FR"))

    rule = rule_of(form, datetime.combine(date(2026, 11, 24), time(2)))

    assert rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR,SU"
    assert rule_in_words(rule) == "Every 2 weeks on Monday, Friday and Sunday"
