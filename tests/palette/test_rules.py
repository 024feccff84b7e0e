"""What can be done, as somebody types for it."""

import pytest

from app.organizations.rules import Role
from app.palette.rules import COMMANDS, MOST_WORDS, OFFERED, commands_for, words_of


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("report", "Report an incident"),
        ("rep inc", "Report an incident"),
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


def test_whoever_has_typed_nothing_yet_is_offered_the_first_few():
    assert commands_for("  ", Role.ADMIN) == COMMANDS[:OFFERED]


def test_no_more_words_are_looked_at_than_anybody_types():
    assert len(words_of("a " * 100)) == MOST_WORDS
