"""What `bench.sockets` measures: our sockets under gunicorn, and the yardstick, the `websockets` library on asyncio.

Both answer three plain requests: `/burst` tells everybody and gives the moment just before (monotonic, which all
processes of a machine share), `/plain` is the neighbour that has to wait, `/memory` is what the process holds.
"""

import asyncio
import gc
import json
import socket
import sys
import time
from collections.abc import Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from uuid import UUID

FRAGMENT_BYTES = 2048
ORGANIZATION = UUID(int=1)


def fragment(number: int) -> str:
    """2 KB of HTML that differ from the last."""
    text = f'<section id="overall">{number:08d}'
    return text + "x" * (FRAGMENT_BYTES - len(text) - 10) + "</section>"


def memory_bytes() -> int:
    """What this process alone holds, after the garbage is gone."""
    gc.collect()
    fields = (line.split() for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    sizes = {field[0]: int(field[1]) for field in fields}
    return (sizes["Private_Dirty:"] + sizes["Private_Clean:"]) * 1024


def application() -> object:
    """Ours, as a WSGI application for a gevent worker."""
    from flask import Flask, request
    from redis import Redis

    from app.config import SocketLimits
    from app.live.fragments import Fragments
    from app.live.revisions import revisions
    from app.live.sock import Sock, Upgrade
    from app.live.sockets import Live

    app = Flask(__name__)
    live = Live(SocketLimits(per_address=100_000, per_page=100_000))
    sock = Sock()
    truth = [1]

    def render() -> Fragments:
        return Fragments(truth[0], {"overall": fragment(truth[0])})

    def read_revisions(_: Collection[UUID]) -> Mapping[UUID, int]:
        return {ORGANIZATION: truth[0]}

    @sock.route("/live")
    def visitors() -> Upgrade:
        return live.serve_visitor(request, "page:1", ORGANIZATION, render)

    @app.get("/burst")
    def burst() -> dict[str, float]:
        truth[0] += 1
        started_at = time.monotonic()
        revisions.advance(ORGANIZATION, truth[0])
        return {"started_at": started_at}

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    @app.get("/memory")
    def memory() -> dict[str, int]:
        return {"bytes": memory_bytes()}

    sock.init_app(app)
    live.start(Redis.from_url("redis://127.0.0.1:1"), read_revisions, lambda: False)
    return app


async def yardstick(listener: socket.socket) -> None:
    """The library's server with its own `broadcast`, without compression, which alone would cost 150 KB a socket."""
    from websockets.asyncio.server import ServerConnection, broadcast, serve
    from websockets.http11 import Request, Response

    connections: set[ServerConnection] = set()
    number = [1]

    async def visitor(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    def answer(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/live?revision=1":
            return None
        if request.path == "/burst":
            number[0] += 1
            started_at = time.monotonic()
            broadcast(connections, fragment(number[0]))
            return connection.respond(HTTPStatus.OK, json.dumps({"started_at": started_at}))
        if request.path == "/memory":
            return connection.respond(HTTPStatus.OK, json.dumps({"bytes": memory_bytes()}))
        return connection.respond(HTTPStatus.OK, "plain")

    async with serve(visitor, sock=listener, compression=None, process_request=answer) as server:
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(yardstick(socket.socket(fileno=int(sys.argv[1]))))
