"""The only place where failures become HTTP answers (RFC 9457). Knows no route."""

from __future__ import annotations

import errno
import json
import logging
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from backend.core.errors import (
    Busy,
    Conflict,
    DiskFull,
    EngineUnavailable,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Offline,
    Problem,
    TooLarge,
    Unauthorised,
    UpgradeRequired,
    WrongType,
)
from backend.core.tables.problems import PROBLEMS
from backend.safety.gate import Shaped, usual_shape

log = logging.getLogger("studio.api")

FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
ECHO = 80  # characters of a request that an answer may repeat

NOT_HERE = "engine-unavailable"
"""A failure that dialects tell as 400 whose clients repeat every 503 three times, and know no header against it."""

LASTING = frozenset(
    row.code for row in PROBLEMS if issubclass(row.kind, (EngineUnavailable, Offline, DiskFull, Conflict))
)
"""What stays so until somebody does what the hint says. Clients of OpenAI repeat a 409, a 503 and a 507 unless the
answer has `X-Should-Retry: false`."""

NOT_YET = {"/api/rag/": "Documents are not read in this version yet: what the routes under /api/rag/ need is not here."}
"""Beginning of a path that a source document names → why nothing is there."""

Shape = Callable[[Problem, str], tuple[int, dict[str, Any], dict[str, str]]]
"""Problem and request id → status, JSON body and further headers, as another product would answer."""

_SHAPES: dict[str, Shape] = {}
"""Beginning of a path → the shape of failures there."""

_BY_STATUS: dict[int, tuple[type[Problem], str]] = {
    400: (Malformed, "The request could not be read."),
    401: (Unauthorised, "This studio asks for a key."),
    404: (NotFound, "There is nothing at this address."),
    405: (MethodNotAllowed, "This address does not answer this method."),
    413: (TooLarge, "The body is larger than this address accepts."),
    415: (WrongType, "The content type is not accepted here."),
}


def install(app: Flask) -> None:
    """Make every failure of the app answer as a problem."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(OSError, _answer_of_the_system)
    app.register_error_handler(Exception, _answer_unexpected)


def shape(prefix: str, function: Shape) -> None:
    """Let failures of all paths that begin so be told in a dialect's words; of several beginnings the longest counts.

    What the gate refuses there is told so, too.
    """
    _SHAPES[prefix] = function


def shaped(problem: Problem, request_id: str, path: str) -> Shaped:
    """A failure as the dialect of that path tells it."""
    fitting = [prefix for prefix in _SHAPES if path.startswith(prefix)]
    if not fitting:
        return usual_shape(problem, request_id, path)
    status, body, headers = _SHAPES[max(fitting, key=len)](problem, request_id)
    return status, json.dumps(body).encode(), {"Content-Type": "application/json", **headers}


def answer(problem: Problem) -> Response:
    """The response of one problem, with the id under which the log knows the request."""
    request_id = request.environ.get("studio.request_id", "")
    status, body, headers = shaped(_shortened(problem), request_id, request.path)
    response = Response(body, status, headers)
    response.cache_control.no_store = True
    if isinstance(problem, Busy):
        response.headers["Retry-After"] = "5"
    if problem.code in LASTING:
        response.headers["X-Should-Retry"] = "false"
    if isinstance(problem, UpgradeRequired):
        response.headers.update({"Upgrade": "websocket", "Sec-WebSocket-Version": "13"})
    return response


def _answer_http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error  # a redirect
    cls, detail = _BY_STATUS.get(error.code, (Problem, "The request could not be answered."))
    response = answer((_not_yet() if cls is NotFound else None) or cls(detail))
    response.status_code = error.code
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Content-Range"):
            response.headers[name] = value
    return response


def _not_yet() -> Problem | None:
    """What is told of an address that is promised, but not served."""
    detail = next((text for prefix, text in NOT_YET.items() if f"{request.path}/".startswith(prefix)), None)
    return NotFound(detail, hint="All that is served stands at /docs.") if detail else None


def _answer_of_the_system(error: OSError) -> Response:
    """A disk may fill up while an upload is taken in, far from everything that saves."""
    if error.errno in FULL:
        return answer(DiskFull("The disk is full.", hint="Free some space, then try again."))
    return _answer_unexpected(error)


def _answer_unexpected(error: Exception) -> Response:
    request_id = request.environ.get("studio.request_id", "")
    log.error("request %s failed unexpectedly", request_id, exc_info=error)
    return answer(Problem("An unexpected error stopped the request.", hint=f"The log tells more under {request_id}."))


def _shortened(problem: Problem) -> Problem:
    """Fields are named by the caller's own keys: long ones are cut."""
    problem.fields = {cut(name): text for name, text in problem.fields.items()}
    return problem


def cut(value: Any) -> str:
    """At most 80 characters of something that came with the request, for an error message."""
    text = str(value)
    return text if len(text) <= ECHO else text[: ECHO - 1] + "…"
