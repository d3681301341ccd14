"""WebSockets on the real server: handshakes, limits, silence, floods, and clients that vanish."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from backend.api import sockets
from backend.api.sockets import OpenSockets
from backend.safety import websocket as frames
from backend.safety.websocket import GOING_AWAY, Socket, SocketLimits
from tests.socket_place import Place, close_code, frame, handshake, read_frame, until

KEY = "a-key-for-the-tests"
SHORT = SocketLimits(message=100_000, ping=0.3, dead=1.2, stalled=1.2, farewell=0.5)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("sockets"), "")
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _everybody_hangs_up(place: Place, locked: Place) -> Iterator[None]:
    yield
    place.hang_up()
    locked.hang_up()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("locked"), KEY)
    yield made
    made.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets opened meanwhile wait a second where others wait a minute."""
    monkeypatch.setattr(sockets, "Socket", lambda sock, early: Socket(sock, early, SHORT))


def test_words_and_bytes_come_back_whole(place: Place) -> None:
    ws = place.connect()
    for text in ("Good morning, Zoë 👋", "", "x" * 70_000):
        ws.send(text)
        assert ws.recv() == text
    ws.send_binary(bytes(range(256)) * 500)
    assert ws.recv() == bytes(range(256)) * 500


def test_a_message_in_pieces_arrives_as_one(place: Place) -> None:
    with place.raw() as sock:
        sock.sendall(frame(1, "Grü".encode()[:4], last=False) + frame(9, b"hey") + frame(0, b"\xbc\xc3\x9fe"[1:]))
        assert read_frame(sock) == (10, b"hey")
        assert read_frame(sock) == (1, "Grüße".encode())


def test_frames_that_come_with_the_handshake_are_not_lost(place: Place) -> None:
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as sock:
        sock.sendall(handshake(place.port, "/echo") + frame(1, b"early"))
        data = b""
        while b"early" not in data:
            data += sock.recv(1000)
    assert data.endswith(b"\x81\x05early")


def test_the_handshake_carries_the_headers_of_the_route_and_of_the_gate(place: Place) -> None:
    ws = place.connect("/polite?word=welcome")
    assert ws.headers["x-tried"] == "welcome"
    assert ws.headers["x-request-id"]
    assert "sec-websocket-protocol" not in ws.headers
    assert ws.recv() == "slots 1"
    opcode, frame = ws.recv_data_frame(control_frame=True)
    assert (opcode, struct.unpack(">H", frame.data[:2])[0]) == (8, 4001)
    assert frame.data[2:].decode() == "é" * 61


def test_a_plain_request_is_told_to_upgrade(place: Place) -> None:
    answer = place.app.test_client().get("/echo", base_url=f"http://127.0.0.1:{place.port}")
    assert (answer.status_code, answer.get_json()["code"]) == (426, "upgrade-required")
    assert (answer.headers["Upgrade"], answer.headers["Sec-WebSocket-Version"]) == ("websocket", "13")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Upgrade": "h2c"}, 426),
        ({"Connection": "close"}, 426),
        ({"Sec_WebSocket_Version": "8"}, 426),
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "short"}, 400),
        ({"Content_Length": "4"}, 400),
        ({"Host": "evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
    ],
)
def test_what_is_no_handshake_of_ours_is_refused(place: Place, changed: dict[str, str], status: int) -> None:
    with socket.create_connection(("127.0.0.1", place.port), timeout=10) as sock:
        sock.sendall(handshake(place.port, "/echo", **changed) + b"{}{}")
        assert int(sock.recv(1000)[9:12]) == status


def test_a_route_may_refuse_before_anything_is_open(place: Place) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        place.connect("/refused")
    assert refused.value.status_code == 422
    assert json.loads(refused.value.resp_body or b"")["detail"] == "No."
    assert until(lambda: len(place.open) == 0)


@pytest.mark.parametrize(
    "given",
    [
        {"header": {"Authorization": f"Bearer {KEY}"}},
        {"header": {"X-API-Key": KEY}},
        {"subprotocols": ["token", KEY]},
        {"subprotocols": ["bearer", KEY]},
    ],
)
def test_the_right_key_opens(locked: Place, given: dict[str, Any]) -> None:
    ws = locked.connect(**given)
    assert ws.getsubprotocol() == given.get("subprotocols", [None])[0]
    ws.send("in")
    assert ws.recv() == "in"


@pytest.mark.parametrize("given", [{}, {"subprotocols": ["token", "wrong"]}, {"subprotocols": ["chat", KEY]}])
def test_without_the_right_key_nothing_opens(locked: Place, given: dict[str, Any]) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        locked.connect(**given)
    assert refused.value.status_code == 401


def test_a_failure_behind_the_socket_closes_it_with_1011_and_tells_nothing(place: Place) -> None:
    ws = place.connect("/broken")
    _, frame = ws.recv_data_frame(control_frame=True)
    assert frame.data == struct.pack(">H", 1011) + b"An unexpected error stopped the studio here."


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(1, b"hi", masked=False), 1002),
        (frame(3, b"hi"), 1002),
        (b"\xff\xff" + os.urandom(64), 1002),
        (frame(0, b"no beginning"), 1002),
        (frame(9, b"x" * 126), 1002),
        (frame(9, b"x", last=False), 1002),
        (frame(1, b"\xff\xfe"), 1007),
        (frame(8, b"\x01"), 1002),
        (frame(8, struct.pack(">H", 1005)), 1002),
        (frame(2, b"x" * 1000, length=2**62), 0),
    ],
    ids=["unmasked", "opcode", "noise", "orphan", "long-ping", "split-ping", "text", "close", "close-code", "endless"],
)
def test_garbage_ends_that_socket_and_nothing_else(place: Place, sent: bytes, code: int) -> None:
    other = place.connect()
    with place.raw() as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        assert close_code(sock) == code
    other.send("still here")
    assert other.recv() == "still here"


def test_a_message_that_is_too_large_is_refused_with_its_limit(place: Place) -> None:
    with place.raw() as sock:
        with contextlib.suppress(OSError):
            for n in range(70):
                sock.sendall(frame(2 if n == 0 else 0, bytes(64 * 1024), last=False))
        assert close_code(sock) == 1009


def test_a_quiet_socket_lives_while_its_client_answers_pings(place: Place, impatient: None) -> None:
    with place.raw() as sock:
        end = time.monotonic() + 2.5  # twice what a mute one gets
        while time.monotonic() < end:
            opcode, payload = read_frame(sock)
            assert opcode == 9
            sock.sendall(frame(10, payload))
        sock.sendall(frame(1, b"there"))
        assert read_frame(sock) == (1, b"there")


def test_a_client_that_went_mute_is_given_up(place: Place, impatient: None) -> None:
    with place.raw("/deaf"):
        assert until(lambda: len(place.open) == 1)
        assert until(lambda: len(place.open) == 0, 4)


def test_a_client_that_never_reads_holds_the_sender_and_fills_no_memory(place: Place, impatient: None) -> None:
    place.ended.clear()
    with place.raw("/flood/100000", receive_buffer=4096):
        assert until(lambda: ("flood", frames.LOST) in place.ended, 6)
    assert place.ended.count(("sent", 1)) * 64 * 1024 < 16 * 2**20  # what the kernel keeps, and no more


def test_a_sender_that_nobody_receives_has_to_wait(place: Place, impatient: None) -> None:
    with place.raw("/deaf") as sock:
        sock.settimeout(0.5)
        sent = 0
        message = frame(2, bytes(50_000))
        with contextlib.suppress(TimeoutError):
            while sent < 64 * 2**20:
                sock.sendall(message)
                sent += len(message)
        assert sent < 16 * 2**20
        for ws in list(place.open._open):  # it does not see that its caller leaves: it waits to be received
            ws.close(GOING_AWAY)
    assert until(lambda: len(place.open) == 0)


def test_a_client_that_is_killed_frees_its_slot_at_once(place: Place) -> None:
    sock = place.raw("/flood/100000")
    assert until(lambda: len(place.open) == 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closes with a reset
    sock.close()
    assert until(lambda: len(place.open) == 0, 2)
    slots = place.app.extensions["qwentts"].slots
    assert until(lambda: slots.taken == 0, 2)


def test_a_hundred_sockets_speak_at_once_and_more_than_the_limit_wait_outside(place: Place) -> None:
    opened = [place.connect() for _ in range(110)]
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        place.connect()
    assert refused.value.status_code == 429
    for n, ws in enumerate(opened):
        ws.send(f"I am {n}")
    assert [ws.recv() for ws in opened] == [f"I am {n}" for n in range(110)]


def test_the_end_of_the_studio_says_going_away(tmp_path: Path) -> None:
    place = Place(tmp_path, "")
    quiet, busy = place.raw(), place.raw("/flood/100000", receive_buffer=4096)
    assert until(lambda: len(place.open) == 2)
    began = time.monotonic()
    place.open.close(GOING_AWAY, "The studio is closing.")
    assert close_code(quiet) == 1001
    quiet.close()
    place.stop()
    assert time.monotonic() - began < 5
    busy.close()


def test_a_handshake_that_was_under_way_at_the_end_of_the_studio_is_left_too() -> None:
    ours, theirs = socket.socketpair()
    theirs.settimeout(10)
    leaving = OpenSockets()
    leaving.close(GOING_AWAY, "The studio is closing.")
    ws = Socket(ours)
    leaving.add(ws)
    assert close_code(theirs) == 1001
    theirs.close()
    ws.finish()
    ours.close()


def stuffed(sock: socket.socket) -> None:
    """Fill what lies between the two ends, so that nothing more can be sent."""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(bytes(4096))


def test_a_farewell_waits_for_no_reader_that_has_stopped() -> None:
    pairs = [socket.socketpair() for _ in range(12)]
    open_ones = OpenSockets()
    for ours, _ in pairs:
        stuffed(ours)
        open_ones.add(Socket(ours, limits=SocketLimits(ping=4, stalled=4)))
    sockets_of = list(open_ones._open)
    began = time.monotonic()
    open_ones.close(GOING_AWAY, "The studio is closing.")
    assert time.monotonic() - began < 2
    for ws in sockets_of:
        ws.finish()
    for pair in pairs:
        for end in pair:
            end.close()
