"""One WebSocket (RFC 6455) over a plain socket, under limits. Knows messages and time; no routes, and no HTTP.

A thread of its own reads: it answers pings, sends them when the other side is quiet, and gives it up when that
stays mute. What arrives waits until somebody receives it, up to a limit; beyond it nothing more is read, so that the
sender has to wait. Sending waits for a slow reader and gives up one that takes nothing for a minute.
"""

from __future__ import annotations

import contextlib
import io
import logging
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Message, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError

log = logging.getLogger("studio.websocket")

NORMAL, GOING_AWAY, WRONG_KIND, POLICY, TOO_BIG, BROKEN = 1000, 1001, 1003, 1008, 1009, 1011
LOST = 1006
"""Stands for a connection that ended without a word; never sent."""

FAREWELL_SECONDS = 0.5  # a farewell waits this long for a sender that is stuck, or a reader
REASON_BYTES = 123  # what a close frame has room for
ENVELOPE = 128  # bytes that a waiting message counts for beside its content


class Closed(Exception):
    """The socket is closed; nothing goes either way any more."""


@dataclass(frozen=True)
class SocketLimits:
    """Bytes and seconds that one socket may take."""

    message: int = 4 * 2**20
    """Bytes of one message, and of all that wait to be received."""
    ping: float = 20.0
    """Seconds of quiet after which the other side is asked whether it is there."""
    dead: float = 60.0
    """Seconds of quiet after which it is gone."""
    stalled: float = 60.0
    """Seconds in which a reader must take at least something."""
    farewell: float = 2.0
    """Seconds that the other side has for its own close frame."""


class Socket:
    """A WebSocket that is open. `send` and `close` may be called by any thread, `receive` by one."""

    def __init__(self, sock: socket.socket, early: bytes = b"", limits: SocketLimits | None = None) -> None:
        self._sock = sock
        self._limits = limits or SocketLimits()
        self._protocol = Connection(ConnectionType.SERVER)
        self._sending = threading.Lock()
        self._news = threading.Condition()
        self._waiting: deque[str | bytes] = deque()
        self._held = 0  # bytes of what waits
        self._part: io.StringIO | io.BytesIO | None = None  # the beginning of a message
        self._part_bytes = 0
        self._heard = time.monotonic()
        self._closing = False
        self.code = LOST
        """How it ended."""
        sock.settimeout(self._limits.ping)
        self._reader = threading.Thread(target=self._read, args=(early,), name="websocket", daemon=True)
        self._reader.start()

    @property
    def closed(self) -> bool:
        return self._closing

    def receive(self, timeout: float | None = None) -> str | bytes | None:
        """The next message; None when `timeout` seconds brought none. Raises Closed at the end."""
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._closing, timeout)
            if not self._waiting:
                if self._closing:
                    raise Closed
                return None
            message = self._waiting.popleft()
            self._held -= _size(message)
            self._news.notify_all()
            return message

    def __iter__(self) -> Iterator[str | bytes]:
        """Every message until the socket is closed."""
        with contextlib.suppress(Closed):
            while (message := self.receive()) is not None:
                yield message

    def send(self, message: str | bytes) -> None:
        """Send one message, as slowly as it is taken. Raises Closed."""
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        with self._sending:
            self._write(event)

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Begin to close, and return at once; a second call changes nothing."""
        if self._end(code):
            self._say_farewell(code, reason)

    def finish(self) -> None:
        """Close, wait a moment for the other side's farewell, and end the connection."""
        self.close()
        self._reader.join(self._limits.farewell)
        self._cut()
        self._reader.join()

    def _end(self, code: int) -> bool:
        """Whether this call was the one that ended it."""
        with self._news:
            if self._closing:
                return False
            self._closing, self.code = True, code
            self._news.notify_all()
            return True

    def _say_farewell(self, code: int, reason: str) -> None:
        text = reason.encode()[:REASON_BYTES].decode(errors="ignore")
        end = time.monotonic() + FAREWELL_SECONDS
        if not self._sending.acquire(timeout=FAREWELL_SECONDS):
            self._cut()  # somebody is stuck in the middle of a message
            return
        try:
            if self._takes_more(end - time.monotonic()):
                self._write(CloseConnection(code, text))
            else:  # nobody waits for a reader that has stopped
                self._cut()
        except Closed:
            self._cut()
        finally:
            self._sending.release()

    def _takes_more(self, seconds: float) -> bool:
        """Whether a short message can be sent within that time without waiting for the other side."""
        try:
            with selectors.DefaultSelector() as look:
                look.register(self._sock, selectors.EVENT_WRITE)
                return bool(look.select(max(0.0, seconds)))
        except (OSError, ValueError):  # closed by the other side, or by us meanwhile
            return False

    def _cut(self) -> None:
        with contextlib.suppress(OSError):  # it is cut already
            self._sock.shutdown(socket.SHUT_RDWR)

    def _write(self, event: Event) -> None:
        """Under the lock of senders. Raises Closed."""
        try:
            left = memoryview(self._protocol.send(event))
            moved = time.monotonic()
            while left:
                try:
                    left = left[self._sock.send(left) :]
                    moved = time.monotonic()
                except TimeoutError:
                    if time.monotonic() - moved >= self._limits.stalled:
                        raise
        except (OSError, LocalProtocolError):
            self._end(LOST)
            self._cut()
            raise Closed from None

    def _read(self, early: bytes) -> None:
        try:
            data = early or self._next_bytes()
            while data and self._take(data):
                data = self._next_bytes()
        except (OSError, Closed):
            log.debug("a socket was lost")
        self._end(LOST)

    def _next_bytes(self) -> bytes:
        """What arrives next; nothing at the end, or when the other side is gone. Raises OSError and Closed."""
        while True:
            try:
                data = self._sock.recv(64 * 1024)
            except TimeoutError:
                if time.monotonic() - self._heard >= self._limits.dead:
                    return b""
                self._answer(Ping())
                continue
            self._heard = time.monotonic()
            return data

    def _take(self, data: bytes) -> bool:
        """Work through what arrived; whether the connection goes on."""
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            if isinstance(event, Ping):
                self._answer(event.response())
            elif isinstance(event, CloseConnection):
                self._end(event.code)
                if self._protocol.state is not ConnectionState.CLOSED:
                    self._say_farewell(event.code, event.reason or "")
                return False
            elif isinstance(event, Message) and not self._collect(event):
                self.close(TOO_BIG, f"A message may hold {self._limits.message} bytes.")
                return self._discard()
        return True

    def _answer(self, event: Ping | Pong) -> None:
        with self._sending:
            if self._protocol.state is ConnectionState.OPEN:
                self._write(event)

    def _discard(self) -> bool:
        """Read away what a refused sender still sends, for a moment, so that it gets to read why."""
        end = time.monotonic() + self._limits.farewell
        while time.monotonic() < end and self._sock.recv(256 * 1024):
            pass
        return False

    def _collect(self, event: Message[str] | Message[bytes | bytearray]) -> bool:
        """Add a piece to its message; False when that grows too large."""
        piece = event.data
        self._part_bytes += len(piece.encode()) if isinstance(piece, str) else len(piece)
        if self._part_bytes > self._limits.message:
            return False
        if self._part is None:
            self._part = io.StringIO() if isinstance(piece, str) else io.BytesIO()
        self._part.write(piece)  # type: ignore[arg-type]  # a message is of one kind from its first piece on
        if event.message_finished:
            whole, self._part, self._part_bytes = self._part.getvalue(), None, 0
            self._deliver(whole)
            self._heard = time.monotonic()  # it may have waited here for long, through no fault of the other side
        return True

    def _deliver(self, message: str | bytes) -> None:
        """Lay it down for the receiver; wait while too much lies there."""
        with self._news:
            self._news.wait_for(lambda: self._closing or self._held < self._limits.message)
            if self._closing:
                return
            self._waiting.append(message)
            self._held += _size(message)
            self._news.notify_all()


def _size(message: str | bytes) -> int:
    return len(message) + ENVELOPE
