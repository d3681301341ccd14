"""Progress of the model-management document over a WebSocket: the events of jobs, by scope instead of by job."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint
from flask import request as http
from pydantic import Field

from backend.api.context import studio
from backend.api.declared import EMPTY, declared
from backend.api.sockets import socket_route
from backend.api.spoken import Fields
from backend.core.errors import BadRequest
from backend.safety.websocket import Closed, Socket

bp = Blueprint("progress_socket", __name__)

SCOPES = ("qwen3_tts_models", "qwen3_tts_voice_clone")
QUIET = 0.25  # seconds without an event after which the socket is looked at
NAMES = {"done": "completed"}


class Watching(Fields):
    scope: list[str] = Field(default_factory=list, max_length=10)
    """`qwen3_tts_models`, `qwen3_tts_voice_clone`, or both; all where none is named."""


def _admitted() -> dict[str, str]:
    """Raises BadRequest, as an ordinary answer, for a scope there is not."""
    scopes_of(http.args.getlist("scope"))
    return {}


@socket_route(bp, "/ws", headers=_admitted)
@declared(
    "Watch downloads of models and preparations of voices.",
    tag="Qwen3-TTS models",
    answers={101: EMPTY},
    messages={
        "subscribed": "out: first of all: {scopes}",
        "progress": "out: {scope, task_id, key or voice_id, status, progress, message, error}, and the job's own event",
        "ping": "in: is answered by a pong",
    },
    document="000",
)
def watch(ws: Socket, query: Watching) -> None:
    """What is under way is told from its beginning. The same events come from `GET /api/jobs/<id>/events`."""
    wanted = scopes_of(query.scope)
    watch = studio().progress.watch(wanted)
    try:
        ws.send(json.dumps({"type": "subscribed", "scopes": list(wanted)}))
        while not ws.closed:
            told = watch.next(QUIET)
            if told is not None:
                ws.send(json.dumps(_shown(told.scope, told.job.request, told.body)))
            _hear(ws)
    except Closed:
        pass  # the usual end
    finally:
        watch.close()


def scopes_of(names: list[str]) -> tuple[str, ...]:
    """Names may come one by one or with commas. Raises BadRequest."""
    asked = [name.strip() for text in names for name in text.split(",") if name.strip()]
    if any(name not in SCOPES for name in asked):
        raise BadRequest("There is no such scope.", fields={"scope": f"is one of: {', '.join(SCOPES)}"})
    return tuple(dict.fromkeys(asked)) or SCOPES


def _hear(ws: Socket) -> None:
    """What a client says is read, so that its pings pass."""
    while (message := ws.receive(0)) is not None:
        if message in ("ping", '{"type": "ping"}', '{"type":"ping"}'):
            ws.send(json.dumps({"type": "pong"}))


def _shown(scope: str, request: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    phase = str(body["phase"])
    status = phase if phase in ("queued", "done", "failed", "cancelled") else "running"
    named = {"key": request.get("key")} if scope == SCOPES[0] else {"voice_id": request.get("voice")}
    return {
        **body,
        "type": "progress",
        "scope": scope,
        **named,
        "task_id": body["job_id"],
        "status": NAMES.get(status, status),
        "progress": body.get("progress") or 0.0,
        "message": body.get("stage", ""),
        "error": body.get("problem"),
    }
