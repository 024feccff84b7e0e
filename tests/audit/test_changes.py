"""What an entry says of each field, before and after."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.audit.changes import Change, changes_of, ids_in


@pytest.mark.parametrize(
    ("values", "before", "after"),
    [
        (["investigating", "resolved"], "investigating", "resolved"),
        ([None, "x" * 201], "", "x" * 200 + "…"),
        ([None, ["API", "Web"]], "", "API, Web"),
        ([[], ["0192f0c4-0000-7000-8000-0000003a1b2c"]], "", "…3a1b2c"),
        ([True, False], "yes", "no"),
        ([30, 365], "30", "365"),
        (["2026-11-21T10:08:00+00:00", None], datetime(2026, 11, 21, 10, 8, tzinfo=UTC), ""),
        (["2026-11-21", "T"], "2026-11-21", "T"),
        ([None, "partial_outage"], "", "partial outage"),
        ([{}, {"0192f0c4-0000-7000-8000-0000003a1b2c": "under_maintenance"}], "", "…3a1b2c: under maintenance"),
    ],
)
def test_values_are_shown_as_people_read_them(values: list[object], before: object, after: object):
    assert list(changes_of({"title": values})) == [Change("title", before, after)]  # type: ignore[arg-type]


def test_fields_have_names_for_people():
    changes = {"manual_status": [None, "operational"], "service_id": [None, "x"], "starts_at": [None, "x"]}

    assert [change.field for change in changes_of(changes)] == ["status set by hand", "service", "from"]


def test_what_is_no_before_and_after_is_left_out():
    assert list(changes_of({"title": "x", "stage": [1], "impact": [1, 2, 3]})) == []


def test_ids_are_told_by_name_where_there_is_one():
    api = UUID("0192f0c4-0000-7000-8000-0000003a1b2c")
    changes = {"group_id": [None, str(api)], "affected": [[str(api)], {str(api): "operational"}]}

    shown = list(changes_of(changes, {api: "API"}))

    assert set(ids_in(changes)) == {api}
    assert shown == [Change("group", "", "API"), Change("services", "API", "API: operational")]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("lead_minutes", [1440, 60, 5], "1 day, 1 h, 5 min"),
        ("length", 7200.0, "2 h"),
        ("length", 0, "0 min"),
        ("hours", 27, "1 day 3 h"),
    ],
)
def test_lengths_of_time_are_told_in_their_units(field: str, value: object, words: str):
    assert [change.after for change in changes_of({field: [None, value]})] == [words]


def test_nothing_that_became_nothing_is_not_told():
    assert list(changes_of({"description": [None, ""], "chosen": [[], None]})) == []


def test_when_it_was_is_said_once():
    assert list(changes_of({"status_since": [None, "2026-11-21T10:08:00+00:00"]})) == []
