"""What an entry says was done: in words of its own, or plainly by its verb."""

import pytest

from app.audit.sentences import happened, said, thing_name, what_was_done


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
