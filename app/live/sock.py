"""flask-sock with our own connection at its end.

A view of flask-sock gets a socket that is upgraded already, and serves it inside of the request: nobody can be refused
with an HTTP status any more, and the request's contexts (and what hangs on them) live as long as the visitor stays.
Here the view runs first, as any other, and answers with what shall be done once the connection stands; that happens
after Flask has let go of the request.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import flask_sock
import structlog
from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotImplemented as NotServed
from wsproto.frame_protocol import CloseReason

from app.live.connection import Connection, ConnectionLimits
from app.live.handshake import accept_token

log = structlog.get_logger(__name__)

Serve = Callable[[Connection], None]
"""What is done with a connection, from its first moment to its last. Runs outside of Flask's contexts."""


class Upgrade(Response):
    """The answer of a view that accepts the connection."""

    def __init__(self, serve: Serve, limits: ConnectionLimits | None = None) -> None:
        super().__init__(status=101)
        self._serve = serve
        self._limits = limits or ConnectionLimits()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        socket = environ.get("gunicorn.socket")
        if socket is None:
            return NotServed("This server cannot keep a connection.")(environ, start_response)
        # What Flask added to the answer (cookies, policies) means nothing to a WebSocket and would only be weight.
        return _Upgraded(self._serve, self._limits, socket, environ.get("REMOTE_ADDR", ""), accept_token(environ))


class _Upgraded:
    """Looks like a body to the server; asked for it, it speaks WebSocket on the server's socket until the end."""

    def __init__(self, serve: Serve, limits: ConnectionLimits, socket: Any, address: str, token: str) -> None:
        self._serve = serve
        self._limits = limits
        self._socket = socket
        self._address = address
        self._token = token

    def __iter__(self) -> Iterator[bytes]:
        try:
            self._socket.sendall(
                b"HTTP/1.1 101 Switching Protocols\r\n"
                b"Upgrade: websocket\r\n"
                b"Connection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + self._token.encode("ascii") + b"\r\n\r\n"
            )
            self._speak(Connection(self._socket, self._address, self._limits))
        except OSError:
            pass  # gone before it began
        # gunicorn's sign that the socket was used for something else and is to be closed without another word.
        raise StopIteration

    def _speak(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        except Exception:  # one visitor's fault ends one connection, never the process
            log.exception("live.connection_failed")
            connection.close(CloseReason.INTERNAL_ERROR)
        finally:
            connection.finish()


class Sock(flask_sock.Sock):  # type: ignore[misc]  # it brings no types
    """As flask-sock, but the view returns an `Upgrade` (or any other answer, which then refuses)."""

    app: Flask | None
    bp: Blueprint | None

    def route(
        self, path: str, bp: Blueprint | None = None, **options: Any
    ) -> Callable[[Callable[..., ResponseReturnValue]], None]:
        """Register a view for WebSocket handshakes at `path`, on a blueprint, or on the application.

        A request that is no handshake never reaches the view: 400, or 426 for another version.
        """

        def register(view: Callable[..., ResponseReturnValue]) -> None:
            @wraps(view)
            def answer(*arguments: Any, **values: Any) -> ResponseReturnValue:
                accept_token(request.environ)
                return view(*arguments, **values)

            options["websocket"] = True
            if bp is not None:
                bp.route(path, **options)(answer)
            elif self.app is not None:
                self.app.route(path, **options)(answer)
            else:
                self.bp = self.bp or Blueprint("__flask_sock", __name__)
                self.bp.route(path, **options)(answer)

        return register


sock = Sock()
