"""A server with a few sockets for tests, raw frames to send to them, and what comes back."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import websocket
from flask import Blueprint, Flask, current_app, request

from backend.api.context import here
from backend.api.sockets import OPEN, OpenSockets, socket_route
from backend.app import create_app
from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.safety.websocket import Closed, Socket
from backend.server import StudioServer


class Place:
    """A served app with a few sockets."""

    def __init__(self, folder: Path, token: str) -> None:
        self.server = StudioServer(("127.0.0.1", 0), None, 130)
        self.port = self.server.bind_now()
        settings = Settings(data_dir=folder, port=self.port, fake_engine="on", token=token, stream_limit=110)
        self.app: Flask = create_app(settings)
        self.app.register_blueprint(some_sockets())
        self.server.wsgi_app = self.app
        self.ended: list[tuple[str, int]] = []
        self.callers: list[websocket.WebSocket] = []
        self.app.extensions["ended"] = self.ended
        self.server.prepare()
        self._thread = threading.Thread(target=self.server.serve)
        self._thread.start()

    @property
    def open(self) -> OpenSockets:
        sockets: OpenSockets = self.app.extensions[OPEN]
        return sockets

    def connect(self, path: str = "/echo", **named: Any) -> websocket.WebSocket:
        caller = websocket.WebSocket()
        self.callers.append(caller)
        caller.settimeout(10)
        caller.connect(f"ws://127.0.0.1:{self.port}{path}", **named)  # type: ignore[no-untyped-call]  # the library has no stubs for it
        return caller

    def hang_up(self) -> None:
        """Close what the callers of one test left open."""
        for caller in self.callers:
            if caller.sock is not None:
                caller.sock.close()
        self.callers.clear()
        assert until(lambda: len(self.open) == 0)

    def raw(self, path: str = "/echo", receive_buffer: int = 0) -> socket.socket:
        """A socket after its handshake, for frames that no library would send."""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", self.port))
        sock.sendall(handshake(self.port, path))
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        return sock

    def stop(self) -> None:
        self.server.stop()
        self._thread.join()


def some_sockets() -> Blueprint:
    bp = Blueprint("tried", __name__)

    @socket_route(bp, "/echo")
    def echo(ws: Socket) -> None:
        for message in ws:
            ws.send(message)

    @socket_route(bp, "/flood/<int:n>")
    def flood(ws: Socket, n: int) -> None:
        ended = here_ended()
        try:
            for _ in range(n):
                ws.send(bytes(64 * 1024))
                ended.append(("sent", 1))
        except Closed:
            ended.append(("flood", ws.code))

    @socket_route(bp, "/deaf")
    def deaf(ws: Socket) -> None:
        while not ws.closed:
            time.sleep(0.01)

    @socket_route(bp, "/polite", headers=lambda: {"X-Tried": request.args["word"]})
    def polite(ws: Socket) -> None:
        assert ws.receive(timeout=0.05) is None
        ws.send(f"slots {here().slots.taken}")
        ws.close(4001, "é" * 200)

    @socket_route(bp, "/broken")
    def broken(ws: Socket) -> None:
        raise RuntimeError("on purpose")

    @socket_route(bp, "/refused", headers=refuse)
    def refused(ws: Socket) -> None:
        raise AssertionError

    return bp


def here_ended() -> list[tuple[str, int]]:
    ended: list[tuple[str, int]] = current_app.extensions["ended"]
    return ended


def refuse() -> dict[str, str]:
    raise BadRequest("No.")


def handshake(port: int, path: str, **changed: str) -> bytes:
    headers = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


def frame(opcode: int, payload: bytes, *, last: bool = True, masked: bool = True, length: int | None = None) -> bytes:
    n = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if last else 0)])
    mark = 0x80 if masked else 0
    if n < 126:
        head += bytes([mark | n])
    elif n < 65536:
        head += bytes([mark | 126]) + struct.pack(">H", n)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", n)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def read_frame(sock: socket.socket) -> tuple[int, bytes]:
    """Opcode and payload of the server's next frame; (0, b"") at the end."""

    def exactly(n: int) -> bytes:
        data = b""
        while len(data) < n:
            piece = sock.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    try:
        first, second = exactly(2)
        n = second & 0x7F
        n = struct.unpack(">H", exactly(2))[0] if n == 126 else struct.unpack(">Q", exactly(8))[0] if n == 127 else n
        return first & 0x0F, exactly(n)
    except (EOFError, ConnectionResetError):
        return 0, b""


def close_code(sock: socket.socket) -> int:
    """The code in the next close frame, over whatever stands before it."""
    while True:
        opcode, payload = read_frame(sock)
        if opcode == 8:
            return int(struct.unpack(">H", payload[:2])[0])
        if opcode == 0:
            return 0


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()
