"""Who may come in: counted by address, without any socket."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from app.errors import TooMany
from app.live.connection import Connection
from app.live.hub import Hub


@pytest.fixture
def hub() -> Hub:
    return Hub(per_address=1, per_process=10, ping_seconds=25, idle_seconds=75)


def connection_from(address: str) -> Connection:
    class Stub(SimpleNamespace):
        __hash__ = object.__hash__  # type: ignore[assignment]

    return cast(Connection, cast(Any, Stub(address=address)))


def test_addresses_that_one_visitor_can_choose_from_are_one(hub: Hub) -> None:
    with hub.register(connection_from("2001:db8:1:2::1")):
        with pytest.raises(TooMany):
            hub.admit("2001:db8:1:2:ffff::9")
        hub.admit("2001:db8:1:3::1")


def test_who_leaves_makes_room(hub: Hub) -> None:
    with hub.register(connection_from("2001:db8:1:2::1")):
        pass

    hub.admit("2001:db8:1:2::1")
