"""What can be done, as somebody types for it."""

import pytest
from flask import Flask

from app.organizations.rules import Role
from app.palette.rules import COMMANDS, MOST_WORDS, OFFERED, commands_for, words_of
from tests.blueprints.dashboard.samples import endpoint_of, required_role


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("report", "Report an incident"),
        ("rep inc", "Report an incident"),
        ("csv", "Import subscribers"),
        ("OUTAGE", "Report an incident"),
        ("down", "Report an incident"),
        ("incid", "Report an incident"),
        ("incidents", "Incidents"),
        ("uptime", "Analytics"),
        ("colleague", "Invite somebody"),
        ("sign out", "Your account"),
    ],
)
def test_an_action_is_found_by_the_beginnings_of_its_words(typed: str, first: str):
    assert commands_for(typed, Role.ADMIN)[0].label == first


@pytest.mark.parametrize("typed", ["xyz", "port", "report xyz", "🔥"])
def test_what_begins_no_word_finds_nothing(typed: str):
    assert commands_for(typed, Role.ADMIN) == ()


def test_a_role_is_offered_only_what_it_may_do():
    everything = len(COMMANDS)
    offered = {role: {command.label for command in commands_for("", role, limit=everything)} for role in Role}

    assert "Report an incident" not in offered[Role.VIEWER]
    assert "Invite somebody" not in offered[Role.EDITOR]
    assert offered[Role.VIEWER] < offered[Role.EDITOR] < offered[Role.ADMIN]
    assert len(offered[Role.ADMIN]) == everything


def test_every_action_leads_to_a_page_that_the_role_may_open(application: Flask):
    for command in COMMANDS:
        endpoint = endpoint_of(application, f"/dashboard/northwind{command.path}", "GET")

        assert endpoint is not None, command
        assert (required_role(application, endpoint) or Role.VIEWER) in (command.role, Role.VIEWER), command


def test_whoever_has_typed_nothing_yet_is_offered_the_first_few():
    assert commands_for("  ", Role.ADMIN) == COMMANDS[:OFFERED]


def test_no_more_words_are_looked_at_than_anybody_types():
    assert len(words_of("a " * 100)) == MOST_WORDS
