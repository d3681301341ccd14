"""WebSocket routes: from a handshake to an open socket, and every open one by name. Knows no message.

The gate has judged the request like any other: Host, Origin, key. An upgraded request takes a slot like an event
stream; it holds its thread until the socket is closed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, cast

from flask import Blueprint, Response, copy_current_request_context, current_app, request

from backend.api.context import here
from backend.api.sse import StreamSlots
from backend.core.errors import Malformed, Problem, UpgradeRequired
from backend.safety.keys import KEY_PROTOCOLS
from backend.safety.websocket import BROKEN, Closed, Socket

log = logging.getLogger("studio.api")

OPEN = "qwentts-sockets"
TAKE_OVER = "studio.take_over"
"""In the environ: ends HTTP on the connection, and gives its socket and what was read ahead."""

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # of RFC 6455


class OpenSockets:
    """The sockets of one app, so that its end can take leave of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[Socket] = set()
        self._farewell: tuple[int, str] | None = None

    def add(self, ws: Socket) -> None:
        """One whose handshake was under way when the others were left is left at once."""
        with self._lock:
            self._open.add(ws)
            farewell = self._farewell
        if farewell is not None:
            ws.close(*farewell)

    def remove(self, ws: Socket) -> None:
        with self._lock:
            self._open.discard(ws)

    def __len__(self) -> int:
        return len(self._open)

    def close(self, code: int, reason: str) -> None:
        """For ever, and all at once: each may wait a moment for a reader that has stalled."""
        with self._lock:
            self._farewell = code, reason
            leaving = [threading.Thread(target=ws.close, args=self._farewell, daemon=True) for ws in self._open]
        for thread in leaving:
            thread.start()
        for thread in leaving:
            thread.join()


def socket_route(
    bp: Blueprint,
    rule: str,
    protocols: tuple[str, ...] = KEY_PROTOCOLS,
    headers: Callable[[], dict[str, str]] = dict,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Serve a WebSocket at `rule` by a function of a Socket and the rule's values.

    It runs in the connection's thread with flask's request context, and the socket is closed when it returns.
    `protocols` are those it may agree to, `headers` those of the handshake's answer: a Problem raised there refuses
    the request by an ordinary answer, one raised by the function closes the socket with 1011.
    """

    def decorate(serve: Callable[..., None]) -> Callable[..., None]:
        @wraps(serve)  # its declaration is found through the view
        def view(**values: Any) -> Response:
            if (declaration := getattr(serve, "declaration", None)) is not None:
                declaration.read()  # a wrong query is refused by an ordinary answer
            return _upgrade(serve, values, protocols, headers)

        for websocket in (True, False):  # werkzeug tells the two apart; a plain request is told to upgrade
            name = f"{serve.__name__}_{'socket' if websocket else 'plain'}"
            bp.add_url_rule(rule, name, view, methods=["GET"], websocket=websocket)
        return serve

    return decorate


def _upgrade(
    serve: Callable[..., None],
    values: dict[str, Any],
    protocols: tuple[str, ...],
    headers: Callable[[], dict[str, str]],
) -> Response:
    answer = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": _accepted_key(), **headers()}
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    agreed = next((name for name in offered if name in protocols), None)
    if agreed is not None:
        answer["Sec-WebSocket-Protocol"] = agreed
    slots = here().slots
    slots.take()
    run = _Run(copy_current_request_context(serve), values, request.environ[TAKE_OVER], current_app.extensions[OPEN])
    response = _Upgraded(_Held(run, slots), 101, answer)
    del response.headers["Content-Type"]
    return response


def _accepted_key() -> str:
    """The answer to the client's key. Raises UpgradeRequired and Malformed for what is no handshake."""
    asked = "websocket" in _words("Upgrade") and "upgrade" in _words("Connection")
    if not asked or request.method != "GET" or request.headers.get("Sec-WebSocket-Version") != "13":
        raise UpgradeRequired(
            "This address speaks WebSocket, version 13.", hint="Connect to it with a WebSocket client: ws:// in front."
        )
    key = request.headers.get("Sec-WebSocket-Key", "")
    try:
        whole = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        whole = False
    has_body = request.content_length or request.environ.get("wsgi.input_terminated")
    old = request.environ.get("SERVER_PROTOCOL") != "HTTP/1.1"
    if not whole or has_body or old or TAKE_OVER not in request.environ:
        raise Malformed("The WebSocket handshake is not one.", hint="Use a WebSocket library.")
    return base64.b64encode(hashlib.sha1(key.encode() + _MAGIC, usedforsecurity=False).digest()).decode()


def _words(header: str) -> list[str]:
    """The list in a header, in small letters."""
    return [word.strip().lower() for word in request.headers.get(header, "").split(",")]


class _Upgraded(Response):
    """A response whose body is the life of the socket: werkzeug would leave it out after 101."""

    def get_app_iter(self, environ: Any) -> Iterable[bytes]:
        return cast(Iterable[bytes], self.response)


class _Held:
    """Runs once and gives its slot back, also when it was never run."""

    def __init__(self, run: _Run, slots: StreamSlots) -> None:
        self._run = run
        self._slots: StreamSlots | None = slots

    def __iter__(self) -> Iterator[bytes]:
        self._run()
        yield b""

    def close(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back()


class _Run:
    """The life of one socket, from the moment its handshake is answered."""

    def __init__(
        self, serve: Callable[..., None], values: dict[str, Any], take_over: Callable[[], Any], sockets: OpenSockets
    ) -> None:
        self._serve = serve
        self._values = values
        self._take_over = take_over
        self._sockets = sockets

    def __call__(self) -> None:
        ws = Socket(*self._take_over())
        self._sockets.add(ws)
        try:
            with ending(ws):
                self._serve(ws, **self._values)
        finally:
            ws.finish()
            self._sockets.remove(ws)


@contextmanager
def ending(ws: Socket, tell: Callable[[Problem], None] | None = None, mark: str = "") -> Iterator[None]:
    """What fails inside ends the socket in words, and goes no further.

    A Problem is told by `tell`, else by 1011 and its sentence; what nobody expected by 1011 alone, with `mark` before
    it. That the other side has left is the usual end.
    """
    try:
        yield
    except Closed:
        pass
    except Problem as problem:
        with suppress(Closed):
            (tell or (lambda told: ws.close(BROKEN, told.detail)))(problem)
    except Exception:
        log.exception("a socket failed unexpectedly")
        ws.close(BROKEN, f"{mark}An unexpected error stopped the studio here.")
