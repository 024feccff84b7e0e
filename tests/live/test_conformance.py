"""RFC 6455, seen from a raw socket against the real server set-up; numbered as the classes of the usual suite."""

import pytest

from tests.live.conftest import Server
from tests.live.wire import (
    ACCEPT,
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Client,
    close_payload,
    frame,
)

SIZES = [0, 1, 125, 126, 127, 128, 65_535, 65_536]
SENTENCE = "Hello-µ@ßöäüàá-UTF-8!! 𝄞 κόσμε".encode()


@pytest.fixture
def echo(server: Server) -> Client:
    return server.open("/_echo")


def closes_with(client: Client) -> int | None:
    """The code that the server fails the connection with, once it has also cut the line."""
    found = client.receive_message()
    assert found.opcode == CLOSE, found
    assert client.is_cut()
    return found.code


def test_the_handshake_answers_the_key_and_accepts_no_extension(server: Server) -> None:
    client = server.client()

    head = client.request("/_echo", {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"})

    assert head.startswith("HTTP/1.1 101 Switching Protocols")
    assert f"Sec-WebSocket-Accept: {ACCEPT}" in head
    assert "Extensions" not in head


# 1: messages


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_of_any_length_comes_back_as_what_it_was(echo: Client, opcode: int, size: int) -> None:
    payload = b"*" * size

    echo.send(opcode, payload)

    answer = echo.receive_message()
    assert (answer.opcode, answer.fin, answer.payload) == (opcode, True, payload)


def test_a_message_may_come_one_byte_at_a_time(echo: Client) -> None:
    for byte in frame(TEXT, SENTENCE):
        echo.send_bytes(bytes([byte]))

    assert echo.receive_message().payload == SENTENCE


def test_many_messages_in_one_packet_are_all_answered_in_order(echo: Client) -> None:
    echo.send_bytes(b"".join(frame(TEXT, b"%d" % number) for number in range(200)))

    assert [echo.receive_message().payload for _ in range(200)] == [b"%d" % number for number in range(200)]


# 2: pings and pongs


@pytest.mark.parametrize("payload", [b"", b"Hello", bytes(range(256))[:125]])
def test_a_ping_is_answered_with_its_payload(echo: Client, payload: bytes) -> None:
    echo.send(PING, payload)

    answer = echo.receive()
    assert (answer.opcode, answer.payload) == (PONG, payload)


def test_ten_pings_at_once_are_answered_in_order(echo: Client) -> None:
    echo.send_bytes(b"".join(frame(PING, b"%d" % number) for number in range(10)))

    assert [echo.receive().payload for _ in range(10)] == [b"%d" % number for number in range(10)]


def test_a_pong_that_nobody_asked_for_is_ignored(echo: Client) -> None:
    echo.send(PONG, b"unsolicited")
    echo.send(PING, b"still there?")

    assert echo.receive().payload == b"still there?"


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_control_frame_longer_than_125_bytes_fails_the_connection(echo: Client, opcode: int) -> None:
    payload = close_payload(1000) + b"*" * 124

    echo.send(opcode, payload)

    assert closes_with(echo) == 1002


# 3: reserved bits


@pytest.mark.parametrize("reserved", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, CLOSE])
def test_a_reserved_bit_fails_the_connection(echo: Client, opcode: int, reserved: int) -> None:
    echo.send(opcode, b"", reserved=reserved)

    assert closes_with(echo) == 1002


def test_what_came_before_the_fault_is_still_answered(echo: Client) -> None:
    echo.send_bytes(frame(TEXT, b"good") + frame(TEXT, b"bad", reserved=2))

    assert echo.receive_message().payload == b"good"
    assert closes_with(echo) == 1002


# 4: opcodes


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_a_reserved_opcode_fails_the_connection(echo: Client, opcode: int) -> None:
    echo.send(opcode, b"*")

    assert closes_with(echo) == 1002


# 5: fragments


@pytest.mark.parametrize("opcode", [PING, PONG, CLOSE])
def test_a_fragmented_control_frame_fails_the_connection(echo: Client, opcode: int) -> None:
    echo.send(opcode, b"", fin=False)

    assert closes_with(echo) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_message_in_fragments_comes_back_whole(echo: Client, opcode: int) -> None:
    echo.send(opcode, b"one, ", fin=False)
    echo.send(CONTINUATION, b"", fin=False)
    echo.send(CONTINUATION, b"two, ", fin=False)
    echo.send(CONTINUATION, b"three")

    answer = echo.receive_message()
    assert (answer.opcode, answer.payload) == (opcode, b"one, two, three")


def test_a_ping_between_fragments_is_answered_before_the_message(echo: Client) -> None:
    echo.send(TEXT, b"first ", fin=False)
    echo.send(PING, b"in between")
    echo.send(CONTINUATION, b"last")

    assert (echo.receive().opcode, echo.receive().payload) == (PONG, b"first last")


def test_characters_may_be_cut_by_fragments(echo: Client) -> None:
    for byte in SENTENCE[:-1]:
        echo.send(TEXT if byte == SENTENCE[0] else CONTINUATION, bytes([byte]), fin=False)
    echo.send(CONTINUATION, SENTENCE[-1:])

    assert echo.receive_message().payload == SENTENCE


@pytest.mark.parametrize("fin", [True, False])
def test_a_continuation_of_nothing_fails_the_connection(echo: Client, fin: bool) -> None:
    echo.send(CONTINUATION, b"of what?", fin=fin)

    assert closes_with(echo) == 1002


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_a_new_message_inside_of_another_fails_the_connection(echo: Client, opcode: int) -> None:
    echo.send(TEXT, b"first", fin=False)
    echo.send(opcode, b"second")

    assert closes_with(echo) == 1002


# 6: UTF-8

INVALID_UTF8 = [
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",  # a surrogate
    b"\xf4\x90\x80\x80",  # beyond U+10FFFF
    b"\xfe",
    b"\xff",
    b"\xc0\xaf",  # overlong
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\x80",
    b"\xbf\x80",
    b"\xc0 ",
    b"\xf8\x88\x80\x80\x80",
    b"\xed\xbf\xbf",
    b"\xce",  # cut at the end
]


@pytest.mark.parametrize("payload", INVALID_UTF8)
def test_text_that_is_no_utf8_fails_the_connection(echo: Client, payload: bytes) -> None:
    echo.send(TEXT, payload)

    assert closes_with(echo) == 1007


def test_wrong_text_is_refused_as_soon_as_it_is_seen(echo: Client) -> None:
    echo.send(TEXT, b"\xce\xba\xf4\x90", fin=False)

    assert closes_with(echo) == 1007


def test_any_bytes_are_fine_in_a_binary_message(echo: Client) -> None:
    echo.send(BINARY, b"\xff\xfe\xf4\x90")

    assert echo.receive_message().payload == b"\xff\xfe\xf4\x90"


@pytest.mark.parametrize("text", ["\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff"])
def test_the_first_and_last_character_of_each_length_are_fine(echo: Client, text: str) -> None:
    echo.send(TEXT, text.encode())

    assert echo.receive_message().text == text


# 7: closing


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_with_its_code(echo: Client, code: int) -> None:
    echo.send(CLOSE, close_payload(code, "bye µ".encode()))

    assert closes_with(echo) == code


def test_a_close_without_a_code_is_answered_without_one(echo: Client) -> None:
    echo.send(CLOSE)

    assert closes_with(echo) is None


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
def test_a_close_with_a_code_that_nobody_may_send_fails_the_connection(echo: Client, code: int) -> None:
    echo.send(CLOSE, close_payload(code))

    assert closes_with(echo) == 1002


def test_a_close_with_half_a_code_fails_the_connection(echo: Client) -> None:
    echo.send(CLOSE, b"\x03")

    assert closes_with(echo) == 1002


def test_a_close_whose_reason_is_no_utf8_fails_the_connection(echo: Client) -> None:
    echo.send(CLOSE, close_payload(1000, b"\xce\xba\xf4\x90\x80\x80"))

    assert closes_with(echo) == 1007


def test_nothing_is_answered_after_a_close(echo: Client) -> None:
    echo.send_bytes(frame(CLOSE, close_payload(1000)) + frame(TEXT, b"late") + frame(PING, b"late"))

    assert closes_with(echo) == 1000


def test_a_client_that_leaves_without_a_close_is_let_go(echo: Client) -> None:
    echo.half_close()

    assert echo.is_cut()


# Framing


def test_a_frame_without_a_mask_fails_the_connection(echo: Client) -> None:
    echo.send(TEXT, b"naked", masked=False)

    assert closes_with(echo) == 1002


@pytest.mark.parametrize(("size", "length"), [(5, 16), (125, 16), (5, 64), (65_535, 64)])
def test_a_length_written_longer_than_needed_fails_the_connection(echo: Client, size: int, length: int) -> None:
    echo.send(BINARY, b"*" * size, length=length)

    assert closes_with(echo) == 1002


def test_a_length_with_its_highest_bit_set_fails_the_connection(echo: Client) -> None:
    echo.send_bytes(b"\x82\xff" + b"\x80" + bytes(7) + bytes(4))

    assert closes_with(echo) == 1002


# 9 and 10: limits


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_sixteen_mebibytes_come_back(echo: Client, opcode: int) -> None:
    payload = b"0123456789abcdef" * (1 << 20)

    echo.send(opcode, payload)

    assert echo.receive_message().payload == payload


def test_a_mebibyte_in_fragments_of_a_kibibyte_comes_back(echo: Client) -> None:
    payload = bytes(range(256)) * 4
    middle = b"".join(frame(CONTINUATION, payload, fin=False) for _ in range(1022))

    echo.send_bytes(frame(BINARY, payload, fin=False) + middle + frame(CONTINUATION, payload))

    assert echo.receive_message().payload == payload * 1024


def test_fragments_of_odd_sizes_come_back_whole(echo: Client) -> None:
    payload = b"*" * 65_536
    pieces = [payload[start : start + 1300] for start in range(0, len(payload), 1300)]

    for number, piece in enumerate(pieces):
        echo.send(CONTINUATION if number else TEXT, piece, fin=number == len(pieces) - 1)

    assert echo.receive_message().payload == payload


def test_a_message_over_the_limit_closes_the_connection(echo: Client) -> None:
    piece = frame(BINARY, b"*" * (1 << 20), fin=False)
    echo.send_bytes(piece)
    rest = frame(CONTINUATION, b"*" * (1 << 20), fin=False)

    for _ in range(64):
        echo.send_bytes(rest)

    assert closes_with(echo) == 1009


# The handshake


@pytest.mark.parametrize(
    "change",
    [
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Connection": None},
        {"Connection": "keep-alive"},
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": "dG9vIHNob3J0"},
        {"Sec-WebSocket-Key": "no base64 at all"},
    ],
)
def test_a_faulty_handshake_is_a_bad_request(server: Server, change: dict[str, str | None]) -> None:
    client = server.client()

    assert client.request("/_echo", change).startswith("HTTP/1.1 400 ")


@pytest.mark.parametrize("version", ["8", "14", None])
def test_another_version_is_told_which_one_we_speak(server: Server, version: str | None) -> None:
    client = server.client()

    head = client.request("/_echo", {"Sec-WebSocket-Version": version})

    assert head.startswith("HTTP/1.1 426 ")
    assert "Sec-WebSocket-Version: 13" in head


def test_a_handshake_is_never_a_post(server: Server) -> None:
    client = server.client()

    assert client.request("/_echo", {"Content-Length": "0"}, method="POST").startswith(
        ("HTTP/1.1 400 ", "HTTP/1.1 405 ")
    )


def test_tokens_of_the_handshake_are_found_whatever_their_case(server: Server) -> None:
    client = server.client()

    head = client.request("/_echo", {"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"})

    assert head.startswith("HTTP/1.1 101 ")
