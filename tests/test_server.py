"""The web server below WSGI, by raw sockets: ambiguous requests, slow ones, bodies nobody wants, many at once."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from backend.core.errors import Problem
from backend.core.settings import Settings
from backend.safety.callers import callers_of
from backend.safety.gate import Gate, answer_problem
from backend.safety.keys import Keys
from backend.server import StudioServer

LIMIT = 100_000


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    """Answers with the length of the body it read; `/unread` reads nothing."""
    try:
        size = len(environ["wsgi.input"].read()) if environ["PATH_INFO"] != "/unread" else 0
    except Problem as problem:
        return answer_problem(problem, "", start)
    body = f"{environ['REQUEST_METHOD']} {size}".encode()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = StudioServer(("127.0.0.1", 0), None, 20)
    number = server.bind_now()
    settings = Settings(port=number)
    server.wsgi_app = Gate(echo, callers_of(settings), Keys("", number), lambda method, path: LIMIT)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield number
    server.stop()
    thread.join()


class Wire:
    """One raw connection."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.host = f"Host: 127.0.0.1:{port}\r\n"

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_error: object) -> None:
        self.sock.close()

    def send(self, text: str | bytes) -> None:
        self.sock.sendall(text.encode("latin-1") if isinstance(text, str) else text)

    def answer(self) -> tuple[int, bytes]:
        """Everything until the server closes or the declared body is complete."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                break
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0].split(b":")[1]):
            body += self.sock.recv(65536)
        return int(head[9:12] or 0), body

    def closed(self) -> bool:
        """Whether the server has ended the connection."""
        try:
            return self.sock.recv(1) == b""
        except ConnectionResetError:
            return True


def asked(port: int, text: str) -> tuple[int, bytes]:
    with Wire(port) as wire:
        wire.send(text.replace("HOST\r\n", wire.host))
        return wire.answer()


JSON = "Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\r\nHOST\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST\r\nHOST\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHOST\r\n\r\n",
        "GET //evil.example/ HTTP/1.1\r\nHOST\r\n\r\n",
        "OPTIONS http://evil.example/ HTTP/1.1\r\nHOST\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHOST\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST\r\nOrigin: null\r\nOrigin: http://127.0.0.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST\r\nHost : x\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST\r\nA: b\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHOST\r\nA_B: c\r\n\r\n".replace("A_B: c", "A(B: c"),
        "GET / HTTP/1.1\r\nHOST\r\nA: b\x00c\r\n\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n{}1",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nContent-Length: -3\r\n\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nContent-Length: +3\r\n\r\n{}1",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nContent-Length: 1_0\r\n\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n",
        "POST / HTTP/1.1\r\nHOST\r\nJSON\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "GET /\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "get / HTTP/1.1\r\nHOST\r\n\r\n",
    ],
)  # fmt: skip
def test_an_ambiguous_or_broken_request_is_answered_400_as_a_problem(port: int, request_text: str) -> None:
    status, body = asked(port, request_text.replace("JSON\r\n", JSON))
    assert status == 400
    assert json.loads(body)["code"] == "malformed-request"


def test_a_foreign_host_is_answered_421(port: int) -> None:
    assert asked(port, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")[0] == 421


def test_errors_below_the_app_carry_the_protective_headers(port: int) -> None:
    with Wire(port) as wire:
        wire.send("GET / HTTP/9\r\n\r\n")
        head = wire.sock.recv(4096)
    assert b"Content-Security-Policy: default-src 'self'" in head
    assert b"application/problem+json" in head


def test_headers_without_end_are_answered_431(port: int) -> None:
    with Wire(port) as wire:
        wire.send("GET / HTTP/1.1\r\n" + wire.host)
        try:
            for _ in range(2000):
                wire.send("X-Filler: " + "x" * 80 + "\r\n")
        except OSError:
            pass  # it hung up while we still sent
        assert wire.answer()[0] == 431


def test_a_declared_giant_is_refused_before_it_is_sent(port: int) -> None:
    with Wire(port) as wire:
        began = time.monotonic()
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Content-Length: 10000000000\r\n\r\n")
        assert wire.answer()[0] == 413
        assert time.monotonic() - began < 4


def test_a_sender_that_waits_for_continue_is_refused_without_sending(port: int) -> None:
    with Wire(port) as wire:
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Expect: 100-continue\r\nContent-Length: {LIMIT + 1}\r\n\r\n")
        assert wire.answer()[0] == 413


def test_a_sender_that_waits_for_continue_gets_it_when_the_body_is_read(port: int) -> None:
    with Wire(port) as wire:
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert wire.answer()[0] == 100
        wire.send("{}")
        assert wire.answer() == (200, b"POST 2")


def test_a_chunked_body_over_the_limit_is_cut(port: int) -> None:
    with Wire(port) as wire:
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"fff\r\n" + b"x" * 0xFFF + b"\r\n"
        try:
            for _ in range(1000):
                wire.send(chunk)
        except OSError:
            pass  # it hung up while we still sent
        assert wire.answer()[0] == 413


def test_a_flood_of_tiny_chunks_is_refused(port: int) -> None:
    with Wire(port) as wire:
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Transfer-Encoding: chunked\r\n\r\n")
        wire.send(b"1\r\nx\r\n" * 11_000)
        assert wire.answer()[0] == 400


def test_a_whole_chunked_body_is_read_and_the_connection_goes_on(port: int) -> None:
    with Wire(port) as wire:
        for _ in range(2):
            wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Transfer-Encoding: chunked\r\n\r\n")
            wire.send("3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
            assert wire.answer() == (200, b"POST 5")


def test_an_unread_body_is_never_taken_for_the_next_request(port: int) -> None:
    smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    with Wire(port) as wire:
        wire.send(f"POST /unread HTTP/1.1\r\n{wire.host}{JSON}Content-Length: {len(smuggled)}\r\n\r\n{smuggled}")
        assert wire.answer()[0] == 200
        assert wire.closed()


def test_a_body_that_ends_early_is_answered_400(port: int) -> None:
    with Wire(port) as wire:
        wire.send(f"POST / HTTP/1.1\r\n{wire.host}{JSON}Content-Length: 100\r\n\r\nhalf")
        wire.sock.shutdown(socket.SHUT_WR)
        assert wire.answer()[0] == 400


def test_a_silent_crowd_holds_no_thread(port: int) -> None:
    """Browsers open connections ahead of need; twenty threads must not starve under a hundred of them."""
    crowd = [Wire(port) for _ in range(100)]
    try:
        began = time.monotonic()
        assert asked(port, "GET / HTTP/1.1\r\nHOST\r\n\r\n")[0] == 200
        assert time.monotonic() - began < 4
    finally:
        for wire in crowd:
            wire.sock.close()


def test_headers_that_drip_are_cut_after_ten_seconds(port: int) -> None:
    with Wire(port) as wire:
        began = time.monotonic()
        wire.send("GET / HTTP/1.1\r\n" + wire.host)
        status = 0
        while time.monotonic() - began < 14 and not status:
            wire.send("X")
            wire.sock.settimeout(0.5)
            try:
                status = wire.answer()[0]
            except TimeoutError:
                continue
        assert status == 408
        assert 9 < time.monotonic() - began < 12


def test_underscored_headers_cannot_pose_as_others(port: int) -> None:
    status, _ = asked(port, "POST / HTTP/1.1\r\nHOST\r\nContent_Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
    assert status in (400, 415)
