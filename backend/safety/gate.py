"""The one gate before every request: Host, Origin, Sec-Fetch-Site, content type, key, size; and every answer's headers.

Plain WSGI, so it holds for pages, streams and errors alike. Knows no route except through `limit_for`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from backend.core.errors import (
    Forbidden,
    Malformed,
    MethodNotAllowed,
    Misdirected,
    Problem,
    ShuttingDown,
    Unauthorised,
    WrongType,
)
from backend.safety.body import BoundedBody, too_large
from backend.safety.callers import PAGES, Callers, Place, fetch_site_passes
from backend.safety.guessing import WrongKeys
from backend.safety.keys import Keys

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]
Shaped = tuple[int, bytes, dict[str, str]]
"""Status, body and headers of a failure, in the words of whoever is spoken to."""

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ENCODED = "application/x-www-form-urlencoded"
TAKES_ENCODED = frozenset({"/api/v1/synthesize-with-embedding"})
"""Where plain forms are taken, under the rule of multipart ones."""
TAKES_SOUND = frozenset({"/v1/listen"})
"""Where a recording may be the body, under the same rule."""
OPEN_TO_ALL = frozenset({"/health/live"})
"""Answers without a key: says nothing but that somebody is there."""

ALLOWED_HEADERS = ("Authorization", "Content-Type", "If-Match", "Last-Event-ID", "X-API-Key", "xi-api-key", "X-Studio")
MOST_HEADERS = 50  # names that a preflight may ask for, in at most 2000 characters
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a header's name, RFC 9110

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Gate:
    """WSGI middleware. `closing` is set at the end of the studio's life and turns new requests away."""

    def __init__(
        self,
        app: WsgiApp,
        callers: Callers,
        keys: Keys,
        limit_for: Callable[[str, str], int],
        shaped: Callable[[Problem, str, str], Shaped] | None = None,
    ) -> None:
        self._app = app
        self._callers = callers
        self._limit_for = limit_for
        self._shaped = shaped or usual_shape
        self._wrong_keys = WrongKeys()
        self.keys = keys
        self.closing = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request_id = secrets.token_hex(8)
        environ["studio.request_id"] = request_id
        headers = {**SECURITY_HEADERS, "X-Request-Id": request_id, **self._cross_origin_headers(environ)}

        def start(status: str, given: list[tuple[str, str]], exc_info: Any = None) -> Any:
            kept = [(name, value) for name, value in given if name.title() not in headers]
            return start_response(status, [*kept, *headers.items()], exc_info)

        try:
            self._check(environ)
            answer = self._session_answer(environ) or self._preflight_answer(environ)
        except Problem as problem:
            if isinstance(problem, Unauthorised) and _is_page(environ):
                return _answer_page(problem, start)
            return self._answer_problem(problem, request_id, environ, start)
        if answer is not None:
            start(*answer)
            return [b""]
        return self._app(environ, start)

    def _answer_problem(self, problem: Problem, request_id: str, environ: Environ, start: StartResponse) -> list[bytes]:
        return _answer(problem, self._shaped(problem, request_id, environ.get("PATH_INFO", "")), start)

    def _check(self, environ: Environ) -> None:
        """Every rule in order; the first that is broken raises its problem."""
        place = self._callers.host(environ.get("HTTP_HOST"))
        if place is None:
            raise Misdirected(
                "The Host header is not one of the studio's names.",
                hint="Use the address printed at the start, or name yours in STUDIO_ALLOWED_HOSTS.",
            )
        if self.closing:
            raise ShuttingDown("The studio is closing.", hint="Start it again, then repeat the request.")
        if environ["REQUEST_METHOD"] not in METHODS:
            raise MethodNotAllowed("The studio does not know this method.")
        self._check_sender(environ, place)
        _check_content_type(environ)
        if not self._is_preflight(environ):  # a browser sends no key with it
            self._check_key(environ)
        self._bound_body(environ)

    def _check_sender(self, environ: Environ, place: Place) -> None:
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and self._callers.origin_is_admitted(origin):
            return
        if origin is not None and not self._callers.origin_is_ours(origin, place):
            raise Forbidden("The request comes from another page.", hint="Name its origin in STUDIO_ALLOWED_ORIGINS.")
        if not fetch_site_passes(environ):
            raise Forbidden("The browser says that another site sent this.", hint="Open the studio's own page.")

    def _check_key(self, environ: Environ) -> None:
        path = environ.get("PATH_INFO", "")
        if path in OPEN_TO_ALL or _link_code(environ):
            return
        tries = self.keys.needed and self.keys.tried(environ)
        address = environ.get("REMOTE_ADDR", "") if tries else ""
        # an open list, too: its answer tells a right key from a wrong one
        if self._wrong_keys.judged(address, lambda: self.keys.knows(environ)) or self.keys.is_open(environ):
            return
        raise Unauthorised(
            "This studio asks for a key.",
            hint="Send it as 'Authorization: Bearer <token>' ('Token <token>' will do, too), 'X-API-Key: <token>' or "
            "'xi-api-key: <token>', or open the link printed at the start (qwentts link makes a new one).",
        )

    def _bound_body(self, environ: Environ) -> None:
        declared = environ.get("CONTENT_LENGTH") or "0"
        if not (declared.isascii() and declared.isdigit()):
            raise Malformed("Content-Length is not a number.")
        limit = self._limit_for(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if int(declared[:20]) > limit:
            raise too_large(limit)
        environ["wsgi.input"] = BoundedBody(environ["wsgi.input"], limit)

    def _session_answer(self, environ: Environ) -> tuple[str, list[tuple[str, str]]] | None:
        """Turn a one-time link into a session of the page; the code leaves the address bar at once."""
        code = _link_code(environ)
        if not code:
            return None
        cookie = self.keys.redeem(code) if self.keys.needed else ""
        if cookie is None:
            raise Unauthorised("This link was used before, or is too old.", hint="Ask for a new one: qwentts link.")
        kept = [("Set-Cookie", cookie)] if cookie else []
        return "303 See Other", [("Location", "/"), ("Content-Length", "0"), ("Cache-Control", "no-store"), *kept]

    def _cross_origin_headers(self, environ: Environ) -> dict[str, str]:
        origin = environ.get("HTTP_ORIGIN", "")
        if not origin or not self._callers.origin_is_admitted(origin):
            return {}
        shown = "X-Job-Id, X-Engine, X-Engine-Note, X-Seed, X-Duration, X-Request-Id, ETag"
        shown += ", X-Sample-Rate, X-Processed-Text-Length"
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": shown,
            "Vary": "Origin",
        }

    def _is_preflight(self, environ: Environ) -> bool:
        """Whether the browser of an admitted page asks what it may send; it is answered here, by no route."""
        asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        admitted = self._callers.origin_is_admitted(environ.get("HTTP_ORIGIN", ""))
        return environ["REQUEST_METHOD"] == "OPTIONS" and bool(asked) and admitted

    def _preflight_answer(self, environ: Environ) -> tuple[str, list[tuple[str, str]]] | None:
        if not self._is_preflight(environ):
            return None
        return "204 No Content", [
            ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"),
            ("Access-Control-Allow-Headers", ", ".join([*ALLOWED_HEADERS, *_asked_headers(environ)])),
            ("Access-Control-Max-Age", "600"),
        ]


def _asked_headers(environ: Environ) -> list[str]:
    """What the page of an admitted origin wants to send: SDKs bring headers of their own (`x-stainless-…`)."""
    asked = environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    names = [name.strip() for name in asked.split(",")]
    whole = len(asked) <= 2000 and len(names) <= MOST_HEADERS and all(map(_TOKEN.fullmatch, names))
    known = {name.lower() for name in ALLOWED_HEADERS}
    return [name for name in names if name.lower() not in known] if whole else []


def _check_content_type(environ: Environ) -> None:
    """JSON or multipart. A form of any page can send multipart, so a browser must add X-Studio, which no form can."""
    if environ["REQUEST_METHOD"] in SAFE_METHODS:
        return
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    has_body = (environ.get("CONTENT_LENGTH") or "0") != "0" or environ.get("wsgi.input_terminated")
    if kind == "application/json" or (not kind and not has_body):
        return
    if not _takes(environ.get("PATH_INFO", ""), kind):
        raise WrongType(
            "The body must be application/json or multipart/form-data.", hint="Set the Content-Type header."
        )
    from_browser = "HTTP_ORIGIN" in environ or "HTTP_SEC_FETCH_SITE" in environ
    if from_browser and environ.get("HTTP_X_STUDIO") != "1":
        raise Forbidden("A form of a page may not write here.", hint="Send the header 'X-Studio: 1'.")


def _takes(path: str, kind: str) -> bool:
    """Whether a body of this kind, other than JSON, may come there."""
    if kind == ENCODED:
        return path in TAKES_ENCODED
    is_sound = kind.startswith(("audio/", "video/")) or kind == "application/octet-stream"
    return kind == "multipart/form-data" or (is_sound and path in TAKES_SOUND)


def _link_code(environ: Environ) -> str:
    query = environ.get("QUERY_STRING", "")
    if environ["REQUEST_METHOD"] != "GET" or environ.get("PATH_INFO") != "/" or "token=" not in query:
        return ""
    return next((value for name, value in parse_qsl(query) if name == "token"), "")


def _is_page(environ: Environ) -> bool:
    """Whether a person looks at the answer."""
    return environ.get("PATH_INFO") in PAGES and "text/html" in environ.get("HTTP_ACCEPT", "")


def _answer_page(problem: Unauthorised, start_response: StartResponse) -> list[bytes]:
    """The refusal as a page. Its words are ours: nothing of the request is in it."""
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>QwenTTS</title><h1>{problem.detail}</h1><p>Open the link that the studio printed when it started, "
        "or make a new one on its machine: <code>qwentts link</code>.</p></html>"
    ).encode()
    length = str(len(page))
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", length), ("Cache-Control", "no-store")]
    start_response("401 Unauthorised", headers)
    return [page]


def problem_body(problem: Problem, request_id: str) -> bytes:
    """The JSON of a failure, as every room of the studio sends it."""
    return json.dumps({**problem.as_dict(), "request_id": request_id}).encode()


def usual_shape(problem: Problem, request_id: str, path: str) -> Shaped:
    """A failure as the studio tells it, whatever the path."""
    return problem.status, problem_body(problem, request_id), {"Content-Type": "application/problem+json"}


def answer_problem(problem: Problem, request_id: str, start_response: StartResponse) -> list[bytes]:
    return _answer(problem, usual_shape(problem, request_id, ""), start_response)


def _answer(problem: Problem, shaped: Shaped, start_response: StartResponse) -> list[bytes]:
    status, body, named = shaped
    headers = [*named.items(), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    if isinstance(problem, Unauthorised):
        headers.append(("WWW-Authenticate", "Bearer"))
    start_response(f"{status} {type(problem).__name__}", headers)
    return [body]
