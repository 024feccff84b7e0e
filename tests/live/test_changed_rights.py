"""A role that is gone ends the sockets that it has opened: from the commit over Redis to the closed line."""

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from time import monotonic
from uuid import UUID

import pytest
from flask import Flask
from redis.client import PubSub

from app.accounts.queries import find_signed_in, is_session_open
from app.database.actor import Actor, ActorRole
from app.live.permits import Permits
from app.live.stream import SESSIONS_CHANNEL
from app.organizations.rules import Role
from app.teams.actions import change_role, leave, remove_member
from tests.builders import Person, Team

WITHIN_SECONDS = 5.0


class Line:
    """A connection that only notes how it was closed."""

    code: int | None = None

    def close(self, code: int, reason: str = "") -> None:
        self.code = code


@pytest.fixture
def channel(app: Flask) -> Iterator[PubSub]:
    """What web processes hear of sessions."""
    with app.extensions["upfront.redis"].pubsub() as subscription:
        subscription.subscribe(SESSIONS_CHANNEL)
        assert subscription.get_message(timeout=WITHIN_SECONDS)["type"] == "subscribe"
        yield subscription


def demote(team: Team, person: Person) -> None:
    change_role(person.user_id, Role.VIEWER, by=team.actor())


def promote(team: Team, person: Person) -> None:
    change_role(person.user_id, Role.ADMIN, by=team.actor())


def remove(team: Team, person: Person) -> None:
    remove_member(person.user_id, by=team.actor())


def go(team: Team, person: Person) -> None:
    leave(by=Actor(team.id, ActorRole.EDITOR, person.user_id, person.name))


@pytest.mark.parametrize("act", [demote, promote, remove, go])
def test_sockets_end_with_the_role_that_opened_them(team: Team, channel: PubSub, act: Callable[[Team, Person], None]):
    jonas = team.member(Role.EDITOR)
    session = find_signed_in(jonas.token)
    assert session is not None
    permits, line = Permits(), Line()
    keys = [str(session.session_id), str(session.user_id)]
    ask = partial(is_session_open, session.session_id, team.id, Role.EDITOR)

    with permits.hold(line, ask, keys):  # type: ignore[arg-type]
        began = time.monotonic()
        before = ask()
        act(team, jonas)
        permits.ring(heard_user(channel))
        permits.make_round(monotonic())

    assert before
    assert line.code == 1008
    assert time.monotonic() - began < WITHIN_SECONDS


def test_sockets_of_others_stay(team: Team, channel: PubSub):
    vera, jonas = team.member(Role.VIEWER), team.member(Role.EDITOR)
    session = find_signed_in(vera.token)
    assert session is not None
    permits, line = Permits(), Line()
    ask = partial(is_session_open, session.session_id, team.id, Role.VIEWER)

    with permits.hold(line, ask, [str(session.user_id)]):  # type: ignore[arg-type]
        remove(team, jonas)
        permits.ring(heard_user(channel))
        permits.make_round(monotonic())

    assert line.code is None


def test_a_role_in_another_organization_is_another_matter(team: Team):
    jonas = team.member(Role.EDITOR)
    contoso = team.world.team("Contoso", "contoso")
    contoso.join(jonas, Role.VIEWER)
    session = find_signed_in(jonas.token)
    assert session is not None

    remove(contoso, jonas)

    assert is_session_open(session.session_id, team.id, Role.EDITOR)
    assert not is_session_open(session.session_id, contoso.id, Role.VIEWER)


def heard_user(channel: PubSub) -> str:
    """Whose rights have changed, as a web process is told."""
    message = channel.get_message(timeout=WITHIN_SECONDS)
    assert message is not None
    return str(UUID(json.loads(message["data"])["user_id"]))
