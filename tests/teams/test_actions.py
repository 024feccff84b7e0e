"""Members come, change and go; somebody can always manage the organization."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as property_test
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool

from app import clock
from app.accounts.deletion import delete_account
from app.accounts.models import User
from app.database.actor import Actor, ActorRole
from app.database.scope import organization_scope, system_scope
from app.errors import Denied, Invalid, NotFound
from app.organizations.models import Membership, Organization
from app.organizations.rules import Role
from app.teams.actions import LastAdmin, change_role, leave, remove_member
from tests.builders import Person, Team, World
from tests.examples import examples
from tests.teams.conftest import Entries, Kinds, Roles
from tests.together import run_together

TIMES = 15


def actor(team: Team, person: Person, role: ActorRole = ActorRole.ADMIN) -> Actor:
    return Actor(team.id, role, person.user_id, person.name, "192.0.2.7")


@pytest.fixture
def jonas(team: Team, world: World) -> Person:
    """A second admin."""
    return team.join(world.person("Jonas Berg"), Role.ADMIN)


def test_a_role_is_changed_and_written_down(team: Team, roles: Roles, entries: Entries, kinds: Kinds):
    vera = team.member(Role.VIEWER)

    changed = change_role(vera.user_id, Role.EDITOR, by=actor(team, team.founder))

    assert (changed.name, changed.role) == ("Vera Holt", Role.EDITOR)
    assert roles(team)[vera.user_id] == "editor"
    [entry] = entries(team)
    assert (entry.action, entry.subject_id, entry.subject_name) == ("member.role_changed", vera.user_id, "Vera Holt")
    assert entry.changes == {"role": ["viewer", "editor"]}
    assert (entry.actor_user_id, entry.address) == (team.founder.user_id, "192.0.2.7")
    assert kinds(team) == ["member.role_changed"]


def test_the_role_that_somebody_has_changes_nothing(team: Team, entries: Entries):
    change_role(team.member(Role.VIEWER).user_id, Role.VIEWER, by=team.actor())

    assert entries(team) == []


def test_the_last_admin_cannot_be_demoted_removed_or_leave(team: Team, roles: Roles, entries: Entries):
    team.member(Role.EDITOR)
    mara = team.founder.user_id

    with pytest.raises(LastAdmin):
        change_role(mara, Role.EDITOR, by=team.actor())
    with pytest.raises(LastAdmin):
        remove_member(mara, by=team.actor())
    with pytest.raises(LastAdmin):
        leave(by=team.actor())

    assert roles(team)[mara] == "admin"
    assert entries(team) == []


def test_a_removed_member_is_gone_and_written_down(team: Team, roles: Roles, entries: Entries, kinds: Kinds):
    jonas = team.member(Role.EDITOR)

    remove_member(jonas.user_id, by=team.actor())

    assert jonas.user_id not in roles(team)
    assert [(entry.action, entry.changes) for entry in entries(team)] == [
        ("member.removed", {"role": ["editor", None]})
    ]
    assert kinds(team) == ["member.removed"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_any_member_may_leave(team: Team, roles: Roles, entries: Entries, role: Role):
    person = team.member(role)

    leave(by=actor(team, person, ActorRole(role.value)))

    assert person.user_id not in roles(team)
    [entry] = entries(team)
    assert (entry.action, entry.actor_user_id, entry.actor_role) == ("member.left", person.user_id, role.value)


def test_an_admin_who_removes_themselves_has_left(team: Team, jonas: Person, entries: Entries):
    remove_member(jonas.user_id, by=actor(team, jonas))

    assert entries(team)[-1].action == "member.left"


def test_who_has_left_cannot_leave_again(team: Team):
    vera = team.member(Role.VIEWER)
    leave(by=actor(team, vera, ActorRole.VIEWER))

    with pytest.raises(NotFound):
        leave(by=actor(team, vera, ActorRole.VIEWER))


def test_another_organizations_member_is_as_good_as_none(world: World, team: Team, roles: Roles):
    contoso = world.team("Contoso", "contoso")
    theirs = contoso.member(Role.EDITOR).user_id

    with pytest.raises(NotFound):
        change_role(theirs, Role.VIEWER, by=team.actor())
    with pytest.raises(NotFound):
        remove_member(theirs, by=team.actor())

    assert roles(contoso)[theirs] == "editor"


def test_who_was_demoted_meanwhile_changes_nobody(team: Team, jonas: Person, roles: Roles):
    """Their request began while they were an admin."""
    change_role(jonas.user_id, Role.EDITOR, by=team.actor())

    with pytest.raises(Denied):
        change_role(team.founder.user_id, Role.VIEWER, by=actor(team, jonas))
    with pytest.raises(Denied):
        remove_member(team.founder.user_id, by=actor(team, jonas))

    assert roles(team)[team.founder.user_id] == "admin"


def demote(user_id: UUID, by: Actor) -> None:
    change_role(user_id, Role.VIEWER, by=by)


def remove(user_id: UUID, by: Actor) -> None:
    remove_member(user_id, by=by)


def go(user_id: UUID, by: Actor) -> None:
    leave(by=by)


@pytest.mark.parametrize(("act", "on_each_other"), [(demote, True), (remove, True), (demote, False), (go, False)])
def test_two_admins_at_the_very_same_moment_leave_one(
    app: Flask, team: Team, jonas: Person, roles: Roles, act: Callable[[UUID, Actor], None], on_each_other: bool
):
    mara, other = team.founder.user_id, jonas.user_id
    targets = {mara: other, other: mara} if on_each_other else {mara: mara, other: other}
    actors = [actor(team, team.founder), actor(team, jonas)]

    def try_it(by: Actor) -> None:
        assert by.user_id is not None
        with suppress(LastAdmin, Denied, NotFound):
            act(targets[by.user_id], by)

    for _ in range(TIMES):
        run_together(app, [partial(try_it, by) for by in actors])

        admins = [user_id for user_id, role in roles(team).items() if role == "admin"]
        assert len(admins) == 1
        make_admins(team, mara, other)


def test_one_admin_who_deletes_their_account_and_one_who_leaves_do_not_both_go(app: Flask, world: World, roles: Roles):
    for _ in range(5):
        team = world.team()
        jonas = team.join(world.person("Jonas Berg"), Role.ADMIN)
        staying = actor(team, jonas)

        def vanish(mara: Person = team.founder, user_id: UUID = team.founder.user_id) -> None:
            with suppress(Invalid):
                delete_account(user_id, mara.email)

        def walk_away(by: Actor = staying) -> None:
            with suppress(LastAdmin):
                leave(by=by)

        run_together(app, [vanish, walk_away])

        assert list(roles(team).values()) == ["admin"]


def make_admins(team: Team, *user_ids: UUID) -> None:
    with system_scope("a test makes both of them admins again") as scope:
        mine = Membership.organization_id == team.id
        left = scope.session.scalars(select(Membership.user_id).where(mine, Membership.role == Role.ADMIN)).all()
        others = [user_id for user_id in user_ids if user_id not in left]
        scope.session.execute(delete(Membership).where(mine, Membership.user_id.in_(others)))
        scope.session.add_all(
            Membership(organization_id=team.id, user_id=user_id, role=Role.ADMIN, created_at=clock.now())
            for user_id in others
        )


def test_the_database_itself_keeps_an_admin(team: Team, roles: Roles):
    """Whatever the code forgets to ask."""
    mine = Membership.organization_id == team.id

    with pytest.raises(IntegrityError, match="without an admin"), organization_scope(team.actor()) as scope:
        scope.session.execute(update(Membership).where(mine).values(role=Role.VIEWER))
    with pytest.raises(IntegrityError, match="without an admin"), system_scope("a test takes all members") as scope:
        scope.session.execute(delete(Membership).where(mine))

    assert list(roles(team).values()) == ["admin"]


def test_a_temporary_table_does_not_stand_in_for_the_members(team: Team, roles: Roles):
    """Whoever can run statements as the application may make one, and temporary tables are else found first."""
    attack = (
        "CREATE TEMP TABLE memberships ON COMMIT DROP AS SELECT organization_id, user_id, role FROM public.memberships",
        "GRANT ALL ON memberships TO public",
        "UPDATE public.memberships SET role = 'viewer'",
        "SET CONSTRAINTS ALL IMMEDIATE",
    )

    with pytest.raises(IntegrityError, match="without an admin"), organization_scope(team.actor()) as scope:
        scope.session.execute(text("; ".join(attack)))

    assert list(roles(team).values()) == ["admin"]


def test_functions_that_run_as_the_owner_look_into_temporary_tables_last(team: Team, owner_url: str):
    of_the_owner = text(
        "SELECT proname, array_to_string(proconfig, '; ') FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    to_everybody = text(
        "SELECT proname FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND has_function_privilege('public', oid, 'EXECUTE')"
    )

    with create_engine(owner_url, poolclass=NullPool).connect() as owner:
        settings = {row.proname: row.array_to_string for row in owner.execute(of_the_owner)}
        open_to_all = list(owner.scalars(to_everybody))

    assert {"keep_an_admin", "find_incidents", "forget_expired_audit_entries"} <= set(settings)
    assert all("search_path=pg_catalog, public, pg_temp" in setting for setting in settings.values())
    assert open_to_all == []


def test_the_database_lets_an_admin_hand_over(team: Team, roles: Roles):
    jonas = team.member(Role.EDITOR)
    to_editor = update(Membership).where(Membership.user_id == team.founder.user_id).values(role=Role.EDITOR)
    to_admin = update(Membership).where(Membership.user_id == jonas.user_id).values(role=Role.ADMIN)

    with organization_scope(team.actor()) as scope:
        scope.session.execute(to_editor)
        scope.session.execute(to_admin)

    assert roles(team) == {team.founder.user_id: "editor", jonas.user_id: "admin"}


def test_the_database_keeps_the_last_admin_from_being_deleted_and_lets_an_organization_go(
    team: Team, owner_url: str, roles: Roles
):
    engine = create_engine(owner_url, poolclass=NullPool)
    with pytest.raises(IntegrityError, match="without an admin"), engine.begin() as owner:
        owner.execute(delete(User).where(User.id == team.founder.user_id))
    kept = roles(team)

    with engine.begin() as owner:
        owner.execute(delete(Organization).where(Organization.id == team.id))
        gone = owner.scalar(text("SELECT count(*) FROM memberships"))

    assert list(kept.values()) == ["admin"]
    assert gone == 0


steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.none() | st.sampled_from(list(Role))), min_size=1, max_size=8
)


@given(steps)
@property_test(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_sequence_of_acts_leaves_an_organization_without_an_admin(
    app: Flask, world: World, roles: Roles, sequence: list[tuple[int, int, Role | None]]
):
    team = world.team()
    people = [team.founder, team.member(Role.EDITOR), team.member(Role.VIEWER)]
    people.append(team.join(world.person("Nina Neu"), Role.ADMIN))

    for who, whom, becomes in sequence:
        by, them = people[who], people[whom].user_id
        role = roles(team).get(by.user_id)
        with suppress(LastAdmin, NotFound, Denied):
            if role != "admin" or (who == whom and becomes is None):
                leave(by=actor(team, by, ActorRole(role or "viewer")))
            elif becomes is None:
                remove_member(them, by=actor(team, by))
            else:
                change_role(them, becomes, by=actor(team, by))

        assert "admin" in roles(team).values()
