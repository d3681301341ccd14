"""The web server: cheroot, made strict where it is lenient. Knows WSGI, and nothing of the studio.

Stricter: one Host, no folded or doubled headers, never a length and chunks together, headers complete within ten
seconds, bodies read only when somebody wants them, refused bodies not swallowed, every error a problem.
"""

from __future__ import annotations

import contextlib
import logging
import re
import secrets
import selectors
import socket
import time
from typing import Any

from cheroot.makefile import MakeFile, StreamReader
from cheroot.server import HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

from backend.core.errors import (
    HeadersTooLarge,
    Malformed,
    MethodNotAllowed,
    Problem,
    RequestTimeout,
    ShuttingDown,
    TooLarge,
    UriTooLong,
)
from backend.safety.gate import SECURITY_HEADERS, WsgiApp, problem_body
from backend.safety.wire import ChunkedBody, KnownBody, PromptBody

log = logging.getLogger("studio.server")

HEADER_SECONDS = 10.0
HEADER_BYTES = 64 * 1024
IDLE_SECONDS = 10
LINGER_SECONDS = 2.0  # how long the rest of a refused body is thrown away, so that the answer arrives

_SINGLE = frozenset(
    b"Host Content-Length Content-Type Transfer-Encoding Origin Authorization X-Api-Key Cookie "
    b"Sec-Fetch-Site Sec-Fetch-Mode Sec-Fetch-Dest X-Studio If-Match Last-Event-Id Range".split()
)
_NAME = re.compile(rb"[A-Za-z0-9!#$%&'*+.^`|~-]+")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")

_PROBLEMS: dict[str, type[Problem]] = {
    "405": MethodNotAllowed,
    "408": RequestTimeout,
    "413": TooLarge,
    "414": UriTooLong,
    "431": HeadersTooLarge,
    "500": Problem,
    "503": ShuttingDown,
}


class StrictHeaders:
    """Reads header lines; anything ambiguous is a ValueError, which cheroot answers with 400."""

    def __call__(self, rfile: Any, found: dict[bytes, bytes]) -> dict[bytes, bytes]:
        while (line := rfile.readline()) != b"\r\n":
            name, colon, value = line.partition(b":")
            if not line.endswith(b"\r\n") or not colon or not _NAME.fullmatch(name):
                raise ValueError("A header line is malformed.")
            key, value = name.title(), value[:-2].strip()
            if not _VALUE.fullmatch(value):
                raise ValueError("A header holds control characters.")
            if key in found and key in _SINGLE:
                raise ValueError("A header stands twice that may stand once.")
            if key == b"Expect":
                value = value.upper()  # keeps cheroot from answering 100 before the gate has spoken
            found[key] = b", ".join((found[key], value)) if key in found else value
        self._check_lengths(found)
        return found

    @staticmethod
    def _check_lengths(found: dict[bytes, bytes]) -> None:
        length = found.get(b"Content-Length")
        if length is not None and not (length.isdigit() and len(length) < 19):
            raise ValueError("Content-Length is not a number.")
        coding = found.get(b"Transfer-Encoding")
        if coding is not None and (length is not None or coding.lower() != b"chunked"):
            raise ValueError("The body has two lengths, or an unknown coding.")
        if b"Host" not in found:
            raise ValueError("The Host header is missing.")


class _PatientSocket(socket.SocketIO):
    """Reads that end together at a deadline, however slowly the bytes drip."""

    deadline: float | None = None  # monotonic seconds

    def readinto(self, buffer: Any) -> int | None:
        sock: socket.socket = self._sock  # type: ignore[attr-defined]  # SocketIO keeps it under this name
        usual = sock.gettimeout()
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            sock.settimeout(left)
        try:
            return super().readinto(buffer)
        finally:
            sock.settimeout(usual)


class _Reader(StreamReader):
    """cheroot's buffered reader over a patient socket."""

    def __init__(self, sock: socket.socket, size: int) -> None:
        super(StreamReader, self).__init__(_PatientSocket(sock, "rb"), size)
        self.bytes_read = 0


class StrictRequest(HTTPRequest):
    """One request. Bodies are bounded by the gate and read piece by piece."""

    header_reader = StrictHeaders()

    def parse_request(self) -> None:
        self.conn.socket.settimeout(self.server.timeout)  # the answer before may have been granted more
        self.conn.rfile.raw.deadline = time.monotonic() + HEADER_SECONDS
        super().parse_request()
        self.conn.rfile.raw.deadline = None

    def read_request_line(self) -> bool:
        if not super().read_request_line():  # type: ignore[no-untyped-call]  # cheroot's stubs are partial
            return False
        if self.uri.startswith(b"/"):
            return True
        self.simple_response("400 Bad Request", "The address must begin with a slash.")  # OPTIONS * and absolute forms
        return False

    def read_request_headers(self) -> bool:
        if not super().read_request_headers():  # type: ignore[no-untyped-call]  # cheroot's stubs are partial
            self.close_connection = True
            return False
        return True

    def respond(self) -> None:
        source = self.conn.rfile
        length = int(self.inheaders.get(b"Content-Length", 0))
        body = ChunkedBody(source) if self.chunked_read else KnownBody(source, length)
        self.rfile = PromptBody(body, self.conn.wfile) if self.inheaders.get(b"Expect") else body
        self.server.gateway(self).respond()
        self.ensure_headers_sent()
        if self.chunked_write:
            self.conn.wfile.write(b"0\r\n\r\n")

    def take_over(self) -> tuple[socket.socket, bytes]:
        """HTTP ends here: the answer's head is sent; the socket, and what was read ahead, are the caller's.

        The connection is closed when the response has been used up.
        """
        self.close_connection = True
        self.ensure_headers_sent()
        reader = self.conn.rfile
        return self.conn.socket, reader.read1(reader.buffer_size) if reader.has_data() else b""

    def wait_for(self, seconds: float) -> None:
        """Let this answer be read as slowly as its listener plays: give him up only after so long without a byte."""
        self.conn.socket.settimeout(seconds)

    def has_left(self) -> bool:
        """Whether the caller has hung up. Asked while an answer waits for its first byte; reads nothing."""
        try:
            with selectors.DefaultSelector() as look:
                look.register(self.conn.socket, selectors.EVENT_READ)
                return bool(look.select(0)) and not self.conn.socket.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):  # reset, or closed by us meanwhile
            return True

    def send_headers(self) -> None:
        if not self.rfile.exhausted:  # what was not read must not be taken for the next request
            self.close_connection = True
            self.conn.unread = True
        super().send_headers()

    def simple_response(self, status: str, msg: str = "") -> None:
        """An error found below WSGI, in the shape of all others."""
        code = "431" if status.startswith("413") and "headers" in msg else status[:3]
        problem = _PROBLEMS.get(code, Malformed)(msg or "The server could not take this request.")
        body = problem_body(problem, secrets.token_hex(8))
        self.close_connection = True
        self.conn.unread = True
        headers = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **SECURITY_HEADERS,
        }
        lines = [f"HTTP/1.1 {code if code != '501' else '400'} {type(problem).__name__}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with contextlib.suppress(OSError):  # the caller is gone already
            self.conn.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)


class StrictConnection(HTTPConnection):
    """One connection, with a deadline for headers, and time for a refused sender to read why."""

    RequestHandlerClass = StrictRequest
    rbufsize = 64 * 1024
    unread = False

    def __init__(self, server: Any, sock: socket.socket, makefile: Any = MakeFile) -> None:
        super().__init__(server, sock, makefile)
        self.rfile = _Reader(sock, self.rbufsize)
        self.fresh = True

    def close(self) -> None:
        if self.unread:
            self._linger()
        super().close()

    def _linger(self) -> None:
        """Closing with unread bytes resets the connection, and the answer with it: read them away for a moment."""
        end = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not self.socket.recv(256 * 1024):
                    return


class StudioGateway(Gateway_10):
    """WSGI, and what it has no word for: WebSockets, callers who hang up, listeners who take their time."""

    def get_environ(self) -> Any:
        environ = super().get_environ()  # type: ignore[no-untyped-call]  # cheroot's stubs are partial
        ways = {"take_over": self.req.take_over, "has_left": self.req.has_left, "wait_for": self.req.wait_for}
        return {**environ, **{f"studio.{name}": way for name, way in ways.items()}}


class StudioServer(Server):
    """cheroot with 300 threads. A connection takes a thread only when it has something to say."""

    ConnectionClass = StrictConnection
    max_request_header_size = HEADER_BYTES
    keep_alive_conn_limit = 500
    expiration_interval = 0.25

    def __init__(self, address: tuple[str, int], app: WsgiApp | None, threads: int) -> None:
        super().__init__(
            address,
            app,
            numthreads=threads,
            server_name="QwenTTS",
            request_queue_size=512,
            timeout=IDLE_SECONDS,
            shutdown_timeout=2,
        )

        self.gateway = StudioGateway
        self._bound: socket.socket | None = None

    def bind_now(self) -> int:
        """Take the port before the studio is built, so that a taken one stops the start: OSError. Returns the port."""
        host, port = self.bind_addr
        family, kind, protocol, _, _ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        self.bind(family, kind, protocol)
        return int(self.bind_addr[1])

    def bind(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """cheroot binds once more when it starts: it gets the socket that is bound already."""
        if self._bound is None:
            self._bound = super().bind(family, kind, proto)
        self.socket = self._bound
        return self._bound

    def process_conn(self, conn: Any) -> None:
        if getattr(conn, "fresh", False):
            conn.fresh = False
            self.put_conn(conn)  # waits in the selector for its first byte
        else:
            super().process_conn(conn)

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
        log.log(level, "%s", msg, exc_info=traceback)
