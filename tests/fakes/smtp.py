"""A mail server, as far as we rely on it: takes mails, refuses whom it is told to, breaks off when it is told to."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class FakeSmtp:
    """The server. `accepted` holds each mail it took; `connections` counts who came."""

    port: int = 0
    accepted: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    """Recipient → what `RCPT TO` is answered, "550 No such user"."""
    break_off_after: int | None = None
    """After so many mails the connection is closed in the middle of the next."""


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        fake = self.server.fake
        fake.connections += 1
        self._say("220 fake ready")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command.upper()
            if verb.startswith(("EHLO", "HELO")):
                self._say("250 fake")
            elif verb.startswith("RCPT TO:"):
                recipient = command[8:].split(">")[0].strip("<> ")
                self._say(fake.answers.get(recipient, "250 fine"))
            elif verb == "DATA":
                if fake.break_off_after is not None and len(fake.accepted) >= fake.break_off_after:
                    return
                self._say("354 go on")
                fake.accepted.append(self._read_mail())
                self._say("250 taken")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _read_mail(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return message_from_bytes(b"".join(lines), _class=EmailMessage, policy=policy.default)

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, fake: FakeSmtp) -> None:
        self.fake = fake
        super().__init__(("127.0.0.1", 0), _Session)


@contextmanager
def fake_smtp() -> Iterator[FakeSmtp]:
    """The server, listening on `port` until the block ends."""
    fake = FakeSmtp()
    with _Server(fake) as server:
        fake.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
