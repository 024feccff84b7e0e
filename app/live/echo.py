"""`/_echo` says back what it hears: a WebSocket conformance suite can be run against the real server set-up."""

from app.live.connection import Connection, ConnectionLimits
from app.live.sock import Sock, Upgrade

# The suites send messages of 16 MiB, in pieces and at once, and take their time.
LIMITS = ConnectionLimits(message_size=64 * 1024 * 1024, write_seconds=60, read_bytes=64 * 1024)


def echo(connection: Connection) -> None:
    for message in connection:
        connection.send(message)


def register(sock: Sock) -> None:
    """Offer `/_echo`. Only for tests: whoever may use it may make us send without end."""

    @sock.route("/_echo")
    def echo_socket() -> Upgrade:
        return Upgrade(echo, LIMITS)
