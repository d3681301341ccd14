"""HTTP as the command line speaks it: JSON, forms with large files, streams of events, files. Knows no route."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import secrets
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from backend.commands.grammar import GONE
from backend.core.errors import PreviousFailure, Problem, ShuttingDown, Unauthorised

PATIENCE = 120.0  # seconds without a byte; a quiet stream beats four times a minute
PIECE = 256 * 1024  # bytes
LOOK = 0.3  # seconds between two looks for Ctrl-C, which Windows does not bring into a waiting socket
UNAUTHORISED = 401
CUT = (OSError, ValueError, http.client.HTTPException, AttributeError)
"""What reading raises on a line that was cut, or that we closed ourselves meanwhile."""
WENT_AWAY = "The studio went away in the middle."


class Gone(ShuttingDown):
    """Nobody answers where a studio was, or should be."""

    exit_status = GONE


class Answer:
    """A response and its connection. Use it by `with`."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self.response = response

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.response.close()
        self._connection.close()

    def json(self) -> dict[str, Any]:
        with _told():
            body: dict[str, Any] = json.loads(self.response.read())
        return body

    def save(self, target: Path) -> None:
        """Raises Gone where the body ends early; what cannot be written is an OSError."""
        with target.open("wb") as file:
            while piece := self._piece():
                file.write(piece)

    def text(self) -> str:
        with _told():
            return self.response.read().decode("utf-8")

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Number (empty for what is live only) and body of each event, to the end of the stream or the line."""
        number = ""
        for line in _aside(self.response):
            if line.startswith(b"id: "):
                number = line[4:].strip().decode()
            elif line.startswith(b"data: "):
                yield number, json.loads(line[6:])
                number = ""

    def _piece(self) -> bytes:
        with _told():
            return self.response.read(PIECE)


class Wire:
    """One studio."""

    def __init__(self, address: str, key: str) -> None:
        parts = urlsplit(address)
        self.address = address
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._base = str(parts.hostname), parts.port, parts.path
        self._head = {"Authorization": f"Bearer {key}"} if key else {}

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """JSON for JSON. Raises the problem that comes back, Gone."""
        with self.open(method, path, body) as answer:
            return answer.json()

    def open(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, accept: str = "application/json"
    ) -> Answer:
        head = {"Accept": accept}
        if body is None:
            return self._opened(method, path, head, None)
        return self._opened(method, path, head | {"Content-Type": "application/json"}, json.dumps(body).encode())

    def send(
        self, method: str, path: str, fields: Mapping[str, str], files: Mapping[str, Path], accept: str = "*/*"
    ) -> Answer:
        """A form; files are read while they are sent."""
        form = _Form(fields, files)
        head = {"Accept": accept, "Content-Type": form.media_type, "Content-Length": str(form.size)}
        return self._opened(method, path, head, form)

    def _opened(self, method: str, path: str, head: dict[str, str], body: bytes | _Form | None) -> Answer:
        connection = self._kind(self._host, self._port, timeout=PATIENCE)
        try:
            with _told(f"No studio answers at {self.address}.", "Start it, or look at the address."):
                connection.connect()
            with _told():
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused early: the answer says why
                    connection.request(method, self._base + path, body, self._head | head)
                answer = Answer(connection, connection.getresponse())
            if answer.response.status >= 400:
                raise self._problem(answer)
        except BaseException:
            connection.close()
            raise
        return answer

    def _problem(self, answer: Answer) -> Problem:
        status = answer.response.status
        try:
            body = json.loads(answer.response.read())
            if status == UNAUTHORISED:
                return Unauthorised(str(body["detail"]), hint="Give its key: --token KEY.")
            return PreviousFailure(body)
        except (OSError, ValueError, TypeError, KeyError, http.client.HTTPException):
            return Problem(f"What answers at {self.address} ({status}) is no studio.", hint="Look at the address.")


class _Form:
    """multipart/form-data, as pieces that are read when they are sent."""

    def __init__(self, fields: Mapping[str, str], files: Mapping[str, Path]) -> None:
        mark = secrets.token_hex(16)
        self.media_type = f"multipart/form-data; boundary={mark}"
        plain = [_part(mark, f'name="{name}"') + text.encode() + b"\r\n" for name, text in fields.items()]
        self._begin = b"".join(plain)
        self._files = [
            (_part(mark, f'name="{name}"; filename="{_safe(path.name)}"'), path) for name, path in files.items()
        ]
        self._end = f"--{mark}--\r\n".encode()
        sizes = [len(head) + path.stat().st_size + 2 for head, path in self._files]
        self.size = len(self._begin) + sum(sizes) + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        yield self._begin
        for head, path in self._files:
            yield head
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
            yield b"\r\n"
        yield self._end


def _part(mark: str, facts: str) -> bytes:
    return f"--{mark}\r\nContent-Disposition: form-data; {facts}\r\n\r\n".encode()


def _safe(name: str) -> str:
    """A file name within quotation marks, as browsers write it."""
    kept = name.encode("utf-8", "replace").decode()
    return kept.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def path_of(*steps: str) -> str:
    """`/api/history/<take>` of what users typed."""
    return "/" + "/".join(quote(step, safe="") for step in steps)


@contextlib.contextmanager
def _told(detail: str = WENT_AWAY, hint: str = "Start it again and repeat.") -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Gone(detail, hint=hint) from error


def _aside(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Lines, read by a thread: whoever waits here can be interrupted on every system."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(*CUT):
            for line in response:
                lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True, name="events").start()
    while True:
        try:
            line = lines.get(timeout=LOOK)
        except queue.Empty:
            continue
        if not line:
            return
        yield line
