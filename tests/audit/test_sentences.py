"""What an entry says: in words of its own, or plainly by its verb."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.audit.sentences import Change, changes_of, happened, ids_in, said, thing_name, what_was_done


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("incident.created", "reported the incident Errors"),
        ("incident.resolved", "resolved the incident Errors"),
        ("service_group.created", "created the group Errors"),
        ("maintenance.scheduled", "scheduled the maintenance Errors"),
        ("monitor.paused", "paused the monitor Errors"),
        ("webhook_target.turned_off", "turned off the webhook target Errors"),
        ("something", "something Errors"),
    ],
)
def test_every_action_is_a_sentence(action: str, words: str):
    assert said(action, "Errors", "Mara") == words


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("session.started", "signed in"),
        ("session.refused", "was not let in"),
        ("profile.edited", "changed their profile"),
        ("profile.picture_set", "chose a picture"),
        ("account.deleted", "deleted their account"),
    ],
)
def test_what_somebody_did_to_themselves_names_them_once(action: str, words: str):
    assert said(action, "Mara", "Mara") == words


def test_what_has_no_name_is_a_sentence_without_one():
    assert said("first_steps.hidden", "", "Mara") == "hid the first steps"
    assert said("first_steps.looked", "", "Mara") == "looked at the page from the first steps"


def test_what_the_clock_did_names_whom_it_was_done_to():
    assert said("session.expired", "Mara", "Clock") == "ended, after its longest time, a session of Mara"


def test_a_kind_of_thing_without_a_name_of_its_own_is_readable():
    assert thing_name("api_key") == "api key"
    assert what_was_done("api_key.created") == "created the api key"


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


@pytest.mark.parametrize(
    ("action", "word", "before", "behind"),
    [
        ("service.status_changed", "partial_outage", "set", " to partial outage"),
        ("incident.updated", "identified", "posted an update about the incident", ", now identified"),
        ("incident.updated", "", "posted an update about the incident", ""),
        ("maintenance.started", "in_progress", "started the maintenance", ""),
    ],
)
def test_members_read_what_it_came_to_behind_the_name(action: str, word: str, before: str, behind: str):
    assert happened(action, word) == (before, behind)


def test_nothing_that_became_nothing_is_not_told():
    assert list(changes_of({"description": [None, ""], "chosen": [[], None]})) == []


def test_when_it_was_is_said_once():
    assert list(changes_of({"status_since": [None, "2026-11-21T10:08:00+00:00"]})) == []
