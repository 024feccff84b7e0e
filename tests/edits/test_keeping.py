"""Edited texts are kept for members, and only added to."""

from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope
from app.edits.actions import keep_edit
from app.edits.queries import MOST_WORK_TOGETHER, read_edits
from app.edits.rules import Subject
from tests.builders import Team

TEXT_ID = uuid4()


def edit(team: Team, before: str, after: str, field: str = "message") -> bool:
    with organization_scope(team.actor()) as scope:
        return keep_edit(scope, Subject.ANNOUNCEMENT, TEXT_ID, field, before=before, after=after)


def test_each_edit_tells_what_it_replaced_and_by_what(team: Team):
    edit(team, "one", "two")
    edit(team, "Title", "Headline", "title")
    edit(team, "two", "three")

    with organization_scope(team.actor(), read_only=True) as scope:
        edits = read_edits(scope, {(TEXT_ID, "message"): "three", (TEXT_ID, "title"): "Headline"})

    assert [(one.field, one.before, one.after, one.edited_by) for one in edits] == [
        ("message", "two", "three", "Mara Lind"),
        ("title", "Title", "Headline", "Mara Lind"),
        ("message", "one", "two", "Mara Lind"),
    ]


def test_all_edits_of_a_page_together_take_no_more_work_than_one_page_may(team: Team):
    texts = ["a b " * 110, "b a a " * 80] * 5
    for before, after in pairwise(texts):
        edit(team, before, after)

    with organization_scope(team.actor(), read_only=True) as scope:
        edits = read_edits(scope, {(TEXT_ID, "message"): texts[-1]})

    assert sum(one.most_work for one in edits) <= MOST_WORK_TOGETHER
    assert {len(one.pieces) for one in edits} == {2}


def test_a_text_saved_as_it_was_is_no_edit(team: Team):
    kept = edit(team, "same", "same")

    with organization_scope(team.actor(), read_only=True) as scope:
        assert (kept, read_edits(scope, {(TEXT_ID, "message"): "same"})) == (False, ())


@pytest.mark.parametrize("statement", ["UPDATE text_edits SET replaced = ''", "DELETE FROM text_edits"])
def test_what_was_kept_can_be_neither_changed_nor_deleted(team: Team, statement: str):
    edit(team, "one", "two")

    refused = pytest.raises(ProgrammingError, match="permission denied")
    with refused, organization_scope(team.actor()) as scope:
        scope.session.execute(text(statement))


@pytest.mark.parametrize("role", [ActorRole.VISITOR, ActorRole.SUBSCRIBER])
def test_nobody_but_members_reads_what_was_replaced(team: Team, role: ActorRole):
    edit(team, "a secret", "two")

    with organization_scope(Actor(team.id, role), read_only=True) as scope:
        assert read_edits(scope, {(TEXT_ID, "message"): "two"}) == ()
