"""A WebSocket client that does what it is told, right or wrong, byte by byte."""

import os
import socket
import struct
from dataclasses import dataclass
from typing import Self

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the RFC's own example
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it came from the server."""

    fin: bool
    opcode: int
    payload: bytes

    @property
    def text(self) -> str:
        return self.payload.decode()

    @property
    def code(self) -> int | None:
        """A close frame's code."""
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else None


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True, length: int = 0
) -> bytes:
    """A frame from the client. `length` forces 16 or 64 bits for the length where fewer would do."""
    first = bytes([fin << 7 | reserved << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    size = len(payload)
    if length == 64 or (not length and size > 0xFFFF):
        header = first + bytes([mask_bit | 127]) + struct.pack("!Q", size)
    elif length == 16 or (not length and size > 125):
        header = first + bytes([mask_bit | 126]) + struct.pack("!H", size)
    else:
        header = first + bytes([mask_bit | size])
    if not masked:
        return header + payload
    mask = os.urandom(4)
    keys = (mask * (size // 4 + 1))[:size]
    scrambled = (int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")).to_bytes(size, "big")
    return header + mask + scrambled


def close_payload(code: int, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason


class Client:
    """One TCP connection to the server under test."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if receive_buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self) -> None:
        """Let go of the TCP connection, without a word."""
        self._socket.close()

    def request(self, path: str, headers: dict[str, str | None] | None = None, *, method: str = "GET") -> str:
        """Send a handshake, changed by `headers` (None leaves one out), and read the answer's head."""
        sent: dict[str, str | None] = {
            "Host": "localhost",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
        }
        sent |= headers or {}
        lines = [
            f"{method} {path} HTTP/1.1",
            *(f"{name}: {value}" for name, value in sent.items() if value is not None),
        ]
        self.send_bytes("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, self._rest = self._rest.split(b"\r\n\r\n", 1)
        return head.decode()

    def open(self, path: str, headers: dict[str, str | None] | None = None) -> Self:
        """Send a handshake that must be accepted."""
        head = self.request(path, headers)
        assert head.startswith("HTTP/1.1 101 "), head
        return self

    def send_bytes(self, sent: bytes) -> None:
        self._socket.sendall(sent)

    def send(self, opcode: int, payload: bytes = b"", **options: int) -> None:
        self.send_bytes(frame(opcode, payload, **options))

    def receive(self) -> Frame:
        """The next frame. Raises ConnectionError when the server has cut the line instead."""
        first, second = self._take(2)
        size = second & 0x7F
        assert not second & 0x80, "a server must not mask"
        if size == 126:
            (size,) = struct.unpack("!H", self._take(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self._take(8))
        return Frame(bool(first & 0x80), first & 0x0F, self._take(size))

    def receive_message(self) -> Frame:
        """The next frame that is neither ping nor pong."""
        while (found := self.receive()).opcode in (PING, PONG):
            pass
        return found

    def is_cut(self) -> bool:
        """Wait for the server to end the TCP connection."""
        try:
            while self._socket.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def half_close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def _take(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._more()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def _more(self) -> None:
        received = self._socket.recv(1 << 20)
        if not received:
            raise ConnectionError("the server cut the line")
        self._rest += received
