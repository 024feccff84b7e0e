"""What the views call: a visitor's socket, a member's socket, and the fragments for those who can have neither."""

from collections.abc import Callable, Collection
from functools import partial
from time import monotonic
from typing import TypeVar
from uuid import UUID

import gevent
from flask import Flask, Request, current_app
from redis import Redis

from app.config import SocketLimits
from app.errors import Denied
from app.live.connection import Connection
from app.live.fragments import Feed, Fragments, Mark, beat_frame, read_mark
from app.live.handshake import origin_allowed
from app.live.hub import Hub
from app.live.permits import Permits
from app.live.revisions import Revisions, revisions
from app.live.sock import Upgrade
from app.live.stream import ReadRevisions, Stream

SOCKETS_PER_PROCESS = 11_000
"""Below gunicorn's `worker_connections`, so that plain requests always get in."""

KEEP_UNUSED_SECONDS = 60.0
"""For so long a feed without visitors stays: for those who poll, and those who come back."""
ROUND_SECONDS = 10.0

Answer = TypeVar("Answer")


class Live:
    """The live part of one process."""

    def __init__(self, limits: SocketLimits, revisions: Revisions = revisions) -> None:
        self._per_page = limits.per_page
        self._revisions = revisions
        self._hub = Hub(
            per_address=limits.per_address,
            per_process=SOCKETS_PER_PROCESS,
            ping_seconds=limits.ping_seconds,
            idle_seconds=limits.idle_seconds,
        )
        self._beat = beat_frame(limits.ping_seconds)
        self._permits = Permits()
        self._feeds: dict[str, Feed] = {}
        revisions.subscribe(self._on_revision)

    def __len__(self) -> int:
        """How many sockets this process holds."""
        return len(self._hub)

    def start(self, redis: Redis, read_revisions: ReadRevisions, is_stopping: Callable[[], bool]) -> None:
        """Begin to listen, poll, ping. Call it once in each web process, after the fork.

        Args:
            redis: a client that may block for a second.
            read_revisions: the present revisions of these organizations, from the database.
            is_stopping: True as soon as the process shall end; all sockets are then closed with 1001.
        """
        stream = Stream(redis, self._revisions, read_revisions, self._permits.ring, self._permits.set_hearing)
        for task in (stream.listen, stream.poll, self._permits.watch, self._hub.keep_house, self._keep_feeds):
            gevent.spawn(task, is_stopping)

    def serve_visitor(
        self, request: Request, name: str, organization_id: UUID, render: Callable[[], Fragments]
    ) -> Upgrade:
        """Answer a visitor's handshake.

        Args:
            request: its arguments are the mark of what the visitor's page shows.
            name: the feed: one for each page and look, as `page:<id>`.
            organization_id: whose revisions make it new.
            render: makes the newest fragments; called later, in an application context of its own.

        Raises:
            Denied: another site's page asks.
            TooMany, Unavailable: there is no room.
        """
        self._check_origin(request, required=False)
        feed = self._admit(request, name, organization_id, render)
        held = read_mark(request.args)

        def serve(connection: Connection) -> None:
            with self._hub.register(connection):
                self._seat(name, feed).serve(connection, held)

        return Upgrade(serve)

    def serve_member(
        self,
        request: Request,
        name: str,
        organization_id: UUID,
        render: Callable[[], Fragments],
        *,
        still_allowed: Callable[[], bool],
        keys: Collection[str],
    ) -> Upgrade:
        """Answer a member's handshake, once the view has found that the member may see this.

        Args:
            request, name, organization_id, render: as for `serve_visitor`.
            still_allowed: asked again at least each minute, in an application context of its own; it must look at the
                database, not at anything of this request.
            keys: the ids of the session and of the user, as they are told on the sessions channel.

        Raises:
            Denied: another site's page asks, or something that is no browser.
            TooMany, Unavailable: there is no room.
        """
        self._check_origin(request, required=True)
        feed = self._admit(request, name, organization_id, render)
        held = read_mark(request.args)
        ask = _in_context(still_allowed)

        def serve(connection: Connection) -> None:
            with self._hub.register(connection), self._permits.hold(connection, ask, keys):
                self._seat(name, feed).serve(connection, held)

        return Upgrade(serve)

    def fragments_since(
        self, name: str, organization_id: UUID, render: Callable[[], Fragments], held: Mark | None
    ) -> str | None:
        """The message for a page that polls and shows `held`; None if there is nothing new (204).

        Raises:
            Unavailable: nothing could be rendered.
        """
        return self._feed(name, organization_id, render).since(held)

    def _admit(self, request: Request, name: str, organization_id: UUID, render: Callable[[], Fragments]) -> Feed:
        self._hub.admit(request.remote_addr or "")
        feed = self._feed(name, organization_id, render)
        feed.admit(self._per_page)
        return feed

    def _feed(self, name: str, organization_id: UUID, render: Callable[[], Fragments]) -> Feed:
        feed = self._feeds.get(name)
        if feed is None:
            feed = self._feeds[name] = Feed(organization_id, _in_context(render), self._revisions, self._beat)
        return feed

    def _seat(self, name: str, feed: Feed) -> Feed:
        """The feed as it is known now: it may have been dropped, and made anew, since the handshake began."""
        return self._feeds.setdefault(name, feed)

    def _on_revision(self, organization_id: UUID, _: int) -> None:
        for feed in tuple(self._feeds.values()):
            if feed.seats and feed.organization_id == organization_id:
                feed.refresh()

    def _keep_feeds(self, is_stopping: Callable[[], bool]) -> None:
        """Drop feeds that nobody uses, and keep the others watched: runs as long as the process does."""
        while not is_stopping():
            gevent.sleep(ROUND_SECONDS)
            for name, feed in tuple(self._feeds.items()):
                if feed.seats:
                    feed.refresh()
                    feed.settle()  # one after another: at midnight many have a new day at once
                elif monotonic() - feed.used_at > KEEP_UNUSED_SECONDS:
                    del self._feeds[name]

    def _check_origin(self, request: Request, *, required: bool) -> None:
        origin = request.headers.get("Origin")
        if not origin_allowed(origin, scheme=request.scheme, host=request.host, required=required):
            raise Denied("This came from another site.")


def _in_context(call: Callable[[], Answer]) -> Callable[[], Answer]:
    """The same call, able to run when the present request is long over."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # typed as what it stands for
    return partial(_call_in_context, app, call)


def _call_in_context(app: Flask, call: Callable[[], Answer]) -> Answer:
    with app.app_context():
        return call()
