"""Wyoming's events on a socket: a line of JSON, then data, then payload, all bounded. Knows no speech.

`{"type", "data"?, "data_length"?, "payload_length"?}\n`, so many bytes of JSON merged over `data`, so many raw bytes.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from backend import __version__
from backend.core.errors import Malformed, Problem, RequestTimeout, TooLarge

MOST_PAYLOAD = 2**20  # bytes of sound in one event: half a minute at 16 kHz
EVENT_SECONDS = 30.0
"""How long an event that has begun may take, and an answer that nobody takes."""
IDLE_SECONDS = 600.0  # without any event

_READ = 64 * 1024
_LENGTHS = ("data_length", "payload_length")


@dataclass(frozen=True)
class Event:
    """One message, in either direction."""

    type: str
    data: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""


class Wire:
    """One connection. Reading is for one thread; writing is for any."""

    def __init__(self, sock: socket.socket, most_data: int) -> None:
        self._sock = sock
        self._most_data = most_data
        self._read = bytearray()
        self._writing = threading.Lock()
        self._until = 0.0
        sock.settimeout(EVENT_SECONDS)
        with contextlib.suppress(OSError):  # the other side has left already: reading tells it
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self) -> Event | None:
        """The next event; None where the other side left between two of them.

        Raises Malformed, TooLarge, RequestTimeout, after which nothing more can be read; OSError.
        """
        self._until = time.monotonic() + IDLE_SECONDS
        if not self._read and not self._more():
            return None
        self._until = time.monotonic() + EVENT_SECONDS
        head = _object(self._line())
        kind = head.get("type")
        if not isinstance(kind, str):
            raise Malformed("An event has no type.")
        data = head.get("data") or {}
        if not isinstance(data, dict):
            raise Malformed("The data of an event is no object.")
        data_length, payload_length = (_length(head, name) for name in _LENGTHS)
        if data_length > self._most_data or payload_length > MOST_PAYLOAD:
            raise TooLarge(f"An event may hold {self._most_data} bytes of data and {MOST_PAYLOAD} of sound.")
        if data_length:
            data = data | _object(self._exactly(data_length))
        return Event(kind, data, self._exactly(payload_length))

    def write(self, event: Event) -> None:
        """Raises OSError where the other side has left, or takes nothing for half a minute."""
        head: dict[str, Any] = {"type": event.type, "version": __version__}
        data = json.dumps(event.data, ensure_ascii=False).encode() if event.data else b""
        if data:
            head["data_length"] = len(data)
        if event.payload:
            head["payload_length"] = len(event.payload)
        with self._writing:
            self._sock.sendall(json.dumps(head).encode() + b"\n" + data + event.payload)

    def tell(self, problem: Problem) -> None:
        """What went wrong, as Wyoming says it."""
        self.write(
            Event("error", {"text": " ".join(filter(None, (problem.detail, problem.hint))), "code": problem.code})
        )

    def close(self) -> None:
        """From any thread; whoever reads sees the end."""
        with contextlib.suppress(OSError):  # the other side was faster
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _line(self) -> bytes:
        searched = 0
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            if searched > self._most_data:
                raise TooLarge("The line of an event is too long.")
            self._rest()
        return self._take(end + 1)

    def _exactly(self, length: int) -> bytes:
        while len(self._read) < length:
            self._rest()
        return self._take(length)

    def _rest(self) -> None:
        if not self._more():
            raise Malformed("The connection ended within an event.")

    def _more(self) -> bool:
        while time.monotonic() < self._until:  # a sender that drips has no more time than others
            try:
                piece = self._sock.recv(_READ)
            except TimeoutError:
                continue
            self._read += piece
            return bool(piece)
        raise RequestTimeout("Nothing came for too long.")

    def _take(self, length: int) -> bytes:
        taken = bytes(self._read[:length])
        del self._read[:length]
        return taken


def _length(head: dict[str, Any], name: str) -> int:
    value = head.get(name) or 0
    if not isinstance(value, int) or value < 0:
        raise Malformed(f"The {name} of an event is no length.")
    return value


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode())
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair cannot be encoded
    except RecursionError:
        raise Malformed("The JSON is nested too deeply.") from None
    except ValueError:  # no JSON, no UTF-8, or a number of thousands of digits
        raise Malformed("Wyoming's events are lines of JSON in UTF-8.", hint="This port speaks no HTTP.") from None
    if not isinstance(value, dict):
        raise Malformed("An event is a JSON object.")
    return value
