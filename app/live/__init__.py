"""Whatever stays open: revisions as they rise, sockets, and the fragments that travel over them."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from flask import Flask, current_app
from redis import Redis

from app.config import Settings
from app.database.outbox import listen
from app.live import echo
from app.live.announcements import read_revisions, tell_changed_rights, tell_revisions
from app.live.sock import Sock
from app.live.sockets import Live

EXTENSION = "upfront.live"


def register(app: Flask, settings: Settings) -> None:
    """Have commits told to every process, and keep this process's sockets."""
    listen(tell_revisions)
    listen(tell_changed_rights)
    app.extensions[EXTENSION] = Live(settings.sockets)
    if settings.echo_socket:
        sock = Sock()
        echo.register(sock)
        sock.init_app(app)


def current_live() -> Live:
    """The live part of the running application."""
    live: Live = current_app.extensions[EXTENSION]
    return live


def start(app: Flask, settings: Settings, is_stopping: Callable[[], bool]) -> None:
    """Begin to listen and to ping: once in each web process, after the fork."""
    listener = Redis.from_url(settings.redis_url, socket_connect_timeout=settings.timeouts.redis_seconds)
    live: Live = app.extensions[EXTENSION]

    def read(organization_ids: Collection[UUID]) -> Mapping[UUID, int]:
        with app.app_context():
            return read_revisions(organization_ids)

    live.start(listener, read, is_stopping)
