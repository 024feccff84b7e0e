"""Signing in and out stands in the audit log of every organization that somebody belongs to."""

from datetime import timedelta

import time_machine
from flask import Flask
from sqlalchemy import select

from app import clock
from app.accounts.actions import (
    Browser,
    forget_ended_sessions,
    note_refused_sign_in,
    sign_in,
    sign_out,
    sign_out_everywhere,
)
from app.accounts.queries import find_signed_in
from app.accounts.rules import Claims
from app.closing.actions import close_organization
from app.database.actor import Actor, ActorRole
from app.database.audit import AuditEntry
from app.database.scope import organization_scope, system_scope
from app.onboarding.actions import NewOrganization, create_organization
from tests.builders import ISSUER, Team, World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_a_sign_in_is_written_down_in_all_their_organizations(world: World, team: Team):
    mara = team.founder
    other = create_organization(NewOrganization("Contoso", "contoso", "UTC"), user_id=mara.user_id, user_name=mara.name)

    world.another_session(mara)

    entry = entries(team)[-1]
    assert (entry.action, entry.actor_name, entry.address) == ("session.started", "Mara Lind", "127.0.0.2")
    assert entry.changes == {"device": [None, "An unknown browser"]}
    with system_scope("a test looks at the other organization") as scope:
        there = scope.session.scalars(select(AuditEntry.action).where(AuditEntry.organization_id == other.id)).all()
    assert "session.started" in there


def test_signing_out_is_written_down_with_the_device(team: Team):
    person = find_signed_in(team.founder.token)
    assert person is not None

    sign_out(person.session_id, address="203.0.113.9")

    entry = entries(team)[-1]
    assert (entry.action, entry.address) == ("session.ended", "203.0.113.9")
    assert entry.changes == {"device": ["Firefox", None]}


def test_ending_a_session_that_has_ended_writes_nothing(team: Team):
    person = find_signed_in(team.founder.token)
    assert person is not None
    sign_out(person.session_id)
    before = len(entries(team))

    sign_out(person.session_id)

    assert len(entries(team)) == before


def test_signing_out_everywhere_names_all_devices(world: World, team: Team):
    user_id = team.founder.user_id
    world.another_session(team.founder)

    sign_out_everywhere(user_id, address="203.0.113.9")

    entry = entries(team)[-1]
    assert entry.action == "session.all_ended"
    assert len(entry.changes["devices"][0]) == 2


def test_a_session_that_time_ended_was_ended_by_the_clock(team: Team):
    with time_machine.travel(clock.now() + timedelta(days=15), tick=False):
        forget_ended_sessions()

    entry = entries(team)[-1]
    assert (entry.action, entry.actor_name, entry.actor_user_id) == ("session.expired", "Clock", None)
    assert entry.subject_name == "Mara Lind"


def test_a_refused_sign_in_of_somebody_known_is_written_down(team: Team):
    number = team.founder.email.removesuffix("@northwind.example").removeprefix("mara")

    note_refused_sign_in(ISSUER, f"subject-{number}", "Google has not verified it.", Browser(FIREFOX, "203.0.113.9"))

    entry = entries(team)[-1]
    assert (entry.action, entry.address) == ("session.refused", "203.0.113.9")
    assert entry.changes["reason"] == [None, "Google has not verified it."]


def test_of_a_stranger_who_is_refused_nothing_is_kept(team: Team):
    before = len(entries(team))

    note_refused_sign_in(ISSUER, "nobody", "Google has not verified it.", Browser(FIREFOX, "203.0.113.9"))

    assert len(entries(team)) == before


def test_an_organization_that_is_being_deleted_is_left_alone(world: World, team: Team):
    close_organization("Northwind Cloud", by=team.actor())
    before = len(entries(team))

    world.another_session(team.founder)

    assert len(entries(team)) == before


def test_a_first_sign_in_has_no_log_to_stand_in(app: Flask):
    token = sign_in(Claims(ISSUER, "first", "nina@northwind.example", "Nina"), Browser(FIREFOX, "203.0.113.9"))

    assert find_signed_in(token) is not None


def entries(team: Team) -> list[AuditEntry]:
    with organization_scope(Actor(team.id, ActorRole.ADMIN)) as scope:
        return list(scope.session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
